"""The league page: a month's agencies in their order, with ties where they cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from portal.lists import Cell
from portal.permissions import Actor
from portal.words_states import state_word
from scorecards import words
from scorecards.charts import Drawn, Labelled, league_plot, month_name
from scorecards.configuration import Parameters
from scorecards.league import Standing, Tie, league
from scorecards.models import Measure, Scorecard, ScorecardState
from scorecards.periods import Period
from scorecards.queries import cards
from scorecards.words import say as _

SHOWN_MONTHS = 12


@dataclass(frozen=True)
class LeaguePage:
    """A month's cards. `ranked` and `apart` are rows of one table each; counts say what may be done to the whole month."""

    period: str
    currency: str
    month: str
    tabs: list[dict[str, object]]
    plot: Drawn | None
    ranked: list[list[Cell]]
    apart: list[list[Cell]]
    drafts: int
    in_review: int
    signed: int  # by another person than the reader
    own: Scorecard | None  # an agency's own card


def league_page(session: Session, actor: Actor, period: str | None, currency: str | None) -> LeaguePage | None:
    """The page of a month; the newest without one. None while there is no scorecard that the actor may see."""
    months = cards.months(session, actor)
    if not months:
        return None
    chosen = next((one for one in months if one == (period, currency)), None) or next(
        (one for one in months if one[0] == period), months[0]
    )
    make = _of_bank if actor.agency_id is None else _of_agency
    return make(session, actor, *chosen, _tabs(months, chosen))


def _tabs(months: Sequence[tuple[str, str]], chosen: tuple[str, str]) -> list[dict[str, object]]:
    """A tab a month and currency, the newest of them; the month looked at is always among them."""
    several = len({currency for _period, currency in months}) > 1
    shown = [one for number, one in enumerate(months) if number < SHOWN_MONTHS or one == chosen]
    return [
        {
            "label": f"{month_name(Period.parse(period))} {currency}" if several else month_name(Period.parse(period)),
            "url": url_for("scorecards.index", period=period, currency=currency),
            "active": (period, currency) == chosen,
        }
        for period, currency in shown
    ]


def _of_bank(session: Session, actor: Actor, period: str, currency: str, tabs: list[dict[str, object]]) -> LeaguePage:
    found = cards.of_month(session, period, currency)
    measures = {key: {one.name: one for one in ones} for key, ones in cards.measures_of(session, found).items()}
    by_url = {url_for("scorecards.card", ref=card.ref): card for card in found}
    standings = [_standing(Labelled(card.agency.name, url), card, measures[card.id]) for url, card in by_url.items()]
    ties, others = league(standings, tie=Parameters().tie)

    def row(one: Standing[Labelled], place: str | None) -> list[Cell]:
        card = by_url[str(one.subject.url)]
        return _row(one, card, measures[card.id], place)

    states = [card.state for card in found]
    return LeaguePage(
        period, currency, month_name(Period.parse(period)), tabs, league_plot(ties),
        ranked=[row(one, words.place(tie.first, tie.last)) for tie in ties for one in tie.members],
        apart=[row(one, None) for one in others],
        drafts=states.count(ScorecardState.DRAFT), in_review=states.count(ScorecardState.IN_REVIEW),
        signed=sum(card.state is ScorecardState.SIGNED and card.signed_by_id != actor.user_id for card in found), own=None,
    )  # fmt: skip


def _standing(who: Labelled, card: Scorecard, measures: Mapping[str, Measure]) -> Standing[Labelled]:
    explained = measures["effect"].explanation if "effect" in measures else {}
    return Standing(who, explained.get("mean_log"), explained.get("sd_log"), card.provisional, card.grade)


def _row(one: Standing[Labelled], card: Scorecard, measures: Mapping[str, Measure], place: str | None) -> list[Cell]:
    effect, breaches = measures.get("effect"), measures.get("breach_rate")
    why = None if place else _why_apart(card)
    return [
        Cell(one.subject.label, url=one.subject.url, hint=why), Cell(place), Cell(card.band), Cell(words.points(card.headline)),
        Cell(words.points(card.recovery)), Cell(words.points(card.compliance)),
        Cell(words.written("effect", effect.value) if effect else None, hint=words.limits(effect) if effect else None),
        Cell(words.written("breach_rate", breaches.value) if breaches else None, hint=words.limits(breaches) if breaches else None),
        Cell(card.grade), Cell(str(state_word("scorecard", card.state.value).label)),
    ]  # fmt: skip


def _why_apart(card: Scorecard) -> str:
    if card.recovery is None:
        return _("nothing to measure recovery by")
    return _("too little to judge") if card.provisional else _("not comparable")


def _of_agency(session: Session, actor: Actor, period: str, currency: str, tabs: list[dict[str, object]]) -> LeaguePage:
    """An agency sees its own place among dots without names."""
    peers = cards.peers(session, actor, period, currency)
    standings = [
        Standing(
            Labelled(_("You"), own=True) if peer.card else Labelled(_("Another agency")),
            peer.mean_log,
            peer.sd_log,
            peer.provisional,
            peer.grade,
        )
        for peer in peers
    ]
    ties, _others = league(standings, tie=Parameters().tie)
    own = next((peer.card for peer in peers if peer.card), None)
    place = next((words.place(tie.first, tie.last) for tie in ties for one in tie.members if one.subject.own), None)
    row = [
        Cell(month_name(Period.parse(period)), url=url_for("scorecards.card", ref=own.ref)), Cell(place), Cell(own.band),
        Cell(words.points(own.headline)), Cell(words.points(own.recovery)), Cell(words.points(own.compliance)),
    ] if own else []  # fmt: skip
    return LeaguePage(
        period,
        currency,
        month_name(Period.parse(period)),
        tabs,
        _plot_for(own, ties),
        [row] if row else [],
        [],
        0,
        0,
        0,
        own,
    )


def _plot_for(own: Scorecard | None, ties: Sequence[Tie[Labelled]]) -> Drawn | None:
    """The plot, where the reader is in it: without an own dot the others' are nobody's business."""
    in_it = any(one.subject.own for tie in ties for one in tie.members)
    return league_plot(ties) if own is not None and in_it else None
