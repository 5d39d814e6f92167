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
    Permission("strategy.write", "Draft and submit versions of the strategy.", frozenset({VM})),
    Permission(
        "plans.approve",
        "Approve or send back a plan or a strategy that another person submitted.",
        frozenset({AP}),
        ("plans:approve",),
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
    Permission(
        "requests.view", "See what agencies ask for and what they were answered.", BANK | AGENCY,
        ("requests:write", "placements:read", "accounts:read"),
    ),
    Permission("requests.ask", "Ask the bank for something on one's own accounts.", AGENCY, ("requests:write",)),
    Permission("requests.decide", "Grant, refuse and answer requests, and end arrangements.", frozenset({VM})),
    Permission("documents.supply", "Keep documents of accounts and supply them to agencies.", frozenset({VM})),
    Permission("documents.read", "Read documents of accounts; every look is recorded.", frozenset({VM, CO}) | AGENCY),
    Permission("proposals.view", "See which accounts the policies would recall.", BANK),
    Permission("returned.view", "See what happens next to accounts that came back.", BANK),
    Permission("returned.work", "Take and finish the next steps of one's own role.", frozenset({VM, CO})),
    Permission("deletions.view", "See which proofs of deletion are owed and given.", BANK | AGENCY),
    Permission("deletions.prove", "Prove that one's own agency deleted what it held.", frozenset({AM})),
)  # fmt: skip
