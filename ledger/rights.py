"""Permissions of the ledger floor."""

from __future__ import annotations

from portal.permissions import AGENCY, AM, BANK, VM, Permission

PERMISSIONS = (
    Permission("ledger.view", "See the bank's payments and whose work they are.", BANK | AGENCY),
    Permission("ledger.import", "Post the bank's payments.", frozenset({VM}), ("ledger:write",)),
    Permission("fees.view", "See fee lines.", BANK | {AM}, ("statements:read",)),
    Permission("breaks.view", "See differences between the bank and an agency.", BANK | {AM}),
    Permission("breaks.resolve", "Clear up a difference.", frozenset({VM})),
)
