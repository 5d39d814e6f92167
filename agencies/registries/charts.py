"""The chart of published complaints a month, beside the peers', and the sentence that says what is to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from babel.dates import format_skeleton
from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _

from agencies.registries.peers import Month
from portal import charts
from portal.charts import LineChart, Series


@dataclass(frozen=True)
class Drawn:
    """A chart laid out, and its sentence."""

    chart: LineChart
    sentence: str


def complaints_a_month(months: Sequence[Month], agency: str) -> Drawn | None:
    """Complaints a month of the agency and the medians of its peers; None where nothing is told of the agency."""
    own = [month.own for month in months if month.own is not None]
    if not own:
        return None
    labels = [str(format_skeleton("yMMM", month.first, locale=get_locale())) for month in months]
    series = [Series(agency, [month.own for month in months])]
    if any(month.panel is not None for month in months):
        series.append(Series(_("Median of the panel's other agencies"), [month.panel for month in months]))
    if any(month.named is not None for month in months):
        series.append(Series(_("Median of the companies the bureau names"), [month.named for month in months]))
    chart = charts.line_chart(labels, series, from_zero=True, write=lambda value: str(format_decimal(value, "#,##0.#")))
    others = [month.named for month in months if month.named is not None]
    told = {
        "own": format_decimal(mean(own), "#,##0.0"),
        "others": format_decimal(mean(others), "#,##0.0") if others else "",
    }
    sentence = _("On average %(own)s complaints a month; the companies the bureau names: %(others)s.", **told) if others else _(
        "On average %(own)s complaints a month.", own=told["own"]
    )  # fmt: skip
    return Drawn(chart, str(sentence))
