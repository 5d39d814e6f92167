"""The list pages of this floor: breaches, complaints and legal deadlines. The reader, the language and the present are handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import ColumnElement, Date, case, literal

from activity.models import Activity
from agencies.models import Agency
from conduct import words
from conduct.consequences import THE_BANK
from conduct.enabled import for_reports
from conduct.legal_clocks import ClockState
from conduct.legal_queries import reference_of
from conduct.models import Breach, BreachState, Complaint, ComplaintState, LegalDeadline
from conduct.queries import WAITING
from conduct.rulebook import SEVERITIES
from conduct.timeline import STEPS
from placements.models import Account
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec
from portal.permissions import Actor
from portal.types import UTCDateTime
from portal.words_states import severity_word

OPEN: Final = "open"
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
WITHDRAWN: Final = "withdrawn"
STATES: Final = (
    (OPEN, N_("Waiting for a judgement")), ("found", N_("Found")), ("escalated", N_("Escalated")),
    ("confirmed", N_("Confirmed")), ("dismissed", N_("Dismissed")), (WITHDRAWN, N_("Withdrawn")),
)  # fmt: skip


def breaches(actor: Actor, language: str, at: datetime) -> ListSpec:
    """Breaches, those first that should be judged first, those last that wait for nobody."""
    rules = sorted({rule.id for rule in for_reports().rules})
    return ListSpec(
        page="breaches", key=Breach.__table__.c.id, order="due",
        columns=(
            Column("breach", N_("Breach"), lambda row: _breach(row.Breach, language), sort=Breach.__table__.c.rule),
            Column("severity", N_("Severity"), lambda row: _severity(row.Breach.severity)),
            Column("state", N_("State"), lambda row: row.Breach.state.value, kind="state", subject="breach", sort=Breach.__table__.c.state),
            Column("due", N_("Judge by"), lambda row: _due(row.Breach, at), kind="instant", sort=_while_it_waits()),
            Column("agency", N_("Agency"), lambda row: row.code or THE_BANK, sort=Agency.__table__.c.code),
            Column("account", N_("Account"), lambda row: _account(actor, row.account_ref), sort=Account.__table__.c.account_ref),
            Column("occurred_at", N_("Happened"), lambda row: row.Breach.occurred_at, kind="instant", sort=Breach.__table__.c.occurred_at),
        ),
        filters=(
            Filter("agency", N_("Agency"), by_agency),
            Filter("rule", N_("Rule"), lambda value: Breach.rule == value, kind="choice", choices=tuple((rule, words.title_of(rule, language)) for rule in rules)),
            Filter("severity", N_("Severity"), lambda value: Breach.severity == value, kind="choice",
                   choices=tuple((severity, str(severity_word(severity).label)) for severity in reversed(SEVERITIES))),
            Filter("state", N_("State"), _in_state, kind="choice", choices=STATES),
            Filter("verdict", N_("Verdict"), lambda value: Breach.verdict == value, kind="choice", choices=tuple(words.VERDICTS.items())),
            Filter("month", N_("Month (YYYY-MM)"), _in_month),
        ),
        search=lambda text: (Account.account_ref == text) | (Breach.ref == text.lower()) | Breach.rule.icontains(text, autoescape=True),
        empty={"title": N_("No breaches"), "text": N_("Every activity report is tested when it has been read; what breaks a rule appears here.")},
    )  # fmt: skip


def complaints(actor: Actor, today: date, say: Callable[[str], str]) -> ListSpec:
    """Complaints, those first that should be answered first. `say` puts a msgid into the reader's language."""
    return ListSpec(
        page="complaints", key=Complaint.__table__.c.id, order="due",
        columns=(
            Column("complaint", N_("Complaint"), lambda row: Cell(row.Complaint.summary, url=f"/complaints/{row.Complaint.ref}")),
            Column("category", N_("About"), lambda row: say(words.CATEGORIES.get(row.Complaint.category, row.Complaint.category)), sort=Complaint.__table__.c.category),
            Column("state", N_("State"), lambda row: row.Complaint.state.value, kind="state", subject="complaint", sort=Complaint.__table__.c.state),
            Column("due", N_("Answer by"), lambda row: _answer_by(row.Complaint, today), kind="date", sort=_while_it_is_open()),
            Column("agency", N_("Agency"), lambda row: row.code or THE_BANK, sort=Agency.__table__.c.code),
            Column("account", N_("Account"), lambda row: _account(actor, row.account_ref)),
            Column("received_at", N_("Received"), lambda row: row.Complaint.received_at, kind="instant", sort=Complaint.__table__.c.received_at),
            Column("regulator", N_("Regulator"), lambda row: row.Complaint.regulator, kind="bool"),
        ),
        filters=(
            Filter("agency", N_("Agency"), _complaint_agency),
            Filter("state", N_("State"), lambda value: Complaint.state == value if value in set(ComplaintState) else None, kind="choice",
                   choices=tuple((state.value, state.value.capitalize()) for state in ComplaintState)),
            Filter("category", N_("About"), lambda value: Complaint.category == value, kind="choice", choices=tuple(words.CATEGORIES.items())),
            Filter("late", N_("Overdue"), lambda value: _is_late(today) if value == "yes" else ~_is_late(today), kind="bool"),
        ),
        search=lambda text: (Account.account_ref == text) | Complaint.summary.icontains(text, autoescape=True),
        empty={"title": N_("No complaints"), "text": N_("Complaints that agencies report, and those that reach the bank, become cases here.")},
    )  # fmt: skip


def by_agency(value: str) -> Any:
    """Breaches of one agency, or of the bank itself."""
    return Breach.agency_id.is_(None) if value.lower() == THE_BANK else Agency.code == value.upper()


# -- orders ---------------------------------------------------------------------------------------------------------------


def _while_it_waits() -> ColumnElement[Any]:
    waits = Breach.state.in_(WAITING) & Breach.withdrawn_at.is_(None)
    return case((waits, Breach.due_at), else_=literal(NEVER, UTCDateTime))


def _while_it_is_open() -> ColumnElement[Any]:
    return case((Complaint.state == ComplaintState.OPEN, Complaint.due_on), else_=literal(NEVER.date(), Date))


# -- cells ----------------------------------------------------------------------------------------------------------------


def _account(actor: Actor, account_ref: str | None) -> Cell | None:
    """The account; an agency's pages about it are its placements."""
    if account_ref is None:
        return None
    return Cell(account_ref, url=None if actor.agency_id else f"/accounts/{account_ref}")


def _breach(breach: Breach, language: str) -> Cell:
    return Cell(words.title_of(breach.rule, language), url=f"/breaches/{breach.ref}", hint=breach.rule)


def _severity(severity: str) -> Cell:
    word = severity_word(severity)
    return Cell(str(word.label), tone=word.tone.value if word.tone.value in ("warn", "bad") else None)


def _due(breach: Breach, at: datetime) -> Cell | None:
    if breach.state not in WAITING or breach.withdrawn_at is not None:
        return None
    return Cell(breach.due_at, tone="bad" if breach.due_at < at else None)


def _answer_by(complaint: Complaint, today: date) -> Cell:
    late = complaint.state is ComplaintState.OPEN and complaint.due_on < today
    return Cell(complaint.due_on, tone="bad" if late else None)


# -- filters --------------------------------------------------------------------------------------------------------------


def _in_state(value: str) -> Any:
    if value == OPEN:
        return Breach.state.in_(WAITING) & Breach.withdrawn_at.is_(None)
    if value == WITHDRAWN:
        return Breach.withdrawn_at.is_not(None)
    return (Breach.state == value) & Breach.withdrawn_at.is_(None) if value in set(BreachState) else None


def _in_month(value: str) -> Any:
    try:
        begin = datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return None
    end = (begin + timedelta(days=32)).replace(day=1)
    return (Breach.occurred_at >= begin) & (Breach.occurred_at < end)


def _complaint_agency(value: str) -> Any:
    return Complaint.agency_id.is_(None) if value.lower() == THE_BANK else Agency.code == value.upper()


def _is_late(today: date) -> Any:
    return (Complaint.state == ComplaintState.OPEN) & (Complaint.due_on < today)


def legal(actor: Actor, language: str) -> ListSpec:
    """Days that follow from legal steps, those to come first."""
    return ListSpec(
        page="legal", key=LegalDeadline.__table__.c.id, order="-day",
        columns=(
            Column("account", N_("Account"), lambda row: Cell(row.account_ref, url=f"/accounts/{quote(row.account_ref)}/timeline"),
                   sort=Account.__table__.c.account_ref),
            Column("agency", N_("Agency"), lambda row: row.code or THE_BANK, sort=Agency.__table__.c.code),
            Column("step", N_("Step"), lambda row: row.Activity.kind, kind="code", sort=Activity.__table__.c.kind),
            Column("reference", N_("Case number"), lambda row: Cell(row.Activity.reference, hint=row.Activity.court)),
            Column("rule", N_("What follows"), lambda row: Cell(words.title_of(row.LegalDeadline.rule, language), url=f"/rules/{row.LegalDeadline.rule}",
                                                               hint=row.LegalDeadline.citation)),
            Column("sense", N_("When"), lambda row: words.SENSES[row.LegalDeadline.sense], kind="code"),
            Column("day", N_("Day"), lambda row: row.LegalDeadline.day, kind="date", sort=LegalDeadline.__table__.c.day),
            Column("met_on", N_("Done on"), lambda row: row.LegalDeadline.met_on, kind="date", sort=LegalDeadline.__table__.c.met_on),
            Column("state", N_("State"), lambda row: row.LegalDeadline.state.value, kind="state", subject="legal", sort=LegalDeadline.__table__.c.state),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: LegalDeadline.state == value if value in list(ClockState) else None, kind="choice",
                   choices=(("open", N_("Open")), ("missed", N_("Missed")), ("late", N_("Not in time")), ("met", N_("Met")), ("over", N_("Waiting time is over")))),
            Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
            Filter("kind", N_("Step"), lambda value: Activity.kind == value, kind="choice",
                   choices=tuple((kind, N_(kind.replace("_", " "))) for kind in sorted(STEPS))),
        ),
        search=lambda text: (Account.account_ref == text) | reference_of(text),
        empty={"title": N_("No legal deadlines"), "text": N_("They follow from payment orders, suits and judgments that activity reports tell of.")},
    )  # fmt: skip
