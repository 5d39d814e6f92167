"""The order of a month: who cannot be told apart shares a place, and who cannot be judged has none."""

from __future__ import annotations

import pytest

from scorecards.league import Standing, league
from scorecards.words import place


def standing(
    name: str, mean: float | None, sd: float = 0.05, *, provisional: bool = False, grade: str = "A"
) -> Standing[str]:
    return Standing(name, mean, sd, provisional, grade)


def told(*standings: Standing[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """(places, names) from the top, and the names without a place."""
    ties, others = league(standings, tie=0.9)
    return [(place(tie.first, tie.last), [one.subject for one in tie.members]) for tie in ties], [
        one.subject for one in others
    ]


LEAGUES: list[tuple[str, list[Standing[str]], list[tuple[str, list[str]]], list[str]]] = [
    ("far apart: everybody has a place", [standing("a", 0.4), standing("b", 0.0)], [("1", ["a"]), ("2", ["b"])], []),
    ("nearly equal: nobody has one of their own", [standing("a", 0.02), standing("b", 0.0)], [("1–2", ["a", "b"])], []),
    ("a wide interval is not told apart from anybody", [standing("a", 0.4), standing("b", 0.0, 0.9)], [("1–2", ["a", "b"])], []),
    ("two leaders and one behind", [standing("c", 0.0), standing("a", 0.41), standing("b", 0.4)], [("1–2", ["a", "b"]), ("3", ["c"])], []),
    ("too little to judge: no place", [standing("a", 0.4), standing("b", 0.0, provisional=True)], [("1", ["a"])], ["b"]),
    ("not comparable: no place", [standing("a", 0.4, grade="C"), standing("b", 0.0)], [("1", ["b"])], ["a"]),
    ("adjusted evidence is comparable", [standing("a", 0.4, grade="B")], [("1", ["a"])], []),
    ("nothing measured: no place", [standing("a", None)], [], ["a"]),
    ("an empty month", [], [], []),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "standings", "ties", "others"), LEAGUES, ids=[case[0] for case in LEAGUES])
def test_who_shares_a_place(
    reason: str, standings: list[Standing[str]], ties: list[tuple[str, list[str]]], others: list[str]
) -> None:
    assert told(*standings) == (ties, others)


def test_the_places_of_a_month_are_dealt_out_once_each() -> None:
    ties, _others = league([standing(str(number), number / 10) for number in range(12)], tie=0.9)
    dealt = [number for tie in ties for number in range(tie.first, tie.last + 1)]
    assert dealt == list(range(1, 13))
