"""Rule: whether a credential, as somebody writes it down, can be one at all: its type, its place, the form of its number."""

from __future__ import annotations

import re
import unicodedata

from agencies.asked import BY_STATE, LICENCE, asked_in, covers
from agencies.catalogue import CredentialType, credential_types, jurisdictions_asking
from agencies.check_digits import DOUBTFUL, fits
from portal.errors import N_, Invalid

CITY_LICENCE = "us.licence.city"  # the catalogue's explanation of it: held as us.licence with the city's jurisdiction
PLACE = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3}){0,2}")
LONGEST_NUMBER = 100


def offered() -> tuple[CredentialType, ...]:
    """The types that can be sent in, in the catalogue's order."""
    return tuple(kind for kind in credential_types().values() if kind.code != CITY_LICENCE)


def checked(code: str, jurisdiction: str, number: str | None = None) -> str:
    """The number as it is kept: one form of every letter, no spaces around it. Raises Invalid naming the field to mend.

    Without a number only type and place are looked at (a request has none yet).
    """
    kind = credential_types().get(code)
    if kind is None or code == CITY_LICENCE:
        raise _wrong("code", N_("Choose a credential of the catalogue."))
    if not _fits(kind, jurisdiction):
        raise _wrong(
            "jurisdiction", N_("This credential is not held for that place. Write the place as US-CA, US-NY-NYC or CN.")
        )
    if number is None:
        return ""
    return _number(kind, number)


def lifts(code: str, jurisdiction: str) -> bool:
    """True if the place asks for this credential but knows exemptions from it."""
    return any(
        asked.may_be_lifted
        for asked in asked_in(jurisdiction)
        if (asked.code, asked.jurisdiction) == (code, jurisdiction)
    )


def _fits(kind: CredentialType, jurisdiction: str) -> bool:
    if not PLACE.fullmatch(jurisdiction):
        return False
    if kind.code in BY_STATE:
        rows = jurisdictions_asking(jurisdiction)
        return (
            bool(rows)
            and rows[-1].jurisdiction == jurisdiction
            and (kind.code != LICENCE or rows[-1].license_required != "N")
        )
    if kind.jurisdiction in ("any", "EU"):
        return True
    binds_everywhere = (kind.code, kind.jurisdiction) in {
        (one.code, one.jurisdiction) for one in asked_in(kind.jurisdiction)
    }
    return jurisdiction == kind.jurisdiction if binds_everywhere else covers(kind.jurisdiction, jurisdiction)


def _number(kind: CredentialType, number: str) -> str:
    kept = unicodedata.normalize("NFKC", number).strip()
    if not kept and (kind.number_format or kind.code == LICENCE):
        raise _wrong("number", N_("Write the number."))
    if len(kept) > LONGEST_NUMBER:
        raise _wrong("number", N_("Write the number in at most 100 characters."))
    if not kind.number_format:
        return kept
    written = next((form for form in (kept, kept.upper()) if re.fullmatch(kind.number_format, form)), None)
    if written is None:
        raise _wrong("number", N_("Check the number: this credential's numbers look different."))
    if kind.code not in DOUBTFUL and not fits(kind.check_digit, written):
        raise _wrong("number", N_("Check the number: its check digit does not fit."))
    return written


def is_doubtful(code: str, number: str) -> bool:
    """True if the number's check character is wrong though it was taken: a person compares it with the register."""
    kind = credential_types().get(code)
    return kind is not None and bool(number) and not fits(kind.check_digit, number)


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})
