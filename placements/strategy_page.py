"""What the pages of the strategy show, as rows of cells: tiers, treatments, shares, and what a version changes. `say` translates a msgid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from placements import words
from placements.models import Strategy
from placements.strategy import CONDITIONS, PERFORMANCE, Rules, TreatmentRule, differences
from portal.errors import N_
from portal.lists import Cell

Say = Callable[[str], str]
CONDITION_WORDS: Final[Mapping[str, str]] = {
    "paid_within": N_("paid within %(value)s days"),
    "unpaid_for": N_("no payment for %(value)s days"),
    "score_from": N_("score from %(value)s"),
    "score_below": N_("score below %(value)s"),
    "balance_from": N_("balance from %(value)s"),
    "days_late_from": N_("late for %(value)s days or more"),
    "held_from": N_("placed %(value)s times before or more"),
}
PART_WORDS: Final[Mapping[str, str]] = {
    "tiers": N_("Tiers"), "treatments": N_("Treatments"), "shares": N_("Shares"), "comparison": N_("Comparison"), "sisters": N_("Agencies of one owner"),
    "horizon_days": N_("Papers must hold for days"), "by_hand": N_("By hand without approval"), "bands": N_("Segments"),
}  # fmt: skip


def tier_rows(rules: Rules, say: Say) -> list[list[Cell]]:
    """Tier, term, rest before it, agencies."""
    return [
        [
            Cell(say(words.TIERS[tier.name])), Cell(tier.term_days), Cell(tier.grace_days or None),
            Cell(say(N_("Accounts stay with the bank")) if tier.rests else ", ".join(tier.agencies) or say(N_("Everybody who may"))),
        ]
        for tier in rules.tiers
    ]  # fmt: skip


def treatment_rows(rules: Rules, say: Say) -> list[list[Cell]]:
    """Treatment, and for whom."""
    rows = [
        [Cell(say(words.STRATEGY_TREATMENTS[rule.treatment])), Cell(_conditions(rule, say))]
        for rule in rules.treatments
    ]
    return [*rows, [Cell(say(words.STRATEGY_TREATMENTS["standard"])), Cell(say(N_("everybody else")))]]


def _conditions(rule: TreatmentRule, say: Say) -> str:
    given = ((name, getattr(rule, name)) for name in CONDITIONS)
    return ", ".join(say(CONDITION_WORDS[name]) % {"value": f"{value:,}"} for name, value in given if value is not None)


def share_facts(rules: Rules, say: Say) -> list[dict[str, Any]]:
    """The way of splitting and the limits it keeps."""
    shares = rules.shares
    found: list[dict[str, Any]] = [
        {"label": say(N_("Shares")), "value": say(words.WAYS[shares.way])},
        {
            "label": say(N_("Fixed parts")),
            "value": ", ".join(f"{code} {part:g}" for code, part in shares.fixed.items()),
        },
        {"label": say(N_("Most of a plan for one agency")), "value": _rate(shares.concentration), "kind": "rate"},
        {
            "label": say(N_("Least parts owed")),
            "value": ", ".join(f"{code} {100 * part:g} %" for code, part in shares.least.items()),
        },
    ]
    if shares.way == PERFORMANCE:
        found += [
            {"label": say(N_("Least share by performance")), "value": _rate(shares.floor), "kind": "rate"},
            {"label": say(N_("Most share by performance")), "value": _rate(shares.cap), "kind": "rate"},
            {"label": say(N_("Step in one plan")), "value": _rate(shares.step), "kind": "rate"},
        ]
    found += [
        {"label": say(N_("Agencies of one owner")), "value": "; ".join(" ".join(group) for group in rules.sisters)},
        {"label": say(N_("Papers must hold for days")), "value": rules.horizon_days, "kind": "count"},
        {"label": say(N_("By hand without approval: accounts a day")), "value": rules.hand_accounts, "kind": "count"},
        {"label": say(N_("By hand without approval: balance a day")), "value": f"{rules.hand_balance:,.2f}"},
    ]
    return found


def comparison_facts(rules: Rules, say: Say) -> list[dict[str, Any]]:
    """The design of the comparison that runs."""
    design = rules.comparison
    if design is None:
        return []
    return [
        {"label": say(N_("Name")), "value": design.name},
        {"label": say(N_("Last day")), "value": design.until, "kind": "date"},
        {"label": say(N_("Challengers")), "value": ", ".join(design.challengers)},
        {"label": say(N_("Challenger's share")), "value": _rate(design.challenger), "kind": "rate"},
        {"label": say(N_("Held back")), "value": _rate(design.holdback), "kind": "rate"},
        {"label": say(N_("Expected payers")), "value": _rate(design.base_rate), "kind": "rate"},
        {"label": say(N_("Error allowed")), "value": _rate(design.alpha), "kind": "rate"},
        {"label": say(N_("Salt of the draw")), "value": design.salt},
    ]


def band_rows(rules: Rules, say: Say) -> list[list[Cell]]:
    """What is cut, and where."""
    bands = rules.bands
    rows = [[Cell(f"{say(N_('Balance'))} {name}"), Cell(_listed(edges))] for name, edges in bands.balance.items()]
    rows += [
        [Cell(say(N_("Days late"))), Cell(_listed(bands.age))],
        [Cell(say(N_("Score"))), Cell(_listed(bands.score))],
    ]
    return rows + [
        [Cell(f"{say(N_('Jurisdictions'))} {name}"), Cell(", ".join(places))] for name, places in bands.groups.items()
    ]


def change_rows(before: Strategy | None, after: Strategy, say: Say) -> list[list[Cell]]:
    """What a version does otherwise than the one before: where, before, now."""
    if before is None:
        return []
    return [
        [Cell(_where(path, say)), Cell(old or None), Cell(new or None)]
        for path, old, new in differences(before.rules, after.rules)
    ]


def _where(path: str, say: Say) -> str:
    part, _, rest = path.partition(".")
    return f"{say(PART_WORDS[part])} · {rest.replace('.', ' · ').replace('_', ' ')}" if rest else say(PART_WORDS[part])


def _listed(edges: tuple[int, ...]) -> str:
    return " · ".join(f"{edge:,}" for edge in edges)


def _rate(share: float | None) -> Decimal | None:
    return None if share is None else Decimal(str(round(share, 6)))
