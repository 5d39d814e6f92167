"""Cells: which accounts are alike."""

from __future__ import annotations

from typing import Any

import pytest

from placements.segments import Bands, band_words, cell_of, parts_of, present_bands

BANDS = Bands({"USD": (500, 1000), "other": (100,)}, (30, 90), (600,))
LIKE: dict[str, Any] = {
    "product": "credit_card",
    "currency": "USD",
    "balance": 75_000,
    "days_late": 45,
    "score": 650,
    "country": "US",
}


@pytest.mark.parametrize(
    ("changed", "expected", "reason"),
    [
        ({}, "credit_card|USD|500-999|30-89|600-|US", "all six parts, with bars between them"),
        ({"balance": 49_999}, "credit_card|USD|-499|30-89|600-|US", "a cent below the edge"),
        ({"balance": 50_000}, "credit_card|USD|500-999|30-89|600-|US", "an edge belongs to the band it begins"),
        ({"balance": 10_000_000}, "credit_card|USD|1000-|30-89|600-|US", "the last band has no end"),
        ({"currency": "CNY"}, "credit_card|CNY|100-|30-89|600-|US", "a currency without bands of its own"),
        ({"days_late": None}, "credit_card|USD|500-999|unknown|600-|US", "an unknown age is a band of its own"),
        ({"score": None, "days_late": 0}, "credit_card|USD|500-999|-29|unknown|US", "and an unknown score"),
    ],
)
def test_a_cell_is_named_by_its_bands(changed: dict[str, Any], expected: str, reason: str) -> None:
    assert cell_of(BANDS, **(LIKE | changed)) == expected, reason


def test_the_parts_of_a_cell_can_be_read_again() -> None:
    parts = parts_of(cell_of(BANDS, **LIKE))
    assert (parts.product, parts.balance, parts.age, parts.score) == ("credit_card", "500-999", "30-89", "600-")


def test_bands_survive_being_stored() -> None:
    assert Bands.of(present_bands().stored()) == present_bands()


def test_the_bands_in_use_rise() -> None:
    bands = present_bands()
    for edges in (*bands.balance.values(), bands.age, bands.score):
        assert list(edges) == sorted(set(edges))


@pytest.mark.parametrize(
    ("band", "words"), [("-499", "< 500"), ("1000-2499", "1,000–2,499"), ("25000-", "≥ 25,000"), ("unknown", None)]
)
def test_a_band_reads_the_same_in_every_language(band: str, words: str | None) -> None:
    assert band_words(band) == words
