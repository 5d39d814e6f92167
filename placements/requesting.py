"""Acts: an agency asks for something on an account that it holds; the contract's limits or a person of the bank decide.

What lies within the limits is granted in the same moment. Everything else waits for a person, with every limit that it exceeds
written beside it, and with the treatment that the stored rule names for the person's case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from placements import authority, eligibility, granting, queries, request_queries, treatment
from placements.authority import Limits, Owed, Terms
from placements.events import REQUEST_ANSWERED, REQUEST_ASKED, REQUEST_CLOSED, REQUEST_GRANTED, REQUEST_REFUSED
from placements.models import Account, Placement
from placements.request_models import REQUEST_MOVES, Ability, Request, RequestKind, RequestState, Willingness
from placements.treatment import Situation, Treatment
from portal import audit, tasks
from portal.errors import N_, Conflict, Forbidden, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from portal.refs import new_ref
from portal.webhooks import publishing as webhooks

DECIDE: Final = "request.decide"
TO_ANSWER: Final[Mapping[RequestKind, timedelta]] = {
    RequestKind.HARDSHIP: timedelta(days=1),
    RequestKind.RECALL: timedelta(days=1),
    RequestKind.DOCUMENTS: timedelta(days=5),
    RequestKind.LEGAL_ACTION: timedelta(days=5),
}
USUAL: Final = timedelta(days=2)


@dataclass(frozen=True)
class Ask:
    """What an agency asks for: kind, terms, what it found of the person, and terms that have no place of their own."""

    kind: RequestKind
    terms: Terms = field(default_factory=Terms)
    note: str = ""
    willingness: Willingness = Willingness.UNKNOWN
    ability: Ability = Ability.UNKNOWN
    further: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None


def ask(
    session: Session,
    actor: Actor,
    placement: Placement,
    wanted: Ask,
    *,
    evidence: StoredFile | None = None,
    at: datetime,
) -> Request:
    """Ask for something; it comes back granted where the contract's limits allow it.

    Raises Invalid for terms that make no sense, Conflict where the same is asked already or the placement is over.
    """
    if placement.agency_id != actor.agency_id:
        raise Forbidden(N_("Only the agency that holds an account asks for it."))
    if placement.ended_at is not None:
        raise Conflict(N_("This placement is over."))
    account = placement.account
    owed = owed_on(session, account)
    _check(wanted, account, owed, at.date())
    if known := request_queries.waiting_like(session, placement, wanted.kind):
        raise Conflict(
            N_("The same is asked already: %(ref)s waits for the bank."), ref=known.ref, extra={"request": known.ref}
        )
    limits = limits_of(session, placement)
    over = authority.beyond(wanted.kind.value, wanted.terms, owed, limits, has_further=bool(wanted.further))
    advice = advise(account, wanted.willingness, wanted.ability, owed, at.date())
    made = _store(session, actor, placement, wanted, over, advice, evidence, at)
    audit.record(
        session, actor, REQUEST_ASKED, f"request:{made.ref}", kind=made.kind.value, account=account.account_ref,
        terms=_told(wanted.terms), beyond=[one["code"] for one in over],
    )  # fmt: skip
    if not over:
        made.delegated = True
        granting.grant(session, SYSTEM, made, account, wanted.terms, at=at)
        _decide(session, SYSTEM, made, RequestState.GRANTED, "", at)
    else:
        tasks.open_task(
            session, DECIDE, f"request:{made.ref}", N_("Decide on a request of %(agency)s: %(what)s"), link=f"/requests/{made.ref}",
            role=Role.VENDOR_MANAGER, due_at=made.due_at, agency=actor.agency_code, what=made.kind.value.replace("_", " "),
        )  # fmt: skip
    session.flush()
    return made


def grant(
    session: Session, actor: Actor, request: Request, *, terms: Terms | None = None, answer: str = "", at: datetime
) -> Request:
    """Grant what was asked, or `terms` instead of it. Raises Conflict where it is decided or a rule stands against it."""
    _open(session, request, RequestState.GRANTED)
    asked = terms_of(request)
    granted = (
        replace(asked, **{name: value for name, value in vars(terms).items() if value is not None}) if terms else asked
    )
    if terms and granted != asked:
        wanted = Ask(request.kind, granted)
        _check(wanted, request.account, owed_on(session, request.account), at.date())
    if request.kind is RequestKind.LEGAL_ACTION:
        _check_legal(session, request, at.date())
    granting.grant(session, actor, request, request.account, granted, at=at)
    return _decide(session, actor, request, RequestState.GRANTED, answer, at)


def refuse(session: Session, actor: Actor, request: Request, *, answer: str, at: datetime) -> Request:
    """Refuse, and say why. Raises Invalid without a reason, Conflict where it is decided."""
    _open(session, request, RequestState.REFUSED)
    return _decide(session, actor, request, RequestState.REFUSED, _said(answer, N_("Give the reason.")), at)


def reply(session: Session, actor: Actor, request: Request, *, answer: str, at: datetime) -> Request:
    """Answer a question in words. Raises Invalid without any, Conflict where it is decided."""
    _open(session, request, RequestState.ANSWERED)
    return _decide(session, actor, request, RequestState.ANSWERED, _said(answer, N_("Write the answer.")), at)


def close(session: Session, actor: Actor, request: Request, *, at: datetime) -> Request:
    """The agency is done with it: it read the answer, or asks no longer. A running arrangement goes on."""
    _open(session, request, RequestState.CLOSED)
    request.state = RequestState.CLOSED
    if request.decided_at is None:
        request.decided_at, request.decided_by = at, actor.label
    tasks.close_tasks(session, f"request:{request.ref}", actor, cancelled=True)
    audit.record(session, actor, REQUEST_CLOSED, f"request:{request.ref}")
    return request


# -- what decides ----------------------------------------------------------------------------------------------------------


def owed_on(session: Session, account: Account) -> Owed:
    """What stands open on an account now, with its holds."""
    holds = frozenset(kind.value for kind in queries.open_hold_kinds(session, [account.id]).get(account.id, ()))
    return Owed(account.balance, account.interest or Decimal(0), holds)


def limits_of(session: Session, placement: Placement) -> Limits:
    """The delegation of the contract under which the placement was made."""
    contract = request_queries.contract_of(session, placement)
    return Limits(
        contract.settlement_floor, contract.instalments_most, contract.extension_days_most, contract.waiver_most
    )


def advise(account: Account, willingness: Willingness, ability: Ability, owed: Owed, day: date) -> Treatment:
    """What the stored rule says of this person's case."""
    late = eligibility.days_late(
        day, defaulted_on=account.defaulted_on, days_past_due=account.days_past_due, as_of=account.as_of
    )
    barred = account.limitation_on is not None and account.limitation_on < day
    return treatment.treat(Situation(willingness.value, ability.value, owed.holds, late, owed.balance, barred))


def terms_of(request: Request) -> Terms:
    """The terms that were asked for."""
    return Terms(request.amount, request.waived, request.instalments, request.first_due_on, request.days)


def _check(wanted: Ask, account: Account, owed: Owed, day: date) -> None:
    """Terms that make no sense are refused whoever would grant them."""
    terms, kind = wanted.terms, wanted.kind
    if wanted.currency not in (None, account.currency):
        raise _wrong("currency", N_("Write amounts in the account's own currency."))
    if terms.due_on is not None and terms.due_on < day:
        raise _wrong("due_on", N_("Choose a day that is still to come."))
    if kind is RequestKind.SETTLEMENT and not (terms.amount and 0 < terms.amount < owed.balance):
        raise _wrong("amount", N_("A settlement is an amount above nothing and below the balance."))
    if kind is RequestKind.INSTALMENT and (terms.instalments or 0) < 2:
        raise _wrong("instalments", N_("Write the number of monthly instalments, two or more."))
    if kind is RequestKind.INSTALMENT and terms.amount is not None and not 0 < terms.amount <= owed.balance:
        raise _wrong("amount", N_("Write an amount above nothing, at most the balance."))
    if kind is RequestKind.EXTENSION and not 1 <= (terms.days or 0) <= 3650:
        raise _wrong("days", N_("Write by how many days."))
    most = min(owed.balance, (account.interest or Decimal(0)) + (account.fees or Decimal(0)))
    if kind is RequestKind.WAIVER and not 0 < (terms.waived or 0) <= most:
        raise _wrong("waived", N_("Write an amount above nothing, at most the interest and fees owed."))
    if kind is RequestKind.QUERY and not wanted.note.strip():
        raise _wrong("note", N_("Write what you want to know."))
    if kind is RequestKind.LEGAL_ACTION and account.limitation_on is not None and account.limitation_on < day:
        raise _wrong("kind", N_("This debt is time-barred: no court may be asked for it."))


def _check_legal(session: Session, request: Request, day: date) -> None:
    """Court only where the table says so, by what is known now."""
    advice = advise(request.account, request.willingness, request.ability, owed_on(session, request.account), day)
    if advice.treatment != treatment.LEGAL:
        raise Conflict(
            N_("No rule sends this account to court: the table says %(treatment)s (%(rule)s)."),
            treatment=advice.treatment.replace("_", " "), rule=advice.rule,
        )  # fmt: skip


def _open(session: Session, request: Request, to: RequestState) -> None:
    request_queries.lock(session, request)
    if to not in REQUEST_MOVES[request.state]:
        raise Conflict(N_("A request that is %(state)s cannot become %(to)s."), state=request.state.value, to=to.value)


def _decide(
    session: Session, actor: Actor, request: Request, state: RequestState, answer: str, at: datetime
) -> Request:
    names = {
        RequestState.GRANTED: REQUEST_GRANTED,
        RequestState.REFUSED: REQUEST_REFUSED,
        RequestState.ANSWERED: REQUEST_ANSWERED,
    }
    request.state, request.answer = state, answer.strip()
    request.decided_at, request.decided_by, request.decided_by_id = at, actor.label, actor.user_id
    tasks.close_tasks(session, f"request:{request.ref}", actor, kind=DECIDE)
    audit.record(session, actor, names[state], f"request:{request.ref}", delegated=request.delegated)
    webhooks.publish(session, "request.answered", request.agency_id, {"request": request.ref, "state": state.value})
    return request


def _store(
    session: Session, actor: Actor, placement: Placement, wanted: Ask, over: list[dict[str, Any]], advice: Treatment,
    evidence: StoredFile | None, at: datetime,
) -> Request:  # fmt: skip
    terms = wanted.terms
    made = Request(
        ref=new_ref("req"), kind=wanted.kind, placement_id=placement.id, account_id=placement.account_id, agency_id=placement.agency_id,
        amount=terms.amount, waived=terms.waived, instalments=terms.instalments, first_due_on=terms.due_on, days=terms.days,
        willingness=wanted.willingness, ability=wanted.ability, further=dict(wanted.further), note=wanted.note.strip(),
        evidence_id=evidence.id if evidence else None, treatment=advice.treatment, treatment_version=f"{advice.version}/{advice.rule}",
        beyond=over, asked_at=at, asked_by=actor.label, asked_by_id=actor.user_id, due_at=at + TO_ANSWER.get(wanted.kind, USUAL),
        state=RequestState.ASKED, delegated=False, answer="", placement=placement, account=placement.account,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def _told(terms: Terms) -> dict[str, str]:
    return {name: str(value) for name, value in vars(terms).items() if value is not None}


def _said(answer: str, missing: str) -> str:
    if not answer.strip():
        raise _wrong("answer", missing)
    return answer


def _wrong(name: str, message: str) -> Invalid:
    return Invalid(message, fields={name: message})
