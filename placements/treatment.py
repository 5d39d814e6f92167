"""Rule: how a person's case is treated, by willingness and ability. The table is data (`treatment.toml`), its version is stored with each use.

Who wants to pay and cannot now is offered instalments or reduced interest; who can and will not goes to court, if a rule says so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).with_name("treatment.toml")
LEGAL: Final = "legal"
TREATMENTS: Final = frozenset(
    {"hold", "care", "pay_in_full", "instalments", "reduced_interest", LEGAL, "settlement", "warehouse", "find_out"}
)
CONDITIONS: Final = frozenset({"willingness", "ability", "holds", "days_late_from", "balance_from", "time_barred"})


@dataclass(frozen=True)
class Situation:
    """What is known of a person's case. `days_late` none: unknown, which is no ground for anything."""

    willingness: str = "unknown"
    ability: str = "unknown"
    holds: frozenset[str] = frozenset()
    days_late: int | None = None
    balance: Decimal = Decimal(0)
    time_barred: bool = False


@dataclass(frozen=True)
class Treatment:
    """What the table says: the treatment, the rule that decided, and the table's version."""

    treatment: str
    rule: str
    version: str


def treat(situation: Situation, table: Mapping[str, Any] | None = None) -> Treatment:
    """The treatment of the first rule that fits. Raises ValueError if none does: the last rule of a table fits everything."""
    rules = table or standard()
    for rule in rules["rule"]:
        if _fits(rule["when"], situation):
            return Treatment(rule["treatment"], rule["id"], rules["version"])
    raise ValueError("no rule of the table fits")


@lru_cache(maxsize=1)
def standard() -> Mapping[str, Any]:
    """The stored table. Raises ValueError for a treatment or condition that means nothing."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for rule in table["rule"]:
        if rule["treatment"] not in TREATMENTS or not set(rule["when"]) <= CONDITIONS:
            raise ValueError(f"{TABLE.name}: rule {rule['id']} says something unknown")
    return table


def _fits(when: Mapping[str, Any], case: Situation) -> bool:
    return (
        case.willingness in when.get("willingness", (case.willingness,))
        and case.ability in when.get("ability", (case.ability,))
        and ("holds" not in when or not case.holds.isdisjoint(when["holds"]))
        and ("days_late_from" not in when or (case.days_late is not None and case.days_late >= when["days_late_from"]))
        and case.balance >= when.get("balance_from", 0)
        and case.time_barred == when.get("time_barred", case.time_barred)
    )
