"""The parameters of a score: windows, weights, knots, gates. A version is the hash of all of them, stored with every score."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from scorecards.compliance import KNOTS, SEVERITIES, WEIGHTS, Severity
from scorecards.headline import CUTS, GATE_CAP, HYSTERESIS, PERIODS_UP
from scorecards.recovery.points import LEAST_CONSUMERS, LEAST_EXPECTED_PAYERS
from scorecards.recovery.two_part import FREQUENCY_PRIOR_SD, SEVERITY_PRIOR_SD, TOKEN_SHARE


def _severities() -> dict[str, list[float | None]]:
    return {name: [severity.weight, severity.half_life] for name, severity in SEVERITIES.items()}


def _gate_rules() -> dict[str, list[str]]:
    """G1: collection without the licence that the consumer's state asks for. G3: contact after the person said stop."""
    return {
        "G1": ["us.licence.active-on-activity-date"],
        "G3": [
            "us.regf.cease-communication",
            "us.regf.attorney-represented",
            "us.bankruptcy.automatic-stay",
            "cn.gbt45251.refusal_stop",
        ],
    }


@dataclass(frozen=True)
class Parameters:
    """Everything a score depends on beside its inputs. Days are calendar days; shares lie between 0 and 1."""

    month_days: int = 30  # a month since placement, so that all accounts are exposed alike
    window_months: int = 6  # payments of the first six such months count
    least_days: int = 90  # a placement is scored from this age on
    provisional_days: int = 30  # an agency without any of that age is scored, provisionally, on those of this age
    cohort_days: int = 365  # placements that began longer ago are left out: a score is about now
    settle_days: int = 15  # days left to payments for bouncing before they are counted
    token_share: float = TOKEN_SHARE
    dealt_share: float = (
        0.9  # with at least this share dealt by a plan, the few placed by hand do not bend the comparison
    )
    tie: float = 0.9  # an agency is ranked below another once the chance that it is weaker reaches this
    lookback_days: int = 730  # breaches and contacts older than that are forgotten
    complaint_days: int = 365
    stop_days: int = 90
    stop_contacts: int = 2  # contacts after a stop within `stop_days` that shut gate G3
    prompt_days: int = 7  # a row received later after it happened is late
    silent_account_days: int = 1400  # held that long without one row reported: the agency did not report
    complaint_weights: dict[str, float] = field(
        default_factory=lambda: {"upheld": 1.0, "partly_upheld": 0.5, "open": 0.5, "rejected": 0.1}
    )
    regulator_factor: float = 3.0
    complaint_prior: list[float] = field(default_factory=lambda: [8.0, 8.0])
    gate_rules: dict[str, list[str]] = field(default_factory=_gate_rules)
    licence_codes: list[str] = field(
        default_factory=lambda: [
            "us.licence", "us.licence.city", "gb.fca", "de.rdg", "nl.wki", "eu.credit_servicer", "cn.usci",
        ]
    )  # fmt: skip
    weights: dict[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    knots: dict[str, list[list[float]]] = field(
        default_factory=lambda: {code: [list(knot) for knot in knots] for code, knots in KNOTS.items()}
    )
    severities: dict[str, list[float | None]] = field(default_factory=_severities)
    # Numbers of the formulas themselves, here so that a change of one of them is a new version.
    formulas: dict[str, Any] = field(
        default_factory=lambda: {
            "priors": [FREQUENCY_PRIOR_SD, SEVERITY_PRIOR_SD],
            "publishable": [LEAST_EXPECTED_PAYERS, LEAST_CONSUMERS],
            "cuts": {band: cut for band, cut in CUTS.items() if band != "E"},
            "hysteresis": [HYSTERESIS, PERIODS_UP],
            "gate_cap": GATE_CAP,
        }
    )

    @property
    def window_days(self) -> int:
        """How long after placement payments count."""
        return self.month_days * self.window_months

    def severity(self, name: str) -> Severity:
        """What a breach of this severity weighs. KeyError for one that is not known."""
        weight, half_life = self.severities[name]
        return Severity(weight or 0.0, half_life)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Parameters:
        """The parameters of a stored version."""
        return cls(**stored)

    @property
    def version(self) -> str:
        """The hash of all parameters."""
        return digest(self.as_json())


def digest(value: Any) -> str:
    """SHA-256 over JSON with sorted keys: equal values, equal digest."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
