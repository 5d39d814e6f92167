"""Act: placements that exist outside the portal already are taken over from a file, with their days and balances.

Each agency and day becomes a plan by hand that goes all the way with the real acts, so that a taken-over placement has the same record as
any other, and an account that may not go to its agency is refused with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final

from sqlalchemy.orm import Session

from agencies import queries as agencies
from placements import placing, plan_queries, planning, queries
from placements.drafting import Selection
from placements.models import Plan
from placements.planning import Wish
from placements.reasons import Why, sentence
from portal import clock
from portal.errors import N_, DomainError
from portal.permissions import SYSTEM
from portal.reports.kinds import Loaded, SoundRow
from portal.reports.models import Report
from portal.tables.cells import CellType, day, instant, money, ref
from portal.tables.faults import Problem, Unfit
from portal.tables.model import Column, Table
from portal.tables.problems import REPAIRS

REPAIRS.update(
    {
        "unknown_agency": N_("Name an agency by its code."),
        "placed_elsewhere": N_("This account is placed with %(holder)s. Recall it there first."),
        "not_placed": N_("Not placed: %(why)s"),
        "account_not_here": N_("Import this account first: it is not known."),
    }
)
TITLE: Final = "Taken over"


def _moment() -> CellType:
    """An instant with its offset, or a day, which begins in UTC. It has been."""
    as_day, as_instant = day(), instant()

    def read(cell: str, now: datetime) -> datetime:
        if len(cell) > len("2026-01-31"):
            moment: datetime = as_instant.read(cell, now)
            return moment
        begins = datetime.combine(as_day.read(cell, now), time(), UTC)
        if begins > now:
            raise Unfit("impossible_date", "future")
        return begins

    return CellType("instant", read, as_instant.schema)


TAKEN_OVER: Final = Table(
    "placements",
    (
        Column("account_ref", ref(unique=True), True, "The account."),
        Column("agency", ref(), True, "The agency that holds it, by its code."),
        Column("placed_at", _moment(), True, "Since when: a day, or an instant with its offset."),
        Column("balance", money(), False, "The balance it was placed with; without one, what is owed now."),
    ),
    amount="balance",
)
Told = Mapping[str, Any]


def load_placements(session: Session, _report: Report, rows: Sequence[SoundRow]) -> Loaded:
    """Take over sound rows in the caller's transaction. An account that its agency holds already is a repetition."""
    loaded = Loaded()
    told = {row.number: dict(zip(TAKEN_OVER.names, row.values, strict=True)) for row in rows}
    for (code, placed_at), numbers in sorted(
        _together(session, told, loaded).items(), key=lambda item: (item[0][1], item[0][0])
    ):
        _take_over(session, code, placed_at, {number: told[number] for number in numbers}, loaded)
    return loaded


def _together(session: Session, told: Mapping[int, Told], loaded: Loaded) -> dict[tuple[str, datetime], list[int]]:
    """The numbers of the rows to place, by agency and day; the others are counted or become problems."""
    known = queries.account_ids(session, {row["account_ref"] for row in told.values()})
    codes = {agency.id: agency.code for agency in agencies.everyone(session, SYSTEM)}
    holder = {
        account_id: codes[agency_id] for account_id, agency_id in queries.holders(session, known.values()).items()
    }
    together: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for number, row in told.items():
        account_id, code = known.get(row["account_ref"]), row["agency"]
        if account_id is None:
            loaded.problems.append(
                Problem(number, "account_ref", "unknown_account", row["account_ref"], "account_not_here")
            )
        elif code not in codes.values():
            loaded.problems.append(Problem(number, "agency", "bad_agency", code, "unknown_agency"))
        elif account_id in holder:
            _count_held(number, row, holder[account_id], loaded)
        else:
            holder[account_id] = code
            together[code, row["placed_at"]].append(number)
    return together


def _count_held(number: int, row: Told, holder: str, loaded: Loaded) -> None:
    if holder == row["agency"]:
        loaded.duplicate += 1
    else:
        params = {"holder": holder}
        loaded.problems.append(Problem(number, "agency", "bad_agency", row["agency"], "placed_elsewhere", params))


def _take_over(session: Session, code: str, placed_at: datetime, rows: Mapping[int, Told], loaded: Loaded) -> None:
    number_of = {row["account_ref"]: number for number, row in rows.items()}
    balances = {row["account_ref"]: row["balance"] for row in rows.values() if row["balance"] is not None}
    selection = Selection(account_refs=tuple(number_of), balances=balances)
    wish = Wish(selection, {code: 1.0}, TITLE, TITLE, effective_at=placed_at, by_hand=True)
    try:
        with session.begin_nested():
            plan = _placed(session, wish)
    except DomainError as error:
        loaded.problems += [_problem(number, ref, str(error)) for ref, number in number_of.items()]
        return
    loaded.accepted += plan.accounts
    for account_ref, why in plan_queries.unplaced(session, plan):
        reasons = " ".join(sentence(Why.of(stored)) for stored in plan.whys[why])
        loaded.problems.append(_problem(number_of[account_ref], account_ref, reasons))


def _placed(session: Session, wish: Wish) -> Plan:
    """The plan, placed as far as it can be; cancelled if nothing can."""
    at = clock.now()
    plan = planning.draft_plan(session, SYSTEM, wish, at=at, may_backdate=True)
    if not plan.accounts:
        return planning.cancel_plan(session, SYSTEM, plan, at=at)
    planning.submit_plan(session, SYSTEM, plan, at=at)
    planning.approve_plan(session, SYSTEM, plan, at=at)
    return placing.place_plan(session, SYSTEM, plan, at=at)


def _problem(number: int, account_ref: str, why: str) -> Problem:
    return Problem(number, "account_ref", "bad_account_ref", account_ref, "not_placed", {"why": why})
