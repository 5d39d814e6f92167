"""The licensing table and the credential catalogue are read whole, and a place finds the rows that speak about it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agencies.catalogue import credential_types, jurisdictions_asking, licensing


def test_the_tables_are_read_whole() -> None:
    assert len(licensing()) == 56
    assert {asked.license_required for asked in licensing().values()} == {"Y", "N", "COND"}
    assert licensing()["US-NY-NYC"].regulator == "DCWP"
    assert credential_types()["cn.usci"].check_digit == "GB32100-2015 mod 31"
    assert {one.status for one in credential_types().values()} == {"on", "review", "off"}


@pytest.mark.parametrize(
    ("jurisdiction", "asking"),
    [
        ("US-CA", ["US-CA"]),
        ("US-NY-NYC", ["US-NY", "US-NY-NYC"]),
        ("US-NY-ALB", ["US-NY"]),  # a city without a row of its own
        ("US", []),
        ("CN", []),
    ],
)
def test_a_place_finds_its_state_and_its_city(jurisdiction: str, asking: list[str]) -> None:
    assert [asked.jurisdiction for asked in jurisdictions_asking(jurisdiction)] == asking


@pytest.mark.parametrize(
    ("jurisdiction", "bond"),
    [
        ("US-MA", (Decimal(25000), Decimal(25000))),
        ("US-AZ", (Decimal(10000), Decimal(35000))),
        ("US-FL", None),  # none asked
        ("US-NY-BUF", None),  # not known
    ],
)
def test_a_bond_is_an_amount_or_a_range(jurisdiction: str, bond: tuple[Decimal, Decimal] | None) -> None:
    assert licensing()[jurisdiction].bond_range == bond
