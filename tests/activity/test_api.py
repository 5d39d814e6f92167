"""The calls about reports, to the letter of the contract (section 3)."""

from __future__ import annotations

import csv as csv_format
import gzip
import io
import json
import threading
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from activity.models import Activity, PaymentClaim
from portal import idempotency, limits, work
from portal.audit import AuditEntry
from portal.db import Database
from portal.files import StoredFile
from portal.idempotency import IdempotencyKey
from portal.people import Role
from portal.reports import web as report_web
from portal.reports.models import Report
from portal.work import WorkItem
from tests import factories, world
from tests.clients import ORIGIN, ApiClient
from tests.world import HEADER, csv, row

WAIT = {"Prefer": "wait=10"}
CLAIMS = "record_id,account_ref,paid_on,amount,paid_to,currency"
INVENTORY = "account_ref,balance,status"


class House:
    """Two agencies with placed accounts and keys, and a vendor manager of the bank with one."""

    def __init__(self, app: Flask) -> None:
        self.app, self.db = app, app.extensions["database"]
        with self.db.transaction() as session:
            self.agency, other = world.two_agencies(session)
            self.a = ApiClient(
                app, factories.make_key(session, scopes="reports:read reports:write", agency=self.agency)
            )
            self.b = ApiClient(app, factories.make_key(session, scopes="reports:read reports:write", agency=other))
            self.reader = ApiClient(app, factories.make_key(session, scopes="reports:read", agency=self.agency))
            self.writer = ApiClient(app, factories.make_key(session, scopes="reports:write", agency=self.agency))
            self.bank = ApiClient(
                app, factories.make_key(session, scopes="reports:read reports:write", user=factories.make_user(session))
            )
            self.admin = ApiClient(
                app,
                factories.make_key(
                    session, scopes="reports:read reports:write", user=factories.make_user(session, Role.ADMIN)
                ),
            )

    def send(
        self,
        body: str | bytes,
        status: int = 202,
        *,
        by: ApiClient | None = None,
        kind: str = "activity",
        media_type: str = "text/csv",
        query: str = "",
        key: str | None = None,
        **headers: str,
    ) -> TestResponse:
        """POST /reports/{kind}; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (by or self.a).post(
            f"/reports/{kind}{query}", status=status, data=body, content_type=media_type, headers=named, key=key
        )

    def read(self, body: str | bytes, **more: Any) -> dict[str, Any]:
        """The outcome of a file that the caller waits for."""
        found: dict[str, Any] = self.send(body, 200, Prefer="wait=10", **more).json
        return found

    def count(self, model: type[Any]) -> int:
        with self.db.reading() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


def rows(total: int, accepted: int, duplicate: int = 0, changed: int = 0, rejected: int = 0) -> dict[str, int]:
    return {"total": total, "accepted": accepted, "duplicate": duplicate, "changed": changed, "rejected": rejected}


# -- taking a file in ----------------------------------------------------------------------------------------------------


def test_a_report_is_received_at_once_and_read_in_the_background(house: House) -> None:
    answer = house.send(csv(row("1"), row("2", "BCC1")))
    report = answer.json
    assert set(report) == {"id", "kind", "state", "rows", "breaches", "sha256", "created_at", "links"}
    assert (report["kind"], report["state"], report["rows"], report["breaches"]) == (
        "activity",
        "received",
        rows(0, 0),
        None,
    )
    assert answer.headers["Location"] == f"/api/v1/reports/{report['id']}"
    work.drain(house.db)
    after = house.a.get(f"/reports/{report['id']}").json
    assert (after["state"], after["rows"]) == ("partly_accepted", rows(2, 1, rejected=1))
    assert {name: after[name] for name in ("id", "sha256", "created_at")} == {
        name: report[name] for name in ("id", "sha256", "created_at")
    }


def test_who_prefers_to_wait_gets_the_outcome_and_so_does_who_repeats_the_call(house: House) -> None:
    answer = house.send(csv(row("1"), row("2")), 200, key="k", Prefer="wait=10")
    assert (answer.json["state"], answer.json["rows"]) == ("accepted", rows(2, 2))
    assert answer.headers["Preference-Applied"] == "wait=10"
    again = house.send(csv(row("1"), row("2")), 200, key="k")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json["state"] == "accepted"


def test_who_waited_in_vain_gets_202(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_web, "AT_ONCE", 0)  # a file for the jobs process, which does not run here
    answer = house.send(csv(row("1")), 202, Prefer="wait=1")
    assert answer.json["state"] == "received"
    assert answer.headers["Preference-Applied"] == "respond-async"


def test_a_preference_that_nobody_understands_is_ignored(house: House) -> None:
    for number, prefer in enumerate(
        ("wait=0", "wait=²", "wait", "respond-async", "handling=lenient; wait=x", "waiting=5")
    ):
        house.send(csv(row(str(number))), 202, Prefer=prefer)


TEXT = csv(row("1", note="你好"), row("2"))
DICTS = [{name: cell for name, cell in line.items() if cell} for line in csv_format.DictReader(io.StringIO(TEXT))]
TURNED = "\n".join(",".join(reversed(line.split(","))) for line in TEXT.split("\n"))
BODIES = {
    "CSV with a byte order mark": (b"\xef\xbb\xbf" + TEXT.encode(), "text/csv; charset=utf-8", {}),
    "CSV in Chinese encoding": (TEXT.encode("gb18030"), "text/csv; charset=gb18030", {}),
    "gzip, the columns the other way round": (gzip.compress(TURNED.encode()), "text/csv", {"Content_Encoding": "gzip"}),
    "JSON Lines": ("\n".join(json.dumps(item) for item in DICTS).encode(), "application/jsonl", {}),
    "a JSON array": (json.dumps(DICTS).encode(), "application/json", {}),
}


def test_every_kind_of_body_says_the_same(house: House) -> None:
    assert house.read(TEXT)["rows"] == rows(2, 2)
    for name, (body, media_type, headers) in BODIES.items():
        assert house.read(body, media_type=media_type, **headers)["rows"] == rows(2, 0, duplicate=2), name


def test_a_form_may_carry_the_file_and_the_mode(house: House) -> None:
    part = {"file": (io.BytesIO(csv(row("1"), row("2", "ZZZ")).encode()), "october.csv", "text/csv"), "mode": "atomic"}
    answer = house.a.post("/reports/activity", status=200, data=part, content_type="multipart/form-data", headers=WAIT)
    assert (answer.json["state"], answer.json["rows"]) == ("rejected", rows(2, 0, rejected=1))
    house.a.post("/reports/activity", status=422, data={"mode": "atomic"}, content_type="multipart/form-data")


def test_atomic_takes_all_rows_or_none(house: House) -> None:
    assert house.read(csv(row("1"), row("2", "ZZZ")), query="?mode=atomic")["rows"] == rows(2, 0, rejected=1)
    assert house.count(Activity) == 0
    assert house.read(csv(row("1"), row("2")), query="?mode=atomic")["rows"] == rows(2, 2)
    house.send(csv(row("3")), 422, query="?mode=most")


CONTROLS = [
    ({"Report_Rows": "3"}, "partly_accepted"), ({"Report_Rows": "2"}, "rejected"), ({"Report_Amount": "151.50"}, "partly_accepted"),
    ({"Report_Amount": "151.51"}, "rejected"), ({"Report_Rows": "3", "Report_Amount": "151.5"}, "partly_accepted"),
]  # fmt: skip


def test_totals_that_were_announced_must_be_those_of_the_file(house: House) -> None:
    """Rejected and repeated rows count; the amount is that of all readable ones."""
    for number, (totals, state) in enumerate(CONTROLS):
        lines = (
            f"{number}a,ACC1,2026-02-01,100.00",
            f"{number}a,ACC1,2026-02-01,1.50",
            f"{number}b,ZZZ,2026-02-01,50.00",
        )
        report = house.read("\n".join((CLAIMS, *(f"{line},agency,USD" for line in lines))), kind="payments", **totals)
        assert report["state"] == state, totals
        if state == "rejected":
            assert report["rows"]["accepted"] == 0
            (problem,) = house.a.get(f"/reports/{report['id']}/problems").json["items"]
            assert (problem["row"], problem["code"]) == (0, "control_total")
            assert problem["message"]
    assert house.count(PaymentClaim) == sum(state != "rejected" for _, state in CONTROLS)


def test_an_amount_cannot_be_announced_for_two_currencies(house: House) -> None:
    text = f"{CLAIMS}\n1,ACC1,2026-02-01,100.00,agency,USD\n2,ACC1,2026-02-01,50.00,agency,EUR\n"
    assert house.read(text, kind="payments", Report_Amount="150.00")["state"] == "rejected"


UNREADABLE = [("Report_Rows", "many"), ("Report_Rows", "²"), ("Report_Rows", "-1"), ("Report_Amount", "NaN"), ("Report_Amount", "Infinity"),
              ("Report_Amount", "1.005"), ("Report_Amount", "1e3")]  # fmt: skip


def test_totals_that_cannot_be_read_are_a_bad_call(house: House) -> None:
    for name, value in UNREADABLE:
        assert_problem(house.send(csv(row("1")), 400, **{name: value}))


OTHERS = {
    "payments": (CLAIMS, "1,ACC1,2026-02-01,100.00,agency,USD"),
    "inventory": (INVENTORY, "ACC1,100.00,active"),
    "complaints": (
        "record_id,account_ref,received_at,category,summary",
        "1,ACC1,2026-02-01T10:00:00Z,conduct,Shouting",
    ),
    "collectors": ("collector_id,full_name,active_from", "E1,Robin Doe,2026-01-01"),
}


def test_the_other_kinds_of_report(house: House) -> None:
    for kind, lines in OTHERS.items():
        assert house.read("\n".join(lines), kind=kind)["rows"] == rows(1, 1), kind


# -- the same bytes, the same key ---------------------------------------------------------------------------------------


def test_the_same_bytes_again_are_refused_with_the_address_of_the_first(house: House) -> None:
    text = csv(row("1"))
    first = house.send(text).json["id"]
    for body, headers in ((text, {}), (gzip.compress(text.encode()), {"Content_Encoding": "gzip"})):
        answer = house.send(body, 409, **headers)
        assert_problem(answer)
        assert (answer.json["report"], answer.headers["Location"]) == (first, f"/api/v1/reports/{first}")
    assert house.count(Report) == house.count(StoredFile) == 1
    house.send(text, 202, by=house.b)  # another sender's are another report


def test_rejected_bytes_may_be_sent_again(house: House) -> None:
    for _ in range(2):
        assert house.read(csv(row("1", "ZZZ")))["state"] == "rejected"
    assert house.count(Report) == 2


def test_a_post_without_a_key_is_refused(house: House) -> None:
    bearer = {"Authorization": f"Bearer {house.a.key}"}
    for headers in (bearer, bearer | {"Idempotency-Key": ""}, bearer | {"Idempotency-Key": "x" * 256}):
        answer = house.a.http.post(
            "/api/v1/reports/activity", data=csv(row("1")), content_type="text/csv", headers=headers, base_url=ORIGIN
        )
        assert answer.status_code == 400
        assert_problem(answer)
    assert house.count(Report) == 0


def test_the_same_key_and_body_get_the_saved_answer_and_do_nothing_again(house: House) -> None:
    first = house.send(csv(row("1")), key="k")
    again = house.send(csv(row("1")), key="k")
    assert again.get_data() == first.get_data()
    assert (again.headers["Idempotent-Replayed"], again.headers["Location"]) == ("true", first.headers["Location"])
    assert "Idempotent-Replayed" not in first.headers
    assert house.count(Report) == house.count(StoredFile) == house.count(WorkItem) == 1
    refused = house.send(csv(row("1")), 409, key="refused")
    assert house.send(csv(row("1")), 409, key="refused").get_data() == refused.get_data()


def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    house.send(csv(row("1")), key="k")
    assert_problem(house.send(csv(row("2")), 422, key="k"))
    assert_problem(house.send(csv(row("1")), 422, key="k", query="?mode=atomic"))
    assert_problem(house.send(csv(row("1")), 422, key="k", Report_Rows="1"))
    house.send(csv(row("2")), 202, key="k", by=house.b)  # keys of another caller are others
    assert house.count(Report) == 2


def test_a_call_that_still_runs_is_not_begun_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_end = threading.Event(), threading.Event()
    real = report_web.receiving.receive

    def slow(*arguments: Any, **named: Any) -> Report:
        begun.set()
        may_end.wait(20)
        return real(*arguments, **named)

    monkeypatch.setattr(report_web.receiving, "receive", slow)
    statuses: list[int] = []
    first = threading.Thread(target=lambda: statuses.append(house.send(csv(row("1")), key="k").status_code))
    first.start()
    assert begun.wait(20)
    try:
        if (
            not house.db.sqlite
        ):  # SQLite's one writer is the first call, so the second one waits for it and finds its answer
            answer = ApiClient(house.app, house.a.key).post(
                "/reports/activity", status=409, data=csv(row("1")), content_type="text/csv", key="k"
            )
            assert int(answer.headers["Retry-After"]) >= 1
            assert_problem(answer)
    finally:
        may_end.set()
        first.join()
    assert statuses == [202]
    assert house.send(csv(row("1")), key="k").headers["Idempotent-Replayed"] == "true"
    assert house.count(Report) == 1


def test_of_a_call_and_its_repetition_after_the_lease_one_alone_takes_effect(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a web worker froze for a minute with the call in its hands, and its caller did not wait."""
    real, calls, texts = report_web.receiving.receive, [], []

    def again() -> None:
        texts.append(
            ApiClient(house.app, house.a.key)
            .post("/reports/activity", status=202, data=csv(row("1")), content_type="text/csv", key="k")
            .data
        )

    def overtaken(*arguments: Any, **named: Any) -> Report:
        calls.append(1)
        if len(calls) == 1:
            monkeypatch.setattr(idempotency, "LEASE", -idempotency.LEASE)
            hand = threading.Thread(target=again)
            hand.start()
            hand.join()
        return real(*arguments, **named)

    monkeypatch.setattr(report_web.receiving, "receive", overtaken)
    late = house.a.post("/reports/activity", status=202, data=csv(row("1")), content_type="text/csv", key="k")
    assert (late.headers.get("Idempotent-Replayed"), late.data) == ("true", texts[0])
    assert len(calls) == 2
    assert house.count(Report) == house.count(StoredFile) == 1


def test_the_same_file_sent_by_five_at_once_is_one_report(house: House) -> None:
    answers: list[int] = []
    start = threading.Barrier(5)

    def send() -> None:
        client = ApiClient(house.app, house.a.key)
        start.wait()
        response = client.http.post(
            "/api/v1/reports/activity",
            data=csv(row("1")),
            content_type="text/csv",
            base_url=ORIGIN,
            headers={"Authorization": f"Bearer {house.a.key}", "Idempotency-Key": f"five-{threading.get_ident()}"},
        )
        answers.append(response.status_code)

    hands = [threading.Thread(target=send) for _ in range(5)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(answers) == [202, 409, 409, 409, 409]
    assert house.count(Report) == house.count(StoredFile) == 1


# -- preview ------------------------------------------------------------------------------------------------------------


def preview(house: House, body: str, status: int = 200, query: str = "", **headers: str) -> dict[str, Any]:
    named = {
        "Authorization": f"Bearer {house.a.key}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    answer = house.a.http.post(
        f"/api/v1/reports/activity/preview{query}", data=body, content_type="text/csv", headers=named, base_url=ORIGIN
    )
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.json


def test_a_preview_makes_the_same_checks_needs_no_key_and_keeps_nothing(house: House) -> None:
    text = csv(row("1"), row("1"), row("2", "BCC1"), row("3", at="yesterday"))
    kept = [house.count(model) for model in (Report, StoredFile, Activity, WorkItem, AuditEntry, IdempotencyKey)]
    found = preview(house, text)
    assert (found["state"], found["rows"]) == ("partly_accepted", rows(4, 1, duplicate=1, rejected=2))
    assert [(p["row"], p["column"], p["code"]) for p in found["problems"]] == [
        (3, "account_ref", "unknown_account"),
        (4, "occurred_at", "unreadable_date"),
    ]
    assert preview(house, text, query="?mode=atomic")["rows"] == rows(4, 0, rejected=2)
    assert preview(house, text, query="?mode=atomic")["state"] == "rejected"
    assert preview(house, text, Report_Rows="3")["state"] == "rejected"
    assert preview(house, "no,such,columns\n1,2,3\n")["state"] == "rejected"
    assert [
        house.count(model) for model in (Report, StoredFile, Activity, WorkItem, AuditEntry, IdempotencyKey)
    ] == kept
    real = house.read(text)
    assert {name: real[name] for name in ("state", "rows", "sha256")} == {
        name: found[name] for name in ("state", "rows", "sha256")
    }
    assert preview(house, text)["rows"] == rows(
        4, 0, duplicate=2, rejected=2
    )  # the same bytes may be previewed when they are here


def test_a_preview_leaves_no_file_behind(house: House) -> None:
    preview(house, csv(row("1")))
    folder = house.app.extensions["settings"].upload_dir
    assert not [path for path in folder.rglob("*") if path.is_file()]


# -- problems -----------------------------------------------------------------------------------------------------------


def test_problems_come_as_a_list_and_rejected_rows_to_be_mended_and_sent_back(house: House) -> None:
    text = csv(row("1"), row("2", "ZZZ"), row("3", at="2026-02-02T10:00:00", note="=1+1"), row("4", kind="phonecall"))
    report = house.read(text)
    listed = house.a.get(f"/reports/{report['id']}/problems").json
    assert listed["next"] is None
    assert [set(problem) for problem in listed["items"]] == [{"row", "column", "code", "message", "value"}] * 3
    assert [(p["row"], p["column"], p["code"], p["value"]) for p in listed["items"]] == [
        (2, "account_ref", "unknown_account", "ZZZ"), (3, "occurred_at", "missing_offset", "2026-02-02T10:00:00"), (4, "kind", "bad_kind", "phonecall"),
    ]  # fmt: skip
    rejected = house.a.get(f"/reports/{report['id']}/problems", headers={"Accept": "text/csv"})
    assert rejected.mimetype == "text/csv"
    sent_back = list(csv_format.DictReader(io.StringIO(rejected.get_data(as_text=True))))
    assert [list(line) for line in sent_back] == [HEADER.split(",")] * 3
    mended = (
        rejected.get_data(as_text=True)
        .replace("ZZZ", "ACC2")
        .replace("T10:00:00,", "T10:00:00Z,")
        .replace('2026-02-02T10:00:00"', '2026-02-02T10:00:00Z"')
    )
    outcome = house.read(mended.replace("phonecall", "call"))
    assert (outcome["state"], outcome["rows"]) == ("accepted", rows(3, 3))
    with house.db.reading() as session:
        assert session.scalars(select(Activity.note).where(Activity.record_id == "3")).one() == "=1+1"


def test_problems_are_paged(house: House) -> None:
    report = house.read(csv(*(row(str(n), "ZZZ") for n in range(7))))
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = house.a.get(f"/reports/{report['id']}/problems?limit=3&cursor={cursor}").json
        seen += [problem["row"] for problem in page["items"]]
        cursor, pages = page["next"], pages + 1
    assert (seen, pages) == (list(range(1, 8)), 3)
    for query in (
        "limit=0",
        "limit=1001",
        "limit=²",
        "limit=-1",
        "limit=x",
        "cursor=!!",
        "cursor=x",
        "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ",
    ):
        assert_problem(house.a.get(f"/reports/{report['id']}/problems?{query}", 422))


# -- who may ------------------------------------------------------------------------------------------------------------


def test_what_is_not_theirs_looks_like_what_does_not_exist(house: House) -> None:
    ref = house.send(csv(row("1"))).json["id"]
    nothing = house.b.get("/reports/rpt_none", 404).get_data()
    for path in (f"/reports/{ref}", f"/reports/{ref}/problems", f"/reports/{ref}/breaches"):
        assert house.b.get(path, 404).get_data() == nothing
    assert house.bank.get(f"/reports/{ref}").json["id"] == ref


def test_keys_do_what_their_scopes_say(house: House) -> None:
    ref = house.send(csv(row("1"))).json["id"]
    assert_problem(house.send(csv(row("2")), 403, by=house.reader))
    assert_problem(house.writer.get(f"/reports/{ref}", 403))
    house.send(csv(row("2")), 202, by=house.writer)
    house.admin.get(f"/reports/{ref}", 404)  # administrators see no business at all


def test_without_a_valid_key_nothing_is_answered(house: House) -> None:
    for key in (None, "", "nonsense", "pw_live_abcdefgh_0000000000000000000000000000000000000000"):
        stranger = ApiClient(house.app, key)
        for answer in (
            stranger.get("/reports/rpt_none", 401),
            stranger.post("/reports/activity", status=401, data=csv(row("1")), content_type="text/csv"),
        ):
            assert_problem(answer)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert house.count(StoredFile) == 0


def test_the_bank_sends_its_own_contacts_and_complaints_and_nothing_else(house: House) -> None:
    assert house.read(csv(row("1", "BCC1")), by=house.bank)["rows"] == rows(1, 1)
    for kind in ("payments", "inventory", "collectors"):
        assert_problem(house.send(f"{CLAIMS}\n", 403, by=house.bank, kind=kind))


def test_files_with_calls_of_their_own_are_no_reports(house: House) -> None:
    """The bank's ledger and accounts ask for other rights than a report does."""
    for kind in ("ledger", "accounts", "nothing", "ACTIVITY"):
        for client in (house.a, house.bank):
            assert_problem(house.send(csv(row("1")), 404, by=client, kind=kind))
    assert house.count(Report) == house.count(StoredFile) == 0


# -- every error --------------------------------------------------------------------------------------------------------


def assert_problem(answer: TestResponse) -> None:
    """RFC 9457, whatever the error."""
    assert answer.mimetype == "application/problem+json"
    body = answer.json
    assert {"type", "title", "status", "detail", "errors"} <= set(body)
    assert body["status"] == answer.status_code
    assert body["type"].startswith("urn:")
    assert body["title"]
    assert body["detail"]
    assert isinstance(body["errors"], list)


def test_every_error_has_the_one_shape(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_problem(house.a.get("/nothing", 404))
    assert_problem(house.a.get("/reports/activity/preview", 405))
    allowed = house.a.http.delete(
        "/api/v1/reports/rpt_1", headers={"Authorization": f"Bearer {house.a.key}"}, base_url=ORIGIN
    )
    assert allowed.status_code == 405
    assert "GET" in allowed.headers["Allow"]
    assert_problem(allowed)
    for media_type in ("application/pdf", "application/x-www-form-urlencoded", "image/png", ""):
        assert_problem(house.send(b"%PDF", 415, media_type=media_type))
    assert_problem(house.send(csv(row("1")), 415, Content_Encoding="br"))
    assert_problem(house.send(gzip.compress(csv(row("1")).encode())[:-20], 422, Content_Encoding="gzip"))
    house.app.config["MAX_CONTENT_LENGTH"] = 1000
    assert_problem(house.send(csv(*(row(str(n)) for n in range(99))), 413))
    house.app.config["MAX_CONTENT_LENGTH"] = None
    monkeypatch.setattr(report_web.receiving, "receive", lambda *_, **__: 1 / 0)
    assert_problem(house.send(csv(row("1")), 500))
    assert house.count(StoredFile) == 0


def test_a_fault_of_ours_leaves_the_key_free(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(report_web.receiving, "receive", lambda *_, **__: 1 / 0)
        house.send(csv(row("1")), 500, key="k")
    assert house.send(csv(row("1")), 202, key="k").headers.get("Idempotent-Replayed") is None


def test_a_bomb_is_not_unpacked(house: House) -> None:
    packed = gzip.compress(HEADER.encode() + b"\n" + b"," * (64 << 20))
    assert_problem(house.send(packed, 413, Content_Encoding="gzip"))


# -- limits -------------------------------------------------------------------------------------------------------------


def test_calls_are_metered_and_too_many_are_told_when_to_come_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = house.a.get("/reports/rpt_none", 404)
    assert {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(answer.headers.keys())

    def spent(*_: Any) -> limits.Allowance:
        raise limits.TooMany("Too many requests. Try again in %(wait)s s.", retry_after=7, wait=7)

    monkeypatch.setattr(limits.Limiter, "spend", spent)
    refused = house.a.get("/reports/rpt_none", 429)
    assert_problem(refused)
    assert (refused.headers["Retry-After"], refused.headers["RateLimit-Remaining"]) == ("7", "0")


def test_waiting_holds_no_transaction(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else can write while a caller waits for an outcome."""
    monkeypatch.setattr(report_web, "AT_ONCE", 0)
    waiting = threading.Thread(
        target=lambda: ApiClient(house.app, house.a.key).post(
            "/reports/activity", status=202, data=csv(row("1")), content_type="text/csv", headers={"Prefer": "wait=2"}
        )
    )
    waiting.start()
    while not house.count(Report):
        time.sleep(0.02)
    before = time.monotonic()
    database: Database = house.db
    with database.transaction() as session:
        session.add(
            StoredFile(
                place="x",
                name="x",
                content_type="x",
                size=0,
                sha256="x",
                created_at=session.get_one(Report, 1).created_at,
                created_by="x",
            )
        )
    assert time.monotonic() - before < 1.5
    waiting.join()
