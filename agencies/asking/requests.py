"""Acts: the bank asks an agency for a document by a day; the agency answers and attests; compliance accepts it or asks again.

A document is asked for once: an agency answers with any document it has on file, and one that was accepted within the year is not
asked for again by the next due diligence. Who answered never accepts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from agencies.asking import queries
from agencies.asking.models import DocumentRequest, RequestState
from agencies.diligence import queries as diligence
from agencies.diligence.scheme import scheme
from agencies.events import DOCUMENT_ANSWERED, DOCUMENT_ASKED, DOCUMENT_CANCELLED, DOCUMENT_JUDGED
from agencies.models import Agency
from portal import audit, tasks
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor

ANSWERED_WITHIN = timedelta(days=30)
JUDGED_WITHIN = timedelta(days=5)
OPEN = frozenset({RequestState.ASKED, RequestState.ANSWERED})


def ask(
    session: Session, actor: Actor, agency: Agency, document: str, due_on: date, *,
    note: str = "", review_id: int | None = None, at: datetime,
) -> DocumentRequest:  # fmt: skip
    """Ask for a document. Raises Invalid for an unknown kind or a day that has been."""
    if document not in {one.code for one in scheme().documents}:
        raise _wrong("document", N_("Choose a document of the list."))
    if due_on < at.date():
        raise _wrong("due_on", N_("Choose a day that is still to come."))
    made = DocumentRequest(
        agency_id=agency.id, review_id=review_id, document=document, note=note.strip(), due_on=due_on, asked_at=at, asked_by=actor.label
    )  # fmt: skip
    session.add(made)
    session.flush()
    _remind(session, agency, made)
    audit.record(session, actor, DOCUMENT_ASKED, _subject(made), agency=agency.code, document=document, due_on=due_on)
    return made


def ask_for_review(session: Session, agency: Agency, review_id: int, documents: Iterable[str], *, at: datetime) -> None:
    """Ask for what a tier needs and nobody asked for or accepted within the year; take back what it no longer needs."""
    open_now = queries.open_requests(session, agency)
    good = diligence.good_documents(session, agency, at=at)
    needed = tuple(documents)
    for document in needed:
        if document not in open_now and document not in good:
            ask(session, SYSTEM, agency, document, (at + ANSWERED_WITHIN).date(), review_id=review_id, at=at)
    for document, found in open_now.items():
        if found.review_id == review_id and document not in needed and found.state is RequestState.ASKED:
            cancel(session, SYSTEM, found, at=at)


def answer(
    session: Session, actor: Actor, agency: Agency, request: DocumentRequest, evidence: StoredFile | None, *,
    attests: bool, at: datetime,
) -> DocumentRequest:  # fmt: skip
    """Answer with a document, new or on file, and attest that it is true and current. Raises Invalid without either."""
    if evidence is None:
        raise _wrong("evidence", N_("Add the document, or choose one on file."))
    if not attests:
        raise _wrong("attests", N_("Attest that the document is true and current."))
    _move(session, request, {RequestState.ASKED}, RequestState.ANSWERED)
    request.evidence_id, request.answered_at = evidence.id, at
    request.answered_by, request.answered_by_id = actor.label, actor.user_id
    tasks.close_tasks(session, _subject(request), actor, kind="document.answer")
    tasks.open_task(
        session, "document.judge", _subject(request), N_("Look at a document of %(agency)s"),
        link=f"/agencies/{agency.code}/requests/{request.ref}", role=Role.COMPLIANCE, due_at=at + JUDGED_WITHIN,
        not_by_id=actor.user_id, agency=agency.code,
    )  # fmt: skip
    audit.record(session, actor, DOCUMENT_ANSWERED, _subject(request), sha256=evidence.sha256, attested=True)
    session.flush()
    return request


def judge(
    session: Session, actor: Actor, agency: Agency, request: DocumentRequest, *, accept: bool, reason: str = "",
    due_on: date | None = None, at: datetime,
) -> DocumentRequest:  # fmt: skip
    """Accept the document, or ask again by another day. Raises Forbidden for who answered, Invalid without reason and day."""
    if actor.user_id is not None and actor.user_id == request.answered_by_id:
        raise Forbidden(N_("You sent this document in, so another person has to accept it."))
    if not accept and not reason.strip():
        raise _wrong("reason", N_("Give the reason."))
    if not accept and (due_on is None or due_on < at.date()):
        raise _wrong("due_on", N_("Choose a day that is still to come."))
    _move(session, request, {RequestState.ANSWERED}, RequestState.ACCEPTED if accept else RequestState.ASKED)
    request.judged_at, request.judged_by, request.reason = at, actor.label, reason.strip()
    tasks.close_tasks(session, _subject(request), actor, kind="document.judge")
    if due_on is not None and not accept:
        request.due_on = due_on
        _remind(session, agency, request)
    audit.record(session, actor, DOCUMENT_JUDGED, _subject(request), accepted=accept, reason=reason.strip())
    session.flush()
    return request


def cancel(session: Session, actor: Actor, request: DocumentRequest, *, at: datetime) -> DocumentRequest:
    """Take a request back. Raises Conflict once it was accepted."""
    _move(session, request, OPEN, RequestState.CANCELLED)
    request.judged_at, request.judged_by = at, actor.label
    tasks.close_tasks(session, _subject(request), actor, cancelled=True)
    audit.record(session, actor, DOCUMENT_CANCELLED, _subject(request))
    session.flush()
    return request


def _move(session: Session, request: DocumentRequest, before: Iterable[RequestState], after: RequestState) -> None:
    session.refresh(request, with_for_update=True)
    if request.state not in before:
        raise Conflict(N_("This request does not wait for that."))
    request.state = after


def _remind(session: Session, agency: Agency, request: DocumentRequest) -> None:
    names = {one.code: one for one in scheme().documents}
    tasks.open_task(
        session, "document.answer", _subject(request), N_("Send in a document: %(document)s"),
        link=f"/agencies/{agency.code}/requests/{request.ref}", role=Role.AGENCY_MANAGER, agency_id=agency.id,
        due_at=datetime.combine(request.due_on + timedelta(days=1), time(), UTC), document=names[request.document].name,
    )  # fmt: skip


def _subject(request: DocumentRequest) -> str:
    return f"request:{request.ref}"


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})
