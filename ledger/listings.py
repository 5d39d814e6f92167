"""The list pages of this floor: the bank's payments, fee lines, differences. An agency gets no links to pages that it may not open."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from sqlalchemy import or_

from agencies.models import Agency
from ledger.models import Break, BreakKind, BreakState, Credit, CreditReason, FeeLine, Payment
from placements.models import Account
from portal import lists
from portal.errors import N_
from portal.permissions import Actor

FROM = N_("From")
BEFORE = N_("Before")


def _account(ref: str, actor: Actor) -> lists.Cell:
    """The account's reference, with its page for those who may open it: agencies may not."""
    return lists.Cell(ref, url=None if actor.agency_id else f"/accounts/{quote(ref)}")


def _on(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def payments(actor: Actor) -> lists.ListSpec:
    """The list of the bank's payments."""
    return lists.ListSpec(
        page="payments",
        key=Payment.__table__.c.id,
        order="-paid_on",
        columns=(
            lists.Column("entry", N_("Entry"), lambda row: row.Payment.record_id, sort=Payment.__table__.c.record_id),
            lists.Column(
                "paid_on", N_("Paid on"), lambda row: row.Payment.paid_on, kind="date", sort=Payment.__table__.c.paid_on
            ),
            lists.Column(
                "account",
                N_("Account"),
                lambda row: _account(row.account_ref, actor),
                sort=Account.__table__.c.account_ref,
            ),
            lists.Column(
                "amount",
                N_("Amount"),
                lambda row: lists.Cell(
                    row.Payment.amount, currency=row.Payment.currency, tone="bad" if row.Payment.amount < 0 else None
                ),
                kind="money",
                sort=Payment.__table__.c.amount,
            ),
            lists.Column("paid_to", N_("Paid to"), lambda row: row.Payment.paid_to, kind="code"),
            lists.Column("agency", N_("Credited to"), lambda row: row.code, sort=Agency.__table__.c.code),
            lists.Column("reason", N_("Because"), lambda row: row.Credit.reason.value, kind="state", subject="credit"),
            lists.Column(
                "fee", N_("Fee"), lambda row: lists.Cell(row.fee, currency=row.Payment.currency), kind="money"
            ),
        ),
        filters=(
            lists.Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
            lists.Filter(
                "reason",
                N_("Because"),
                lambda value: Credit.reason == value if value in list(CreditReason) else None,
                kind="choice",
                choices=tuple((reason.value, reason.value.replace("_", " ")) for reason in CreditReason),
            ),
            lists.Filter(
                "paid_to",
                N_("Paid to"),
                lambda value: Payment.paid_to == value,
                kind="choice",
                choices=(("agency", N_("agency")), ("creditor", N_("the bank"))),
            ),
            lists.Filter(
                "from", FROM, lambda value: Payment.paid_on >= _on(value) if _on(value) else None, kind="date"
            ),
            lists.Filter(
                "before", BEFORE, lambda value: Payment.paid_on < _on(value) if _on(value) else None, kind="date"
            ),
        ),
        search=lambda text: or_(Account.account_ref == text, Payment.record_id == text),
        empty={
            "title": N_("No payments yet"),
            "text": N_("Import the bank's ledger file; matching, crediting and fees follow by themselves."),
        },
    )


def fee_lines(actor: Actor) -> lists.ListSpec:
    """The list of fee lines."""
    return lists.ListSpec(
        page="fees",
        key=FeeLine.__table__.c.id,
        order="-paid_on",
        columns=(
            lists.Column(
                "paid_on", N_("Paid on"), lambda row: row.FeeLine.paid_on, kind="date", sort=FeeLine.__table__.c.paid_on
            ),
            lists.Column("agency", N_("Agency"), lambda row: row.code, sort=Agency.__table__.c.code),
            lists.Column(
                "account",
                N_("Account"),
                lambda row: _account(row.account_ref, actor),
                sort=Account.__table__.c.account_ref,
            ),
            lists.Column("entry", N_("Entry"), lambda row: row.record_id),
            lists.Column(
                "credited",
                N_("Credited"),
                lambda row: lists.Cell(row.FeeLine.credited, currency=row.currency),
                kind="money",
                sort=FeeLine.__table__.c.credited,
            ),
            lists.Column("rate", N_("Rate"), lambda row: row.FeeLine.rate, kind="rate"),
            lists.Column("clause", N_("Clause"), lambda row: row.FeeLine.clause),
            lists.Column(
                "fee",
                N_("Fee"),
                lambda row: lists.Cell(row.FeeLine.amount, currency=row.currency),
                kind="money",
                sort=FeeLine.__table__.c.amount,
            ),
        ),
        filters=(
            lists.Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
            lists.Filter(
                "from", FROM, lambda value: FeeLine.paid_on >= _on(value) if _on(value) else None, kind="date"
            ),
            lists.Filter(
                "before", BEFORE, lambda value: FeeLine.paid_on < _on(value) if _on(value) else None, kind="date"
            ),
        ),
        search=lambda text: or_(Account.account_ref == text, Payment.record_id == text),
        empty={
            "title": N_("No fees yet"),
            "text": N_("Every payment credited to an agency has its fee line here, with rate and clause."),
        },
    )


BREAKS = lists.ListSpec(
    page="breaks",
    key=Break.__table__.c.id,
    order="-opened_at",
    columns=(
        lists.Column(
            "kind",
            N_("Difference"),
            lambda row: lists.Cell(row.Break.kind.value, url=f"/breaks/{row.Break.id}"),
            kind="state",
            subject="break_kind",
        ),
        lists.Column("agency", N_("Agency"), lambda row: row.code, sort=Agency.__table__.c.code),
        lists.Column("account", N_("Account"), lambda row: row.Break.account_ref),
        lists.Column("bank", N_("Bank says"), lambda row: row.Break.bank_amount, kind="money"),
        lists.Column("claimed", N_("Agency says"), lambda row: row.Break.agency_amount, kind="money"),
        lists.Column(
            "opened_at", N_("Since"), lambda row: row.Break.opened_at, kind="instant", sort=Break.__table__.c.opened_at
        ),
        lists.Column("state", N_("State"), lambda row: row.Break.state.value, kind="state", subject="break"),
    ),
    filters=(
        lists.Filter(
            "kind",
            N_("Difference"),
            lambda value: Break.kind == value if value in list(BreakKind) else None,
            kind="choice",
            choices=tuple((kind.value, kind.value.replace("_", " ")) for kind in BreakKind),
        ),
        lists.Filter(
            "state",
            N_("State"),
            lambda value: Break.state == value if value in list(BreakState) else None,
            kind="choice",
            choices=tuple((state.value, state.value) for state in BreakState),
        ),
        lists.Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
    ),
    search=lambda text: Break.account_ref == text,
    empty={
        "title": N_("No differences"),
        "text": N_(
            "Where an agency's figures and the bank's differ, the difference appears here until it is cleared up."
        ),
    },
)
