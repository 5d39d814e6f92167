"""From a frozen pool to every agency's score: recovery and compliance, the smaller of them, gates, band. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scorecards.compliance_side import ComplianceSide, Gate, compliance_sides
from scorecards.configuration import Parameters
from scorecards.figures import Figure
from scorecards.headline import BANDS, CUTS, HYSTERESIS, next_band, overall
from scorecards.pool import Pool
from scorecards.recovery.points import POINTS_PER_LOG, POOL_POINTS
from scorecards.recovery_side import RecoverySide, recovery_sides

UNJUDGED = "N"


@dataclass(frozen=True)
class Band:
    """A band, and for how many periods the score has been high enough for the next one up."""

    name: str = UNJUDGED
    streak: int = 0


@dataclass(frozen=True)
class Score:
    """What one agency's card says. None: not scorable."""

    recovery: float | None
    compliance: float | None
    headline: float | None
    band: Band
    gates: tuple[Gate, ...]
    grade: str | None
    is_provisional: bool
    figures: tuple[Figure, ...]


def scores(pool: Pool, parameters: Parameters, before: Mapping[str, Band]) -> dict[str, Score]:
    """The score of every agency of the pool; `before` is the band each had after its last published card."""
    recovered, conducted = recovery_sides(pool, parameters), compliance_sides(pool, parameters)
    return {
        agency: _score(recovered.get(agency), conducted.get(agency), before.get(agency, Band()))
        for agency in pool.agencies
    }


def _score(recovered: RecoverySide | None, conducted: ComplianceSide | None, before: Band) -> Score:
    recovery = recovered.points if recovered else None
    compliance = conducted.points if conducted else None
    gates = conducted.gates if conducted else ()
    headline = _headline(recovery, compliance, is_gated=bool(gates))
    is_provisional = headline is None or recovered is None or recovered.is_provisional
    return Score(
        recovery=recovery,
        compliance=compliance,
        headline=headline,
        band=band_after(before, headline, is_provisional=is_provisional, is_gated=bool(gates)),
        gates=gates,
        grade=recovered.grade.value if recovered else None,
        is_provisional=is_provisional,
        figures=(*(recovered.figures if recovered else ()), *(conducted.figures if conducted else ())),
    )


def _headline(recovery: float | None, compliance: float | None, *, is_gated: bool) -> float | None:
    """The smaller of the two, capped while a gate is shut; None unless both are known."""
    if recovery is None or compliance is None:
        return None
    found = overall(recovery=[recovery], compliance=[compliance], weights=[0.5, 0.5], gate=[is_gated])
    return found["final"][0]


def band_after(before: Band, headline: float | None, *, is_provisional: bool, is_gated: bool) -> Band:
    """The band after this period. A provisional score leaves it where it was; a shut gate makes it E at once."""
    if is_gated:
        return Band("E", 0)
    if is_provisional or headline is None:
        return before
    return Band(*next_band(before.name, headline, before.streak))


@dataclass(frozen=True)
class Climb:
    """What the next band up asks for: its name, the score, and the effect of recovery with that many points."""

    band: str
    score: float
    theta: float


def climb(band: str) -> Climb | None:
    """What would bring an agency one band up; None from the top, or while it is not judged."""
    if band not in BANDS[1:]:
        return None
    above = BANDS[BANDS.index(band) - 1]
    score = CUTS[above] + HYSTERESIS
    return Climb(above, score, math.exp((score - POOL_POINTS) / POINTS_PER_LOG))
