"""Rule: what changed in a plan since it was drawn before, for the person who approves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

EXAMPLES: Final = 10
WISHES: Final = ("seed", "selection", "strategy", "by_strategy", "days")


@dataclass(frozen=True)
class Version:
    """One drawing of a plan: its number, its inputs, and who gets each account (account reference to agency code)."""

    number: int
    inputs: Mapping[str, Any]
    holders: Mapping[str, str]


def changes(before: Version, after: Version) -> dict[str, Any]:
    """What the later drawing does otherwise, as JSON: accounts that come, go or change agency, with examples, and changed wishes."""
    old, new = before.holders, after.holders
    moved = sorted(ref for ref in old.keys() & new.keys() if old[ref] != new[ref])
    agencies = sorted({*old.values(), *new.values()})
    return {
        "since": before.number,
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "moved": len(moved),
        "examples": [[ref, old[ref], new[ref]] for ref in moved[:EXAMPLES]],
        "by_agency": {code: [_count(old, code), _count(new, code)] for code in agencies},
        "wishes": {
            name: [before.inputs.get(name), after.inputs.get(name)]
            for name in WISHES
            if before.inputs.get(name) != after.inputs.get(name)
        }
        | _weights(before, after),
    }


def _weights(before: Version, after: Version) -> dict[str, Any]:
    old, new = ({seat["code"]: seat["weight"] for seat in version.inputs["panel"]} for version in (before, after))
    return {"parts": [old, new]} if old != new else {}


def _count(holders: Mapping[str, str], code: str) -> int:
    return sum(holder == code for holder in holders.values())
