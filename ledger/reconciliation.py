"""Acts: claims are matched with the bank's entries, differences become breaks, breaks are cleared up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from ledger import queries
from ledger.events import BREAK_RESOLVED, CLAIMS_MATCHED
from ledger.matching import match
from ledger.models import Break, BreakKind, BreakState, ClaimMatch
from placements.events import BalanceDiffers
from portal import audit, clock
from portal.errors import N_, Conflict, Invalid
from portal.permissions import SYSTEM, Actor
from portal.reports.models import Report, ReportState

PATIENCE_DAYS = 10  # a claim or entry without its other side becomes a break after so many days
PAYMENT_KINDS = (BreakKind.CLAIM_WITHOUT_PAYMENT, BreakKind.PAYMENT_WITHOUT_CLAIM, BreakKind.AMOUNT_DIFFERS)
INVENTORY_KINDS = (BreakKind.NOT_HELD, BreakKind.MISSING_FROM_INVENTORY, BreakKind.BALANCE_DIFFERS)
AGREED = N_("The two sides agree now.")


def match_accounts(session: Session, account_ids: Iterable[int]) -> int:
    """Pair the claims and entries of these accounts as the rule says of all that is known now; how many pairs are new.

    Pairs that the rule no longer makes (a claim was corrected, a better other side arrived) are dissolved. Twice changes nothing.
    """
    ids = set(account_ids)
    claims, payments = queries.claims_of(session, ids), queries.payments_of(session, ids)
    wanted = {
        (pair.claim_id, pair.payment_id): pair
        for account_id in sorted(claims)
        for pair in match(claims[account_id], payments.get(account_id, []))
    }
    gone = [
        made for made in queries.matches_of(session, ids) if wanted.pop((made.claim_id, made.payment_id), None) is None
    ]
    for made in gone:
        session.delete(made)
    session.flush()
    now = clock.now()
    session.add_all(
        ClaimMatch(claim_id=pair.claim_id, payment_id=pair.payment_id, days_apart=pair.days_apart, difference=pair.difference,
                   matched_at=now, matched_by="same account and day" if pair.difference else "same account, amount and day")
        for pair in wanted.values()
    )  # fmt: skip
    if wanted or gone:
        audit.record(session, SYSTEM, CLAIMS_MATCHED, f"accounts:{len(ids)}", pairs=len(wanted), dissolved=len(gone))
    session.flush()
    return len(wanted)


@dataclass(frozen=True)
class Difference:
    """What a break is about."""

    kind: BreakKind
    subject: str
    agency_id: int
    account_ref: str
    bank: Decimal | None = None
    agency: Decimal | None = None


def find_breaks(session: Session, today: date) -> int:
    """Open a break for every claim or entry that has waited too long for its other side, and for every pair that differs.

    A break whose ground is gone (the other side came) is cleared up by itself. How many are open because of this.
    """
    before = today - timedelta(days=PATIENCE_DAYS)
    found = [
        Difference(BreakKind.CLAIM_WITHOUT_PAYMENT, f"claim:{claim.id}", claim.agency_id, ref, agency=claim.amount)
        for claim, ref in queries.lone_claims(session, before)
    ]
    found += [
        Difference(BreakKind.PAYMENT_WITHOUT_CLAIM, f"payment:{payment.id}", agency_id, ref, bank=payment.amount)
        for payment, agency_id, ref in queries.lone_payments(session, before)
    ]
    found += [
        Difference(BreakKind.AMOUNT_DIFFERS, f"claim:{claim.id}", claim.agency_id, ref, payment.amount, claim.amount)
        for _, claim, payment, ref in queries.different_amounts(session)
    ]
    open_breaks(session, found)
    _resolve_groundless(session, queries.open_breaks_of(session, PAYMENT_KINDS), found)
    return len(found)


def compare_inventory(session: Session, report_id: int) -> int:
    """Compare what an agency says it holds with what it really held when it said so; how many differences there are.

    An inventory that agrees clears up the differences of the ones before. One that is out of date, or was refused, says nothing.
    """
    report = session.get_one(Report, report_id)
    if report.agency_id is None or report.state is ReportState.REJECTED or queries.has_later_inventory(session, report):
        return 0
    found = list(_inventory_differences(session, report, report.agency_id))
    subjects = f"inventory:{report.agency_id}:"
    open_breaks(session, found)
    _resolve_groundless(session, queries.open_breaks_of(session, INVENTORY_KINDS, subjects), found)
    return len(found)


def _inventory_differences(session: Session, report: Report, agency_id: int) -> Iterator[Difference]:
    held = queries.held_at(session, agency_id, report.created_at)
    lines = {ref: line for ref, line in queries.inventory_of_day(session, report).items() if line.status != "closed"}
    for ref in sorted(held.keys() | lines.keys()):
        bank, agency = held.get(ref), lines[ref].balance if ref in lines else None
        if bank == agency:
            continue
        kind = (
            BreakKind.NOT_HELD
            if bank is None
            else BreakKind.MISSING_FROM_INVENTORY
            if agency is None
            else BreakKind.BALANCE_DIFFERS
        )
        yield Difference(kind, f"inventory:{agency_id}:{ref}", agency_id, ref, bank, agency)


def note_balance(session: Session, event: BalanceDiffers) -> None:
    """Listener: an agency acknowledged a placement with another balance than it was placed with."""
    open_breaks(session, [Difference(
        BreakKind.BALANCE_DIFFERS, f"placement:{event.placement_id}", event.agency_id, event.account_ref, event.bank, event.agency
    )])  # fmt: skip


def open_breaks(session: Session, found: Iterable[Difference]) -> None:
    """Open these differences, again where one had been resolved and is back; known open ones are brought up to date."""
    differences = list(found)
    known = queries.breaks_by_subject(session, {item.subject for item in differences})
    now = clock.now()
    for item in differences:
        existing = known.get((item.kind.value, item.subject))
        if existing is None:
            session.add(
                Break(
                    kind=item.kind,
                    subject=item.subject,
                    agency_id=item.agency_id,
                    account_ref=item.account_ref,
                    bank_amount=item.bank,
                    agency_amount=item.agency,
                    opened_at=now,
                )
            )
            continue
        unchanged = (existing.bank_amount, existing.agency_amount) == (item.bank, item.agency)
        if existing.state is BreakState.RESOLVED and unchanged and existing.resolved_by != SYSTEM.label:
            continue  # a person has judged this very difference
        existing.bank_amount, existing.agency_amount = item.bank, item.agency
        existing.state, existing.resolved_at, existing.resolved_by, existing.resolution = (
            BreakState.OPEN,
            None,
            None,
            "",
        )
    session.flush()


def _resolve_groundless(session: Session, opened: Iterable[Break], found: Iterable[Difference]) -> None:
    grounds = {(item.kind, item.subject) for item in found}
    for item in opened:
        if (item.kind, item.subject) not in grounds:
            item.state, item.resolved_at, item.resolved_by, item.resolution = (
                BreakState.RESOLVED,
                clock.now(),
                SYSTEM.label,
                AGREED,
            )


def resolve_break(session: Session, actor: Actor, item: Break, resolution: str, *, at: datetime) -> Break:
    """A person clears a difference up and says how."""
    if item.state is BreakState.RESOLVED:
        raise Conflict(N_("This difference is cleared up already."))
    if not resolution.strip():
        raise Invalid(
            N_("Say how the difference was cleared up."), fields={"resolution": N_("Say how it was cleared up.")}
        )
    item.state, item.resolved_at, item.resolved_by, item.resolution = (
        BreakState.RESOLVED,
        at,
        actor.label,
        resolution.strip(),
    )
    audit.record(session, actor, BREAK_RESOLVED, f"break:{item.id}", kind=item.kind.value, resolution=item.resolution)
    return item
