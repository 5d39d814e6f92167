"""Illinois' professional licences (open data pzzh-kp68): the licence of a collection agency by its number, and whether it was disciplined."""

from __future__ import annotations

from datetime import date

from agencies.registries import socrata
from agencies.registries.statements import ABSENT, Bearing, Statement, day_in, text_in
from agencies.registries.transport import Caller, Malformed
from portal.errors import N_

ENDED = {
    "not renewed",
    "expired",
    "inactive",
    "revoked",
    "suspended",
    "terminated",
    "surrendered",
    "withdrawn",
    "cancelled",
    "closed",
}


def ask(caller: Caller, number: str) -> Statement:
    """What the state says of this licence."""
    where = f"license_number = {socrata.quoted(number)} AND description like '%COLLECTION AGENCY%'"
    found = socrata.rows(caller, {"$where": where})
    if not found:
        return ABSENT
    row = max(found, key=lambda row: day_in(text_in(row, "expiration_date"), "%m/%d/%Y") or date.min)
    status = text_in(row, "license_status")
    if not status:
        raise Malformed("a licence without status")
    return Statement(
        Bearing.GOOD
        if status.casefold() == "active"
        else Bearing.ENDED
        if status.casefold() in ENDED
        else Bearing.UNCLEAR,
        text_in(row, "business_name"),
        status,
        since=day_in(text_in(row, "effective_date"), "%m/%d/%Y"),
        until=day_in(text_in(row, "expiration_date"), "%m/%d/%Y"),
        facts={
            N_("Kind of licence"): text_in(row, "description"),
            N_("Trades as"): text_in(row, "businessdba"),
            N_("Ever disciplined"): {"Y": "yes", "N": "no"}.get(text_in(row, "ever_disciplined"), ""),
        },
    )
