"""Which places a rule's jurisdiction covers."""

from __future__ import annotations

from typing import Final

EU_MEMBERS: Final = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
        "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip


def covers(wide: str, jurisdiction: str) -> bool:
    """True when `wide` is '*', the jurisdiction itself, a part of its code ('US' covers 'US-NY-NYC'), or the EU of a member."""
    if wide == "*" or jurisdiction == wide or jurisdiction.startswith(f"{wide}-"):
        return True
    return wide == "EU" and jurisdiction.split("-")[0] in EU_MEMBERS
