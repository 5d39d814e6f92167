"""Acts: a scorecard is submitted for review, signed by compliance, published by another person, or sent back.

Publishing is what has consequences: the agency is told, an earlier version is restated, the agency's standing is set, which decides
whether it may receive accounts, and what was measured is handed down to the next plans.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agencies.standing import set_standing
from portal import audit, tasks
from portal.errors import N_, Conflict, Forbidden
from portal.people import Role
from portal.permissions import Actor
from portal.webhooks import publishing as webhooks
from scorecards import events
from scorecards.handing_down import hand_down
from scorecards.headline import BANDS
from scorecards.models import IN_FORCE, SCORECARD_MOVES, Scorecard, ScorecardState
from scorecards.periods import Period
from scorecards.queries import cards

SIGN, PUBLISH, MEND = "scorecard.sign", "scorecard.publish", "scorecard.mend"
REVIEW_TIME = timedelta(days=3)


def submit(session: Session, actor: Actor, card: Scorecard, *, at: datetime) -> Scorecard:
    """Put a draft before compliance. Raises Conflict while its month is still running."""
    if at < Period.parse(card.period).ends_at:
        raise Conflict(N_("This month has not ended yet. Submit its scorecards afterwards."))
    _move(session, card, ScorecardState.IN_REVIEW)
    _record(session, actor, events.SUBMITTED, card)
    title = N_("Review and sign the scorecards of %(period)s in %(currency)s")
    _open_task(session, SIGN, title, card, Role.COMPLIANCE, at)
    _settle(session, actor, card)
    return card


def sign(session: Session, actor: Actor, card: Scorecard, *, at: datetime) -> Scorecard:
    """Compliance stands by the card. Another person has to publish it."""
    _person(actor)
    _move(session, card, ScorecardState.SIGNED)
    card.signed_at, card.signed_by, card.signed_by_id = at, actor.label, actor.user_id
    _record(session, actor, events.SIGNED, card)
    title = N_("Publish the scorecards of %(period)s in %(currency)s")
    _open_task(session, PUBLISH, title, card, Role.COMPLIANCE, at, not_by_id=actor.user_id)
    _settle(session, actor, card)
    return card


def send_back(session: Session, actor: Actor, card: Scorecard, reason: str, *, at: datetime) -> Scorecard:
    """Make a card in review or signed a draft again, and say why; the signature goes."""
    _move(session, card, ScorecardState.DRAFT)
    card.note, card.signed_at, card.signed_by, card.signed_by_id = reason, None, None, None
    _record(session, actor, events.RETURNED, card, reason=reason)
    title = N_("Scorecards of %(period)s in %(currency)s were sent back")
    _open_task(session, MEND, title, card, Role.VENDOR_MANAGER, at)
    _settle(session, actor, card)
    return card


def publish(session: Session, actor: Actor, card: Scorecard, *, at: datetime) -> Scorecard:
    """Publish a signed card. Raises Forbidden for the person who signed it."""
    _person(actor)
    if card.state is ScorecardState.APPEALED:
        raise Conflict(
            N_("This scorecard is %(state)s. Its appeal is decided, it is not published again."), state=card.state.value
        )
    if actor.user_id == card.signed_by_id:
        raise Forbidden(N_("You signed this scorecard. Another person has to publish it."))
    _move(session, card, ScorecardState.PUBLISHED)
    card.published_at, card.published_by, card.published_by_id = at, actor.label, actor.user_id
    _record(session, actor, events.PUBLISHED, card, headline=card.headline, band=card.band, inputs=card.inputs_hash)
    _restate_earlier(session, actor, card)
    session.flush()
    _conclude(session, actor, card, at)
    webhooks.publish(
        session,
        "scorecard.published",
        card.agency_id,
        {"scorecard": card.ref, "period": card.period, "currency": card.currency},
    )
    _settle(session, actor, card)
    return card


# -- the whole month ------------------------------------------------------------------------------------------------------


def submit_all(session: Session, actor: Actor, period: Period, currency: str, *, at: datetime) -> int:
    """Submit every draft of a month; how many."""
    return len(
        [submit(session, actor, card, at=at) for card in _standing_at(session, period, currency, ScorecardState.DRAFT)]
    )


def sign_all(session: Session, actor: Actor, period: Period, currency: str, *, at: datetime) -> int:
    """Sign every card of a month that is in review; how many."""
    return len(
        [
            sign(session, actor, card, at=at)
            for card in _standing_at(session, period, currency, ScorecardState.IN_REVIEW)
        ]
    )


def publish_all(session: Session, actor: Actor, period: Period, currency: str, *, at: datetime) -> int:
    """Publish every signed card of a month that somebody else signed; how many."""
    signed = _standing_at(session, period, currency, ScorecardState.SIGNED)
    return len([publish(session, actor, card, at=at) for card in signed if card.signed_by_id != actor.user_id])


def _standing_at(session: Session, period: Period, currency: str, state: ScorecardState) -> Sequence[Scorecard]:
    return cards.in_state(session, str(period), currency, state)


# -- steps ----------------------------------------------------------------------------------------------------------------


def _move(session: Session, card: Scorecard, to: ScorecardState) -> None:
    """Move a card on, from the state it really has: of two people who do the same at once, one gets the Conflict."""
    session.refresh(card, ["state"], with_for_update=True)
    if to not in SCORECARD_MOVES[card.state]:
        raise Conflict(
            N_("This scorecard is %(state)s and cannot become %(target)s."), state=card.state.value, target=to.value
        )
    card.state = to


def _person(actor: Actor) -> None:
    """Signing and publishing are two people's; a machine is nobody."""
    if actor.user_id is None:
        raise Forbidden(N_("Scorecards are signed and published by people."))


def _restate_earlier(session: Session, actor: Actor, card: Scorecard) -> None:
    for earlier in cards.versions(session, actor, card):
        if earlier.version < card.version and earlier.state in IN_FORCE:
            _move(session, earlier, ScorecardState.RESTATED)
            _record(session, actor, events.RESTATED, earlier, by=card.ref)


def _conclude(session: Session, actor: Actor, card: Scorecard, at: datetime) -> None:
    """Set the agency's standing by its newest published month: the worst band of its currencies, and any gate."""
    newest = cards.in_force_of(session, card.agency_id)
    if card not in newest:
        return  # an old month published late concludes nothing about today
    hand_down(session, card, at=at)
    gates = sorted({gate["gate"] for one in newest for gate in one.gates})
    judged = [one.band for one in newest if one.band in BANDS]
    band = max(judged, key=BANDS.index) if judged else None
    gate = gates[0] if gates else None
    may_receive = gate is None and band != "E"
    # Read on pages of both languages, so it is written in codes only.
    reason = "" if may_receive else f"{card.period} · {gate or band}"
    set_standing(session, actor, card.agency_id, band=band, gate=gate, may_receive=may_receive, reason=reason, at=at)


def _record(session: Session, actor: Actor, event: str, card: Scorecard, **details: object) -> None:
    audit.record(
        session,
        actor,
        event,
        f"scorecard:{card.ref}",
        agency=card.agency.code,
        period=card.period,
        currency=card.currency,
        **details,
    )


# -- tasks: one a month and step, because a month's cards are looked at together ------------------------------------------


def _open_task(
    session: Session, kind: str, title: str, card: Scorecard, role: Role, at: datetime, not_by_id: int | None = None
) -> None:
    tasks.open_task(
        session, kind, _month(card), title, link=f"/scorecards?period={card.period}&currency={card.currency}", role=role,
        due_at=at + REVIEW_TIME, not_by_id=not_by_id, period=card.period, currency=card.currency,
    )  # fmt: skip


def _settle(session: Session, actor: Actor, card: Scorecard) -> None:
    """Close the tasks of this month for which no card is left to do."""
    session.flush()
    waiting = {SIGN: ScorecardState.IN_REVIEW, PUBLISH: ScorecardState.SIGNED, MEND: ScorecardState.DRAFT}
    for kind, state in waiting.items():
        if not cards.in_state(session, card.period, card.currency, state):
            tasks.close_tasks(session, _month(card), actor, kind=kind)


def _month(card: Scorecard) -> str:
    return f"scorecards:{card.period}:{card.currency}"
