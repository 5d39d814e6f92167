"""The two reports most tests look at: one a market, made and recounted once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.samples.case import PROFILE, Case, placed_of


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    visits_and_filings = replace(PROFILE, visit_share=0.05, legal_share=0.02)
    return {"US": Case.of(placed_of("us"), PROFILE), "CN": Case.of(placed_of("cn"), visits_and_filings)}


@pytest.fixture(params=["US", "CN"])
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    found: Case = cases[request.param]
    return found
