"""Permissions of the scorecards floor."""

from __future__ import annotations

from portal.permissions import AGENCY, AM, BANK, CO, VM, Permission

PERMISSIONS = (
    Permission(
        "scorecards.view",
        "See scorecards: the bank all, an agency its own published ones.",
        BANK | {AM},
        ("scorecards:read",),
    ),
    Permission("scorecards.score", "Score a month, and submit its scorecards for review.", frozenset({VM, CO})),
    Permission("scorecards.decide", "Sign, return or publish scorecards.", frozenset({CO})),
    Permission(
        "accounts.timeline", "See everything that happened on an account, as far as it is one's own.", BANK | AGENCY
    ),
    Permission("evidence.pack", "Pack the evidence of an account, with the person in full.", frozenset({VM, CO})),
    Permission("rights.view", "See what people ask for about their own data.", BANK),
    Permission("rights.manage", "Answer what people ask for about their own data.", frozenset({CO})),
)
