"""Rule: how many complaints an agency got a month beside its peers: the other agencies of the panel, and all companies the bureau names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median


@dataclass(frozen=True, slots=True)
class Month:
    """One month: the agency's complaints, and the median of its peers; None where nobody was counted."""

    first: date
    own: int | None
    panel: float | None
    named: float | None


@dataclass(frozen=True, slots=True)
class Peer:
    """A company over the whole time: complaints in all and a month, over the months in which anybody was counted."""

    company: str
    complaints: int
    a_month: float
    months: int


def by_month(told: Mapping[date, Mapping[str, int]], own: str, panel: Collection[str]) -> list[Month]:
    """The months that were told, in order. The medians leave the agency itself out."""
    return [
        Month(
            first,
            told[first].get(own),
            _median([count for company, count in told[first].items() if company in panel and company != own]),
            _median([count for company, count in told[first].items() if company not in (own, *panel)]),
        )
        for first in sorted(told)
    ]


def ranked(told: Mapping[date, Mapping[str, int]]) -> list[Peer]:
    """All companies that were counted, the one with most complaints a month first. A month without a figure counts as none."""
    months = len(told)
    totals: dict[str, int] = {}
    for counts in told.values():
        for company, count in counts.items():
            totals[company] = totals.get(company, 0) + count
    found = [Peer(company, total, total / months, months) for company, total in totals.items()]
    return sorted(found, key=lambda peer: (-peer.complaints, peer.company))


def whole_months(told: Mapping[date, Mapping[str, int]], today: date) -> dict[date, Mapping[str, int]]:
    """The months that are over: the present one would look like an improvement."""
    return {first: counts for first, counts in told.items() if (first.year, first.month) < (today.year, today.month)}


def _median(counts: Sequence[int]) -> float | None:
    return float(median(counts)) if counts else None
