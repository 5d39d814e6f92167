"""Reports are tested: exactly what is in breach is found, in whatever order rows come, and what loses its ground is withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import func, select

import activity.jobs
import activity.kinds_of_file  # noqa: F401 - registers the kinds
import conduct.jobs
from activity.events import ReportAccepted
from activity.models import Activity
from agencies.models import Agency, Credential, CredentialState
from conduct import checking, dossiers, queries
from conduct.models import Breach, BreachRow, BreachState
from portal import clock, events, files, uploads, work
from portal.audit import AuditEntry
from portal.db import Database
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.reports.models import Report
from portal.tasks import Task, TaskState
from samples.activity import Generated, Profile, generate
from samples.panel import Desk
from tests import world
from tests.conduct import tape_world
from tests.conduct.tape_world import FIRST, LAST, NOW
from tests.conftest import KEYS

NAMED = {
    "us.regf.time-of-day", "us.regf.call-frequency", "us.regf.call-cooldown", "us.regf.cease-communication",
    "us.licence.active-on-activity-date", "cn.gbt45251.hours", "cn.gbt45251.freq_effective", "cn.gbt45251.refusal_stop",
    "cn.cba2026.attempts", "bank.contact-after-recall",
}  # fmt: skip
COLUMNS = "record_id,account_ref,occurred_at,kind,direction,outcome,party,person_ref,time_zones,corrects,endpoint,endpoint_type,details"


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """As in app.py: conduct hears of reports. The clock stands after the reports."""
    events.wire([(ReportAccepted, conduct.jobs.on_report)])
    with clock.set_to(NOW):
        yield
    events.wire([])


@pytest.fixture
def begun(tmp_path: Path) -> None:
    world.begin(tmp_path, KEYS)


def generated(market: str, rows: int = 1200, consumers: int = 400) -> tuple[Generated, tape_world.Tape]:
    """A report of the sample generator with every scene of its market, and the accounts it is about."""
    tape = tape_world.tape(market, consumers)
    profile = Profile(rows=rows, breach_share=0.03, bad_share=0.01, repeat_share=0.005)
    report = generate(tape_world.placed(tape), agency="AGY01", seed=11, first_day=FIRST, last_day=LAST, profile=profile)
    return report, tape


def panel(db: Database, market: str, tape: tape_world.Tape, code: str = "AGY01") -> Agency:
    """The agency with these accounts, licensed everywhere, its collectors enrolled."""
    with db.transaction() as session:
        agency = tape_world.make_agency(session, code, market.upper())
        tape_world.license_everywhere(session, agency)
        tape_world.enrol(session, agency, Desk.of(code, 12).collectors)
        tape_world.place(session, agency, tape)
    return agency


def row(record: str, account: str, at: str, kind: str = "call", **cells: str) -> str:
    """One CSV line; an outbound call that nobody answers unless it says otherwise."""
    given = {
        "record_id": record,
        "account_ref": account,
        "occurred_at": at,
        "kind": kind,
        "direction": "out",
        "outcome": "no_answer",
    }
    cells = {**given, **cells}
    return ",".join('"' + cells.get(name, "").replace('"', '""') + '"' for name in COLUMNS.split(","))


def send(db: Database, agency: Agency | None, *rows: str) -> int:
    """Take a report in (without an agency, the bank's own), read it, test it; its id."""
    text = "\n".join((COLUMNS, *rows)) + "\n"
    upload = uploads.store_upload(files.store(), BytesIO(text.encode()), "text/csv", "activity.csv", 1 << 20)
    with db.transaction() as session:
        report_id = receiving.receive(
            session, SYSTEM, "activity", upload, sender_agency_id=agency.id if agency else None
        ).id
    work.drain(db)
    return report_id


def found(db: Database, *, provisional: bool = False) -> dict[str, set[str]]:
    """The record ids in breach that stand, by rule."""
    by_rule = defaultdict(set)
    wanted = select(Breach.rule, Activity.record_id).join(Activity, Activity.id == Breach.activity_id)
    with db.reading() as session:
        for rule, record in session.execute(
            wanted.where(Breach.withdrawn_at.is_(None), Breach.provisional.is_(provisional))
        ):
            by_rule[rule].add(record)
    return dict(by_rule)


def breaches(db: Database, report_id: int) -> int | None:
    with db.reading() as session:
        return session.get_one(Report, report_id).breaches


def everything(db: Database) -> list[tuple[object, ...]]:
    """Every breach with all it says, and its evidence, by what the rows are called and not by their keys."""
    with db.reading() as session:
        names = dict(session.execute(select(Activity.id, Activity.record_id)).all())
        proofs = defaultdict(set)
        for breach_id, activity_id in session.execute(select(BreachRow.breach_id, BreachRow.activity_id)):
            proofs[breach_id].add(names[activity_id])
        return sorted(
            (
                b.rule,
                names[b.activity_id],
                b.verdict,
                b.provisional,
                b.state.value,
                b.withdrawn_at is None,
                str(sorted(b.why.items())),
                sorted(proofs[b.id]),
            )
            for b in session.scalars(select(Breach))
        )


# -- the generator's truth ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("market", ["us", "cn"])
def test_exactly_the_rows_in_breach_are_found(db: Database, begun: None, market: str) -> None:
    report, tape = generated(market)
    agency = panel(db, market, tape)
    report_id = world.send(db, agency, report.body.decode())
    work.drain(db)
    truth = {rule: set(ids) for rule, ids in report.manifest["breaches"].items()}
    result = found(db)
    assert {rule: result.get(rule, set()) for rule in truth} == truth
    assert all(truth[rule] for rule in truth.keys() & NAMED)
    assert breaches(db, report_id) == report.manifest["breach_rows"]


def test_testing_again_changes_nothing(db: Database, begun: None) -> None:
    report, tape = generated("us")
    report_id = world.send(db, panel(db, "us", tape), report.body.decode())
    work.drain(db)
    before, count = everything(db), breaches(db, report_id)
    with db.transaction() as session:
        work.enqueue(session, "conduct.check", report_id)
    work.drain(db)
    assert everything(db) == before
    assert breaches(db, report_id) == count


@pytest.mark.parametrize("market", ["us", "cn"])
@pytest.mark.parametrize("later_half_first", [False, True])
def test_the_order_in_which_rows_come_changes_nothing(
    db: Database, begun: None, market: str, later_half_first: bool
) -> None:
    report, tape = generated(market)
    header, *lines = report.body.decode().splitlines(keepends=True)
    halves = [lines[0::2], lines[1::2]]
    agency = panel(db, market, tape)
    for half in reversed(halves) if later_half_first else halves:
        world.send(db, agency, header + "".join(half))
        work.drain(db)
    truth = {rule: set(ids) for rule, ids in report.manifest["breaches"].items()}
    result = found(db)
    assert {rule: result.get(rule, set()) for rule in truth} == truth


def test_reports_tested_at_the_same_time_end_as_if_tested_one_by_one(db: Database, begun: None) -> None:
    """Four workers at four reports about the same people: none may take back what another has found from newer rows."""
    report, tape = generated("us", rows=800)
    header, *lines = report.body.decode().splitlines(keepends=True)
    agency = panel(db, "us", tape)
    for part in range(4):
        world.send(db, agency, header + "".join(lines[part::4]))
    workers = [Thread(target=work.drain, args=(db,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with db.transaction() as session:  # a step that met a lock it could not wait for is tried again later
        for item in session.scalars(select(work.WorkItem).where(work.WorkItem.state == work.WorkState.QUEUED)):
            item.due_at = item.created_at
    work.drain(db)
    truth = {rule: set(ids) for rule, ids in report.manifest["breaches"].items()}
    result = found(db)
    assert {rule: result.get(rule, set()) for rule in truth} == truth


def test_a_worker_killed_between_two_lots_goes_on_and_nothing_is_lost_or_doubled(
    db: Database, begun: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, tape = generated("us", rows=600)
    monkeypatch.setattr(checking, "LOT", 7)
    report_id = world.send(db, panel(db, "us", tape), report.body.decode())
    real, calls, seen = checking.check, [], []

    def check(session: object, since: dict[int, datetime], *rest: object, **named: object) -> object:
        changes = real(session, since, *rest, **named)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) in (2, 5):  # dies after the breaches were written and before they are committed
            raise KeyboardInterrupt
        seen.extend(since)
        return changes

    monkeypatch.setattr(checking, "check", check)
    assert work.do(work.claim(db))  # type: ignore[arg-type] - reads the report
    for _ in range(2):
        item = work.claim(db)
        assert item is not None
        with pytest.raises(KeyboardInterrupt):
            work.do(item)
        with db.transaction() as session:  # as when its lease ran out
            held = session.get_one(work.WorkItem, item.item_id)
            held.leased_until = held.created_at
    work.drain(db)
    assert len(seen) == len(set(seen))  # no lot was done twice
    truth = {rule: set(ids) for rule, ids in report.manifest["breaches"].items()}
    assert {rule: ids for rule, ids in found(db).items() if rule in truth} == {
        rule: ids for rule, ids in truth.items() if ids
    }
    assert breaches(db, report_id) == report.manifest["breach_rows"]


def test_a_check_waits_for_another_check_of_the_same_person(db: Database, agency: Agency) -> None:
    """It reads what the other has seen and written only once that is over; otherwise the older view could be written last."""
    report_id = send(db, agency, row("1", "ACC1", NOON))
    with db.reading() as session:
        since = checking.touched_by(session, report_id)
        codes = queries.agency_codes(session)
        known = checking.Panel(codes, dossiers.agencies(session, codes, NOW))
    over = Event()

    def second() -> None:
        with db.transaction() as session:
            checking.check(session, since, known, at=NOW)
        over.set()

    with db.transaction() as session:
        checking.check(session, since, known, at=NOW)
        waiting = Thread(target=second)
        waiting.start()
        assert not over.wait(0.5)
    waiting.join(20)
    assert over.is_set()


# -- one row at a time ----------------------------------------------------------------------------------------------------

NIGHT, NOON = "2026-02-10T23:30:00-05:00", "2026-02-10T12:00:00-05:00"


@pytest.fixture
def agency(db: Database, begun: None) -> Agency:
    """Agency AGYA with accounts ACC1 … in Ohio, which asks for no licence."""
    with db.transaction() as session:
        made = world.two_agencies(session)[0]
        for account in session.scalars(select(world.Account)):
            account.time_zone = "America/New_York"
    return made


def test_a_report_is_untested_until_it_was_tested_and_then_says_how_many_rows_are_in_breach(
    db: Database, agency: Agency
) -> None:
    report_id = world.send(db, agency, "\n".join((COLUMNS, row("1", "ACC1", NIGHT), row("2", "ACC1", NOON))) + "\n")
    assert work.do(work.claim(db))  # type: ignore[arg-type]
    assert breaches(db, report_id) is None
    work.drain(db)
    assert breaches(db, report_id) == 1
    assert found(db) == {"us.regf.time-of-day": {"1"}}


def test_a_report_without_a_row_that_counts_has_none_in_breach(db: Database, agency: Agency) -> None:
    assert breaches(db, send(db, agency, row("1", "NOBODY", NIGHT))) == 0


def test_a_row_in_breach_of_two_rules_is_one_row(db: Database, agency: Agency) -> None:
    talk = row("1", "ACC1", "2026-02-09T12:00:00-05:00", outcome="conversation")
    report_id = send(db, agency, talk, row("2", "ACC1", NIGHT))
    assert found(db) == {"us.regf.time-of-day": {"2"}, "us.regf.call-cooldown": {"2"}}
    assert breaches(db, report_id) == 1


def test_a_correction_takes_the_ground_of_a_breach_away(db: Database, agency: Agency) -> None:
    first = send(db, agency, row("1", "ACC1", NIGHT))
    assert breaches(db, first) == 1
    second = send(db, agency, row("1b", "ACC1", NOON, corrects="1"))
    assert found(db) == {}
    assert (breaches(db, first), breaches(db, second)) == (0, 0)
    with db.reading() as session:
        breach = session.scalars(select(Breach)).one()
        assert (breach.state, breach.withdrawn_at) == (BreachState.FOUND, NOW)
        assert (
            session.scalar(select(AuditEntry.subject).where(AuditEntry.event == "conduct.breach.withdrawn"))
            == f"breach:{breach.ref}"
        )
        assert session.scalar(select(Task.state).where(Task.kind == "breach.judge")) is TaskState.DONE


def test_a_correction_can_take_the_ground_from_rows_after_it(db: Database, agency: Agency) -> None:
    """The conversation was none: the calls after it were free."""
    send(db, agency, row("1", "ACC1", "2026-02-09T12:00:00-05:00", outcome="conversation"), row("2", "ACC1", NOON))
    assert found(db) == {"us.regf.call-cooldown": {"2"}}
    send(db, agency, row("1b", "ACC1", "2026-02-12T12:00:00-05:00", corrects="1"))
    assert found(db) == {}


def test_a_correction_to_another_consumers_account_judges_both_anew(db: Database, agency: Agency) -> None:
    send(db, agency, row("1", "ACC1", NIGHT))
    send(db, agency, row("1b", "ACC2", NIGHT, corrects="1"))
    assert found(db) == {"us.regf.time-of-day": {"1b"}}


def test_a_request_that_arrives_late_judges_the_calls_after_it_anew(db: Database, agency: Agency) -> None:
    first = send(db, agency, row("1", "ACC1", "2026-02-05T12:00:00-05:00"), row("2", "ACC1", NOON))
    assert breaches(db, first) == 0
    stop = row(
        "stop",
        "ACC1",
        "2026-02-07T12:00:00-05:00",
        "cease_request",
        direction="in",
        outcome="",
        details='{"written": true}',
    )
    second = send(db, agency, stop)
    assert found(db) == {"us.regf.cease-communication": {"2"}}
    assert (breaches(db, first), breaches(db, second)) == (1, 0)


def test_a_late_row_makes_another_row_the_eighth(db: Database, agency: Agency) -> None:
    days = [f"2026-02-{day:02}T{hour}:00:00-05:00" for day in (2, 3, 4, 5) for hour in (10, 15)]
    send(db, agency, *(row(f"c{n}", "ACC1", at) for n, at in enumerate(days[1:], 1)))
    assert found(db) == {}
    send(db, agency, row("c0", "ACC1", days[0]))
    assert found(db) == {"us.regf.call-frequency": {"c7"}}
    with db.reading() as session:
        assert (
            session.scalar(select(func.count()).select_from(BreachRow)) == 8
        )  # the eighth and the seven counted with it


def test_a_number_that_turns_out_to_be_somebody_elses_casts_doubt_on_the_calls_before(
    db: Database, agency: Agency
) -> None:
    days = [f"2026-02-{day:02}T{hour}:00:00-05:00" for day in (2, 3, 4, 5) for hour in (10, 15)]
    first = send(db, agency, *(row(f"c{n}", "ACC1", at, endpoint="+12165550101") for n, at in enumerate(days)))
    assert breaches(db, first) == 1
    send(
        db,
        agency,
        row("w", "ACC1", "2026-02-06T10:00:00-05:00", outcome="wrong_party", party="other", endpoint="+12165550101"),
    )
    assert "us.regf.call-frequency" not in found(db)
    assert "c7" in found(db, provisional=True)["us.regf.call-frequency"]
    assert breaches(db, first) == 0


def test_a_question_is_no_breach_until_somebody_answers_it(db: Database, agency: Agency) -> None:
    """A call cut off may or may not have been a conversation: only a person can tell."""
    report_id = send(
        db, agency, row("1", "ACC1", "2026-02-09T12:00:00-05:00", outcome="answered_dropped"), row("2", "ACC1", NOON)
    )
    assert found(db) == {}
    assert found(db, provisional=True) == {"us.regf.call-cooldown": {"2"}}
    assert breaches(db, report_id) == 0


def test_the_consumer_by_name_is_the_consumer(db: Database, agency: Agency) -> None:
    days = [f"2026-02-{day:02}T{hour}:00:00-05:00" for day in (2, 3, 4, 5) for hour in (10, 15)]
    who = ["C-ACC1", ""] * 4
    send(db, agency, *(row(f"c{n}", "ACC1", at, person_ref=who[n]) for n, at in enumerate(days)))
    assert found(db) == {"us.regf.call-frequency": {"c7"}}


def test_calls_of_two_agencies_are_counted_together_and_each_answers_for_its_own(db: Database, begun: None) -> None:
    """ACC1 moves from A to B in the middle of a week: the eighth call is B's."""
    with db.transaction() as session:
        first, second = world.two_agencies(session, ended=datetime(2026, 2, 4, tzinfo=UTC))
        portfolio = session.scalars(select(world.Portfolio)).one()
        account = session.scalars(select(world.Account).where(world.Account.account_ref == "ACC1")).one()
        account.time_zone = "America/New_York"
        contract = session.scalars(select(world.Contract).where(world.Contract.agency_id == second.id)).one()
        session.add(
            world.Placement(
                ref="pl_again",
                account_id=account.id,
                agency_id=second.id,
                contract_id=contract.id,
                placed_at=datetime(2026, 2, 4, 5, tzinfo=UTC),
                cell="c",
                balance=account.balance,
                currency="USD",
                due_back_on=LAST,
                updated_at=NOW,
            )
        )
        assert portfolio
    days = [f"2026-02-{day:02}T{hour}:00:00-05:00" for day in (2, 3, 4, 5) for hour in (10, 15)]
    b = send(db, second, *(row(f"b{n}", "ACC1", at) for n, at in enumerate(days[4:], 4)))
    a = send(db, first, *(row(f"a{n}", "ACC1", at) for n, at in enumerate(days[:4])))
    assert found(db) == {"us.regf.call-frequency": {"b7"}}
    assert (breaches(db, a), breaches(db, b)) == (0, 1)


def test_the_banks_own_contacts_count_and_are_judged_where_the_law_binds_it(db: Database, begun: None) -> None:
    """Massachusetts counts the calls of creditor and agencies together; the federal clock binds agencies alone."""
    with db.transaction() as session:
        made = world.two_agencies(session)[0]
        for account in session.scalars(select(world.Account)):
            account.jurisdiction, account.time_zone = "US-MA", "America/New_York"
    license_in(db, made, jurisdiction="US-MA")
    calls = [row(f"c{day}", "ACC1", f"2026-02-{day:02}T12:00:00-05:00", endpoint_type="mobile") for day in (2, 3, 4)]
    send(db, made, *calls[:2])
    bank = send(db, None, calls[2], row("night", "ACC2", NIGHT, endpoint_type="mobile"))
    assert found(db) == {"us.ma.contact-2-in-7": {"c4"}}
    assert breaches(db, bank) == 1
    with db.reading() as session:
        assert session.scalars(select(Breach.agency_id)).one() is None
        subject = session.scalars(select(Task.subject).where(Task.kind == "breach.judge")).one()
    assert subject == "breaches:bank:us.ma.contact-2-in-7"


# -- contact after a recall -----------------------------------------------------------------------------------------------


@pytest.fixture
def recalled(db: Database, begun: None) -> Agency:
    """As `agency`, but all its placements ended on 8 February."""
    with db.transaction() as session:
        made = world.two_agencies(session, ended=datetime(2026, 2, 8, tzinfo=UTC))[0]
        for account in session.scalars(select(world.Account)):
            account.time_zone = "America/New_York"
    return made


def test_contact_after_the_recall_is_found_on_evidence_and_by_that_rule_alone(db: Database, recalled: Agency) -> None:
    report_id = send(db, recalled, row("1", "ACC1", "2026-02-07T12:00:00-05:00"), row("2", "ACC1", NIGHT))
    assert found(db) == {}
    assert found(db, provisional=True) == {"bank.contact-after-recall": {"2"}}
    assert breaches(db, report_id) == 0  # nothing may tell the agency that there is such an account


def test_an_answer_to_the_person_after_the_recall_is_no_breach(db: Database, recalled: Agency) -> None:
    columns = COLUMNS + ",purpose"
    report = "\n".join((columns, row("1", "ACC1", NOON, "email") + ",reply")) + "\n"
    world.send(db, recalled, report)
    work.drain(db)
    assert found(db, provisional=True) == {}


def test_evidence_adds_to_nobodys_counts_and_replaces_nobodys_rows(db: Database, recalled: Agency) -> None:
    """A row of the same id that counts, and a correction inside evidence, change nothing."""
    send(db, recalled, row("1", "ACC1", NOON))  # evidence under the id 1
    send(db, recalled, row("1", "ACC1", "2026-02-06T23:30:00-05:00"))  # counts
    send(db, recalled, row("9", "ACC1", NOON, corrects="1"))  # evidence that claims to correct it
    assert found(db) == {"us.regf.time-of-day": {"1"}}


def test_what_an_agency_writes_does_not_make_its_call_the_banks(db: Database, agency: Agency) -> None:
    send(db, agency, row("1", "ACC1", NIGHT, details='{"agency": "creditor"}'))
    assert found(db) == {"us.regf.time-of-day": {"1"}}


# -- credentials ----------------------------------------------------------------------------------------------------------


def license_in(db: Database, agency: Agency, **values: object) -> None:
    given = {
        "code": "us.licence",
        "jurisdiction": "US-IL",
        "number": "1",
        "valid_from": world.LONG_AGO.date(),
        "state": CredentialState.VERIFIED,
        "submitted_at": NOW,
        "submitted_by": "test",
        "created_at": NOW,
    }
    with db.transaction() as session:
        session.add(Credential(agency_id=agency.id, **{**given, **values}))


def in_illinois(db: Database) -> None:
    with db.transaction() as session:
        for account in session.scalars(select(world.Account)):
            account.jurisdiction, account.time_zone = "US-IL", "America/Chicago"


LICENCE = "us.licence.active-on-activity-date"


def test_work_without_the_states_licence_is_found(db: Database, agency: Agency) -> None:
    in_illinois(db)
    send(db, agency, row("1", "ACC1", NOON))
    assert found(db) == {LICENCE: {"1"}}


@pytest.mark.parametrize(
    ("reason", "values", "in_breach"),
    [
        ("verified and open", {}, False),
        ("not verified yet", {"state": CredentialState.SUBMITTED}, True),
        ("expired since, good on the day", {"state": CredentialState.EXPIRED, "valid_until": LAST}, False),
        ("expired before", {"state": CredentialState.EXPIRED, "valid_until": FIRST}, True),
        ("withdrawn since, good on the day", {"state": CredentialState.WITHDRAWN, "ended_on": LAST}, False),
        ("withdrawn before", {"state": CredentialState.WITHDRAWN, "ended_on": FIRST}, True),
        ("of another state", {"jurisdiction": "US-TX"}, True),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_licence_counts_on_the_day_of_the_row(
    db: Database, agency: Agency, reason: str, values: dict[str, object], in_breach: bool
) -> None:
    in_illinois(db)
    license_in(db, agency, **values)
    send(db, agency, row("1", "ACC1", NOON))
    assert (LICENCE in found(db)) is in_breach


def test_a_licence_verified_late_takes_the_ground_away_by_night(db: Database, agency: Agency) -> None:
    in_illinois(db)
    report_id = send(db, agency, row("1", "ACC1", NOON))
    license_in(db, agency)
    conduct.jobs.recheck_credentials(db)
    work.drain(db)
    assert found(db) == {}
    assert breaches(db, report_id) == 0


def test_a_licence_lost_with_effect_for_the_past_is_found_on_what_was_done_since(db: Database, agency: Agency) -> None:
    in_illinois(db)
    license_in(db, agency)
    send(db, agency, row("1", "ACC1", "2026-02-03T12:00:00-06:00"), row("2", "ACC1", NOON))
    assert found(db) == {}
    with db.transaction() as session:
        credential = session.scalars(select(Credential)).one()
        credential.state, credential.ended_on = CredentialState.WITHDRAWN, datetime(2026, 2, 5, tzinfo=UTC).date()
        lapsed = conduct.jobs.CredentialLapsed(agency.id, "crd", "us.licence", "US-IL", credential.ended_on)
        conduct.jobs.on_credential_lapsed(session, lapsed)
    work.drain(db)
    assert found(db) == {LICENCE: {"2"}}


def test_a_breach_that_was_withdrawn_is_back_when_its_ground_is(db: Database, agency: Agency) -> None:
    in_illinois(db)
    send(db, agency, row("1", "ACC1", NOON))
    with db.reading() as session:
        before = session.scalars(select(Breach.ref)).one()
    license_in(db, agency)
    conduct.jobs.recheck_credentials(db)
    work.drain(db)
    assert found(db) == {}
    with db.transaction() as session:
        session.scalars(select(Credential)).one().state = CredentialState.REFUSED
        lapsed = conduct.jobs.CredentialLapsed(agency.id, "crd", "us.licence", "US-IL", FIRST)
        conduct.jobs.on_credential_lapsed(session, lapsed)
    work.drain(db)
    assert found(db) == {LICENCE: {"1"}}
    with db.reading() as session:
        assert session.scalars(select(Breach.ref)).one() == before


def test_what_a_person_decided_is_not_withdrawn(db: Database, agency: Agency) -> None:
    first = send(db, agency, row("1", "ACC1", NIGHT))
    with db.transaction() as session:
        session.scalars(select(Breach)).one().state = BreachState.CONFIRMED
    send(db, agency, row("1b", "ACC1", NOON, corrects="1"))
    assert found(db) == {"us.regf.time-of-day": {"1"}}
    assert breaches(db, first) == 1


# -- work list ------------------------------------------------------------------------------------------------------------


def test_one_task_stands_for_all_breaches_of_one_rule_by_one_agency(db: Database, agency: Agency) -> None:
    send(db, agency, row("1", "ACC1", NIGHT), row("2", "ACC2", NIGHT), row("3", "ACC3", NIGHT))
    with db.reading() as session:
        task = session.scalars(select(Task).where(Task.kind == "breach.judge")).one()
    assert task.subject == "breaches:AGYA:us.regf.time-of-day"
    assert (task.due_at - NOW).days == 3  # a breach of high severity waits three days at most
