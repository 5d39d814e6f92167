"""Acts: evidence of an account for suit, payment order or arbitration; and a person's rights to their data, across all floors.

Access gives everything the portal holds of a person and says which agencies hold it still. Erasure takes out what identifies them;
figures and the audit trail stay, and so do files of many people's rows as they were received, until their retention ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, Final

from sqlalchemy import event, update
from sqlalchemy.orm import Session

from activity.models import Activity, PaymentClaim, ReportedComplaint
from conduct.models import Complaint
from placements import outcomes, queries, request_queries
from placements.events import EVIDENCE_PACKED, RIGHT_ANSWERED, RIGHT_OPENED, RIGHT_REFUSED
from placements.models import Account, Consumer, Hold
from placements.request_models import Request
from placements.rights_models import RightKind, RightsCase, RightState
from portal import audit, files, tasks
from portal.errors import N_, Conflict, Invalid
from portal.people import Role
from portal.permissions import Actor
from portal.refs import new_ref
from portal.sealing import keyring
from portal.tables.writing import write_csv
from scorecards.packing import Line, Part, digest, pack, pieces_of
from scorecards.queries import files as held

PURPOSES: Final = ("suit", "payment_order", "arbitration")
ANSWER_IN_MONTHS: Final = 1
"""One month (GDPR Article 12(3)); the laws that allow longer are served by answering sooner."""
ERASED: Final = "erased"


def pack_evidence(session: Session, actor: Actor, account: Account, purpose: str, target: BinaryIO) -> list[Line]:
    """Everything on one account as one ZIP with index and hashes. Raises Invalid for a purpose there is not. Who packed it is recorded."""
    if purpose not in PURPOSES:
        raise Invalid(N_("Say what the evidence is for."), fields={"purpose": N_("Say what the evidence is for.")})
    person = {"purpose": purpose, "account_ref": account.account_ref, "consumer": account.consumer.personal}
    lines = pack(
        target, [*_parts(session, [account.id]), _json("person.json", "Who owes, and what the pack is for", person)]
    )
    audit.record(
        session,
        actor,
        EVIDENCE_PACKED,
        f"account:{account.account_ref}",
        purpose=purpose,
        files=len(lines),
        sha256=digest(target),
    )
    return lines


# -- a person's rights -----------------------------------------------------------------------------------------------------


def open_case(
    session: Session, actor: Actor, consumer: Consumer, kind: RightKind, *, received_on: date, note: str, at: datetime
) -> RightsCase:
    """Somebody uses a right: it is answered within a month. Raises Invalid for a day to come, Conflict if the same waits already."""
    if received_on > at.date():
        raise Invalid(N_("Choose a day that has come."), fields={"received_on": N_("Choose a day that has come.")})
    known = held.cases_of(session, consumer.id)
    if any(one.kind is kind and one.state is RightState.OPEN for one in known):
        raise Conflict(N_("The same is asked already and waits for an answer."))
    made = RightsCase(
        ref=new_ref("rgt"), consumer_id=consumer.id, kind=kind, state=RightState.OPEN, received_on=received_on,
        due_on=outcomes.month_later(received_on, ANSWER_IN_MONTHS), note=note.strip(), opened_at=at, opened_by=actor.label,
    )  # fmt: skip
    session.add(made)
    session.flush()
    due = datetime.combine(made.due_on, at.timetz())
    tasks.open_task(
        session, "right.answer", f"right:{made.ref}", N_("Answer a person's request about their data"), link=f"/rights/{made.ref}",
        role=Role.COMPLIANCE, due_at=due,
    )  # fmt: skip
    audit.record(session, actor, RIGHT_OPENED, f"right:{made.ref}", kind=kind.value, consumer=consumer.consumer_ref)
    return made


def export(session: Session, actor: Actor, case: RightsCase, target: BinaryIO, *, at: datetime) -> list[Line]:
    """Give a person everything that is held of them, and say where. The first export answers the case; it may be made again."""
    if case.kind is not RightKind.ACCESS or case.state is RightState.REFUSED:
        raise Conflict(N_("Only a granted request for access is answered with an export."))
    accounts = held.accounts_of(session, case.consumer)
    ids = [account.id for account in accounts]
    person = {
        "consumer_ref": case.consumer.consumer_ref, "language": case.consumer.language, "identifying": case.consumer.personal,
        "held_by_agencies_until_deleted": list(held.undeleted_at(session, ids)),
    }  # fmt: skip
    lines = pack(
        target, [*_parts(session, ids), _json("person.json", "What identifies the person, and who holds it", person)]
    )
    found = {"files": len(lines), "accounts": len(ids), "sha256": digest(target)}
    if case.state is RightState.OPEN:
        _answer(session, actor, case, RightState.DONE, "", found, at)
    audit.record(session, actor, RIGHT_ANSWERED, f"right:{case.ref}", **found)
    return lines


def erase(session: Session, actor: Actor, case: RightsCase, *, at: datetime) -> RightsCase:
    """Take out what identifies a person, everywhere. Raises Conflict with every reason why it must stay for now."""
    if case.kind is not RightKind.ERASURE or case.state is not RightState.OPEN:
        raise Conflict(N_("This request was answered already, or asks for something else."))
    accounts = held.accounts_of(session, case.consumer)
    if reasons := why_not_erased(session, accounts):
        raise Conflict(N_("It cannot be erased now: %(reasons)s"), reasons=" ".join(reasons))
    ids = [account.id for account in accounts]
    changed = _erase_rows(session, case.consumer, ids)
    agencies = list(held.undeleted_at(session, ids))
    found = {
        "accounts": len(ids),
        "rows": changed,
        "documents": _erase_documents(session, ids),
        "agencies_to_prove": agencies,
    }
    _answer(session, actor, case, RightState.DONE, "", found, at)
    audit.record(session, actor, RIGHT_ANSWERED, f"right:{case.ref}", **found)
    return case


def refuse(session: Session, actor: Actor, case: RightsCase, *, answer: str, at: datetime) -> RightsCase:
    """Refuse, and say why. Raises Invalid without a reason, Conflict if it was answered."""
    if not answer.strip():
        raise Invalid(N_("Give the reason."), fields={"answer": N_("Give the reason.")})
    if case.state is not RightState.OPEN:
        raise Conflict(N_("This request was answered already, or asks for something else."))
    _answer(session, actor, case, RightState.REFUSED, answer.strip(), {}, at)
    audit.record(session, actor, RIGHT_REFUSED, f"right:{case.ref}")
    return case


def why_not_erased(session: Session, accounts: Sequence[Account]) -> list[str]:
    """Every reason why a person's data must stay for now: a legal claim is pursued or defended (GDPR Article 17(3)(e))."""
    ids = [account.id for account in accounts]
    settled = request_queries.settled(session, ids)
    found = []
    if held.open_placements(session, ids):
        found.append(N_("An agency works an account of this person."))
    if any(account.balance > 0 and account.id not in settled for account in accounts):
        found.append(N_("Something is still owed."))
    if queries.open_holds(session, ids):
        found.append(N_("A hold is on: something has to be cleared up first."))
    if held.running_arrangements(session, ids):
        found.append(N_("An arrangement is running."))
    return found


# -- what is packed --------------------------------------------------------------------------------------------------------


def _parts(session: Session, account_ids: Sequence[int]) -> Iterator[Part]:
    for sheet in held.SHEETS:
        rows = [list(map(_plain, row)) for row in held.rows(session, sheet, account_ids)]
        yield Part(f"{sheet.name}.csv", sheet.meaning, write_csv(held.columns(sheet), rows))
    for number, document in enumerate(held.documents(session, account_ids), 1):
        name = "".join(c if c.isalnum() or c in "._-" else "_" for c in document.file.name)
        yield Part(
            f"documents/{number:03}-{name}", f"{document.kind.value}: {document.title}", _bytes_of(document.file.place)
        )


def _bytes_of(place: str) -> Iterator[bytes]:
    with files.store().open(place) as stream:
        yield from pieces_of(stream)


def _json(name: str, meaning: str, value: Any) -> Part:
    return Part(name, meaning, (json.dumps(value, ensure_ascii=False, indent=1, default=str).encode(),))


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


# -- what is erased --------------------------------------------------------------------------------------------------------


def _erase_rows(session: Session, consumer: Consumer, ids: Sequence[int]) -> int:
    """Empty every field that identifies the person; how many rows were touched."""
    consumer.sealed = keyring().seal({}, f"consumer:{consumer.consumer_ref}")
    consumer.name_index = consumer.id_index = consumer.phone_index = consumer.language = None
    told = {
        "note": None,
        "endpoint": None,
        "recording_ref": None,
        "person_ref": None,
        "details": None,
        "consent_ref": None,
    }
    statements: Iterable[Any] = (
        update(Account).where(Account.id.in_(ids)).values(city=None, postal_code=None, time_zone=None),
        update(Activity).where(held.activities_of(ids, consumer.id)).values(told),
        update(PaymentClaim).where(PaymentClaim.account_id.in_(ids)).values(note=None),
        update(ReportedComplaint)
        .where(ReportedComplaint.account_id.in_(ids))
        .values(summary=ERASED, details=None, about_collector=None),
        update(Complaint).where(Complaint.account_id.in_(ids)).values(summary=ERASED, note=""),
        update(Hold).where(Hold.account_id.in_(ids)).values(note=""),
        update(Request).where(Request.account_id.in_(ids)).values(note="", further={}, answer=""),
    )
    session.flush()
    return 1 + sum(session.execute(statement).rowcount for statement in statements)  # type: ignore[attr-defined]


def _erase_documents(session: Session, ids: Sequence[int]) -> int:
    """Have the bytes of the documents removed once this transaction is committed; their hashes stay. How many."""
    papers = held.documents(session, ids)
    places = [document.file.place for document in papers]
    for document in papers:
        document.title = ERASED

    def remove(_session: Session) -> None:
        for place in places:
            files.store().remove(place)

    if places:
        event.listen(session, "after_commit", remove, once=True)
    return len(papers)


def _answer(
    session: Session,
    actor: Actor,
    case: RightsCase,
    state: RightState,
    answer: str,
    outcome: dict[str, Any],
    at: datetime,
) -> None:
    case.state, case.answer, case.outcome = state, answer, outcome
    case.decided_at, case.decided_by = at, actor.label
    tasks.close_tasks(session, f"right:{case.ref}", actor)
    session.flush()
