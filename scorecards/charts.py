"""Values for the charts of this floor, each with the sentence that says what is to be seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_skeleton
from babel.numbers import format_compact_currency
from flask_babel import format_decimal, get_locale, ngettext

from portal import charts
from scorecards.headline import BANDS, CUTS
from scorecards.league import Standing, Tie
from scorecards.models import Scorecard
from scorecards.periods import Period
from scorecards.words import points, ratio
from scorecards.words import say as _

NORMAL_95 = 1.959964
LINES = 6  # a line chart draws no more


@dataclass(frozen=True)
class Drawn:
    """A chart laid out, and its sentence."""

    chart: object
    sentence: str


def month_name(period: Period) -> str:
    """A month as people write it."""
    return str(format_skeleton("yMMM", period.first, locale=get_locale()))


def amount(value: float, currency: str) -> str:
    """Money as short as a chart needs it."""
    return str(format_compact_currency(value, currency, locale=get_locale(), fraction_digits=1))


@dataclass(frozen=True)
class Labelled:
    """Who a row of the league is: its label, where it leads, whether it is the reader's own."""

    label: str
    url: str | None = None
    own: bool = False


def league_plot(ties: Sequence[Tie[Labelled]]) -> Drawn | None:
    """Measured effects with their limits, ties shaded; None where nobody is ranked."""
    rows = [_interval(member, _tie_name(tie)) for tie in ties for member in tie.members]
    if not rows:
        return None
    chart = charts.interval_plot(rows, reference=1.0, write=ratio)
    told = sum(len(tie.members) == 1 for tie in ties)
    if len(ties) == 1 and len(rows) > 1:
        return Drawn(chart, _("No agency can be told apart from the leader."))
    sentence = (
        ngettext(
            "One agency can be told apart from all others.", "%(num)s agencies can be told apart from all others.", told
        )
        if told
        else _("Agencies of one shade cannot be told apart.")
    )
    return Drawn(chart, str(sentence))


def _tie_name(tie: Tie[Labelled]) -> str:
    if tie.first == tie.last:
        return _("Place %(place)s", place=tie.first)
    return _("Places %(first)s to %(last)s, not distinguishable", first=tie.first, last=tie.last)


def _interval(one: Standing[Labelled], group: str | None) -> charts.Interval:
    mean, half = one.mean_log or 0.0, NORMAL_95 * (one.sd_log or 0.0)
    who = one.subject
    return charts.Interval(
        who.label, math.exp(mean), math.exp(mean - half), math.exp(mean + half), group=group, url=who.url, own=who.own
    )


def headline_gauge(card: Scorecard) -> Drawn | None:
    """The headline among the cut points of the bands."""
    if card.headline is None:
        return None
    cuts = [(max(0.0, CUTS[band]), band) for band in reversed(BANDS)]
    chart = charts.gauge(
        card.headline, cuts, write=lambda value: points(value) or "", write_cut=lambda cut: f"{cut:.0f}"
    )
    return Drawn(chart, "")


def history_chart(last: Period, cards: Mapping[str, Scorecard], months: int) -> Drawn | None:
    """Headline, recovery and compliance over the last months; None with fewer than two months to show."""
    periods = last.back(months)
    shown = [cards.get(str(period)) for period in periods]
    if sum(card is not None for card in shown) < 2:
        return None
    series = [
        charts.Series(name, [getattr(card, column) if card else None for card in shown])
        for name, column in ((_("Headline"), "headline"), (_("Recovery"), "recovery"), (_("Compliance"), "compliance"))
    ]
    chart = charts.line_chart(
        [month_name(period) for period in periods], series, write=lambda value: format_decimal(value, "0.#")
    )
    known = [card for card in shown if card is not None and card.headline is not None]
    return Drawn(chart, _change_sentence(known))


def _change_sentence(known: Sequence[Scorecard]) -> str:
    if len(known) < 2:
        return ""
    change = (known[-1].headline or 0.0) - (known[-2].headline or 0.0)
    if abs(change) < 1:
        return _("The headline is where it was the month before.")
    amount = format_decimal(abs(change), "0.0")
    if change > 0:
        return _("The headline rose by %(points)s points against the month before.", points=amount)
    return _("The headline fell by %(points)s points against the month before.", points=amount)


def recovery_by_month(
    periods: Sequence[Period], by_portfolio: Mapping[str, Mapping[str, float]], currency: str
) -> Drawn | None:
    """Money recovered a month, one line a portfolio, the smaller ones together; None where nothing came back."""
    totals = {name: sum(months.values()) for name, months in by_portfolio.items()}
    if not any(totals.values()):
        return None
    largest = sorted(totals, key=lambda name: -totals[name])
    alone, rest = (largest, []) if len(largest) <= LINES else (largest[: LINES - 1], largest[LINES - 1 :])
    series = [charts.Series(name, [by_portfolio[name].get(str(period), 0.0) for period in periods]) for name in alone]
    if rest:
        summed = [sum(by_portfolio[name].get(str(period), 0.0) for name in rest) for period in periods]
        series.append(charts.Series(_("Other portfolios"), summed))
    chart = charts.line_chart(
        [month_name(period) for period in periods],
        series,
        from_zero=True,
        write=lambda value: amount(value, currency),
    )
    return Drawn(chart, _recovered_sentence(periods, by_portfolio, currency))


def _recovered_sentence(
    periods: Sequence[Period], by_portfolio: Mapping[str, Mapping[str, float]], currency: str
) -> str:
    """The last whole month against the one before it; the running month tells nothing yet."""
    last, before = (
        sum(months.get(str(period), 0.0) for months in by_portfolio.values()) for period in (periods[-2], periods[-3])
    )
    month, brought = month_name(periods[-2]), amount(last, currency)
    if not last > 0:
        return ""
    if not before > 0:
        return _("%(month)s brought %(amount)s.", month=month, amount=brought)
    change = format_decimal(abs(last / before - 1), "0%")
    if last >= before:
        return _(
            "%(month)s brought %(amount)s, %(change)s more than the month before.",
            month=month,
            amount=brought,
            change=change,
        )
    return _(
        "%(month)s brought %(amount)s, %(change)s less than the month before.",
        month=month,
        amount=brought,
        change=change,
    )
