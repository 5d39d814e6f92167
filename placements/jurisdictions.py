"""Rule: whose law protects the person who owes, as one code such as US-CA, US-NY-NYC or CN-FJ.

The codes are those of the licensing table: country, then state or province, then the few cities that ask for a licence of
their own. Where the state is unknown the country alone is said, and licensing treats that as a place nobody may work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class City:
    """A city with a licence of its own: its code, the names its people write, and the postal codes that begin so.

    `is_whole`: every postal code with these beginnings lies inside the city. Otherwise suburbs share them, and they decide
    only where no city is written: then a licence too many is asked for rather than one too few.
    """

    code: str
    names: frozenset[str]
    prefixes: tuple[str, ...]
    is_whole: bool = False


_FIVE_BOROUGHS: Final = frozenset(
    """new york|new york city|nyc|manhattan|bronx|the bronx|brooklyn|staten island|queens|flushing|jamaica|long island city
    |far rockaway|astoria|rego park|forest hills|elmhurst|corona|jackson heights|woodside|sunnyside|ridgewood|bayside
    |fresh meadows|kew gardens|richmond hill|south richmond hill|ozone park|south ozone park|howard beach|rosedale
    |saint albans|st albans|springfield gardens|cambria heights|queens village|hollis|whitestone|college point|little neck
    |oakland gardens|maspeth|middle village|east elmhurst|glen oaks|arverne|rockaway park|breezy point|woodhaven
    |roosevelt island""".replace("\n    ", "").split("|")
)

CITIES: Final = (
    City(
        "US-NY-NYC",
        _FIVE_BOROUGHS,
        ("100", "101", "102", "103", "104", "111", "112", "113", "114", "116", "11004", "11005"),
        is_whole=True,
    ),
    City("US-NY-BUF", frozenset({"buffalo"}), ("142",)),
    City("US-NY-YON", frozenset({"yonkers"}), ("107",)),
    City("US-IL-CHI", frozenset({"chicago"}), ("606",)),
)


def jurisdiction_of(country: str, region: str | None, city: str | None, postal_code: str | None) -> str:
    """The jurisdiction of an address. `region` is ISO 3166-2 without the country; anything but the country may be unknown."""
    if not region:
        return country
    state = f"{country}-{region}"
    return next(
        (place.code for place in CITIES if place.code.startswith(f"{state}-") and _lies_in(place, city, postal_code)),
        state,
    )


def country_of(jurisdiction: str) -> str:
    """The country of a jurisdiction's code."""
    return jurisdiction[:2]


def _lies_in(place: City, city: str | None, postal_code: str | None) -> bool:
    written = " ".join((city or "").replace(".", "").casefold().split())
    by_code = (postal_code or "").startswith(place.prefixes)
    return written in place.names or (by_code and (place.is_whole or not written))
