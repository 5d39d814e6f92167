"""Permissions of the activity floor."""

from __future__ import annotations

from portal.permissions import AGENCY, BANK, CO, VM, Permission

PERMISSIONS = (
    Permission("reports.view", "See reports and their problems.", BANK | AGENCY, ("reports:read",)),
    Permission("reports.send", "Send reports.", AGENCY | {VM, CO}, ("reports:write",)),
    Permission("feeds.view", "See which files are expected of an agency, which came, and their grade.", BANK | AGENCY),
    Permission("feeds.manage", "Set which files are expected of an agency, and when.", frozenset({VM})),
    Permission("activity.view", "See reported activity row by row.", BANK | AGENCY, ("reports:read",)),
)
