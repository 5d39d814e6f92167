"""Kind `modifier`: changes how other rules work and has no breach of its own.

What it changes stands in the parameters of the rules it names. The exception is the rule that state law stands beside
federal law: its verdict is the worst of the rules it selects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conduct.kinds.check import MODIFIER, Check, Finding, Kind

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline


def compile_(rule: Rule, rulebook: Rulebook) -> Check:
    """A check that says what the selected rules say; without a selection it says nothing."""
    selection = rule.params.get("select", {})

    def run(timeline: Timeline) -> Iterator[Finding]:
        for other in rulebook.rules:
            part = (
                timeline.part(other)
                if other.kind in selection["kinds"] and other.status in selection["status"]
                else None
            )
            if part is not None:
                yield from rulebook.check(other).run(part)

    return Check(rule, run if selection else lambda timeline: (), level=MODIFIER)


KIND = Kind(
    compile_,
    required={"changes": list, "effect": str},
    optional={"max_days": int, "select": dict},
)
