"""Rule: the order of a month. Who cannot be told apart shares a place; who cannot be judged or compared has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from portal.statistics import rank_groups
from scorecards.recovery import Grade

Subject = TypeVar("Subject")


@dataclass(frozen=True)
class Standing(Generic[Subject]):
    """One agency's measured effect, on the log scale, as it enters the league."""

    subject: Subject
    mean_log: float | None
    sd_log: float | None
    is_provisional: bool
    grade: str | None

    @property
    def is_ranked(self) -> bool:
        """Whether it takes a place: measured, with enough to judge by, and comparable."""
        return self.mean_log is not None and not self.is_provisional and self.grade != Grade.NOT_COMPARABLE


@dataclass(frozen=True)
class Tie(Generic[Subject]):
    """Agencies that cannot be told apart, best estimate first, and the places they share."""

    first: int
    members: tuple[Standing[Subject], ...]

    @property
    def last(self) -> int:
        """The last of the places shared."""
        return self.first + len(self.members) - 1


def league(standings: Sequence[Standing[Subject]], *, tie: float) -> tuple[list[Tie[Subject]], list[Standing[Subject]]]:
    """The ties of a month from the top, and those without a place.

    Going down the effects, an agency leaves its tie once the chance that the tie's leader is better reaches `tie`.
    """
    ranked = sorted((one for one in standings if one.is_ranked), key=lambda one: -(one.mean_log or 0.0))
    groups = rank_groups(
        mean_log=[one.mean_log or 0.0 for one in ranked], sd_log=[one.sd_log or 0.0 for one in ranked], p=tie
    )["group"]
    ties: list[Tie[Subject]] = []
    for number in dict.fromkeys(groups):
        first = sum(len(one.members) for one in ties) + 1
        members = tuple(one for one, group in zip(ranked, groups, strict=True) if group == number)
        ties.append(Tie(first, members))
    return ties, [one for one in standings if not one.is_ranked]
