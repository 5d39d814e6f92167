"""Which registers there are: what each is called, by which credential an agency's number in it is known, and how often it may be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agencies.registries import companies_house, fca, gleif, illinois, nyc
from agencies.registries.statements import Statement
from agencies.registries.transport import Caller, Pace
from portal.config import Endpoint
from portal.errors import N_, Conflict

LIST_BYTES = 96 << 20


@dataclass(frozen=True, slots=True)
class Register:
    """A register that speaks of one agency under one number.

    `issues`: its keeper is who grants the credential, so that its word ends the credential at once (docs/decisions/0011).
    """

    name: str
    label: str
    ask: Callable[[Caller, str], Statement]
    credential: str
    jurisdiction: str | None  # none: the credential is held wherever the agency is
    issues: bool


REGISTERS: Mapping[str, Register] = {
    register.name: register
    for register in (
        Register("fca", N_("FCA register"), fca.ask, "gb.fca", "GB", issues=True),
        Register(
            "companies_house", N_("Companies House"), companies_house.ask, "gb.companies_house", "GB", issues=True
        ),
        Register("gleif", N_("GLEIF (LEI)"), gleif.ask, "any.lei", None, issues=False),
        Register("nyc", N_("New York City licences"), nyc.ask, "us.licence", "US-NY-NYC", issues=True),
        Register("illinois", N_("Illinois licences"), illinois.ask, "us.licence", "US-IL", issues=True),
    )
}
LISTS: Mapping[str, str] = {
    "ofac": N_("OFAC list (SDN)"),
    "uk_sanctions": N_("UK sanctions list"),
    "opensanctions": N_("OpenSanctions"),
}
CFPB = "cfpb"
LABELS: Mapping[str, str] = {
    **{one.name: one.label for one in REGISTERS.values()},
    **LISTS,
    CFPB: N_("CFPB complaints"),
}

# The published limits with some room: FCA 50 in 10 seconds, Companies House 600 in 5 minutes, GLEIF 60 a minute, CFPB 20 a minute.
_PACES = {"fca": 0.25, "companies_house": 0.6, "gleif": 1.1, "cfpb": 3.2}
_pace = {name: Pace(_PACES.get(name, 0.5)) for name in LABELS}
_endpoints: Mapping[str, Endpoint] = {}


def use(endpoints: Mapping[str, Endpoint]) -> None:
    """Set where the process asks (once, by create_app). A register on this machine is asked without pauses."""
    global _endpoints
    _endpoints = dict(endpoints)
    for name, endpoint in endpoints.items():
        _pace[name] = Pace(0.0 if endpoint.loopback else _PACES.get(name, 0.5))


def is_on(name: str) -> bool:
    """True if this register has an address in the settings."""
    return name in _endpoints


def caller(name: str) -> Caller:
    """A conversation with a register. Raises Conflict for one that is off."""
    if name not in _endpoints:
        raise Conflict(N_("This register is switched off in the settings."))
    largest = LIST_BYTES if name in LISTS else 8 << 20
    return Caller(_endpoints[name], pace=_pace[name], largest=largest, whole_s=100.0)
