"""The UK's company register (Companies House): the profile of a company. The key is the user of HTTP Basic, with an empty password."""

from __future__ import annotations

from agencies.registries.statements import ABSENT, Bearing, Statement, day_in, text_in
from agencies.registries.transport import Caller, Malformed
from portal.errors import N_

BEARINGS = {
    "active": Bearing.GOOD, "open": Bearing.GOOD, "registered": Bearing.GOOD, "dissolved": Bearing.ENDED, "closed": Bearing.ENDED, "removed": Bearing.ENDED,
    "converted-closed": Bearing.ENDED,
}  # fmt: skip


def ask(caller: Caller, number: str) -> Statement:
    """What the register says of the company with this number. Insolvency and overdue filings are facts; what they mean a person says."""
    answer = caller.get(f"/company/{number}", auth=(caller.endpoint.key, ""), expected=frozenset({404}))
    if answer.status == 404:
        return ABSENT
    profile = answer.json()
    status = text_in(profile, "company_status")
    if not status or text_in(profile, "company_number").upper() != number.upper():
        raise Malformed("a profile without status, or of another company")
    return Statement(
        BEARINGS.get(status, Bearing.UNCLEAR),
        text_in(profile, "company_name"),
        status,
        until=day_in(text_in(profile, "date_of_cessation"), "%Y-%m-%d"),
        facts={
            N_("Founded"): text_in(profile, "date_of_creation"),
            N_("Kinds of business (SIC)"): " ".join(map(str, profile.get("sic_codes") or ())),
            N_("Accounts overdue"): _said((profile.get("accounts") or {}).get("overdue")),
            N_("Confirmation statement overdue"): _said((profile.get("confirmation_statement") or {}).get("overdue")),
            N_("History of insolvency"): _said(profile.get("has_insolvency_history")),
        },
    )


def _said(value: object) -> str:
    return "" if value is None else "yes" if value else "no"
