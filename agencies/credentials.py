"""Rule: may this agency collect this account on this day, and if not, every reason why not.

Values in, values out. The dates of a credential decide, not a job that moved its state: one that ran out yesterday counts for
nothing today and still counts for last month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

from agencies.asked import (
    WIDE,
    Asked,
    asked_in,
    asked_of_collectors,
    asked_of_practices,
    covers,
    is_known,
)
from agencies.catalogue import credential_types
from agencies.clearance import Staff, staffed
from agencies.models import MAY_RECEIVE, PROVEN, AgencyKind, AgencyStatus, CredentialState
from agencies.ramp import Ramp
from portal.errors import N_


class Lasting(Protocol):
    """Anything that holds from a day to a day, both included; without a last day it goes on."""

    @property
    def valid_from(self) -> date | None: ...

    @property
    def valid_until(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Held:
    """A credential as far as this rule asks."""

    state: CredentialState
    valid_from: date | None
    valid_until: date | None = None
    ended_on: date | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Lifted:
    """An exemption: from when to when it lifts what is asked."""

    valid_from: date
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """A credential that a contract demands, with the least amount it must cover (None: any)."""

    code: str
    least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An approved contract: its days, what it covers (empty: everything), its limits and periods."""

    id: int
    number: str
    valid_from: date
    valid_until: date | None = None
    products: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    capacity_accounts: int | None = None
    capacity_amount: Decimal | None = None
    term_days: int = 180
    acknowledge_days: int = 2
    concentration: Decimal | None = None  # most of all open placements that the agency may hold
    min_share: Decimal | None = None  # least part of a plan it takes part in
    demands: tuple[Demand, ...] = ()

    def covers(self, country: str, product: str | None) -> bool:
        """True if accounts of this country and product (None: any) may be placed under it."""
        return (not self.countries or country in self.countries) and (
            product is None or not self.products or product in self.products
        )


@dataclass(frozen=True, slots=True)
class Outstanding:
    """An open condition of an agency's approval: until which day it has to be met, and how many accounts it may hold till then."""

    text: str
    due_on: date
    cap_accounts: int | None = None


Papers = Mapping[tuple[str, str], tuple[Held, ...]]
"""What an agency holds, by (credential code, jurisdiction)."""


@dataclass(frozen=True)
class AgencyFacts:
    """All that placing asks of an agency, loaded by `agencies.queries.facts` for many agencies at once."""

    id: int
    code: str
    name: str
    country: str
    status: AgencyStatus
    kind: AgencyKind = AgencyKind.CALL_CENTRE
    ramp: Ramp | None = None  # while on probation
    may_receive: bool = True  # its standing, by higher floors
    standing_reason: str = ""
    contracts: tuple[Agreement, ...] = ()
    held: Papers = field(default_factory=dict)
    lifted: Mapping[tuple[str, str], tuple[Lifted, ...]] = field(default_factory=dict)
    practices: frozenset[str] = frozenset()  # of agencies.asked.PRACTICES
    staff: tuple[Staff, ...] = ()  # its collectors as the roster says; none: nobody reported any
    conditions: tuple[Outstanding, ...] = ()

    def most_accounts(self, day: date) -> int | None:
        """The most accounts it may hold on a day, whatever its contract says: its ramp, and the caps of open conditions."""
        caps = [one.cap_accounts for one in self.conditions if one.cap_accounts is not None]
        return min([*caps, *([self.ramp.on(day)] if self.ramp else [])], default=None)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a code of `MESSAGES`, and what it is about."""

    code: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, code: str, **params: object) -> Reason:
        """A reason from named parameters."""
        return cls(code, tuple((name, str(value)) for name, value in params.items()))

    def as_dict(self) -> dict[str, str]:
        """The reason as JSON keeps it; `Reason.of(**that)` is the reason again."""
        return {"code": self.code, **dict(self.params)}


MESSAGES: dict[str, str] = {
    "status_applicant": N_("It is an applicant and has not been reviewed."),
    "status_in_review": N_("Its review has not ended."),
    "status_declined": N_("It was declined."),
    "status_suspended": N_("It is suspended."),
    "status_exiting": N_("It is leaving the panel."),
    "status_exited": N_("It has left the panel."),
    "standing": N_("Its standing allows no new accounts: %(why)s"),
    "condition_late": N_("A condition of its approval was to be met by %(day)s: %(why)s"),
    "no_contract": N_("No approved contract is in force."),
    "contract_scope": N_("Its contract does not cover %(product)s in %(country)s."),
    "region_unknown": N_("It is not known what %(place)s asks of an agency: the state is missing or not in the table."),
    "credential_missing": N_("%(credential)s is missing for %(place)s."),
    "credential_unverified": N_("%(credential)s for %(place)s has been sent in and is not verified."),
    "credential_early": N_("%(credential)s for %(place)s holds from %(day)s only."),
    "credential_expired": N_("%(credential)s for %(place)s ran out on %(day)s."),
    "credential_ended": N_("%(credential)s for %(place)s ended on %(day)s."),
    "amount_too_small": N_("%(credential)s for %(place)s is below %(least)s US dollars."),
    "cover_too_small": N_("%(credential)s covers less than the %(least)s that contract %(contract)s demands."),
    "nobody_cleared": N_("No collector of it is cleared to work."),
    "nobody_holds": N_("None of its cleared collectors holds %(credential)s for %(place)s."),
}
"""Every reason as a msgid. `sentence` fills it in."""

EVERYWHERE = N_("every place")


def may_collect(agency: AgencyFacts, jurisdiction: str, product: str | None, day: date) -> list[Reason]:
    """Every reason why accounts of this place and product may not go to this agency on this day; empty: they may.

    `jurisdiction` is the account's, such as US-CA, US-NY-NYC or CN; `product` None leaves the contract's products aside.
    """
    return [
        *not_ready(agency, day),
        *outside_contract(agency, jurisdiction.partition("-")[0], product, day),
        *lacking(agency, jurisdiction, product, day),
    ]


def lacking(agency: AgencyFacts, jurisdiction: str, product: str | None, day: date) -> list[Reason]:
    """What an agency lacks to work such accounts on this day, whoever placed them and when: papers, and people who hold theirs."""
    return [
        *demanded(agency, jurisdiction, product, day),
        *not_licensed(agency, jurisdiction, day),
        *not_staffed(agency, jurisdiction, day),
    ]


def not_ready(agency: AgencyFacts, day: date) -> list[Reason]:
    """Why it may receive nothing at all on a day: its status, its standing, a condition that is past its date."""
    reasons = [] if agency.status in MAY_RECEIVE else [Reason(f"status_{agency.status.value}")]
    if not agency.may_receive:
        reasons.append(Reason.of("standing", why=agency.standing_reason))
    late = [one for one in agency.conditions if one.due_on < day]
    return [*reasons, *(Reason.of("condition_late", day=one.due_on, why=one.text) for one in late)]


def contract_for(agency: AgencyFacts, country: str, product: str | None, day: date) -> Agreement | None:
    """The contract under which such an account would be placed; None if there is none. Contracts in force never overlap."""
    return next((one for one in agency.contracts if holds(one, day) and one.covers(country, product)), None)


def outside_contract(agency: AgencyFacts, country: str, product: str | None, day: date) -> list[Reason]:
    """Why no contract covers such an account on this day."""
    if contract_for(agency, country, product, day) is not None:
        return []
    if any(holds(one, day) for one in agency.contracts):
        return [Reason.of("contract_scope", product=product or "any", country=country)]
    return [Reason("no_contract")]


def not_licensed(agency: AgencyFacts, jurisdiction: str, day: date) -> list[Reason]:
    """What the place asks for and the agency cannot show on this day."""
    missing = [] if is_known(jurisdiction) else [Reason.of("region_unknown", place=jurisdiction)]
    for asked in (*asked_in(jurisdiction), *asked_of_practices(agency.practices)):
        held = _held(agency, asked)
        if any(_serves(one, asked, day) for one in held):
            continue
        lifted = agency.lifted.get((asked.code, asked.jurisdiction), ())
        if asked.may_be_lifted and any(holds(one, day) for one in lifted):
            continue
        missing.append(_shortfall(asked, held, day))
    return missing


def demanded(agency: AgencyFacts, jurisdiction: str, product: str | None, day: date) -> list[Reason]:
    """What the contract for such an account demands and the agency cannot show on this day."""
    contract = contract_for(agency, jurisdiction.partition("-")[0], product, day)
    missing = []
    for demand in contract.demands if contract else ():
        home = credential_types()[demand.code].jurisdiction
        if not covers(home, jurisdiction):
            continue
        asked = Asked(demand.code, home, demand.least)
        held = _held(agency, asked)
        if not any(_serves(one, asked, day) for one in held):
            missing.append(_shortfall(asked, held, day, contract.number if contract else ""))
    return missing


def not_staffed(agency: AgencyFacts, jurisdiction: str, day: date) -> list[Reason]:
    """Why nobody of the agency may work there: nobody is cleared, or nobody who is holds what the place asks of collectors.

    A roster that was never reported, or that speaks of later days only, is unknown and not empty: then only a place that asks something
    of collectors is closed.
    """
    asked = [(one.code, one.jurisdiction) for one in asked_of_collectors(jurisdiction)]
    spoken_of = any(one.training_on is None or one.training_on <= day for one in agency.staff)
    if spoken_of and not staffed(agency.staff, (), day):
        return [Reason("nobody_cleared")]
    if staffed(agency.staff, asked, day):
        return []
    alone = [key for key in asked if not staffed(agency.staff, [key], day)]
    return [Reason.of("nobody_holds", credential=code, place=place) for code, place in alone or asked]


def holds(lasting: Lasting, day: date) -> bool:
    """True if the day lies between the first and the last day, both included. Without a first day nothing holds."""
    begun = lasting.valid_from is not None and lasting.valid_from <= day
    return begun and (lasting.valid_until is None or day <= lasting.valid_until)


def is_live(held: Held, day: date) -> bool:
    """True if a person verified it, and the day lies inside its dates and before its end."""
    return held.state in PROVEN and holds(held, day) and (held.ended_on is None or day < held.ended_on)


def _held(agency: AgencyFacts, asked: Asked) -> tuple[Held, ...]:
    """What the agency has of what is asked; a type that belongs nowhere in particular is held for any place."""
    if asked.jurisdiction not in WIDE:
        return agency.held.get((asked.code, asked.jurisdiction), ())
    return tuple(one for (code, _), several in agency.held.items() if code == asked.code for one in several)


def _serves(held: Held, asked: Asked, day: date) -> bool:
    return is_live(held, day) and _is_enough(held, asked)


def _is_enough(held: Held, asked: Asked) -> bool:
    return asked.least is None or (held.amount is not None and held.amount >= asked.least)


def _shortfall(asked: Asked, held: Sequence[Held], day: date, contract: str = "") -> Reason:
    """The one reason that tells what to do next: of several papers, the one that comes nearest."""
    about = {"credential": asked.code, "place": asked.jurisdiction}
    if any(is_live(one, day) for one in held):
        if contract:
            return Reason.of("cover_too_small", credential=asked.code, least=asked.least, contract=contract)
        return Reason.of("amount_too_small", **about, least=asked.least)
    if any(one.state is CredentialState.SUBMITTED for one in held):
        return Reason.of("credential_unverified", **about)
    proven = [one for one in held if one.state in PROVEN and one.valid_from is not None]
    if coming := [one.valid_from for one in proven if one.valid_from and one.valid_from > day]:
        return Reason.of("credential_early", **about, day=min(coming))
    if ended := [one.ended_on for one in proven if one.ended_on and holds(one, day)]:
        return Reason.of("credential_ended", **about, day=max(ended))
    if past := [one.valid_until for one in proven if one.valid_until]:
        return Reason.of("credential_expired", **about, day=max(past))
    return Reason.of("credential_missing", **about)


def credential_name(code: str, language: str = "en") -> str:
    """What a credential is called in a language; its code where the catalogue does not know it."""
    kind = credential_types().get(code)
    return code if kind is None else kind.name_zh if language.startswith("zh") else kind.name


def sentence(reason: Reason, say: Callable[[str], str] = str, language: str = "en") -> str:
    """A reason in words. `say` translates a msgid; credentials have their names in the catalogue."""
    params = {name: _worded(name, value, say, language) for name, value in reason.params}
    return say(MESSAGES[reason.code]) % params


def merged(reasons: Iterable[Reason]) -> list[Reason]:
    """The same thing missing in many places, as one reason that names them all, in the order of their first place."""
    places: dict[Reason, dict[str, None]] = {}
    for one in reasons:
        elsewhere = Reason(one.code, tuple(param for param in one.params if param[0] != "place"))
        named = {value: None for name, value in one.params if name == "place"}
        places.setdefault(elsewhere, {}).update(named)
    return [
        Reason.of(one.code, **dict(one.params), place=", ".join(named)) if named else one
        for one, named in places.items()
    ]


def state_on(
    state: CredentialState, valid_until: date | None, day: date, ended_on: date | None = None
) -> CredentialState:
    """The state that people read: a verified credential whose last day is over has expired, whether or not a job marked it.

    One that its register stopped (`ended_on`) is read as withdrawn, though a person has still to say so.
    """
    if state is not CredentialState.VERIFIED:
        return state
    if ended_on is not None and ended_on <= day:
        return CredentialState.WITHDRAWN
    return CredentialState.EXPIRED if valid_until is not None and valid_until < day else state


def _worded(name: str, value: str, say: Callable[[str], str], language: str) -> str:
    if name == "credential":
        return credential_name(value, language)
    if name == "place":
        return ", ".join(say(EVERYWHERE) if place == "any" else place for place in value.split(", "))
    if name == "product":
        return say(value.replace("_", " "))
    return say(value) if value else ""  # the empty msgid is the catalogue's own header


def sentences(reasons: Iterable[Reason], say: Callable[[str], str] = str, language: str = "en") -> list[str]:
    """Reasons in words, each once, in their order."""
    return list(dict.fromkeys(sentence(reason, say, language) for reason in reasons))
