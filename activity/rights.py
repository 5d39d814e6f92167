"""Permissions of the activity floor."""

from __future__ import annotations

from portal.permissions import AGENCY, BANK, CO, VM, Permission

PERMISSIONS = (
    Permission("reports.view", "See reports and their problems.", BANK | AGENCY, ("reports:read",)),
    Permission("reports.send", "Send reports.", AGENCY | {VM, CO}, ("reports:write",)),
    Permission("activity.view", "See reported activity row by row.", BANK | AGENCY, ("reports:read",)),
)
