"""Permissions of the placements floor."""

from __future__ import annotations

from portal.permissions import AGENCY, AM, AP, BANK, CO, VM, Permission

PERMISSIONS = (
    Permission("accounts.view", "See accounts and portfolios, personal data masked.", BANK, ("accounts:read",)),
    Permission("accounts.import", "Bring in accounts.", frozenset({VM}), ("accounts:write",)),
    Permission("accounts.unmask", "See a person's data unmasked, with a reason that is recorded.", frozenset({VM, CO})),
    Permission("holds.manage", "Put accounts on hold and end holds.", frozenset({VM, CO})),
    Permission("plans.view", "See placement plans.", BANK, ("plans:write", "plans:approve", "accounts:read")),
    Permission("plans.write", "Draft, submit and cancel placement plans.", frozenset({VM}), ("plans:write",)),
    Permission(
        "plans.approve", "Approve or send back what another person submitted.", frozenset({AP}), ("plans:approve",)
    ),
    Permission("plans.place", "Place an approved plan.", frozenset({VM, AP}), ("plans:write", "plans:approve")),
    Permission("placements.view", "See placements.", BANK | AGENCY, ("placements:read", "accounts:read")),
    Permission(
        "placements.answer", "Acknowledge, refuse and return placements.", frozenset({AM}), ("placements:write",)
    ),
    Permission("recalls.view", "See recalls.", BANK | AGENCY, ("placements:read", "accounts:read")),
    Permission(
        "recalls.answer", "Confirm that work stopped, or object to a recall.", frozenset({AM}), ("placements:write",)
    ),
    Permission("recalls.write", "Recall accounts and decide objections.", frozenset({VM}), ("plans:write",)),
)
