"""Acts: reports are tested against the rules of conduct, in lots of consumers, exactly as far as they can change a verdict.

What stands at the end depends on the rows alone, not on the order in which they came: a row is judged together with everything
that happened to its consumer before, and again when something from before it arrives late. Rows from before the first new one
keep the verdict they have, which was made from what was known of account and agency then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from conduct import consequences, dossiers, enabled, queries
from conduct import history_queries as history
from conduct.dossier import Agency, Row
from conduct.engine import judge
from conduct.events import BREACHES_RECHECKED, REPORT_CHECKED
from conduct.recording import Changes, Found, record
from conduct.rulebook import Rulebook
from portal import audit, clock, work
from portal.permissions import SYSTEM

LOT = 200  # consumers a transaction: a fraction of a second, so that nobody waits long for SQLite's one writer
EVER = datetime.min.replace(tzinfo=UTC)

Since = Mapping[int, datetime]  # by consumer, the instant from which rows are judged


@dataclass(frozen=True)
class Panel:
    """The agencies as a check sees them: their codes by id, and their facts by code."""

    codes: Mapping[int, str]
    facts: Mapping[str, Agency]


# -- what to test ---------------------------------------------------------------------------------------------------------


def touched_by(session: Session, report_id: int) -> dict[int, datetime]:
    """Whom a report speaks of, or spoke of before a correction, and from when on their rows may now have another verdict.

    That is from the first new row on; but what a person said, a paper, a legal step or a wrong number can bear on what was
    before it, and then all rows are judged anew.
    """
    since: dict[int, datetime] = {}
    for told in (history.first_of_report(session, report_id), history.first_replaced_by_report(session, report_id)):
        for consumer_id, first, bears_on_earlier_rows in told:
            begin = EVER if bears_on_earlier_rows else first
            since[consumer_id] = min(begin, since.get(consumer_id, begin))
    return since


def resting_on_agencies(session: Session) -> dict[int, datetime]:
    """Whose waiting breaches rest on what is known of an agency: a credential verified late takes their ground away."""
    rules = [rule.id for rule in enabled.for_reports().rules if rule.kind == "credential_required"]
    return dict.fromkeys(history.consumers_in_breach_of(session, rules), EVER)


def worked_by(session: Session, agency_id: int, since: datetime) -> dict[int, datetime]:
    """Whom an agency has worked since an instant."""
    return dict.fromkeys(history.consumers_of_agency(session, agency_id, since), since)


# -- testing --------------------------------------------------------------------------------------------------------------


def check_report(job: work.Work) -> None:
    """Test one report to its end (the worker of `conduct.check`). Killed anywhere, it goes on with the next consumer."""
    report_id = int(job.subject)
    with job.db.reading() as session:
        since = touched_by(session, report_id)
    _check(job, since)
    with job.step(last=True) as session:
        report = consequences.note_tested(session, report_id)
        audit.record(session, SYSTEM, REPORT_CHECKED, f"report:{report.ref}", consumers=len(since), **_counts(job))


def recheck(job: work.Work, since: Since) -> None:
    """Judge rows anew because something beside the rows has changed (the worker of `conduct.recheck`)."""
    _check(job, since)
    with job.step(last=True) as session:
        audit.record(session, SYSTEM, BREACHES_RECHECKED, f"work:{job.subject}", consumers=len(since), **_counts(job))


def _check(job: work.Work, since: Since) -> None:
    with job.db.reading() as session:
        codes = queries.agency_codes(session)
        panel = Panel(codes, dossiers.agencies(session, codes, clock.now()))
    done_to = int(job.payload.get("done_to", 0))
    for lot in dossiers.batches(sorted(since), LOT, after=done_to):
        with job.step() as session:
            changes = check(session, {key: since[key] for key in lot}, panel, at=clock.now())
            counts = _counts(job)
            progress = {
                "done_to": lot[-1],
                "found": counts["found"] + changes.found,
                "withdrawn": counts["withdrawn"] + changes.withdrawn,
            }
            session.get_one(work.WorkItem, job.item_id).payload = job.payload | progress
        job.payload |= progress


def _counts(job: work.Work) -> dict[str, int]:
    return {name: int(job.payload.get(name, 0)) for name in ("found", "withdrawn")}


def check(session: Session, since: Since, panel: Panel, *, at: datetime) -> Changes:
    """Judge the rows of these consumers, each from its instant on, and bring their breaches into line; what changed."""
    history.hold_still(session, since.keys())
    found: list[Found] = []
    untested: set[int] = set()
    for case in dossiers.load(session, since.keys(), panel.codes):
        begin = since[case.consumer_id]
        untested |= {key for key, source in case.sources.items() if source.occurred_at < begin}
        judged = case.sources.keys() - untested
        for rows, rules in ((case.rows, enabled.for_reports()), (case.evidence, enabled.for_evidence())):
            found += _found(case, rows, rules, judged, panel)
    changes = record(session, since.keys(), found, untested, at=at)
    consequences.follow(session, SYSTEM, changes)
    return changes


def _found(case: dossiers.Case, rows: list[Row], rules: Rulebook, judged: Set[int], panel: Panel) -> Iterator[Found]:
    """What the rules find on rows. What belongs to no row (an account, an agency, a complaint) is not looked for yet."""
    if not rows:
        return
    for finding in judge(case.dossier(rows, panel.facts), rules, only_rows=judged):
        row = finding.row
        if isinstance(row, Row) and isinstance(row.handle, int):
            yield Found(finding, row, case.sources[row.handle], rows is case.evidence)
