"""Acts: papers of an account are supplied, and every look at one is written down. An agency reads what was supplied to it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from placements import requesting
from placements.events import DOCUMENT_READ, DOCUMENT_SUPPLIED
from placements.models import Account
from placements.request_models import AccountDocument, DocumentAccess, PaperKind, Request, RequestState
from portal import audit
from portal.errors import N_, Conflict, Invalid
from portal.files import StoredFile
from portal.permissions import Actor
from portal.refs import new_ref


def supply(
    session: Session, actor: Actor, account: Account, file: StoredFile, *, kind: PaperKind, title: str, dated: date | None = None,
    request: Request | None = None, at: datetime,
) -> AccountDocument:  # fmt: skip
    """Keep a paper of an account; supplied for a request for documents, it grants it. Raises Invalid, or Conflict for a closed request."""
    if not title.strip():
        raise Invalid(N_("Say what the document is."), fields={"title": N_("Say what the document is.")})
    if request is not None and (request.account_id != account.id or request.state is RequestState.CLOSED):
        raise Conflict(N_("This request is closed, or for another account."))
    made = AccountDocument(
        ref=new_ref("doc"), account_id=account.id, kind=kind, title=title.strip(), dated=dated, file_id=file.id,
        request_id=request.id if request else None, supplied_at=at, supplied_by=actor.label,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, actor, DOCUMENT_SUPPLIED, f"document:{made.ref}", account=account.account_ref, kind=kind.value, sha256=file.sha256,
        request=request.ref if request else None,
    )  # fmt: skip
    if request is not None and request.state is RequestState.ASKED:
        requesting.grant(session, actor, request, at=at)
    return made


def note_access(session: Session, actor: Actor, document: AccountDocument, *, at: datetime) -> None:
    """Somebody takes a look at a document: who and when stays beside it and in the trail."""
    session.add(DocumentAccess(document_id=document.id, at=at, by=actor.label, agency_id=actor.agency_id))
    audit.record(session, actor, DOCUMENT_READ, f"document:{document.ref}", account=document.account.account_ref)
