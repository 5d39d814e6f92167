"""Permissions of the conduct floor."""

from __future__ import annotations

from portal.permissions import AGENCY, AM, BANK, CO, Permission

PERMISSIONS = (
    Permission(
        "breaches.view", "See breaches of the rules of conduct and what proves them.", BANK | AGENCY, ("reports:read",)
    ),
    Permission("breaches.judge", "Confirm, dismiss and escalate breaches.", frozenset({CO})),
    Permission("rules.view", "Read the book of rules.", BANK | AGENCY),
    Permission("complaints.view", "See complaints and where they stand.", BANK | {AM}),
    Permission(
        "complaints.handle", "Note that a complaint was answered, and at the bank, close it.", frozenset({CO, AM})
    ),
)
