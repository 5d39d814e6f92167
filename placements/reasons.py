"""Why an account is not placed, as values that a plan stores and sentences that people read.

A reason is about one agency, or (without one) about the account whoever might get it. What an agency lacks is worded by
agencies/credentials, the rest here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from agencies import credentials
from agencies.credentials import Reason
from placements.words import HOLDS, SIDES, TIERS
from portal.errors import N_

MESSAGES: Final[Mapping[str, str]] = {
    "on_hold": N_("It is on hold: %(kind)s."),
    "already_placed": N_("It is placed with %(holder)s already."),
    "nothing_owed": N_("Nothing is owed on it."),
    "other_currency": N_("This plan is in %(currency)s; accounts in other currencies need a plan of their own."),
    "no_agency": N_("No agency takes part in this plan."),
    "prior_agency": N_("%(holder)s works another account of this consumer, so all of them go there."),
    "held_before": N_("It held this account before."),
    "sister_held": N_("%(holder)s, of the same owner, held this account before."),
    "in_grace": N_("It rests between two placements until %(until)s."),
    "rests": N_("It stays with the bank in this tier: %(tier)s."),
    "held_back": N_("Chance put it into the group that nobody works, to compare with."),
    "other_side": N_("Chance put it on the other side of the comparison: %(side)s."),
    "other_tier": N_("The strategy gives it no part in this tier: %(tier)s."),
    "capability": N_("Only law firms take accounts that go to court, and nothing else: this one is in tier %(tier)s."),
    "same_consumer": N_("It may not have another account of this consumer, and all of them go to one agency."),
    "capacity": N_("It is full: its contract's limit on accounts is reached."),
    "capacity_amount": N_("It is full: its contract's limit on balance is reached."),
    "ramp": N_("It holds as many accounts as its probation or the conditions of its approval allow."),
    "concentration": N_("It has its largest part of the plan already."),
    "panel_part": N_("It holds the largest part of all open placements that its contract allows."),
    "no_part": N_("It has no part in this plan and only gets further accounts of consumers it works already."),
    "contract_ended": N_("The contract this plan was drawn with is no longer in force."),
}
"""Reasons of this floor as msgids; "it" is the agency named, or the account where none is."""


@dataclass(frozen=True, slots=True)
class Why:
    """One reason. `agency` is the code of the agency that may not have the account; none: nobody may."""

    reason: Reason
    agency: str | None = None

    @classmethod
    def because(cls, code: str, agency: str | None = None, **params: object) -> Why:
        """A reason from its code and named parameters."""
        return cls(Reason.of(code, **params), agency)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Why:
        """A reason out of a plan's stored lists."""
        params = {name: value for name, value in stored.items() if name != "agency"}
        return cls(Reason.of(**params), stored.get("agency"))

    def stored(self) -> dict[str, Any]:
        """The reason as JSON; `of` reads it again."""
        return {**({"agency": self.agency} if self.agency else {}), **self.reason.as_dict()}

    @property
    def code(self) -> str:
        """What kind of reason it is."""
        return self.reason.code


def sentence(why: Why, say: Callable[[str], str] = str, language: str = "en") -> str:
    """A reason in words. `say` translates a msgid."""
    if why.code not in MESSAGES:
        return credentials.sentence(why.reason, say, language)
    params = {name: _worded(name, value, say) for name, value in why.reason.params}
    return say(MESSAGES[why.code]) % params


def _worded(name: str, value: str, say: Callable[[str], str]) -> str:
    words = {"kind": HOLDS, "tier": TIERS, "side": SIDES}.get(name)
    return say(words.get(value, value)) if words else value
