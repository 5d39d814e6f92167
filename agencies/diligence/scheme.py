"""Rule: how risky an agency's work is in itself, and what follows from that. The numbers are data (`catalogue/risk.toml`).

The tier is found before any control is looked at: volume, data, channels, places, money. It decides how deep the questionnaire goes,
which documents and references are asked for, whether the site is visited, and when everything is looked at again.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent.parent / "catalogue" / "risk.toml"


@dataclass(frozen=True, slots=True)
class Named:
    """A code with its names."""

    code: str
    name: str
    name_zh: str

    def label(self, language: str) -> str:
        """The name in a language."""
        return self.name_zh if language.startswith("zh") else self.name


@dataclass(frozen=True, slots=True)
class Option(Named):
    """One possible answer to a factor, and its points."""

    points: int


@dataclass(frozen=True, slots=True)
class Factor(Named):
    """One thing that makes an agency's work more or less risky."""

    options: tuple[Option, ...]
    several: bool  # more than one option may apply


@dataclass(frozen=True, slots=True)
class Tier:
    """A class of inherent risk, and what follows from it."""

    code: str  # low, medium, high
    from_points: int
    depth: int
    cycle_months: int
    references: int
    site_visit: bool
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """All of the data file."""

    version: str
    factors: tuple[Factor, ...]
    documents: tuple[Named, ...]
    tiers: tuple[Tier, ...]  # the least risky first

    def tier(self, code: str) -> Tier:
        """The tier of this code. Raises KeyError."""
        return {tier.code: tier for tier in self.tiers}[code]

    @property
    def strictest(self) -> Tier:
        """What counts for an agency of which nothing is known."""
        return self.tiers[-1]


@dataclass(frozen=True, slots=True)
class Part:
    """What one factor brought in: the options that apply (none: not told) and the points."""

    factor: Factor
    options: tuple[Option, ...]
    points: int


@dataclass(frozen=True, slots=True)
class Rating:
    """An agency's inherent risk, with what it was made from."""

    tier: Tier
    points: int
    parts: tuple[Part, ...]

    @property
    def is_complete(self) -> bool:
        """True if every factor was answered."""
        return all(part.options for part in self.parts)


ABROAD = ("places", "abroad")
"""Applies by itself to an agency that disclosed a site or subcontractor outside its own country."""


def rate(scheme: Scheme, told: Mapping[str, Sequence[str]], *, abroad: bool = False) -> Rating:
    """The tier of what an agency told (codes of options by factor). A factor without an answer counts as its worst option."""
    parts = tuple(_part(factor, told.get(factor.code, ()), abroad) for factor in scheme.factors)
    points = sum(part.points for part in parts)
    return Rating(max((t for t in scheme.tiers if t.from_points <= points), key=lambda t: t.from_points), points, parts)


def _part(factor: Factor, told: Sequence[str], abroad: bool) -> Part:
    codes = {*told, *({ABROAD[1]} if abroad and factor.code == ABROAD[0] and told else ())}
    options = tuple(option for option in factor.options if option.code in codes)
    return Part(factor, options, max(option.points for option in options or factor.options))


def next_review_on(since: date, tier: Tier) -> date:
    """The day on which the next review is due: so many months after the last decision; the last of a shorter month."""
    years, month = divmod(since.month - 1 + tier.cycle_months, 12)
    for day in (since.day, 30, 29, 28):
        try:
            return date(since.year + years, month + 1, day)
        except ValueError:
            continue
    raise AssertionError("Every month has 28 days.")


@cache
def scheme() -> Scheme:
    """The scheme in force, read once."""
    with _FILE.open("rb") as file:
        read: dict[str, Any] = tomllib.load(file)
    factors = tuple(
        Factor(
            one["code"],
            one["name"],
            one["name_zh"],
            tuple(Option(**option) for option in one["option"]),
            one.get("several", False),
        )
        for one in read["factor"]
    )
    tiers = tuple(Tier(**{**one, "documents": tuple(one["documents"])}) for one in read["tier"])
    return Scheme(read["version"], factors, tuple(Named(**one) for one in read["document"]), tiers)


def document_name(code: str, language: str = "en") -> str:
    """What a kind of document is called; its code if it is unknown."""
    return next((one.label(language) for one in scheme().documents if one.code == code), code)
