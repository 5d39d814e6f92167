"""Whether credentials are live on a day, and whether an agency is on record as exempt.

Part of the kind `credential_required`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from conduct.dossier import Agency, Credential
from conduct.facts import UNKNOWN, as_amount
from conduct.kinds.check import REVIEW

Standing = tuple[str, str] | None  # verdict and reason; None when the credential is in order


def standing(
    agency: Agency, codes: Iterable[str], day: int, *, missing: str, jurisdiction: str = "", least: str | Decimal = ""
) -> Standing:
    """What an agency's credentials of these codes are worth on a day, for one place and with a least amount.

    Unknown lists and unread statuses leave a question; everything else that falls short is `missing`.
    """
    if agency.credentials is None:
        return REVIEW, "credentials_unknown"
    found = (missing, "credential_missing")
    for credential in (one for code in codes for one in agency.credentials.get(code, ())):
        if jurisdiction and credential.jurisdiction != jurisdiction:
            continue
        said = live(credential, day)
        enough = _is_enough(credential, least)
        if said and enough:
            return None
        if said is not False and enough is not False:
            found = REVIEW, "credential_unclear"
        elif said and found[0] != REVIEW:
            found = missing, "amount_too_small"
    return found


def live(credential: Credential, day: int) -> bool | None:
    """True for a verified credential inside its dates and not cancelled; None when its status or start is not told."""
    if isinstance(credential.valid_until, int) and day > credential.valid_until:
        return False
    if isinstance(credential.cancelled_on, int) and day >= credential.cancelled_on:
        return False
    if isinstance(credential.valid_from, int) and day < credential.valid_from:
        return False
    if credential.status is UNKNOWN or credential.valid_from is UNKNOWN:
        return None
    return credential.status == "verified"


def _is_enough(credential: Credential, least: str | Decimal) -> bool | None:
    if not least:
        return True
    amount = as_amount(credential.amount)
    return None if amount is UNKNOWN else amount is not None and amount >= Decimal(least)


def worse(one: Standing, other: Standing) -> Standing:
    """The worse of two answers."""
    if one is None or other is None:
        return one or other
    return one if one[0] != REVIEW else other


def is_exempt(agency: Agency, codes: Collection[str], jurisdiction: str) -> bool:
    """True when an exemption of these codes is recorded for the place, its country, or without a place."""
    if not codes or not agency.exemptions:
        return False
    places = ("", jurisdiction, jurisdiction.split("-")[0])
    return any(code in codes and place in places for code, place in agency.exemptions)
