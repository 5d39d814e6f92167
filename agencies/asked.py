"""Rule: which credentials a place asks of an agency before accounts of that place may go to it.

Read from the catalogue. A credential type binds when the catalogue says that it blocks placement and is confirmed (`on`), and
when the portal holds the fact on which it depends:

- the licence of a US state and of its licensing cities (`us_licensing.csv`: Y asks, COND asks unless an exemption is recorded);
- the bond of a US state: the amount that every agency owes. Where the table gives a range, the rest depends on volume, which
  nobody here knows, so the least amount binds and conduct asks a person about the rest;
- whatever a country or province asks of every agency, always (`applies_when` is `always`): the business licence and the public
  listing in China, the registration in Germany, the company number in Great Britain …

- what an agency does (`PRACTICES`): who takes clients' money, holds customers' data, takes cards or passes work on is asked for what
  belongs to it, everywhere;
- what its contract demands (`agencies.credentials.demanded`): any type of the catalogue, with the least cover;
- what belongs to each collector (`asked_of_collectors`): somebody of the agency must hold it, or nobody may work there.

What hangs on a fact that nobody recorded binds nobody. Every row of activity is judged once more by conduct.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from agencies.catalogue import CredentialType, LicenceAsked, credential_types, jurisdictions_asking, licensing

LICENCE, BOND = "us.licence", "us.bond"
BY_STATE = frozenset({LICENCE, BOND})
"""Types that are held once for each state or city of the licensing table."""

SHOWN_OTHERWISE = frozenset({"us.sanctions_screen", "us.scrubs"})
"""Not papers of the agency: look-ups that are made again and again while it works, the bank's own among them."""

PRACTICES: Mapping[str, tuple[str, ...]] = {
    "client_money": ("any.crime_insurance", "any.trust_account"),
    "customer_data": ("any.soc2",),
    "card_payments": ("any.pci_dss",),
    "subcontractors": ("any.subcontractors",),
}
"""What an agency may do, and what it is asked for then (catalogue, `applies_when`)."""

WIDE = frozenset({"any", "EU"})
"""Not places but where a type belongs: one such credential serves wherever it is asked for, whatever place it is held for."""

EU = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)

EXEMPT_BY_PROFESSION = frozenset({"nl.wki"})
"""Asked of everybody but bailiffs and lawyers, so that a recorded exemption lifts it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One credential that a place asks for. `jurisdiction` is that of the credential: for a city's account also the state's."""

    code: str
    jurisdiction: str
    least: Decimal | None = None  # amount of a bond, US dollars
    may_be_lifted: bool = False  # by a recorded exemption


@cache
def asked_in(jurisdiction: str) -> tuple[Asked, ...]:
    """Everything that binds in a place such as US-CA, US-NY-NYC or CN, the widest first. See `is_known` for what () means."""
    country_wide = [_paper(kind) for kind in _always() if covers(kind.jurisdiction, jurisdiction)]
    by_state = [asked for row in jurisdictions_asking(jurisdiction) for asked in _of_state(row)]
    return (*country_wide, *by_state)


@cache
def is_known(jurisdiction: str) -> bool:
    """False where nobody can tell what is asked: the country alone where its states differ, or a US place not in the table."""
    country = jurisdiction.partition("-")[0]
    if country == "US":
        return bool(jurisdictions_asking(jurisdiction))
    return jurisdiction != country or country not in _countries_with_own_states()


def covers(wide: str, jurisdiction: str) -> bool:
    """True when `wide` is the place itself or a place around it: CA-ON in CA-ON, US in US-NY-NYC, EU in DE."""
    if wide == "EU":
        return jurisdiction.partition("-")[0] in EU
    return wide in ("any", jurisdiction) or jurisdiction.startswith(f"{wide}-")


@cache
def asked_of_practices(practices: frozenset[str]) -> tuple[Asked, ...]:
    """What an agency is asked for because of what it does."""
    return tuple(Asked(code, "any") for name, codes in PRACTICES.items() if name in practices for code in codes)


@cache
def asked_of_collectors(jurisdiction: str) -> tuple[Asked, ...]:
    """What this place asks of each collector (`applies_when` is `every collector`) and what binds."""
    return tuple(
        Asked(kind.code, kind.jurisdiction)
        for kind in credential_types().values()
        if kind.of_collectors and kind.binds and covers(kind.jurisdiction, jurisdiction)
    )


def places() -> tuple[str, ...]:
    """Every place that has a row in the catalogue: the US states and cities, and the countries that always ask for something."""
    return (*licensing(), *sorted({kind.jurisdiction for kind in _always()} - {"US"}))


@cache
def _always() -> tuple[CredentialType, ...]:
    return tuple(
        kind
        for kind in credential_types().values()
        if kind.binds
        and kind.applies_when == "always"
        and kind.jurisdiction != "any"
        and kind.code not in SHOWN_OTHERWISE
    )


@cache
def _countries_with_own_states() -> frozenset[str]:
    return frozenset(kind.jurisdiction.partition("-")[0] for kind in _always() if "-" in kind.jurisdiction)


def _paper(kind: CredentialType) -> Asked:
    return Asked(kind.code, kind.jurisdiction, may_be_lifted=kind.code in EXEMPT_BY_PROFESSION)


def _of_state(row: LicenceAsked) -> list[Asked]:
    conditional = row.license_required == "COND"
    asked = []
    if row.license_required != "N":
        asked.append(Asked(LICENCE, row.jurisdiction, may_be_lifted=conditional))
    if row.bond_range is not None:
        asked.append(Asked(BOND, row.jurisdiction, row.bond_range[0], may_be_lifted=conditional))
    return asked
