"""Rule: everything the catalogue says of a place, for the page that shows it: what binds there, of whom, in which form, for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agencies.asked import Asked, asked_in, asked_of_collectors, covers, is_known
from agencies.catalogue import CredentialType, LicenceAsked, credential_types, jurisdictions_asking, licensing
from agencies.cycles import next_renewal
from agencies.papers import CITY_LICENCE


@dataclass(frozen=True, slots=True)
class Entry:
    """One type of the catalogue as a place asks for it. `asked` None: nothing is refused for want of it there by itself."""

    kind: CredentialType
    asked: Asked | None

    @property
    def binds(self) -> bool:
        """True if nothing is placed in this place without it."""
        return self.asked is not None


@dataclass(frozen=True, slots=True)
class Listed:
    """One place in the list of all: how many types bind there, and what the licensing table says, if it has a row."""

    jurisdiction: str
    country: str
    binding: int
    row: LicenceAsked | None
    renewal: date | None


def listed(day: date) -> list[Listed]:
    """Every place that the catalogue speaks of, its countries in alphabetical order and the states of each below it."""
    codes = {*licensing(), *(kind.jurisdiction for kind in credential_types().values())} - {"any", "EU", "US"}
    return [
        Listed(code, code.partition("-")[0], _binding(code), licensing().get(code), next_renewal(code, day))
        for code in sorted(codes)
    ]


def is_listed(jurisdiction: str) -> bool:
    """True for a place that has a page."""
    return any(one.jurisdiction == jurisdiction for one in listed(date.min))


def entries(jurisdiction: str) -> list[Entry]:
    """What is asked in a place and what can be shown there besides, what binds first."""
    binding = {one.code: one for one in (*asked_in(jurisdiction), *asked_of_collectors(jurisdiction))}
    found = [
        Entry(kind, binding.get(kind.code))
        for kind in credential_types().values()
        if covers(kind.jurisdiction, jurisdiction) and kind.code != CITY_LICENCE and _concerns(kind, jurisdiction)
    ]
    return sorted(found, key=lambda entry: not entry.binds)


def rows_of(jurisdiction: str) -> list[LicenceAsked]:
    """The rows of the licensing table about a place, its state's before its own."""
    return jurisdictions_asking(jurisdiction)


def _binding(jurisdiction: str) -> int:
    country = jurisdiction.partition("-")[0]
    known = jurisdiction if is_known(jurisdiction) else country
    return len(asked_in(known)) + len(asked_of_collectors(known))


def _concerns(kind: CredentialType, jurisdiction: str) -> bool:
    """Licences and bonds are told only where the table asks for them."""
    return kind.code not in ("us.licence", "us.bond") or any(one.code == kind.code for one in asked_in(jurisdiction))
