"""New York City's issued licences (open data w7w3-xahh): the licence of a debt collection agency by its number.

The columns were renamed in 2026; rows with the earlier names are read as well.
"""

from __future__ import annotations

from agencies.registries import socrata
from agencies.registries.statements import ABSENT, Bearing, Statement, day_in, text_in
from agencies.registries.transport import Caller, Malformed
from portal.errors import N_

GOOD = {"active", "ready for renewal"}
ENDED = {
    "expired",
    "inactive",
    "revoked",
    "suspended",
    "surrendered",
    "voided",
    "closed",
    "out of business",
    "failed to renew",
    "tol",
}
CATEGORY = "debt collection agency"


def ask(caller: Caller, number: str) -> Statement:
    """What the city says of this licence. Of several rows the one that lasts longest speaks."""
    found = socrata.rows(caller, {"$where": f"license_nbr = {socrata.quoted(number)}"})
    found = [row for row in found if text_in(row, "business_category", "industry").casefold() == CATEGORY]
    if not found:
        return ABSENT
    row = max(found, key=lambda row: text_in(row, "lic_expir_dd", "license_exp"))
    status = text_in(row, "license_status")
    if not status:
        raise Malformed("a licence without status")
    return Statement(
        Bearing.GOOD if status.casefold() in GOOD else Bearing.ENDED if status.casefold() in ENDED else Bearing.UNCLEAR,
        text_in(row, "business_name"),
        status,
        since=day_in(text_in(row, "license_creation_date"), "%Y-%m-%d"),
        until=day_in(text_in(row, "lic_expir_dd", "license_exp"), "%Y-%m-%d"),
        facts={
            N_("Trades as"): text_in(row, "dba_trade_name", "business_name_2"),
            N_("City"): text_in(row, "address_city"),
        },
    )
