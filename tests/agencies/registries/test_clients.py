"""Each client turns its register's answers into a value, whatever kind of day the register has: good, changed, absent, in pages, throttled, slow, malformed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agencies.registries import cfpb, ofac, opensanctions, transport, uk_sanctions
from agencies.registries.statements import Bearing
from agencies.registries.table import LABELS, LISTS, REGISTERS
from agencies.registries.transport import Caller, Malformed, Pace, Refused, RegisterError, Throttled, Unreachable
from portal.config import REGISTERS as NAMES
from portal.config import BadSetting, Endpoint, Settings
from samples.register_stub import KEY, Stub
from tests.agencies.registries.conftest import caller
from tests.conftest import KEYS

LEI, LAPSED = "9845EXAMPLECOLLECT55", "9845EXAMPLELAPSED096"
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)

SAID = [
    ("fca", "999001", Bearing.GOOD, "Authorised", "an authorised firm"),
    ("fca", "999999", Bearing.ABSENT, "", "the answer is 200 and says that nothing was found"),
    ("companies_house", "99999999", Bearing.GOOD, "active", "a live company"),
    ("companies_house", "99999998", Bearing.ENDED, "dissolved", "a dissolved company"),
    ("companies_house", "00000000", Bearing.ABSENT, "", "404 is an answer here"),
    ("gleif", LEI, Bearing.GOOD, "ISSUED", "a renewed identifier"),
    ("gleif", LAPSED, Bearing.UNCLEAR, "LAPSED", "not renewed: the company may be in order"),
    ("gleif", "529900T8BM49AURSDO55", Bearing.ABSENT, "", "nobody has this one"),
    ("nyc", "0000001-DCA", Bearing.GOOD, "Active", "an active licence"),
    ("nyc", "0000002-DCA", Bearing.ENDED, "Expired", "an expired licence"),
    ("nyc", "0000003-DCA", Bearing.ENDED, "Inactive", "a row with the columns of before"),
    ("nyc", "0000009-DCA", Bearing.ABSENT, "", "no such row"),
    ("illinois", "000000001", Bearing.GOOD, "ACTIVE", "an active licence"),
    ("illinois", "000000002", Bearing.ENDED, "NOT RENEWED", "a branch that was not renewed"),
    ("illinois", "000000009", Bearing.ABSENT, "", "no such row"),
]


@pytest.mark.parametrize(("register", "number", "bearing", "status", "why"), SAID)
def test_what_a_register_says(stub: Stub, register: str, number: str, bearing: Bearing, status: str, why: str) -> None:
    said = REGISTERS[register].ask(caller(stub, register), number)
    assert (said.bearing, said.status) == (bearing, status), why


def test_the_fca_tells_permissions_and_discipline_in_pages(stub: Stub) -> None:
    stub.page["fca"] = 1
    said = REGISTERS["fca"].ask(talk := caller(stub, "fca"), "999001")
    assert (
        said.facts["Debt-collecting permissions"]
        == "Debt administration (Limited to consumer credit agreements); Debt-collecting"
    )
    assert said.facts["Disciplinary history"] == "12/08/2019 Fines FSMA"
    assert said.since == date(2018, 8, 31)
    assert len(talk.heard) == 1 + 3 + 1


def test_the_fca_is_told_who_asks_and_the_record_does_not_tell_the_key(stub: Stub) -> None:
    REGISTERS["fca"].ask(talk := caller(stub, "fca"), "999001")
    assert stub.asked[0][2]["x-auth-key"] == KEY
    assert KEY.encode() not in talk.record()
    assert b"EXAMPLE COLLECTIONS LTD" in talk.record()


def test_the_fca_without_a_key_is_a_refusal_though_the_status_is_200(stub: Stub) -> None:
    endpoint = Endpoint(f"{stub.address}/fca", "", "", loopback=True)
    with pytest.raises(Refused, match="key"):
        REGISTERS["fca"].ask(Caller(endpoint, pace=Pace(0)), "999001")


STATUSES = [
    ("Authorised", Bearing.GOOD), ("No longer authorised", Bearing.ENDED), ("Cancelled", Bearing.ENDED), ("Suspended", Bearing.ENDED),
    ("Authorised - applied to cancel", Bearing.UNCLEAR),
]  # fmt: skip


@pytest.mark.parametrize(("status", "bearing"), STATUSES)
def test_what_an_fca_status_means(stub: Stub, status: str, bearing: Bearing) -> None:
    stub.firms["999001"]["Status"] = status
    assert REGISTERS["fca"].ask(caller(stub, "fca"), "999001").bearing is bearing


# -- lists and complaints --------------------------------------------------------------------------------------------------


def test_the_ofac_list_is_joined_from_its_files(stub: Stub) -> None:
    entries = {one.id: one for one in ofac.fetch(caller(stub, "ofac"))}
    assert entries["651"].names == ("DELVEST HOLDING, S.A.", "DELVEST HOLDING COMPANY")
    assert entries["2674"].kind == "person"
    assert len(entries) == 183  # of 200 rows 17 are ships


BROKEN_LISTS = [
    ("", "an empty file is no list: everybody would be cleared"), ("<html>", "a page instead of a file"), ("1,2\n", "too few columns"),
    ("a,b,c,d,e,f,g,h,i,j,k,l\n", "no number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), BROKEN_LISTS)
def test_a_broken_ofac_list_clears_nobody(stub: Stub, text: str, why: str) -> None:
    stub.ofac["sdn.csv"] = text
    with pytest.raises(Malformed):
        ofac.fetch(caller(stub, "ofac"))


def test_the_uk_list_is_joined_by_its_numbers(stub: Stub) -> None:
    first, second = uk_sanctions.fetch(caller(stub, "uk_sanctions"))
    assert first.names == ("Maksim Petrovich Orlov", "Орлов Максим Петрович", "Maxim Orloff")
    assert (first.kind, second.kind, second.names[0]) == ("person", "company", "Vostok Meridian Trading House")


def test_a_uk_list_without_its_headings_clears_nobody(stub: Stub) -> None:
    stub.uk_sanctions = "Report Date: 01-Jun-2026\nsomething else\n"
    with pytest.raises(Malformed):
        uk_sanctions.fetch(caller(stub, "uk_sanctions"))


def test_opensanctions_matches_many_names_at_once(stub: Stub) -> None:
    found = opensanctions.match(
        caller(stub, "opensanctions"), [("1", "Example Collections Ltd", "company"), ("2", "Nobody", "person")]
    )
    assert [(hit.entry.id, hit.score) for hit in found["1"]] == [("example-0001", 92)]
    assert found["2"] == []


def complaint(
    number: int, company: str = "EXAMPLE COLLECTIONS LTD", day: str = "2026-06-15T12:00:00-05:00", **more: Any
) -> dict[str, Any]:
    given = {
        "complaint_id": str(number), "company": company, "date_received": day, "product": "Debt collection", "issue": "Communication tactics",
        "sub_issue": None, "sub_product": "Credit card debt", "state": "OH", "company_response": "Closed with explanation", "timely": "Yes",
        "date_sent_to_company": "2026-06-16T22:44:46.000Z",
    }  # fmt: skip
    return given | more


def test_complaints_come_in_pages_and_only_those_of_the_company_and_the_days(stub: Stub) -> None:
    stub.page["cfpb"] = 3
    stub.complaints = [complaint(number) for number in range(8)]
    stub.complaints += [
        complaint(90, "OTHER LLC"),
        complaint(91, day="2026-07-01T00:00:00Z"),
        complaint(92, product="Mortgage"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cfpb, "PAGE", 3)
        rows = cfpb.complaints(talk := caller(stub, "cfpb"), "EXAMPLE COLLECTIONS LTD", JUNE, JULY)
    assert [row.complaint_id for row in rows] == [str(number) for number in range(8)]
    assert (rows[0].received_on, rows[0].sent_on, rows[0].timely, rows[0].sub_issue) == (
        date(2026, 6, 15),
        date(2026, 6, 16),
        True,
        "",
    )
    assert len(talk.heard) == 3


def test_complaints_by_company_and_how_the_bureau_writes_a_name(stub: Stub) -> None:
    stub.complaints = [complaint(1), complaint(2), complaint(3, "OTHER LLC")]
    assert cfpb.by_company(caller(stub, "cfpb"), JUNE, JULY) == {"EXAMPLE COLLECTIONS LTD": 2, "OTHER LLC": 1}
    assert cfpb.suggest(caller(stub, "cfpb"), "example") == ["EXAMPLE COLLECTIONS LTD"]


# -- bad days --------------------------------------------------------------------------------------------------------------

ASK: dict[str, Callable[[Caller], object]] = {
    **{name: lambda talk, name=name, number=number: REGISTERS[name].ask(talk, number) for name, number in {  # type: ignore[misc]
        "fca": "999001", "companies_house": "99999999", "gleif": LEI, "nyc": "0000001-DCA", "illinois": "000000001",
    }.items()},
    "cfpb": lambda talk: cfpb.by_company(talk, JUNE, JULY),
    "ofac": ofac.fetch, "uk_sanctions": uk_sanctions.fetch,
    "opensanctions": lambda talk: opensanctions.match(talk, [("1", "Nobody", "person")]),
}  # fmt: skip

BAD_DAYS: list[tuple[list[str], type[RegisterError] | None, str]] = [
    (["429 0"], None, "asked to wait for a moment: asked again"),
    (["429 0", "503"], None, "two bad tries, then a good one"),
    (["429 120"], Throttled, "asked to wait for longer than we hold the line"),
    (["429 0", "429 0", "429 0"], Throttled, "asked to wait again and again"),
    (["500", "502", "503"], Unreachable, "out of order three times"),
    (["silent 2", "silent 2", "silent 2"], Unreachable, "no answer in time, three times"),
    (["silent 2"], None, "no answer in time once, then a good one"),
    (["401"], Refused, "a key that is not accepted is not tried again"),
    (["403"], Refused, "the same"),
    (["malformed"], Malformed, "half a document"),
    (["html"], Malformed, "a page for people"),
    (["huge 3000000"], Malformed, "more than we read"),
    (["elsewhere http://169.254.169.254/"], Refused, "no redirect is followed"),
]


@pytest.mark.parametrize("register", sorted({*REGISTERS, *LISTS, "cfpb"}))
@pytest.mark.parametrize(("faults", "error", "why"), BAD_DAYS)
def test_a_bad_day(stub: Stub, register: str, faults: list[str], error: type[RegisterError] | None, why: str) -> None:
    stub.misbehave(register, *faults)
    if error is None:
        assert ASK[register](caller(stub, register)) is not None, why
        return
    with pytest.raises(error):
        ASK[register](caller(stub, register))
    tries = 1 if error in (Refused, Malformed) or faults == ["429 120"] else transport.ATTEMPTS
    assert [path for _, path, _ in stub.asked].count(stub.asked[0][1]) == tries, why


def test_how_long_a_register_asks_us_to_wait_is_told_on(stub: Stub) -> None:
    stub.misbehave("gleif", "429 120")
    with pytest.raises(Throttled) as throttled:
        REGISTERS["gleif"].ask(caller(stub, "gleif"), LEI)
    assert throttled.value.after_s == 120


def test_an_answer_in_drips_is_not_waited_for(stub: Stub) -> None:
    stub.misbehave("gleif", "drip 100")
    begun = time.monotonic()
    with pytest.raises(RegisterError):
        REGISTERS["gleif"].ask(caller(stub, "gleif", whole_s=0.6), LEI)
    assert time.monotonic() - begun < 5


HALF_TRUE: list[tuple[str, Callable[[Stub], None], str]] = [
    ("fca", lambda stub: stub.firms.update({"999001": {"Organisation Name": "X"}}), "a firm without status"),
    ("fca", lambda stub: stub.firms["999001"].update({"Status Effective Date": "yesterday/ish"}), "a day that is none"),
    ("companies_house", lambda stub: stub.companies["99999999"].update({"company_number": "11111111"}), "another company"),
    ("companies_house", lambda stub: stub.companies["99999999"].pop("company_status"), "no status"),
    ("gleif", lambda stub: stub.leis[LEI]["data"]["attributes"].pop("registration"), "no registration"),
    ("gleif", lambda stub: stub.leis[LEI]["data"]["attributes"].update(lei=LAPSED), "another entity"),
    ("nyc", lambda stub: stub.nyc[0].pop("license_status"), "no status"),
    ("nyc", lambda stub: stub.nyc[0].update(lic_expir_dd="soon"), "a day that is none"),
    ("illinois", lambda stub: stub.illinois[0].pop("license_status"), "no status"),
    ("cfpb", lambda stub: None, "figures without buckets"),
]  # fmt: skip


@pytest.mark.parametrize(("register", "spoil", "why"), HALF_TRUE)
def test_a_record_that_lacks_what_matters_says_nothing(
    stub: Stub, register: str, spoil: Callable[[Stub], None], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(stub)
    if register == "cfpb":
        monkeypatch.setattr(stub, "_answer_cfpb", lambda *_: (200, {"hits": {"total": 3, "hits": []}}))
    with pytest.raises(Malformed):
        ASK[register](caller(stub, register))


# -- care ------------------------------------------------------------------------------------------------------------------


def test_the_same_question_within_a_minute_is_asked_once_and_recorded_twice(stub: Stub) -> None:
    first, second = caller(stub, "gleif"), caller(stub, "gleif")
    assert REGISTERS["gleif"].ask(first, LEI) == REGISTERS["gleif"].ask(second, LEI)
    assert len(stub.asked) == 1
    assert first.record() == second.record() != b"[]"


def test_questions_keep_the_registers_pace(stub: Stub) -> None:
    pace = Pace(0.15)
    begun = time.monotonic()
    for number in (LEI, LAPSED, "529900T8BM49AURSDO55"):
        REGISTERS["gleif"].ask(Caller(caller(stub, "gleif").endpoint, pace=pace), number)
    assert time.monotonic() - begun >= 0.3


def test_a_register_inside_our_own_network_is_not_called() -> None:
    talk = Caller(Endpoint("https://10.0.0.1/lei"), pace=Pace(0), whole_s=1)
    with pytest.raises(RegisterError):
        REGISTERS["gleif"].ask(talk, LEI)
    assert talk.heard == []


BAD_ADDRESSES = [
    ("http://register.example", "", "no encryption"), ("http://127.0.0.1:99/x", "https://portal.bank.example", "this machine, with a public portal"),
    ("ftp://register.example", "", "not the web"), ("https://user:secret@register.example", "", "a password in the address"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "base", "why"), BAD_ADDRESSES)
def test_an_address_that_must_not_be_called_stops_the_start(url: str, base: str, why: str) -> None:
    with pytest.raises(BadSetting, match="REGISTER_GLEIF_URL"):
        Settings.from_environ(
            {
                "REGISTER_GLEIF_URL": url,
                "BASE_URL": base,
                "DATABASE_URL": "sqlite://",
                "SECRET_KEY": "test" * 12,
                "DATA_KEYS": KEYS,
            }
        )


def test_every_register_is_off_by_default() -> None:
    assert not Settings.from_environ(
        {"DATABASE_URL": "sqlite://", "SECRET_KEY": "test" * 12, "DATA_KEYS": KEYS}
    ).registers


@pytest.mark.parametrize("register", NAMES)
def test_every_register_stands_in_the_example(register: str) -> None:
    example = (Path(__file__).resolve().parents[3] / ".env.example").read_text()
    assert f"\nREGISTER_{register.upper()}_URL=\n" in example
    assert register in LABELS


def test_no_key_is_shown_with_the_settings() -> None:
    assert "secret" not in repr(Endpoint("https://register.example", "me", "secret"))
