"""The list pages of what is asked: document requests, policies, their readers, and what agencies owe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from agencies.asking.models import Attestation, DocumentRequest, Policy, RequestState
from agencies.asking.queries import OWED
from agencies.diligence.scheme import document_name
from agencies.models import Agency
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec
from portal.people import User
from portal.tasks import Task

REQUEST, TASK = DocumentRequest.__table__.c, Task.__table__.c
STATES = {
    RequestState.ASKED: N_("Asked"),
    RequestState.ANSWERED: N_("Answered"),
    RequestState.ACCEPTED: N_("Accepted"),
    RequestState.CANCELLED: N_("Cancelled"),
}
KINDS = {
    "document.answer": N_("Document"),
    "policy.attest": N_("Attestation"),
    "review.answer": N_("Due diligence"),
    "answer.more": N_("Answer sent back"),
    "condition.meet": N_("Condition"),
    "credential.submit": N_("Credential asked for"),
    "credential.renew": N_("Credential to renew"),
    "exit.certify": N_("Certificate of destruction"),
}
"""The kinds of what is owed, as msgids; one for each of `queries.OWED`."""


def requests(code: str, language: str, now: datetime) -> ListSpec:
    """What the agency with this code was asked for."""
    address = f"/agencies/{code}/requests"

    def due(one: DocumentRequest) -> Cell:
        late = one.state is RequestState.ASKED and one.due_on < now.date()
        return Cell(one.due_on, tone="bad" if late else None, hint=_("overdue") if late else None)

    return ListSpec(
        page="document_requests", key=REQUEST.id, order="due",
        columns=(
            Column("document", N_("Document"), lambda row: Cell(document_name(row[0].document, language), url=f"{address}/{row[0].ref}"), sort=REQUEST.document),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="document_request", sort=REQUEST.state),
            Column("due", N_("Due"), lambda row: due(row[0]), kind="date", sort=REQUEST.due_on),
            Column("asked", N_("Asked"), lambda row: Cell(row[0].asked_at, hint=row[0].asked_by), kind="instant", sort=REQUEST.asked_at),
            Column("answered", N_("Attested"), lambda row: Cell(row[0].answered_at, hint=row[0].answered_by), kind="instant", sort=REQUEST.answered_at),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: DocumentRequest.state == value if value in set(RequestState) else None, kind="choice",
                   choices=tuple((state.value, label) for state, label in STATES.items())),
        ),
        empty={"title": N_("Nothing was asked for"), "text": N_("Documents that the bank asks for stand here, with the day by which it needs them.")},
    )  # fmt: skip


POLICIES = ListSpec(
    page="policies", key=Policy.__table__.c.id, order="-published",
    columns=(
        Column("title", N_("Policy"), lambda row: Cell(row[0].title, url=f"/policies/{row[0].ref}", hint=row[0].version), sort=Policy.__table__.c.title),
        Column("published", N_("Published"), lambda row: row[0].published_at, kind="instant", sort=Policy.__table__.c.published_at),
        Column("due", N_("Attest by"), lambda row: row[0].due_on, kind="date", sort=Policy.__table__.c.due_on),
        Column("current", N_("In force"), lambda row: row[0].replaced_at is None, kind="bool"),
    ),
    search=lambda text: Policy.title.icontains(text, autoescape=True),
    empty={"title": N_("No policies yet"), "text": N_("What the bank publishes here, everybody at its agencies reads and attests.")},
)  # fmt: skip

READERS = ListSpec(
    page="policy_readers", key=User.__table__.c.id, order="name",
    columns=(
        Column("name", N_("Person"), lambda row: row[0].name, sort=User.__table__.c.name),
        Column("agency", N_("Agency"), lambda row: row[1].code, sort=Agency.__table__.c.code),
        Column("attested", N_("Attested"), lambda row: row[2].attested_at if row[2] else None, kind="instant", sort=Attestation.__table__.c.attested_at),
        Column("as", N_("Signed as"), lambda row: row[2].name if row[2] else None),
    ),
    filters=(
        Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
        Filter("attested", N_("Attested"), lambda value: Attestation.id.is_not(None) if value == "yes" else Attestation.id.is_(None), kind="bool"),
    ),
    empty={"title": N_("Nobody has to read it"), "text": N_("People of agencies that work for the bank read its policies.")},
)  # fmt: skip


def owed(now: datetime) -> ListSpec:
    """What agencies owe the bank; what is overdue stands out."""

    def due(row: Any) -> Cell:
        late = (now - row[0].due_at).days
        if now <= row[0].due_at:
            return Cell(row[0].due_at)
        return Cell(row[0].due_at, tone="bad", hint=_("overdue by %(days)s days", days=late) if late else _("overdue"))

    return ListSpec(
        page="owed", key=TASK.id, order="due",
        columns=(
            Column("what", N_("What is owed"), lambda row: Cell(_(row[0].title, **row[0].params), url=row[0].link)),
            Column("agency", N_("Agency"), lambda row: Cell(row[1].name, url=f"/agencies/{row[1].code}", hint=row[1].code), sort=Agency.__table__.c.code),
            Column("person", N_("Person"), lambda row: row[2].name if row[2] else None, sort=User.__table__.c.name),
            Column("due", N_("Due"), due, kind="instant", sort=TASK.due_at),
            Column("since", N_("Open since"), lambda row: row[0].created_at, kind="instant", sort=TASK.created_at),
        ),
        filters=(
            Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
            Filter("late", N_("Overdue"), lambda value: Task.due_at < now if value == "yes" else Task.due_at >= now, kind="bool"),
            Filter("kind", N_("Kind"), lambda value: Task.kind == value if value in OWED else None, kind="choice", choices=tuple(KINDS.items())),
        ),
        empty={"title": N_("Nothing is owed"), "text": N_("Documents, attestations, answers, conditions and credentials that agencies owe stand here until they are given.")},
    )  # fmt: skip
