"""The rows behind a measure of one card, as a list page, and the measure's sums counted again from those very rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activity.models import Activity
from agencies.models import Credential
from conduct.models import Breach, Complaint
from ledger.models import Credit, Payment
from placements.models import Account, Placement
from portal import lists
from portal.errors import N_, NotFound
from portal.reports.models import Report
from portal.types import to_major
from scorecards.compliance_side import complaint_weight
from scorecards.configuration import Parameters
from scorecards.models import Configuration, FrozenPool, Scorecard
from scorecards.periods import Period
from scorecards.pool import ConductSums, Pool
from scorecards.queries import Rows, behaviour, lapses, reporting
from scorecards.queries.cohort import Frame, cohort, credited
from scorecards.recovery_side import expected_shares

Sums = dict[str, float]


@dataclass(frozen=True)
class Evidence:
    """A measure's rows, how they are listed, and the sums its card stores, by the same names, counted now."""

    rows: Rows
    spec: lists.ListSpec
    sums: Callable[[Session], Sums]


@dataclass(frozen=True)
class _Card:
    """A card with what it was made from."""

    card: Scorecard
    frame: Frame
    pool: Pool

    @property
    def conduct(self) -> ConductSums:
        return self.pool.conduct.get(self.card.inputs["agency"], ConductSums())

    @property
    def only_mature(self) -> bool:
        return any(line.is_mature for line in self.pool.cohort if line.agency == self.card.inputs["agency"])


def evidence(session: Session, card: Scorecard, measure: str) -> Evidence:
    """The rows behind one measure of a card, by what was known when it was made. Raises NotFound where none stand behind it."""
    make = _MEASURES.get(measure)
    if make is None:
        raise NotFound
    parameters = Parameters.from_json(session.get_one(Configuration, card.configuration_id).parameters)
    frame = Frame(Period.parse(card.period), card.currency, card.known_at, parameters)
    return make(_Card(card, frame, Pool.from_json(session.get_one(FrozenPool, card.pool_id).sums)))


# -- recovery -------------------------------------------------------------------------------------------------------------


def _payments(of: _Card) -> Evidence:
    one = _scored(credited(of.frame).subquery("scored"), of)
    rows = (
        select(Payment, Account.account_ref, one.c.month, Credit.reason)
        .join(one, one.c.payment_id == Payment.id)
        .join(Account, Account.id == Payment.account_id)
        .join(Credit, Credit.payment_id == Payment.id)
    )

    def sums(session: Session) -> Sums:
        count, paid = session.execute(
            select(func.count(), func.coalesce(func.sum(one.c.amount), 0)).select_from(one)
        ).one()
        return {"rows": count, "paid": int(paid), "placed": _placed(session, of)}

    return Evidence(rows, PAYMENTS, sums)


def _placements(of: _Card) -> Evidence:
    held = _scored(cohort(of.frame).subquery("held"), of)
    one = credited(of.frame).subquery("credited")
    paid = (
        select(one.c.placement_id, func.sum(one.c.amount).label("paid")).group_by(one.c.placement_id).subquery("paid")
    )
    rows = (
        select(Placement, Account.account_ref, held.c.months, paid.c.paid)
        .join(held, held.c.placement_id == Placement.id)
        .join(Account, Account.id == Placement.account_id)
        .outerjoin(paid, paid.c.placement_id == Placement.id)
    )
    share = expected_shares(of.pool, of.frame.parameters)

    def prepare(_session: Session, found: Sequence[Any]) -> Sequence[Any]:
        return [_expectation(row, share) for row in found]

    def sums(session: Session) -> Sums:
        group = (held.c.cell, held.c.months)
        wanted = (
            select(*group, func.count(), func.sum(held.c.balance), func.coalesce(func.sum(paid.c.paid), 0))
            .select_from(held)
            .outerjoin(paid, paid.c.placement_id == held.c.placement_id)
            .group_by(*group)
            .order_by(*group)
        )
        found = session.execute(wanted).all()
        return {
            "rows": sum(count for *_, count, _, _ in found),
            "observed": sum(int(money) for *_, money in found) / 100,
            "expected": sum(int(balance) * share.get((cell, months), 0.0) for cell, months, _, balance, _ in found)
            / 100,
        }

    return Evidence(rows, replace(PLACEMENTS, prepare=prepare), sums)


def _scored(rows: Any, of: _Card) -> Any:
    """The rows of the card's agency that it is scored on: those old enough, unless it has none."""
    wanted = select(rows).where(rows.c.agency_id == of.card.agency_id)
    return (wanted.where(rows.c.is_mature == 1) if of.only_mature else wanted).subquery()


def _placed(session: Session, of: _Card) -> int:
    held = _scored(cohort(of.frame).subquery("held"), of)
    return int(session.scalar(select(func.coalesce(func.sum(held.c.balance), 0)).select_from(held)) or 0)


@dataclass(frozen=True)
class Expectation:
    """One placement with what was paid on it and what the pool would have made of it."""

    placement: Placement
    account_ref: str
    months: int
    paid: Decimal
    expected: Decimal


def _expectation(row: Any, share: dict[tuple[str, int], float]) -> Expectation:
    placement, ref, months, paid = row
    expected = float(placement.balance) * share.get((placement.cell, months), 0.0)
    return Expectation(placement, ref, months, to_major(int(paid or 0)), Decimal(f"{expected:.2f}"))


# -- compliance -----------------------------------------------------------------------------------------------------------


def _breaches(measure: str) -> Callable[[_Card], Evidence]:
    def make(of: _Card) -> Evidence:
        rows = behaviour.breaches_behind(of.frame, measure).where(Breach.agency_id == of.card.agency_id)

        def sums(session: Session) -> Sums:
            wanted = rows.with_only_columns(Breach.severity, func.count()).group_by(Breach.severity)
            found = session.execute(wanted).all()
            count = sum(number for _, number in found)
            weight = sum(of.frame.parameters.severity(severity).weight * number for severity, number in found)
            return {"rows": count, **({"breaches": count} if measure == "breach_rate" else {"weight": weight})}

        return Evidence(rows, BREACHES, sums)

    return make


def _complaints(of: _Card) -> Evidence:
    rows = behaviour.complaints_by_id(line.id for line in of.conduct.complaints)

    def sums(session: Session) -> Sums:
        found = [behaviour.complaint_line(row.Complaint, of.frame.known_at) for row in session.execute(rows)]
        weights = [complaint_weight(line.outcome, line.is_regulator, of.frame.parameters) for line in found]
        return {"rows": len(found), "weight": sum(weights), "closed": sum(line.is_closed for line in found)}

    return Evidence(rows, COMPLAINTS, sums)


def _credentials(of: _Card) -> Evidence:
    lost = {lapse.credential_id: lapse for lapse in of.conduct.lapses}

    def prepare(_session: Session, found: Sequence[Any]) -> Sequence[Any]:
        return [(credential, lost[credential.id].days) for credential, _ in found]

    def sums(session: Session) -> Sums:
        now = lapses.credentials_lapsed(session, of.frame).get(of.card.agency_id, {"lapses": [], "credential_days": 0})
        days = sum(lapse.days for lapse in now["lapses"])
        return {"rows": len(now["lapses"]), "lapsed_days": days, "credential_days": now["credential_days"]}

    return Evidence(lapses.credentials_by_id(lost), replace(CREDENTIALS, prepare=prepare), sums)


def _late_rows(of: _Card) -> Evidence:
    def sums(session: Session) -> Sums:
        now = reporting.rows_reported(session, of.frame, agency_id=of.card.agency_id).get(
            of.card.agency_id, {"rows": 0, "late": 0}
        )
        return {"rows": now["late"], "late": now["late"], "due": now["rows"]}

    return Evidence(reporting.late_rows(of.frame).where(Activity.agency_id == of.card.agency_id), LATE_ROWS, sums)


_MEASURES: dict[str, Callable[[_Card], Evidence]] = {
    "liquidation": _payments,
    "observed_over_expected": _placements,
    "effect": _placements,
    "violations": _breaches("violations"),
    "breach_rate": _breaches("breach_rate"),
    "complaints": _complaints,
    "timeliness": _complaints,
    "licences": _credentials,
    "reporting": _late_rows,
}


# -- how the rows are listed ----------------------------------------------------------------------------------------------


def _account(ref: str) -> lists.Cell:
    return lists.Cell(ref, url=f"/accounts/{ref}")


EMPTY = {"title": N_("No rows"), "text": N_("Nothing counted for this figure; that is what it says.")}

PAYMENTS = lists.ListSpec(
    page="scorecard_payments", key=Payment.__table__.c.id, order="-paid_on", empty=EMPTY,
    columns=(
        lists.Column("entry", N_("Entry"), lambda row: row.Payment.record_id, sort=Payment.__table__.c.record_id),
        lists.Column("account", N_("Account"), lambda row: _account(row.account_ref), sort=Account.__table__.c.account_ref),
        lists.Column("paid_on", N_("Paid on"), lambda row: row.Payment.paid_on, kind="date", sort=Payment.__table__.c.paid_on),
        lists.Column("month", N_("Month since placement"), lambda row: row.month, kind="count"),
        lists.Column("reason", N_("Credited because"), lambda row: row.reason.value, kind="code"),
        lists.Column("amount", N_("Amount"), lambda row: lists.Cell(row.Payment.amount, currency=row.Payment.currency), kind="money",
                     sort=Payment.__table__.c.amount),
    ),
)  # fmt: skip

PLACEMENTS = lists.ListSpec(
    page="scorecard_placements", key=Placement.__table__.c.id, order="-placed_at", empty=EMPTY,
    columns=(
        lists.Column("account", N_("Account"), lambda row: _account(row.account_ref), sort=Account.__table__.c.account_ref),
        lists.Column("placed_at", N_("Placed"), lambda row: row.placement.placed_at, kind="instant", sort=Placement.__table__.c.placed_at),
        lists.Column("cell", N_("Like accounts"), lambda row: row.placement.cell.replace("_", " ").replace("|", " · "), sort=Placement.__table__.c.cell),
        lists.Column("months", N_("Months counted"), lambda row: row.months, kind="count"),
        lists.Column("balance", N_("Placed balance"), lambda row: lists.Cell(row.placement.balance, currency=row.placement.currency),
                     kind="money", sort=Placement.__table__.c.balance),
        lists.Column("expected", N_("Expected"), lambda row: lists.Cell(row.expected, currency=row.placement.currency), kind="money"),
        lists.Column("paid", N_("Recovered"), lambda row: lists.Cell(row.paid, currency=row.placement.currency), kind="money"),
    ),
)  # fmt: skip

BREACHES = lists.ListSpec(
    page="scorecard_breaches", key=Breach.__table__.c.id, order="-occurred_at", empty=EMPTY,
    columns=(
        lists.Column("breach", N_("Breach"), lambda row: lists.Cell(row.Breach.ref, url=f"/breaches/{row.Breach.ref}")),
        lists.Column("rule", N_("Rule"), lambda row: row.Breach.rule, sort=Breach.__table__.c.rule),
        lists.Column("severity", N_("Severity"), lambda row: row.Breach.severity, sort=Breach.__table__.c.severity),
        lists.Column("account", N_("Account"), lambda row: _account(row.account_ref), sort=Account.__table__.c.account_ref),
        lists.Column("occurred_at", N_("When"), lambda row: row.Breach.occurred_at, kind="instant", sort=Breach.__table__.c.occurred_at),
        lists.Column("state", N_("State"), lambda row: row.Breach.state.value, kind="state", subject="breach"),
    ),
)  # fmt: skip

COMPLAINTS = lists.ListSpec(
    page="scorecard_complaints", key=Complaint.__table__.c.id, order="-received_at", empty=EMPTY,
    columns=(
        lists.Column("complaint", N_("Complaint"), lambda row: lists.Cell(row.Complaint.ref, url=f"/complaints/{row.Complaint.ref}")),
        lists.Column("category", N_("Category"), lambda row: row.Complaint.category, sort=Complaint.__table__.c.category),
        lists.Column("account", N_("Account"), lambda row: _account(row.account_ref) if row.account_ref else None),
        lists.Column("received_at", N_("Received"), lambda row: row.Complaint.received_at, kind="instant", sort=Complaint.__table__.c.received_at),
        lists.Column("due_on", N_("Due on"), lambda row: row.Complaint.due_on, kind="date", sort=Complaint.__table__.c.due_on),
        lists.Column("outcome", N_("Outcome"), lambda row: row.Complaint.outcome),
        lists.Column("state", N_("State"), lambda row: row.Complaint.state.value, kind="state", subject="complaint"),
    ),
)  # fmt: skip

CREDENTIALS = lists.ListSpec(
    page="scorecard_credentials", key=Credential.__table__.c.id, order="jurisdiction", empty=EMPTY,
    columns=(
        lists.Column("code", N_("Credential"), lambda row: row[0].code, sort=Credential.__table__.c.code),
        lists.Column("jurisdiction", N_("Jurisdiction"), lambda row: row[0].jurisdiction, sort=Credential.__table__.c.jurisdiction),
        lists.Column("number", N_("Number"), lambda row: row[0].number),
        lists.Column("valid_from", N_("From"), lambda row: row[0].valid_from, kind="date"),
        lists.Column("valid_until", N_("Until"), lambda row: row[0].valid_until, kind="date"),
        lists.Column("days", N_("Days lapsed"), lambda row: row[1], kind="count"),
        lists.Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="credential"),
    ),
)  # fmt: skip

LATE_ROWS = lists.ListSpec(
    page="scorecard_late_rows", key=Activity.__table__.c.id, order="-occurred_at", empty=EMPTY,
    columns=(
        lists.Column("record", N_("Record"), lambda row: row.Activity.record_id, sort=Activity.__table__.c.record_id),
        lists.Column("account", N_("Account"), lambda row: _account(row.account_ref), sort=Account.__table__.c.account_ref),
        lists.Column("kind", N_("Kind"), lambda row: row.Activity.kind, kind="code", sort=Activity.__table__.c.kind),
        lists.Column("occurred_at", N_("When"), lambda row: row.Activity.occurred_at, kind="instant", sort=Activity.__table__.c.occurred_at),
        lists.Column("received", N_("Received"), lambda row: row.Report.created_at, kind="instant", sort=Report.__table__.c.created_at),
        lists.Column("report", N_("Report"), lambda row: lists.Cell(row.Report.ref, url=f"/reports/{row.Report.ref}")),
    ),
)  # fmt: skip
