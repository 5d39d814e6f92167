"""May an agency collect here: every way in which a credential can be missing, and that each thing asked really binds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from agencies import credentials
from agencies.asked import BOND, LICENCE, Asked, asked_in, asked_of_collectors, is_known, places
from agencies.catalogue import licensing
from agencies.clearance import Staff
from agencies.credentials import AgencyFacts, Agreement, Held, Lifted, Reason, may_collect, merged, sentence
from agencies.models import AgencyStatus, CredentialState

DAY = date(2026, 11, 2)
LONG_AGO = date(2020, 1, 1)
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
VERIFIED = CredentialState.VERIFIED


def holding(*jurisdictions: str) -> dict[tuple[str, str], tuple[Held, ...]]:
    """Everything that these places ask for, in order."""
    asked = {(one.code, one.jurisdiction): one for place in jurisdictions for one in asked_in(place)}
    return {key: (Held(VERIFIED, LONG_AGO, amount=one.least),) for key, one in asked.items()}


def agency(held: Mapping[tuple[str, str], tuple[Held, ...]] | None = None, **values: object) -> AgencyFacts:
    """An approved agency with a contract for everything."""
    papers = {
        (one.code, one.jurisdiction): ((LONG_AGO, None),) for place in places() for one in asked_of_collectors(place)
    }
    lead = Staff(
        "lead",
        LONG_AGO,
        background_check_on=LONG_AGO,
        training_on=LONG_AGO,
        training_until=date(2099, 1, 1),
        papers=papers,
    )
    ready = AgencyFacts(
        1,
        "AGY01",
        "Northgate",
        "US",
        AgencyStatus.APPROVED,
        contracts=(Agreement(1, "C1", LONG_AGO),),
        held=held or {},
        staff=(lead,),
    )
    return replace(ready, **values)  # type: ignore[arg-type]


def codes(reasons: list[Reason]) -> list[str]:
    return [reason.code for reason in reasons]


ASKED = [(place, asked) for place in places() for asked in asked_in(place)]


@pytest.mark.parametrize("place", places())
def test_an_agency_that_holds_what_a_place_asks_for_may_collect_there(place: str) -> None:
    assert may_collect(agency(holding(place)), place, "credit_card", DAY) == []


@pytest.mark.parametrize(("place", "asked"), ASKED, ids=[f"{place} {asked.code}" for place, asked in ASKED])
def test_whatever_a_place_asks_for_binds(place: str, asked: Asked) -> None:
    """Fails for every credential whose check is left out."""
    held = holding(place)
    del held[asked.code, asked.jurisdiction]
    assert may_collect(agency(held), place, None, DAY) == [
        Reason.of("credential_missing", credential=asked.code, place=asked.jurisdiction)
    ]


@pytest.mark.parametrize("row", licensing().values(), ids=lambda row: row.jurisdiction)
def test_the_licensing_table_says_where_a_licence_is_asked_for(row: object) -> None:
    asks = {(one.code, one.jurisdiction) for one in asked_in(row.jurisdiction)}  # type: ignore[attr-defined]
    assert ((LICENCE, row.jurisdiction) in asks) == (row.license_required in ("Y", "COND"))  # type: ignore[attr-defined]
    assert ((BOND, row.jurisdiction) in asks) == (row.bond_range is not None)  # type: ignore[attr-defined]


def test_without_the_check_an_unlicensed_agency_would_be_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    unlicensed = agency(holding("US-OH"))
    assert codes(may_collect(unlicensed, "US-CA", None, DAY)) == ["credential_missing", "credential_missing"]
    monkeypatch.setattr(credentials, "not_licensed", lambda *_: [])
    assert may_collect(unlicensed, "US-CA", None, DAY) == []


LICENCES = [
    ("verified and without an end", Held(VERIFIED, LONG_AGO), None),
    ("on its first day", Held(VERIFIED, DAY), None),
    ("on its last day", Held(VERIFIED, LONG_AGO, DAY), None),
    ("until the day before it was withdrawn", Held(CredentialState.WITHDRAWN, LONG_AGO, None, TOMORROW), None),
    ("marked as expired, on a day when it was good", Held(CredentialState.EXPIRED, LONG_AGO, DAY), None),
    ("not sent in", None, "credential_missing"),
    ("only asked for", Held(CredentialState.REQUESTED, None), "credential_missing"),
    ("refused", Held(CredentialState.REFUSED, LONG_AGO), "credential_missing"),
    ("not looked at yet", Held(CredentialState.SUBMITTED, LONG_AGO), "credential_unverified"),
    ("from tomorrow", Held(VERIFIED, TOMORROW), "credential_early"),
    ("until yesterday, and nobody marked it", Held(VERIFIED, LONG_AGO, YESTERDAY), "credential_expired"),
    ("marked as expired", Held(CredentialState.EXPIRED, LONG_AGO, YESTERDAY), "credential_expired"),
    ("withdrawn today", Held(CredentialState.WITHDRAWN, LONG_AGO, None, DAY), "credential_ended"),
    ("since a day that nobody knows", Held(VERIFIED, None), "credential_missing"),
]


@pytest.mark.parametrize(("reason", "licence", "expected"), LICENCES, ids=[row[0] for row in LICENCES])
def test_a_licence(reason: str, licence: Held | None, expected: str | None) -> None:
    held = holding("US-FL")
    held[LICENCE, "US-FL"] = (licence,) if licence else ()
    assert codes(may_collect(agency(held), "US-FL", None, DAY)) == ([expected] if expected else [])


def test_a_renewal_takes_over_from_what_ran_out() -> None:
    held = holding("US-FL")
    held[LICENCE, "US-FL"] = (Held(CredentialState.EXPIRED, LONG_AGO, YESTERDAY), Held(VERIFIED, DAY))
    assert may_collect(agency(held), "US-FL", None, DAY) == []


CITIES = [
    ("a city asks besides its state", "US-IL-CHI", ("US-IL",), ["US-IL-CHI"]),
    ("a state's licence is asked for in its cities too", "US-IL-CHI", (), ["US-IL", "US-IL", "US-IL-CHI"]),
    ("a city asks though its state does not", "US-NY-NYC", ("US-NY",), ["US-NY-NYC"]),
    ("outside of the city nothing is asked", "US-NY", ("US-NY",), []),
]


@pytest.mark.parametrize(("reason", "place", "licensed_in", "missing"), CITIES, ids=[row[0] for row in CITIES])
def test_cities(reason: str, place: str, licensed_in: tuple[str, ...], missing: list[str]) -> None:
    reasons = may_collect(agency(holding("US-OH", *licensed_in)), place, None, DAY)
    assert [dict(one.params)["place"] for one in reasons] == missing


def test_a_bond_has_to_reach_the_least_amount() -> None:
    held = holding("US-CA")
    held[BOND, "US-CA"] = (Held(VERIFIED, LONG_AGO, amount=Decimal("24999.99")),)
    assert codes(may_collect(agency(held), "US-CA", None, DAY)) == ["amount_too_small"]
    held[BOND, "US-CA"] = (Held(VERIFIED, LONG_AGO, amount=Decimal(25000)),)
    assert may_collect(agency(held), "US-CA", None, DAY) == []


def test_a_bond_without_an_amount_proves_nothing() -> None:
    held = {**holding("US-CA"), (BOND, "US-CA"): (Held(VERIFIED, LONG_AGO),)}
    assert codes(may_collect(agency(held), "US-CA", None, DAY)) == ["amount_too_small"]


EXEMPTIONS = [
    ("lifts what is asked under a condition", "US-AL", Lifted(LONG_AGO), []),
    ("from its first day", "US-AL", Lifted(TOMORROW), ["credential_missing"]),
    ("to its last day", "US-AL", Lifted(LONG_AGO, YESTERDAY), ["credential_missing"]),
    ("lifts nothing where everybody is asked", "US-FL", Lifted(LONG_AGO), ["credential_missing"]),
]


@pytest.mark.parametrize(("reason", "place", "lifted", "expected"), EXEMPTIONS, ids=[row[0] for row in EXEMPTIONS])
def test_an_exemption(reason: str, place: str, lifted: Lifted, expected: list[str]) -> None:
    exempt = agency(holding("US-OH"), lifted={(LICENCE, place): (lifted,)})
    assert codes(may_collect(exempt, place, None, DAY)) == expected


@pytest.mark.parametrize(
    ("reason", "place", "known"),
    [
        ("the state is missing", "US", False),
        ("the table says nothing of Guam", "US-GU", False),
        ("a state that asks for nothing is known", "US-OH", True),
        ("one province of Canada asks, so the country alone tells nothing", "CA", False),
        ("a province that asks for nothing", "CA-BC", True),
        ("China asks the same everywhere", "CN", True),
        ("a province of China", "CN-FJ", True),
        ("a country of which the catalogue says nothing", "FR", True),
    ],
)  # fmt: skip
def test_an_unknown_state_is_nobodys(reason: str, place: str, known: bool) -> None:
    assert is_known(place) is known
    reasons = codes(may_collect(agency(holding("US-OH", "CN", "CA-BC")), place, None, DAY))
    assert reasons == ([] if known else ["region_unknown"])


@pytest.mark.parametrize("status", AgencyStatus)
def test_only_three_states_receive(status: AgencyStatus) -> None:
    may = status in (AgencyStatus.APPROVED, AgencyStatus.REINSTATED, AgencyStatus.PROBATION)
    assert codes(may_collect(agency(holding("US-OH"), status=status), "US-OH", None, DAY)) == (
        [] if may else [f"status_{status.value}"]
    )


CONTRACTS = [
    ("none", (), "no_contract"),
    ("begins tomorrow", (Agreement(1, "1", TOMORROW),), "no_contract"),
    ("ended yesterday", (Agreement(1, "1", LONG_AGO, YESTERDAY),), "no_contract"),
    ("ends today", (Agreement(1, "1", LONG_AGO, DAY),), None),
    ("another product", (Agreement(1, "1", LONG_AGO, products=frozenset({"medical"})),), "contract_scope"),
    ("this product", (Agreement(1, "1", LONG_AGO, products=frozenset({"credit_card", "medical"})),), None),
    ("another country", (Agreement(1, "1", LONG_AGO, countries=frozenset({"CN"})),), "contract_scope"),
    ("one of two", (Agreement(1, "1", LONG_AGO, countries=frozenset({"CN"})), Agreement(2, "2", LONG_AGO, countries=frozenset({"US"}))), None),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "contracts", "expected"), CONTRACTS, ids=[row[0] for row in CONTRACTS])
def test_a_contract(reason: str, contracts: tuple[Agreement, ...], expected: str | None) -> None:
    reasons = may_collect(agency(holding("US-OH"), contracts=contracts), "US-OH", "credit_card", DAY)
    assert codes(reasons) == ([expected] if expected else [])


def test_every_reason_is_told_at_once() -> None:
    hopeless = agency(status=AgencyStatus.SUSPENDED, contracts=(), may_receive=False, standing_reason="gate G1")
    assert codes(may_collect(hopeless, "US-FL", None, DAY)) == [
        "status_suspended", "standing", "no_contract", "credential_missing", "credential_missing", "credential_missing",
    ]  # fmt: skip


def test_reasons_are_said_in_words() -> None:
    reason = Reason.of("credential_expired", credential="cn.usci", place="CN", day=YESTERDAY)
    assert sentence(reason) == "Unified social credit code (business licence) for CN ran out on 2026-11-01."
    assert sentence(reason, language="zh_Hans_CN").startswith("统一社会信用代码（营业执照） for CN")
    assert Reason.of(**reason.as_dict()) == reason


def test_the_same_thing_missing_in_many_places_is_said_once() -> None:
    missing = [Reason.of("credential_missing", credential="us.ein", place=place) for place in ("US", "US", "US-CA")]
    late = Reason.of("credential_early", credential="us.ein", place="US", day=TOMORROW)
    together = Reason.of("credential_missing", credential="us.ein", place="US, US-CA")
    said = merged([missing[0], late, *missing[1:], Reason("no_contract")])
    assert [one.as_dict() for one in said] == [together.as_dict(), late.as_dict(), {"code": "no_contract"}]


@pytest.mark.parametrize("code", credentials.MESSAGES)
def test_every_reason_has_words(code: str) -> None:
    given = dict.fromkeys(("why", "product", "country", "place", "credential", "day", "least", "contract"), "x")
    assert "%(" not in sentence(Reason.of(code, **given))


def test_it_is_fast_enough_for_a_whole_panel() -> None:
    """20 agencies in 60 places for 8 products is what one plan asks; it must not be felt."""
    import time

    everywhere = agency(holding(*places()))
    begun = time.perf_counter()
    for _ in range(20 * 8):
        for place in places():
            may_collect(everywhere, place, "credit_card", DAY)
    assert time.perf_counter() - begun < 2
