"""What people read about a scorecard: names of measures, how their values are written, and the sentences that explain them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, format_decimal, format_percent, gettext
from flask_babel import lazy_gettext as _l

from scorecards.models import Measure, Scorecard
from scorecards.scores import climb


def say(text: str, **values: object) -> str:
    """The text in the reader's language. Imported as `_`, by which texts to translate are found."""
    return str(gettext(text, **values))


_ = say


@dataclass(frozen=True)
class MeasureWord:
    """What a measure is called, what it says, how its value is written, and what its rows are."""

    label: LazyString
    meaning: LazyString
    kind: str  # share, ratio, per_thousand, per_ten_thousand, points
    rows: LazyString | None = None


MEASURES: dict[str, MeasureWord] = {
    "liquidation": MeasureWord(_l("Liquidation"), _l("Net recovered of the balance placed."), "share", _l("payments")),
    "observed_over_expected": MeasureWord(
        _l("Observed over expected"), _l("Money recovered, against what the pool would have recovered on the same accounts."), "ratio", _l("placements"),
    ),
    "effect": MeasureWord(
        _l("Measured effect"), _l("How many more pay, times how much more a payer pays, drawn towards the pool as far as chance may have had a hand."),
        "ratio", _l("placements"),
    ),
    "violations": MeasureWord(
        _l("Violations"), _l("Breaches weighed by severity, per 1,000 contacts, fading with time."), "per_thousand", _l("breaches"),
    ),
    "audits": MeasureWord(_l("Audits"), _l("Share of a random sample of calls and letters without a critical error."), "share"),
    "complaints": MeasureWord(
        _l("Complaints"), _l("Complaints of a year weighed by outcome, against what the pool's rate would have brought."), "ratio", _l("complaints"),
    ),
    "timeliness": MeasureWord(
        _l("Answered in time"), _l("Share of complaints answered within the days allowed."), "share", _l("complaints"),
    ),
    "licences": MeasureWord(
        _l("Credentials"), _l("Share of days on which a credential asked for was not live while accounts were held."), "share", _l("credentials"),
    ),
    "reporting": MeasureWord(
        _l("Reporting"), _l("Expected files on time (where none is expected, rows within seven days), announced rows that arrived, rows not rejected."), "points", _l("late rows"),
    ),
    "integrity": MeasureWord(_l("Integrity"), _l("Confirmed findings of made-up activity per 10,000 rows."), "per_ten_thousand"),
    "breach_rate": MeasureWord(
        _l("Breach rate"), _l("Breaches of the month per 1,000 contacts of the month, each counted once."), "per_thousand", _l("breaches"),
    ),
}  # fmt: skip

GRADES: dict[str, LazyString] = {
    "A": _l("Randomised: accounts were dealt by lot inside like groups."),
    "B": _l("Adjusted: a few accounts were placed by hand."),
    "C": _l("Not comparable: accounts were placed by hand, or like nobody else's."),
}

GATES: dict[str, LazyString] = {
    "unlicensed_collection": _l("Collection without the licence that the consumer's state asks for."),
    "licence_lapsed": _l("A licence lapsed while accounts of its place were held."),
    "contact_after_stop": _l("Repeated contact after the person, or their attorney, said stop."),
}

STEPS: dict[str, LazyString] = {
    "pool": _l("The pool"),
    "raw": _l("Raw rate"),
    "mix": _l("Mix of accounts"),
    "frequency_severity": _l("Payers and amounts"),
    "shrinkage": _l("Room for chance"),
    "fee": _l("Fee"),
    "limit": _l("Ends of the scale"),
}


def points(value: float | None) -> str | None:
    """Points with one decimal; None where there are none."""
    return None if value is None else str(format_decimal(value, "0.0"))


def ratio(value: float) -> str:
    """A ratio to the pool, with two decimals."""
    return str(format_decimal(value, "0.00"))


def written(name: str, value: float | None) -> str | None:
    """A measure's value as people read it; None where there is none."""
    if value is None:
        return None
    match MEASURES[name].kind:
        case "share":
            return str(format_percent(value, "#,##0.0%"))
        case "per_thousand":
            return _("%(value)s per 1,000", value=format_decimal(value, "#,##0.00"))
        case "per_ten_thousand":
            return _("%(value)s per 10,000", value=format_decimal(value, "#,##0.00"))
        case "points":
            return points(value)
        case _:
            return ratio(value)


def limits(measure: Measure) -> str | None:
    """The interval of a measure, or as much of it as is known."""
    if measure.low is None or measure.high is None or measure.low == measure.high:
        return None
    if MEASURES[measure.name].kind.startswith("per_"):
        return f"{format_decimal(measure.low, '#,##0.00')} – {format_decimal(measure.high, '#,##0.00')}"
    return f"{written(measure.name, measure.low)} – {written(measure.name, measure.high)}"


def step_sentence(name: str, explained: Mapping[str, Any]) -> str:
    """One step from the pool's points to the agency's, in words and numbers."""
    percent = {key: format_percent(explained[key], "0.0%") for key in ("raw_rate", "expected_rate", "pool_rate")}
    match name:
        case "pool":
            return _("Whoever recovers what the pool would have on the same accounts has 70 points.")
        case "raw":
            return _(
                "It recovered %(raw)s of what was placed with it, the pool %(pool)s.",
                raw=percent["raw_rate"],
                pool=percent["pool_rate"],
            )
        case "mix":
            return _mix_sentence(explained, percent)
        case "frequency_severity":
            return _("Measured by its payers (%(paid)s, expected %(expected)s) and what they paid, which chance moves less than money alone.",
                     paid=format_decimal(explained["frequency"]["observed"], "0"), expected=format_decimal(explained["frequency"]["expected"], "0"))  # fmt: skip
        case "shrinkage":
            return _("So many payers leave room for chance; the effect is drawn towards the others'.")
        case "fee":
            return _("What the bank keeps after the agency's fee, against the others.")
        case _:
            return _("Points end at 0 and at 100.")


def _mix_sentence(explained: Mapping[str, Any], percent: Mapping[str, str]) -> str:
    if explained["expected_rate"] > explained["pool_rate"]:
        return _(
            "Its accounts were the easier ones: the pool would have recovered %(expected)s of them by now.",
            expected=percent["expected_rate"],
        )
    return _(
        "Its accounts were no easier than the pool's: the pool would have recovered %(expected)s of them by now.",
        expected=percent["expected_rate"],
    )


def binding_sentence(card: Scorecard) -> str:
    """Which side decides the headline, and what it would take to climb."""
    if card.headline is None or card.recovery is None or card.compliance is None:
        return _("There is no headline: recovery or compliance cannot be told yet.")
    if card.gates:
        return _("A gate is shut: the headline is capped at 39 and the band is E until it opens.")
    if card.recovery <= card.compliance:
        text = _("Recovery decides: it is the smaller of the two.")
    else:
        text = _("Compliance decides: it is the smaller of the two.")
    return f"{text} {_climb_sentence(card)}".strip()


def _climb_sentence(card: Scorecard) -> str:
    above = climb(card.band)
    if above is None or card.provisional:
        return ""
    return _(
        "Band %(band)s asks for %(score)s in two months running: a measured effect of %(theta)s, and %(score)s points of compliance.",
        band=above.band, score=format_decimal(above.score, "0"), theta=ratio(above.theta),
    )  # fmt: skip


def place(first: int, last: int) -> str:
    """A place in the league; where several cannot be told apart, all their places and none of them."""
    return str(first) if first == last else f"{first}–{last}"
