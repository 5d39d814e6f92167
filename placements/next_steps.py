"""Rule: what happens next to an account whose placement ended, whose task that is, and within how many days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LAST_TIER: Final = 3
VENDOR_MANAGER, COMPLIANCE = "vendor_manager", "compliance"


@dataclass(frozen=True)
class Ended:
    """How a placement ended: its last state, the reason of its recall, return or refusal, and what stands on the account now."""

    state: str
    reason: str | None
    holds: frozenset[str]
    tier: int
    balance: Decimal
    settled: bool = False
    time_barred: bool = False


@dataclass(frozen=True)
class Next:
    """The step, whose it is, and how many days there are for it."""

    step: str
    role: str
    days: int


STEPS: Final[dict[str, Next]] = {
    one.step: one
    for one in (
        Next("close", VENDOR_MANAGER, 5), Next("estate", COMPLIANCE, 10), Next("insolvency", COMPLIANCE, 5),
        Next("fraud_review", COMPLIANCE, 5), Next("dispute_review", COMPLIANCE, 5), Next("hardship_care", VENDOR_MANAGER, 5),
        Next("mend_data", VENDOR_MANAGER, 5), Next("legal_review", VENDOR_MANAGER, 10), Next("warehouse", VENDOR_MANAGER, 30),
        Next("place_again", VENDOR_MANAGER, 10),
    )
}  # fmt: skip
OF_HOLD: Final = (
    ("deceased", "estate"), ("bankruptcy", "insolvency"), ("fraud", "fraud_review"), ("identity_theft", "fraud_review"),
    ("dispute", "dispute_review"), ("cease", "dispute_review"), ("attorney", "dispute_review"), ("litigation", "legal_review"),
    ("hardship", "hardship_care"), ("military", "hardship_care"), ("moratorium", "hardship_care"),
)  # fmt: skip
OF_REASON: Final = {
    "paid": "close", "settled_with_bank": "close", "portfolio_sale": "close", "bankrupt": "insolvency", "deceased": "estate",
    "disputed": "dispute_review", "fraud": "fraud_review", "cease": "dispute_review", "complaint": "dispute_review",
    "legal": "legal_review", "wrong_data": "mend_data", "not_found": "mend_data",
}  # fmt: skip


def next_step(ended: Ended) -> Next:
    """What comes first decides: nothing owed, a hold, the reason of the end, the limitation, the tier. There is always one."""
    if ended.balance <= 0 or ended.settled:
        return STEPS["close"]
    return STEPS[_of_hold(ended.holds) or OF_REASON.get(ended.reason or "") or _by_age(ended)]


def _of_hold(holds: Collection[str]) -> str | None:
    return next((step for kind, step in OF_HOLD if kind in holds), None)


def _by_age(ended: Ended) -> str:
    return "warehouse" if ended.time_barred or ended.tier >= LAST_TIER else "place_again"
