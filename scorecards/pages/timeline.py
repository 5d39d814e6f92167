"""The page of everything that happened on one account, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import LazyString, format_currency, format_date, get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from activity.models import Standing
from activity.promises import PromiseState
from activity.visit_queries import Visit, with_people
from conduct.legal_clocks import Sense
from conduct.words import title_of
from placements import queries as placements
from placements.models import Account
from placements.words import REQUESTS
from portal.permissions import Actor
from portal.sealing import mask
from portal.words_states import severity_word, state_word
from scorecards.queries.timeline import Happening, happenings
from scorecards.words import say as _

PAGE = 50

KINDS: dict[str, LazyString] = {
    "call": _l("Call"), "voicemail": _l("Voicemail"), "sms": _l("Text message"), "email": _l("E-mail"), "letter": _l("Letter"),
    "chat": _l("Chat"), "social": _l("Social message"), "visit": _l("Visit"), "dispute": _l("Debt disputed"),
    "cease_request": _l("Asked to stop contact"), "opt_out": _l("Opted out"), "attorney_notice": _l("Attorney named"),
    "hardship": _l("Hardship told"), "bankruptcy_notice": _l("Bankruptcy told"), "deceased_notice": _l("Death told"),
    "identity_theft": _l("Identity theft told"), "military_service": _l("Military service told"), "moratorium": _l("Moratorium told"),
    "consent": _l("Consent"), "preference": _l("Preference told"), "promise": _l("Promise to pay"), "plan": _l("Payment plan"),
    "validation_notice": _l("Validation notice"), "transfer_notice": _l("Transfer notice"), "visit_notice": _l("Visit notice"),
    "verification": _l("Verification sent"), "optout_notice": _l("Opt-out notice"), "payment_order": _l("Payment order"),
    "lawsuit": _l("Lawsuit"), "arbitration": _l("Arbitration"), "judgment": _l("Judgment"), "enforcement": _l("Enforcement"),
    "limitation_event": _l("Limitation event"), "skip_trace": _l("Search for the person"), "credit_report": _l("Credit report"),
}  # fmt: skip


@dataclass(frozen=True)
class TimelinePage:
    """A page of an account's timeline, with the person masked."""

    account: Account
    person: str
    events: list[dict[str, Any]]
    prev_url: str | None
    next_url: str | None


def timeline_page(session: Session, actor: Actor, ref: str, offset: int) -> TimelinePage:
    """The page. Raises NotFound for an account that is not the actor's to see."""
    account = placements.get_account(session, actor, ref)
    found, more = happenings(session, actor, account, offset=offset, limit=PAGE)
    visits = with_people(session, [one.row for one in found if one.kind == "activity" and one.row.kind == "visit"])
    return TimelinePage(
        account=account,
        person=account.consumer.masked["full_name"],
        events=[_event(one, account, visits) for one in found],
        prev_url=url_for("scorecards.timeline", ref=ref, cursor=max(0, offset - PAGE) or None) if offset else None,
        next_url=url_for("scorecards.timeline", ref=ref, cursor=offset + PAGE) if more else None,
    )


def _event(one: Happening, account: Account, visits: Mapping[int, Visit]) -> dict[str, Any]:
    written = _WRITTEN[one.kind](one.row, account)
    if one.kind == "activity" and (visit := visits.get(one.row.id)):
        written["detail"] = " · ".join(part for part in (written["detail"], *_people(visit)) if part)
    return {"at": one.at, "actor": one.agency or _("the bank"), **written}


def _people(visit: Visit) -> list[str]:
    """Who went, with whom, and since when the person knew."""
    parts = []
    if visit.collector:
        parts.append(_("by %(collector)s", collector=visit.collector))
    if visit.companions:
        parts.append(_("with %(companions)s", companions=", ".join(visit.companions)))
    noticed = visit.noticed_at
    parts.append(_("announced on %(day)s", day=format_date(noticed, "medium")) if noticed else _("not announced"))
    return parts


def _placed(row: Any, account: Account) -> dict[str, Any]:
    return {
        "text": _("Placed"),
        "tone": "info",
        "detail": format_currency(row.balance, row.currency),
        "url": f"/placements/{row.ref}",
    }


def _acknowledged(row: Any, account: Account) -> dict[str, Any]:
    return {"text": _("Placement acknowledged"), "tone": "good"}


def _recall_requested(row: Any, account: Account) -> dict[str, Any]:
    return {
        "text": _("Recall requested"),
        "tone": "warn",
        "detail": _code(row.recall.reason.value) if row.recall else None,
    }


def _stopped(row: Any, account: Account) -> dict[str, Any]:
    return {"text": _("Work stopped"), "tone": "info"}


def _ended(row: Any, account: Account) -> dict[str, Any]:
    reason = row.return_reason or row.refusal_reason or (row.recall.reason if row.recall else None)
    word = state_word("placement", row.state.value).label
    return {"text": _("Placement ended: %(state)s", state=word), "detail": _code(reason.value) if reason else None}


def _activity(row: Any, account: Account) -> dict[str, Any]:
    parts = [{"in": _("received"), "out": _("made")}.get(row.direction or ""), _code(row.outcome), _code(row.party)]
    if row.endpoint:
        parts.append(mask(row.endpoint))
    if row.amount is not None:
        parts.append(format_currency(row.amount, row.currency or account.currency))
    if row.due_on is not None:
        parts.append(_("due %(day)s", day=format_date(row.due_on, "medium")))
    if row.kind == "plan" and row.instalments:
        parts.append(_("%(count)s instalments", count=row.instalments))
    parts += _papers(row)
    if row.standing is Standing.EVIDENCE:
        parts.append(_("after the placement had ended"))
    text = str(KINDS.get(row.kind, row.kind))
    return {
        "text": text,
        "tone": "warn" if row.standing is Standing.EVIDENCE else None,
        "detail": " · ".join(part for part in parts if part),
    }


def _papers(row: Any) -> list[str]:
    """What a legal step says of its case: court, number, and the days on which it was filed and served."""
    parts = [part for part in (row.court, row.reference) if part]
    if row.filed_on is not None:
        parts.append(_("filed on %(day)s", day=format_date(row.filed_on, "medium")))
    if row.served_on is not None:
        parts.append(_("served on %(day)s", day=format_date(row.served_on, "medium")))
    return parts


def _payment(row: Any, account: Account) -> dict[str, Any]:
    text = _("Payment") if row.amount >= 0 else _("Payment taken back")
    to = _("to the bank") if row.paid_to == "creditor" else _("to the agency")
    parts = (
        format_currency(row.amount, row.currency),
        to,
        _("paid on %(day)s", day=format_date(row.paid_on, "medium")),
    )
    return {"text": text, "tone": "good" if row.amount >= 0 else "warn", "detail": " · ".join(parts)}


def _hold_begun(row: Any, account: Account) -> dict[str, Any]:
    return {"text": _("On hold: %(kind)s", kind=_code(row.kind.value)), "tone": "warn", "actor": None}


def _hold_ended(row: Any, account: Account) -> dict[str, Any]:
    return {"text": _("Hold ended: %(kind)s", kind=_code(row.kind.value)), "tone": "good", "actor": None}


def _breach(row: Any, account: Account) -> dict[str, Any]:
    state = state_word("breach", row.state.value).label
    detail = " · ".join((row.rule, str(severity_word(row.severity).label), str(state)))
    return {"text": _("Breach"), "tone": "bad", "detail": detail, "url": f"/breaches/{row.ref}"}


def _complaint(row: Any, account: Account) -> dict[str, Any]:
    return {"text": _("Complaint"), "tone": "warn", "detail": _code(row.category), "url": f"/complaints/{row.ref}"}


def _promise(row: Any, account: Account) -> dict[str, Any]:
    kept = row.state is PromiseState.KEPT
    parts = [_("%(paid)s paid", paid=format_currency(row.paid, row.currency))]
    if row.instalments > 1:
        parts.append(_("%(kept)s of %(count)s instalments kept", kept=row.kept, count=row.instalments))
    return {
        "text": _("Promise kept") if kept else _("Promise broken"),
        "tone": "good" if kept else "bad",
        "detail": " · ".join(parts),
    }


def _deadline(row: Any, account: Account) -> dict[str, Any]:
    word = state_word("legal", row.state.value)
    when = _("by this day") if row.sense is Sense.BY else _("not before the day after")
    parts = (title_of(row.rule, str(get_locale())), when, str(word.label), row.citation)
    return {
        "text": _("Legal deadline"),
        "tone": word.tone.value,
        "detail": " · ".join(parts),
        "url": f"/rules/{row.rule}",
    }


def _asked(row: Any, account: Account) -> dict[str, Any]:
    amount = format_currency(row.amount, account.currency) if row.amount is not None else None
    text = _("Request: %(kind)s", kind=_(REQUESTS[row.kind]))
    return {"text": text, "tone": "info", "detail": amount, "url": f"/requests/{row.ref}"}


def _decided(row: Any, account: Account) -> dict[str, Any]:
    state = state_word("request", row.state.value).label
    text = _("Request decided: %(kind)s", kind=_(REQUESTS[row.kind]))
    return {"text": text, "tone": "info", "detail": str(state), "actor": None, "url": f"/requests/{row.ref}"}


def _arrangement(row: Any, account: Account) -> dict[str, Any]:
    tone = {"kept": "good", "broken": "bad"}.get(row.state.value)
    state = state_word("arrangement", row.state.value).label
    paid = f"{format_currency(row.paid, account.currency)} / {format_currency(row.amount, account.currency)}"
    return {"text": _("Arrangement ended: %(state)s", state=state), "tone": tone, "detail": paid}


def _objection(row: Any, account: Account) -> dict[str, Any]:
    return {"text": _("Objection to the recall"), "tone": "warn", "detail": _code(row.reason.value)}


def _balance(row: Any, account: Account) -> dict[str, Any]:
    told = f"{format_currency(row.before, account.currency)} → {format_currency(row.after, account.currency)}"
    return {"text": _("Balance updated"), "detail": told}


def _code(code: str | None) -> str | None:
    return code.replace("_", " ") if code else None


_WRITTEN: dict[str, Callable[[Any, Account], dict[str, Any]]] = {
    "placed": _placed, "acknowledged": _acknowledged, "recall_requested": _recall_requested, "stopped": _stopped, "ended": _ended,
    "activity": _activity, "payment": _payment, "hold_begun": _hold_begun, "hold_ended": _hold_ended, "breach": _breach,
    "complaint": _complaint, "promise": _promise, "deadline": _deadline,
    "request_asked": _asked, "request_decided": _decided, "arrangement": _arrangement, "objection": _objection,
    "balance": _balance,
}  # fmt: skip
