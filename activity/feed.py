"""Acts: what files are expected of an agency; whether they came; chasing what did not; the grade of the feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from activity import feed_queries as queries
from activity.calendar import BankDays, Cadence, Due, due_instants
from activity.certificate import ORDER, WINDOW_DAYS, Level, level_of
from activity.discipline import UNANSWERED, FileState, Slot, answer
from activity.events import FEED_CHASED, FEED_EXPECTED, FEED_GRADED, FEED_RELIEVED
from activity.models import Expectation, ExpectedFile, FeedCertificate
from activity.schemas import REPORTS
from agencies import queries as agencies
from agencies.models import Agency
from portal import audit, mail, tasks
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import SYSTEM, Actor

DAYS_OF = {Cadence.DAILY: range(1), Cadence.WEEKLY: range(5), Cadence.MONTHLY: range(1, 24)}
AHEAD = timedelta(days=45)  # far enough to see the next deadline of a monthly file
BEFORE = 2 * AHEAD  # so far before the window it is looked, because which file is whose depends on the deadlines before
CHASE_EVERY = timedelta(hours=24)
MOST_MAILS = 3  # about one file

NAMES = {
    Level.NONE: N_("No certificate"), Level.TRIAL: N_("On trial"), Level.BRONZE: N_("Bronze"), Level.SILVER: N_("Silver"), Level.GOLD: N_("Gold"),
}  # fmt: skip

_calendar = BankDays(ZoneInfo("UTC"))


def use(calendar: BankDays) -> None:
    """Set the bank's calendar of this process (once, by create_app)."""
    global _calendar
    _calendar = calendar


def calendar() -> BankDays:
    """The bank's calendar."""
    return _calendar


# -- what is expected ------------------------------------------------------------------------------------------------------


def expect(session: Session, actor: Actor, agency: Agency, kind: str, due: Due, *, at: datetime) -> Expectation:
    """Expect files of a kind from a day on, in the place of what was expected of that kind until then.

    Raises Invalid for a day in the past, because files up to now were judged by what was expected then, Conflict where something else was
    set for that day or a later one already.
    """
    _check(kind, due, at)
    for other in queries.expectations(session, agency.id, since=due.valid_from):
        if other.kind == kind and other.valid_from >= due.valid_from:
            raise Conflict(
                N_("From %(day)s on something is expected already. End that first."), day=str(other.valid_from)
            )
        if other.kind == kind:
            other.valid_until = due.valid_from - timedelta(days=1)
    made = Expectation(
        agency_id=agency.id, kind=kind, cadence=due.cadence, day=due.day, hour=due.hour, valid_from=due.valid_from, valid_until=due.valid_until,
        created_at=at, created_by=actor.label,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, actor, FEED_EXPECTED, f"agency:{agency.code}", kind=kind, cadence=due.cadence.value, day=due.day, hour=due.hour,
        valid_from=due.valid_from,
    )  # fmt: skip
    return made


def _check(kind: str, due: Due, at: datetime) -> None:
    fields = {}
    if kind not in REPORTS:
        fields["kind"] = N_("Choose a kind of report.")
    if due.day not in DAYS_OF[due.cadence]:
        fields["day"] = N_("Weekly: 0 for Monday to 4 for Friday. Monthly: which business day, 1 to 23. Daily: 0.")
    if not 0 <= due.hour <= 24:
        fields["hour"] = N_("Write an hour from 0 to 24.")
    if due.valid_from < at.astimezone(_calendar.zone).date():
        fields["valid_from"] = N_("Choose today or a later day.")
    if fields:
        raise Invalid(N_("Mend what is marked."), fields=fields)


def relieve(session: Session, actor: Actor, agency: Agency, expectation: Expectation, *, at: datetime) -> None:
    """Expect these files no longer from today on. Raises Conflict for an expectation that has ended."""
    today = at.astimezone(_calendar.zone).date()
    if expectation.valid_until is not None and expectation.valid_until < today:
        raise Conflict(N_("This has ended already."))
    audit.record(session, actor, FEED_RELIEVED, f"agency:{agency.code}", kind=expectation.kind)
    if expectation.valid_from >= today:
        session.delete(expectation)
    else:
        expectation.valid_until = today - timedelta(days=1)
    session.flush()


# -- whether it came -------------------------------------------------------------------------------------------------------


def review(session: Session, agency: Agency, *, at: datetime) -> list[ExpectedFile]:
    """Look at an agency's deadlines again, chase what is overdue, and grade the feed. Twice at one moment changes nothing."""
    since = at - timedelta(days=WINDOW_DAYS)
    expected = queries.expectations(session, agency.id, since=(since - BEFORE).date())
    files: list[ExpectedFile] = []
    for kind in sorted({row.kind for row in expected}):
        mine = [row for row in expected if row.kind == kind]
        begin = max(since - BEFORE, _calendar.at(min(row.valid_from for row in mine), 0))
        came = queries.files_that_came(session, agency.id, kind, begin)
        slots = answer(_deadlines(session, agency.id, mine, begin, at), came, at)
        files += _keep(session, agency.id, kind, [slot for slot in slots if slot.due_at >= since], since)
    for file in files:
        _chase(session, agency, file, at)
    _settle_tasks(session, agency, files)
    grade(session, agency, at=at)
    return files


def _deadlines(
    session: Session, agency_id: int, expected: Sequence[Expectation], begin: datetime, at: datetime
) -> list[datetime]:
    """The deadlines of one kind while the agency had accounts, and the first one to come."""
    first, last = queries.held_between(session, agency_id)
    if first is None:
        return []
    dues = (Due(row.cadence, row.day, row.hour, row.valid_from, row.valid_until) for row in expected)
    days = [instant.astimezone(_calendar.zone).date() for instant in (begin, at + AHEAD)]
    found = sorted(set(chain.from_iterable(due_instants(due, _calendar, *days) for due in dues)))
    held = [due for due in found if first <= due and (last is None or due <= last)]
    return [due for due in held if due < at] + [due for due in held if due >= at][:1]


def _keep(session: Session, agency_id: int, kind: str, slots: Sequence[Slot], since: datetime) -> list[ExpectedFile]:
    """Bring the stored deadlines of one kind into line. A file may have moved from one to another: it is taken off before it is given."""
    stored = {row.due_at: row for row in queries.expected_files(session, agency_id, kind, since)}
    rows = []
    for slot in slots:
        row = stored.pop(slot.due_at, None) or ExpectedFile(
            agency_id=agency_id, kind=kind, due_at=slot.due_at, chased=0
        )
        if row.report_id not in (None, slot.report_id):
            row.report_id = None
        row.state = slot.state
        rows.append(row)
    for gone in stored.values():
        session.delete(gone)
    session.add_all(rows)
    session.flush()
    for row, slot in zip(rows, slots, strict=True):
        row.report_id = slot.report_id
    session.flush()
    return rows


def _chase(session: Session, agency: Agency, file: ExpectedFile, at: datetime) -> None:
    """Ask by mail for a file that is overdue, again after a day, three times at most."""
    again = file.chased_at is None or at - file.chased_at >= CHASE_EVERY
    if file.state is not FileState.OVERDUE or not again or file.chased >= MOST_MAILS:
        return
    file.chased, file.chased_at = file.chased + 1, at
    tasks.open_task(
        session, "feed.send", _subject(agency, file.kind), N_("Send the %(file)s file that was due on %(day)s"), link="/reports/new",
        role=Role.AGENCY_MANAGER, agency_id=agency.id, due_at=file.due_at, file=file.kind, day=_day(file),
    )  # fmt: skip
    _write(
        session, agency, N_("The %(kind)s file of %(agency)s is overdue"), "file_overdue",
        kind=file.kind, due_at=file.due_at.astimezone(_calendar.zone).strftime("%Y-%m-%d %H:%M %Z"), times=file.chased,
    )  # fmt: skip
    audit.record(
        session, SYSTEM, FEED_CHASED, f"agency:{agency.code}", kind=file.kind, due_at=file.due_at, times=file.chased
    )


def _settle_tasks(session: Session, agency: Agency, files: Sequence[ExpectedFile]) -> None:
    """The bank hears of a file that did not come at all; what was answered since waits for nobody any more."""
    newest = {file.kind: file for file in files if file.state is not FileState.AWAITED}
    for kind, file in newest.items():
        if file.state not in UNANSWERED:
            tasks.close_tasks(session, _subject(agency, kind), SYSTEM)
    before = {file.kind: file for file in files if file.state in (FileState.MISSING, FileState.ON_TIME, FileState.LATE)}
    for kind, file in before.items():
        if file.state is FileState.MISSING:
            tasks.open_task(
                session, "feed.missing", _subject(agency, kind), N_("The %(file)s file of %(agency)s that was due on %(day)s did not come"),
                link=f"/agencies/{agency.code}/feed", role=Role.VENDOR_MANAGER, due_at=file.due_at + CHASE_EVERY,
                file=kind, agency=agency.code, day=_day(file),
            )  # fmt: skip


# -- the grade --------------------------------------------------------------------------------------------------------------


def grade(session: Session, agency: Agency, *, at: datetime) -> FeedCertificate | None:
    """The grade of an agency's feed as its files show it now; a change is a new row, is told, and falling is a task of the bank."""
    since, day = at - timedelta(days=WINDOW_DAYS), at.astimezone(_calendar.zone).date()
    figures, present = (
        queries.figures(session, agency.id, since=since, day=day),
        queries.certificate(session, agency.id),
    )
    level = level_of(figures)
    if present is None and not figures.kinds_expected:
        return None
    if present is not None and present.level is level:
        present.figures = figures.as_json()
        return present
    if present is not None:
        present.until = at
        session.flush()
    made = FeedCertificate(agency_id=agency.id, level=level, since=at, figures=figures.as_json())
    session.add(made)
    session.flush()
    _tell(session, agency, present.level if present else Level.NONE, level, at)
    return made


def _tell(session: Session, agency: Agency, before: Level, level: Level, at: datetime) -> None:
    audit.record(session, SYSTEM, FEED_GRADED, f"agency:{agency.code}", before=before.value, level=level.value)
    if before is level:
        return
    subject, link = f"certificate:{agency.code}", f"/agencies/{agency.code}/feed"
    if ORDER.index(level) < ORDER.index(before):
        tasks.open_task(
            session, "feed.fell", subject, N_("The certificate of %(agency)s's files fell from %(before)s to %(level)s"), link=link,
            role=Role.VENDOR_MANAGER, due_at=at + timedelta(days=7), agency=agency.code, before=NAMES[before], level=NAMES[level],
        )  # fmt: skip
    else:
        tasks.close_tasks(session, subject, SYSTEM)
    _write(
        session,
        agency,
        N_("The files of %(agency)s have another grade: %(level)s"),
        "feed_graded",
        level=NAMES[level],
        link=link,
    )


def _write(session: Session, agency: Agency, subject: str, template: str, **context: object) -> None:
    """To the agency's own address and to each of its managers, everyone in their language."""
    people = {manager.email: manager.language for manager in agencies.managers_of(session, agency.id)}
    for address, language in {agency.email: "en", **people}.items():
        mail.send(session, address, subject, template, language=language, agency=agency.name, **context)


def _subject(agency: Agency, kind: str) -> str:
    return f"feed:{agency.code}:{kind}"


def _day(file: ExpectedFile) -> str:
    return str(file.due_at.astimezone(_calendar.zone).date())
