"""Rule: which cell a group of accounts belongs to: product, currency, balance, age, score and group of jurisdictions.

The bands are data (segments.toml). Inside a cell accounts are alike enough to be dealt out by lot and compared afterwards.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from sys import intern
from typing import Any

from placements.jurisdictions import country_of

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Bands:
    """Lower edges of the bands: balances in major units by currency (`other` for the rest), days late, score.

    `groups` puts jurisdictions together: a name, and the jurisdictions that it covers with all their parts. A place in none of them
    counts under its country.
    """

    balance: Mapping[str, tuple[int, ...]]
    age: tuple[int, ...]
    score: tuple[int, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Bands:
        """The bands of a TOML file or of a plan's stored inputs."""
        balance = {currency: tuple(edges) for currency, edges in stored["balance"].items()}
        groups = {name: tuple(places) for name, places in stored.get("groups", {}).items()}
        return cls(balance, tuple(stored["age"]["edges"]), tuple(stored["score"]["edges"]), groups)

    def stored(self) -> dict[str, Any]:
        """The bands as a plan keeps them; `of` reads them again."""
        balance = {currency: list(edges) for currency, edges in self.balance.items()}
        stored: dict[str, Any] = {
            "balance": balance,
            "age": {"edges": list(self.age)},
            "score": {"edges": list(self.score)},
        }
        return stored | (
            {"groups": {name: list(places) for name, places in self.groups.items()}} if self.groups else {}
        )

    def group_of(self, jurisdiction: str) -> str:
        """The group a jurisdiction belongs to: the one that names the longest part of it, else its country."""
        fitting = [
            (len(place), name)
            for name, places in self.groups.items()
            for place in places
            if jurisdiction == place or jurisdiction.startswith(f"{place}-")
        ]
        return max(fitting)[1] if fitting else country_of(jurisdiction)


@cache
def present_bands() -> Bands:
    """The bands new plans are drawn with."""
    with (Path(__file__).parent / "segments.toml").open("rb") as file:
        return Bands.of(tomllib.load(file))


def cell_of(
    bands: Bands, *, product: str, currency: str, balance: int, days_late: int | None, score: int | None, country: str
) -> str:
    """The cell's name, its parts between bars. `balance` is in minor units; an unknown age or score is a band of its own."""
    edges = bands.balance.get(currency, bands.balance["other"])
    parts = (
        product,
        currency,
        _band(edges, balance // 100),
        _band(bands.age, days_late),
        _band(bands.score, score),
        country,
    )
    return intern("|".join(parts))  # a few hundred names for a million accounts


@dataclass(frozen=True, slots=True)
class CellParts:
    """The parts of a cell's name, as people read them: bands such as `500-999`, or `unknown`."""

    product: str
    currency: str
    balance: str
    age: str
    score: str
    country: str


def parts_of(cell: str) -> CellParts:
    """What a cell's name says."""
    return CellParts(*cell.split("|"))


def band_words(band: str) -> str | None:
    """A band as people read it in any language: < 500, 500–999, ≥ 25,000; none where it is unknown."""
    if band == UNKNOWN:
        return None
    low, _, high = band.partition("-")
    if not low:
        return f"< {int(high) + 1:,}"
    return f"{int(low):,}–{int(high):,}" if high else f"≥ {int(low):,}"


def _band(edges: tuple[int, ...], value: int | None) -> str:
    return UNKNOWN if value is None else _names(edges)[bisect_right(edges, value)]


@cache
def _names(edges: tuple[int, ...]) -> tuple[str, ...]:
    """The bands as people read them: `-499`, `500-999`, `25000-`."""
    lows, highs = ["", *map(str, edges)], [*(str(edge - 1) for edge in edges), ""]
    return tuple(f"{low}-{high}" for low, high in zip(lows, highs, strict=True))
