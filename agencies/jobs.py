"""Scheduled jobs of the agencies floor."""

from __future__ import annotations

from agencies import lapsing, roster
from agencies.asking import policies
from agencies.diligence import reviewing
from agencies.registries import workers
from portal import clock
from portal.db import Database
from portal.jobs import job


@job(
    "credentials.lapse",
    cron="1 0 * * *",
    why="A licence that runs out unnoticed stops placements; agency and bank hear of it 90, 60, 30, 7 and 0 days before.",
)
def lapse(db: Database) -> str:
    """Mark what ran out, give notice of what soon will, and ask for another look at what is due."""
    day = clock.today()
    with db.transaction() as session:
        expired = lapsing.expire(session, day)
    with db.transaction() as session:
        looks = lapsing.ask_to_look_again(session, day)
        return f"{expired} expired, {lapsing.give_notice(session, day)} notices, {looks} to look at again"


@job(
    "collectors.shut-out",
    cron="3 0 * * *",
    why="Who collects for an agency no more has no business in the portal from the day after, whoever forgot to say so.",
)
def shut_out(db: Database) -> str:
    """End the access of collectors who have left."""
    with db.transaction() as session:
        return f"{roster.shut_out_leavers(session, clock.today())} shut out"


@job(
    "agencies.review",
    cron="17 1 * * *",
    why="An agency is looked at again when the cycle of its risk tier is over; nobody has to remember it.",
)
def review(db: Database) -> str:
    """Begin the periodic reviews that are due."""
    with db.transaction() as session:
        return f"{reviewing.open_due(session, clock.today(), at=clock.now())} opened"


@job(
    "policies.remind",
    cron="27 1 * * *",
    why="Whoever joins an agency after a policy was published has to read it too.",
)
def remind(db: Database) -> str:
    """Put every policy that somebody has not attested into their work list."""
    with db.transaction() as session:
        return f"{policies.remind(session, at=clock.now())} reminded"


@job(
    "registers.ask",
    cron="12 2 * * *",
    why="What a register or a sanctions list says today may not be what it said yesterday; a difference is a task in the morning.",
)
def ask_registers(db: Database) -> str:
    """Order asking every register about every agency, and a look through every list."""
    return workers.order_everything(db)
