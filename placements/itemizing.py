"""Rule: whether the figures of a validation notice add up (12 CFR 1006.34(c)(2)(vii)-(ix)).

What was owed on the itemization date, plus interest and fees, less payments and credits since, is what is owed now.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

ADDED = ("interest_since", "fees_since")
TAKEN = ("payments_since", "credits_since")


def difference(itemization: Mapping[str, str], balance: Decimal) -> Decimal | None:
    """The balance less what the itemization comes to; nothing if it adds up, none where the tape told no itemization.

    Figures since that are not told count as nothing: the notice would say so too.
    """
    owed = itemization.get("itemization_amount")
    if owed is None:
        return None
    total = Decimal(owed)
    total += sum((Decimal(itemization.get(name, "0")) for name in ADDED), Decimal(0))
    total -= sum((Decimal(itemization.get(name, "0")) for name in TAKEN), Decimal(0))
    return balance - total
