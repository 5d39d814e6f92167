"""Rule: what an account is worth with an agency, and what a plan is expected to bring back, with its interval.

Value of a group: balance × segment rate × agency's effect × (1 − fee) − price of conduct. Rates and effects are what published scorecards
measured; until there are some, all rates and all effects are equal, and the forecast says that they are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

import numpy as np

from placements.allocation import NOBODY, AgencyTerms, Economics, Groups, solve
from placements.allocation.values import Floats, Integers
from placements.segments import parts_of

ASSUMED_RATE: Final = 0.05  # the share of a balance expected back where no scorecard has measured it
PRIOR_SD: Final = 0.27  # of a log effect nobody has measured: payers 0.25 and amounts 0.10 together
DRAWS: Final = 2000
LOW, HIGH = 0.10, 0.90


@dataclass(frozen=True)
class FeeClause:
    """The fee rate for accounts of one product (None: all) and placed balance, from inclusive to exclusive, in minor units."""

    rate: float
    product: str | None = None
    balance_from: int = 0
    balance_to: int | None = None

    def covers(self, product: str, balance: float) -> bool:
        """True if an account of this product and balance pays by this clause."""
        return (
            self.product in (None, product)
            and self.balance_from <= balance
            and (self.balance_to is None or balance < self.balance_to)
        )


@dataclass(frozen=True)
class Effect:
    """How much more (1.1: a tenth more) than the pool an agency recovers on like accounts, how sure that is (standard deviation of
    its logarithm), and its compliance points; `source` is the scorecard."""

    theta: float = 1.0
    sd: float = PRIOR_SD
    compliance: float = 100.0
    band: str = "N"
    source: str | None = None


@dataclass(frozen=True)
class Worth:
    """Rates by cell, effects and fees by agency; `conduct_price` in minor units for 100 points of compliance missing."""

    rates: Mapping[str, float] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    fees: Mapping[str, tuple[FeeClause, ...]] = field(default_factory=dict)
    conduct_price: float = 0.0

    def stored(self) -> dict[str, Any]:
        """As JSON; `of` reads it again."""
        return {
            "rates": dict(self.rates),
            "effects": {code: asdict(effect) for code, effect in self.effects.items()},
            "fees": {code: [asdict(clause) for clause in clauses] for code, clauses in self.fees.items()},
            "conduct_price": self.conduct_price,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Worth:
        """Out of JSON that `stored` wrote."""
        return cls(
            stored["rates"],
            {code: Effect(**effect) for code, effect in stored["effects"].items()},
            {code: tuple(FeeClause(**clause) for clause in clauses) for code, clauses in stored["fees"].items()},
            stored["conduct_price"],
        )

    def fee(self, code: str, product: str, balance: float) -> float:
        """The agency's fee rate; a clause of the product itself goes before one for all. Nothing if no clause covers it."""
        found = [clause for clause in self.fees.get(code, ()) if clause.covers(product, balance)]
        own = next((clause for clause in found if clause.product is not None), found[0] if found else None)
        return own.rate if own else 0.0

    def economics(self, groups: Groups, codes: Sequence[str]) -> Economics:
        """The values the linear programme works with, for these cells and agencies; fees at the mean account of each cell."""
        cells = len(groups.cell_names)
        accounts = np.bincount(groups.cells, weights=groups.accounts, minlength=cells)
        mean = np.bincount(groups.cells, weights=groups.balances, minlength=cells) / np.maximum(accounts, 1)
        effects = [self.effects.get(code, Effect()) for code in codes]
        products = [parts_of(name).product for name in groups.cell_names]
        fees = [
            [self.fee(code, product, one) for code in codes]
            for product, one in zip(products, mean.tolist(), strict=True)
        ]
        return Economics(
            rate=np.array([self.rates.get(name, ASSUMED_RATE) for name in groups.cell_names], dtype=float),
            theta=np.array([effect.theta for effect in effects], dtype=float),
            interaction=np.ones((cells, len(codes))),
            fee=np.array(fees, dtype=float).reshape(cells, len(codes)),
            cost=np.zeros((cells, len(codes))),
            compliance=np.array([effect.compliance for effect in effects], dtype=float),
            conduct_price=self.conduct_price,
        )

    def forecast(self, groups: Groups, agency: Integers, terms: Sequence[AgencyTerms], seed: str) -> dict[str, Any]:
        """What an assignment is expected to bring back net of fees, in minor units, with its 80 % interval, beside an equal split.

        The interval is that of the agencies' effects, drawn from their distributions; which payers chance brings is not in it.
        """
        codes = [one.code for one in terms]
        economics = self.economics(groups, codes)
        share = economics.rate[:, None] * economics.theta * (1 - economics.fee)
        placed = np.flatnonzero(agency != NOBODY)
        back = groups.balances[placed] * share[groups.cells[placed], agency[placed]]
        by_agency: Floats = np.bincount(agency[placed], weights=back, minlength=len(codes)).astype(float)
        low, high = self._interval(by_agency, codes, seed)
        equal = solve(groups, [_equal_part(one) for one in terms])
        means, cells = equal.strata.means, equal.strata.cells
        return {
            "net": round(float(by_agency.sum())),
            "low": round(low),
            "high": round(high),
            "by_agency": {code: round(value) for code, value in zip(codes, by_agency.tolist(), strict=True)},
            "measured": sorted(code for code in codes if code in self.effects),
            "rates_measured": sum(name in self.rates for name in groups.cell_names),
            "cells": len(groups.cell_names),
            "equal": {
                "net": round(float((equal.quota * means[:, 1:] * share[cells]).sum())),
                "accounts": _whole(codes, (equal.quota * means[:, :1]).sum(axis=0)),
                "balance": _whole(codes, (equal.quota * means[:, 1:]).sum(axis=0)),
            },
        }

    def _interval(self, by_agency: Floats, codes: Sequence[str], seed: str) -> tuple[float, float]:
        random = np.random.default_rng(int.from_bytes(sha256(f"{seed}|forecast".encode()).digest()[:8], "big"))
        sd = np.array([self.effects.get(code, Effect()).sd for code in codes])
        totals = (by_agency * np.exp(sd * random.standard_normal((DRAWS, len(codes))))).sum(axis=1)
        low, high = np.quantile(totals, [LOW, HIGH]).tolist() if len(codes) else (0.0, 0.0)
        return low, high


def _equal_part(terms: AgencyTerms) -> AgencyTerms:
    """The same agency with the same limits and an equal part, unless it has none at all."""
    return replace(terms, weight=1.0 if terms.weight > 0 else 0.0)


def _whole(codes: Sequence[str], values: Floats) -> dict[str, int]:
    return {code: round(value) for code, value in zip(codes, values.tolist(), strict=True)}
