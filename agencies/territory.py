"""Rule: where an agency may collect today, for the page that shows it: every place of the countries it works in, with what it lacks there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from agencies.asked import is_known, places
from agencies.catalogue import licensing
from agencies.credentials import AgencyFacts, Reason, holds, lacking


@dataclass(frozen=True, slots=True)
class Place:
    """One place and what the agency lacks there; `lacks` empty: its papers are in order."""

    jurisdiction: str
    lacks: tuple[Reason, ...]

    @property
    def name(self) -> str:
        """What the place is called; its code where the licensing table has no name."""
        row = licensing().get(self.jurisdiction)
        return row.place if row else self.jurisdiction


def territory(agency: AgencyFacts, day: date) -> list[Place]:
    """Every place of the countries an agency works in. Those are its contracts'; without any named, its own and those it holds papers for."""
    wanted = [place for country in countries(agency, day) for place in _places_of(country)]
    return [Place(place, tuple(lacking(agency, place, None, day))) for place in wanted]


def countries(agency: AgencyFacts, day: date) -> list[str]:
    """The countries an agency works in on this day, its own first."""
    named = {country for contract in agency.contracts if holds(contract, day) for country in contract.countries}
    papers = {jurisdiction.partition("-")[0] for _, jurisdiction in agency.held} - {"any", "EU"}
    return sorted(named or {agency.country, *papers}, key=lambda country: (country != agency.country, country))


def _places_of(country: str) -> Iterable[str]:
    """The country's places in the catalogue; a country in which every place asks the same stands for all of them."""
    listed = [place for place in places() if place.partition("-")[0] == country]
    return [country] if is_known(country) else listed
