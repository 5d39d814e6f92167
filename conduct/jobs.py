"""Work and jobs of the conduct floor."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from activity.events import ReportAccepted
from agencies.events import CredentialLapsed
from conduct import checking, complaints, legal_deadlines
from portal import clock, jobs, work
from portal.db import Database

RESTING_ON_AGENCIES = "agencies"
EARLIEST_MIDNIGHT = timedelta(hours=14)  # how long before UTC a day begins where it begins first


def on_report(session: Session, event: ReportAccepted) -> None:
    """Listener: activity is tested, its legal steps are followed, and complaints become cases, as soon as they are in."""
    if event.kind == "activity":
        work.enqueue(session, "conduct.check", event.report_id, lane=event.agency_id or 0)
        work.enqueue(session, "conduct.legal", event.report_id, lane=event.agency_id or 0)
    elif event.kind == "complaints":
        work.enqueue(session, "conduct.complaints", event.report_id, lane=event.agency_id or 0)


def on_credential_lapsed(session: Session, event: CredentialLapsed) -> None:
    """Listener: what an agency did since the day it had no credential is judged anew."""
    since = (datetime.combine(event.first_day_without, time(), UTC) - EARLIEST_MIDNIGHT).isoformat()
    work.enqueue(session, "conduct.recheck", event.agency_id, payload={"since": since})


@work.worker("conduct.check")
def check_report(job: work.Work) -> None:
    """Test one report against the rules of conduct."""
    checking.check_report(job)


@work.worker("conduct.recheck")
def recheck(job: work.Work) -> None:
    """Judge rows anew whose verdict rests on an agency's credentials, because these have changed."""
    with job.db.reading() as session:
        if job.subject == RESTING_ON_AGENCIES:
            since = checking.resting_on_agencies(session)
        else:
            since = checking.worked_by(session, int(job.subject), datetime.fromisoformat(job.payload["since"]))
    checking.recheck(job, since)


@work.worker("conduct.complaints")
def open_complaints(job: work.Work) -> None:
    """Make cases of the complaints in one report."""
    with job.step(last=True) as session:
        complaints.take_in(session, int(job.subject), at=clock.now())


@work.worker("conduct.legal")
def follow_steps(job: work.Work) -> None:
    """Find the days that follow from the legal steps of one report."""
    legal_deadlines.follow_report(job)


@jobs.job(
    "legal-deadlines",
    cron="50 3 * * *",
    why="A legal deadline comes near, or is missed, by the mere passing of days; whoever holds the account must hear of it.",
)
def follow_days(db: Database) -> str:
    """Open tasks for legal deadlines that come near, and mark those that were missed."""
    return f"{legal_deadlines.follow_days(db)} people"


@jobs.job(
    "recheck-credentials",
    cron="30 3 * * *",
    why="A credential verified late, or an exemption recorded, takes the ground of a breach away.",
)
def recheck_credentials(db: Database) -> str:
    """Have the waiting breaches that rest on credentials judged anew."""
    with db.transaction() as session:
        work.enqueue(session, "conduct.recheck", RESTING_ON_AGENCIES)
    return "queued"
