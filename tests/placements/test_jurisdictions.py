"""Whose law protects a person: from the address to a code."""

from __future__ import annotations

import pytest

from agencies.catalogue import licensing
from placements.jurisdictions import CITIES, country_of, jurisdiction_of


@pytest.mark.parametrize(
    ("country", "region", "city", "postal_code", "expected", "reason"),
    [
        ("US", "CA", "Los Angeles", "90001", "US-CA", "a state"),
        ("US", "NY", "Albany", "12207", "US-NY", "a city without a licence of its own"),
        ("US", "NY", "New York", "10001", "US-NY-NYC", "Manhattan"),
        ("US", "NY", "Brooklyn", None, "US-NY-NYC", "a borough by its name alone"),
        ("US", "NY", "Bronx", "10451", "US-NY-NYC", "the Bronx"),
        ("US", "NY", "STATEN  ISLAND", "10301", "US-NY-NYC", "however it is written"),
        ("US", "NY", "Flushing", "11354", "US-NY-NYC", "a place in Queens"),
        ("US", "NY", "Far Rockaway", "11691", "US-NY-NYC", "another one"),
        ("US", "NY", "St. Albans", "11412", "US-NY-NYC", "with its full stop"),
        ("US", "NY", None, "10399", "US-NY-NYC", "by the postal code alone"),
        ("US", "NY", "Glen Oaks", "11004", "US-NY-NYC", "the part of 110 that lies in Queens"),
        ("US", "NY", "New Hyde Park", "11040", "US-NY", "the part of 110 that does not"),
        ("US", "NY", "Garden City", "11530", "US-NY", "Nassau County is not the city"),
        ("US", "NY", "Buffalo", "14201", "US-NY-BUF", "Buffalo"),
        ("US", "NY", "Amherst", "14226", "US-NY", "a suburb that shares Buffalo's codes"),
        ("US", "NY", None, "14201", "US-NY-BUF", "no city written: a licence too many rather than one too few"),
        ("US", "NY", "Yonkers", "10701", "US-NY-YON", "Yonkers"),
        ("US", "NY", "Bronxville", "10708", "US-NY", "its neighbour"),
        ("US", "IL", "Chicago", "60601", "US-IL-CHI", "Chicago"),
        ("US", "IL", "Springfield", "62701", "US-IL", "not Chicago"),
        ("US", "CT", "Brooklyn", "06234", "US-CT", "another Brooklyn"),
        ("US", "NJ", None, "10001", "US-NJ", "the state goes before the postal code"),
        ("US", None, "New York", "10001", "US", "without a state nobody knows: the country alone"),
        ("US", "", None, None, "US", "an empty state is none"),
        ("CN", "FJ", "福州", "350000", "CN-FJ", "a province"),
        ("CN", None, None, None, "CN", "the country alone"),
    ],
)
def test_a_jurisdiction_is_found(
    country: str, region: str | None, city: str | None, postal_code: str | None, expected: str, reason: str
) -> None:
    assert jurisdiction_of(country, region, city, postal_code) == expected, reason


def test_every_city_of_the_licensing_table_is_known_and_no_other() -> None:
    assert {city.code for city in CITIES} == {code for code in licensing() if code.count("-") == 2}


def test_the_country_of_a_jurisdiction() -> None:
    assert [country_of(code) for code in ("US-NY-NYC", "CN", "CN-FJ")] == ["US", "CN", "CN"]
