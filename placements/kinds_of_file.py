"""The kinds of file of this floor: the bank's account tape, and placements to take over (by command only)."""

from __future__ import annotations

from placements.intake import load_accounts
from placements.schemas import ACCOUNTS
from placements.takeover import TAKEN_OVER, load_placements
from portal.reports.kinds import FileKind, register

KINDS = (
    register(FileKind("accounts", ACCOUNTS, load_accounts, from_agencies=False, from_bank=True)),
    register(FileKind("placements", TAKEN_OVER, load_placements, from_agencies=False, from_bank=False)),
)
