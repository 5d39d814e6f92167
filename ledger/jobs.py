"""Work and jobs of the ledger floor."""

from __future__ import annotations

from sqlalchemy.orm import Session

from activity.events import ReportAccepted
from ledger import arrangements, following, invariants, posting, queries, recall_value, reconciliation
from portal import clock, jobs, work
from portal.db import Database

ACCOUNTS_A_STEP = 1000


def on_report(session: Session, event: ReportAccepted) -> None:
    """Listener: payment claims are matched, inventories compared and promises followed as soon as they are in."""
    if event.kind == "payments":
        work.enqueue(session, "ledger.match", event.report_id)
    elif event.kind == "inventory":
        work.enqueue(session, "ledger.inventory", event.report_id)
    elif event.kind == "activity":
        work.enqueue(session, "ledger.promises", event.report_id)


@work.worker("ledger.match")
def match_report(job: work.Work) -> None:
    """Match the accounts of one file: claims and entries meet whichever came first. Matching an account twice changes nothing."""
    with job.db.reading() as session:
        accounts = sorted(queries.accounts_of_report(session, int(job.subject)))
    for begin in range(0, len(accounts), ACCOUNTS_A_STEP):
        with job.step(progress=True) as session:
            reconciliation.match_accounts(session, accounts[begin : begin + ACCOUNTS_A_STEP])


@work.worker("ledger.inventory")
def compare_inventory(job: work.Work) -> None:
    """Compare one inventory with what the agency really holds."""
    with job.step(last=True) as session:
        reconciliation.compare_inventory(session, int(job.subject))


@work.worker("ledger.promises")
def follow_promises(job: work.Work) -> None:
    """Follow the promises that one report made or may have kept."""
    following.follow_report(job)


@jobs.job(
    "follow-promises",
    cron="0 5 * * *",
    why="A promise comes due, and is broken when nothing came, by the mere passing of days.",
)
def follow_days(db: Database) -> str:
    """Follow the promises whose day has come or gone."""
    return f"{following.follow_days(db)} accounts"


@jobs.job(
    "credit-late",
    cron="10 4 * * *",
    why="A promise may be reported, or a placement taken over, after the payment that it earns was posted.",
)
def credit_late(db: Database) -> str:
    """Credit what was nobody's and is somebody's by now."""
    with db.transaction() as session:
        return f"{posting.credit_late(session)} payments"


@jobs.job(
    "arrangements.follow",
    cron="30 4 * * *",
    why="An instalment that did not come is a fact of a day, not of a file: an arrangement breaks on that day.",
)
def follow_arrangements(db: Database) -> str:
    """Bring every running arrangement up to what was paid."""
    with db.transaction() as session:
        return f"{arrangements.follow(session, today=clock.today(), at=clock.now())} ended"


@jobs.job(
    "recalls.propose-value",
    cron="50 5 * * *",
    why="An account that another tier would bring more of is lost money for every month it stays.",
)
def propose_by_value(db: Database) -> str:
    """Propose the accounts that are worth more elsewhere."""
    with db.transaction() as session:
        return f"{recall_value.propose(session, today=clock.today(), at=clock.now())} proposed"


@jobs.job(
    "find-breaks", cron="20 5 * * *", why="Claims and entries that waited too long for their other side become breaks."
)
def find_breaks(db: Database) -> str:
    """Look for differences."""
    with db.transaction() as session:
        return f"{reconciliation.find_breaks(session, clock.today())} differences"


@jobs.job(
    "invariants",
    cron="40 4 * * *",
    why="Money and placements must add up every night, or somebody must know by morning.",
)
def check_invariants(db: Database) -> str:
    """Fail, which is seen on the jobs page and in the metrics, if an invariant does not hold."""
    with db.reading() as session:
        failures = invariants.check(session)
    if failures:
        raise RuntimeError(
            "; ".join(f"{failure.invariant}: {', '.join(failure.offenders[:5])}" for failure in failures)
        )
    return "all hold"
