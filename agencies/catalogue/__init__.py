"""What each place asks of a collection agency: the licensing table of US states and cities, and the credential types.

Both are data files of this folder. The table is read once and is never changed while the program runs.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class LicenceAsked:
    """One row of `us_licensing.csv`: what a state or city asks of an agency that collects from people living there."""

    jurisdiction: str  # 'US-CA', 'US-NY-NYC'
    place: str
    license_required: str  # Y, N, or COND: asked for unless an exemption is recorded
    license_name: str
    regulator: str
    nmls: str
    bond_usd: str  # '' not known, '0' none, '25000', or a range '10000-35000' that depends on volume
    renewal: str
    confidence: str
    source: str

    @property
    def bond_range(self) -> tuple[Decimal, Decimal] | None:
        """Least and greatest bond in US dollars; None where no bond is asked for or none is known."""
        if not self.bond_usd or self.bond_usd == "0":
            return None
        low, _, high = self.bond_usd.partition("-")
        return Decimal(low), Decimal(high or low)


@dataclass(frozen=True, slots=True)
class CredentialType:
    """One row of `credentials.csv`: a licence, certificate, number or check that an agency can be asked to show."""

    code: str
    jurisdiction: str  # a country or state code, or 'any'
    name: str
    name_zh: str
    issuer: str
    number_format: str  # regular expression, or ''
    check_digit: str  # name of the check-digit rule, or ''
    validity: str
    evidence: str
    machine_check: str
    applies_when: str
    blocks_placement: str  # yes or no
    status: str  # on, review or off

    @property
    def binds(self) -> bool:
        """True if the catalogue confirms it and says that nothing is placed without it."""
        return self.blocks_placement == "yes" and self.status == "on"

    @property
    def of_collectors(self) -> bool:
        """True if it belongs to one collector and not to the agency."""
        return self.applies_when.startswith("every collector")


@cache
def licensing() -> dict[str, LicenceAsked]:
    """The licensing table by jurisdiction ('US-CA', 'US-NY-NYC')."""
    asked = {}
    for row in _rows("us_licensing.csv"):
        jurisdiction = f"US-{row.pop('code')}"
        asked[jurisdiction] = LicenceAsked(jurisdiction=jurisdiction, place=row.pop("state"), **row)
    return asked


@cache
def credential_types() -> dict[str, CredentialType]:
    """The credential catalogue by code ('us.licence', 'cn.usci')."""
    return {row["code"]: CredentialType(**row) for row in _rows("credentials.csv")}


def jurisdictions_asking(jurisdiction: str) -> list[LicenceAsked]:
    """The rows that speak about this place, widest first: the state's and, for a city code, the city's.

    Empty when the table says nothing of the place, or the code names the country only.
    """
    return list(_asking(jurisdiction))


@cache
def _asking(jurisdiction: str) -> tuple[LicenceAsked, ...]:
    parts = jurisdiction.split("-")
    codes = ["-".join(parts[:length]) for length in range(2, len(parts) + 1)]
    return tuple(licensing()[code] for code in codes if code in licensing())


def _rows(name: str) -> list[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
