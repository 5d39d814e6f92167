"""Rule: the agencies' parts of a plan drawn by the strategy: equal, fixed, or as far towards performance as one step allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from placements.allocation import share_step
from placements.strategy import FIXED, OPTIMISED, PERFORMANCE, Shares
from placements.worth import Effect

NO_GROWTH, SHRINKING, NOTHING = frozenset("C"), frozenset("D"), frozenset("E")
LEAST_COMPLIANCE: Final = 55.0  # points below which an optimised plan gives an agency nothing new
SHRINKS_IN: Final = 3  # plans in which the share of an agency in band D goes down to the floor


def weights_of(
    shares: Shares, codes: Sequence[str], effects: Mapping[str, Effect], before: Mapping[str, float]
) -> dict[str, float]:
    """The weight of each agency. `before` are the shares of the plan before, empty where there was none.

    By performance the target is in proportion to the measured effects; a share moves at most `step` from where it was. An agency in
    band C does not grow, one in D shrinks to the floor in three plans, one in E gets nothing. An optimised plan
    is split by what it brings, among agencies of 55 points of compliance and more.
    """
    if shares.way == FIXED:
        return {code: float(shares.fixed.get(code, 0.0)) for code in codes}
    if shares.way == OPTIMISED:
        return {code: float(effects.get(code, Effect()).compliance >= LEAST_COMPLIANCE) for code in codes}
    if shares.way != PERFORMANCE or not codes:
        return dict.fromkeys(codes, 1.0)
    return _performance(shares, codes, effects, before)


def _performance(
    shares: Shares, codes: Sequence[str], effects: Mapping[str, Effect], before: Mapping[str, float]
) -> dict[str, float]:
    found = {code: effects.get(code, Effect()) for code in codes}
    working = [code for code in codes if found[code].band not in NOTHING]
    if not working:
        return dict.fromkeys(codes, 0.0)
    known = {code: before.get(code, 0.0) for code in working}
    if not all(known.values()):  # somebody is new: everybody begins anew from equal shares
        known = dict.fromkeys(working, 1.0)
    old = dict(zip(working, _normal([known[code] for code in working]), strict=True))
    target = dict(zip(working, _normal([max(0.0, found[code].theta) for code in working]), strict=True))
    held = {
        code: _held(found[code].band, old[code], target[code], shares)
        for code in working
        if found[code].band in NO_GROWTH | SHRINKING
    }
    free = [code for code in working if code not in held]
    return dict.fromkeys(codes, 0.0) | {
        code: round(part, 6)
        for code, part in (held | _stepped(shares, free, old, target, 1 - sum(held.values()))).items()
    }


def _held(band: str, was: float, aim: float, shares: Shares) -> float:
    """The share of an agency that may not grow."""
    if band in SHRINKING:
        return was - max(0.0, was - shares.floor) / SHRINKS_IN
    return max(min(was, aim), was - shares.step)


def _stepped(
    shares: Shares, codes: Sequence[str], old: Mapping[str, float], target: Mapping[str, float], whole: float
) -> dict[str, float]:
    """The shares of the others in what is left for them, each within a step of its old part of that."""
    if not codes or whole <= 0:
        return dict.fromkeys(codes, 0.0)
    before, aim = _normal([old[code] for code in codes]), _normal([target[code] for code in codes])
    step = shares.step / whole
    try:
        found = share_step(old=before, target=aim, step=step, lo=shares.floor / whole, hi=min(1.0, shares.cap / whole))[
            "share"
        ]
    except ValueError:  # floor or cap cannot be kept by so few or so many agencies
        found = share_step(old=before, target=aim, step=step)["share"]
    return {code: part * whole for code, part in zip(codes, found, strict=True)}


def _normal(parts: Sequence[float]) -> list[float]:
    whole = sum(parts)
    return [part / whole for part in parts] if whole else [1 / len(parts)] * len(parts)
