"""What a plan is drawn from, as values: the accounts that ask for an agency, and the agencies' places in the plan.

Agencies are named by their codes, so that a plan means the same in any database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from placements.allocation import AgencyTerms
from placements.reasons import Why

Place = tuple[str, str]
"""Jurisdiction and product: what licences and contracts depend on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account as it stood when the plan was drawn. `balance` is in minor units.

    `obstacles` are why nobody at all may get it; `follows` is the agency that works another account of the consumer; `barred`
    are the agencies that held this account before.
    """

    account_id: int
    account_ref: str
    consumer_ref: str
    product: str
    jurisdiction: str
    currency: str
    balance: int
    days_late: int | None
    score: int | None
    obstacles: tuple[str, ...] = ()
    follows: str | None = None
    barred: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """What licences and contracts depend on."""
        return self.jurisdiction, self.product


@dataclass(frozen=True)
class Seat:
    """One agency's place in a plan: its part of the split, the room it has left, and where it may not collect and why.

    A room is none where there is no limit; `room_amount` is in minor units of the plan's currency. `ramp` is the room of an
    agency on probation.
    """

    code: str
    weight: float
    room_accounts: int | None
    room_amount: int | None
    ramp: int | None
    refusals: Mapping[Place, tuple[Why, ...]]

    def terms(self) -> AgencyTerms:
        """The seat as allocation asks for it."""
        return AgencyTerms(self.code, self.room_accounts, self.room_amount, self.ramp, self.weight)

    def stored(self) -> dict[str, Any]:
        """The seat as JSON among a plan's inputs; `of` reads it again."""
        refusals = [[*place, [why.stored() for why in whys]] for place, whys in sorted(self.refusals.items()) if whys]
        room = {"accounts": self.room_accounts, "amount": self.room_amount, "ramp": self.ramp}
        return {"code": self.code, "weight": self.weight, "room": room, "refusals": refusals}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Seat:
        """A seat out of a plan's stored inputs."""
        room = stored["room"]
        refusals = {(place, product): tuple(map(Why.of, whys)) for place, product, whys in stored["refusals"]}
        return cls(stored["code"], stored["weight"], room["accounts"], room["amount"], room["ramp"], refusals)


def hold_obstacle(kind: str) -> str:
    """The obstacle of a hold that is on."""
    return f"hold:{kind}"


def placed_obstacle(code: str) -> str:
    """The obstacle of a placement that is open with this agency."""
    return f"placed:{code}"


PAID = "paid"


def obstacle_reason(text: str) -> Why:
    """An obstacle as the reason people read."""
    kind, _, what = text.partition(":")
    if kind == "hold":
        return Why.because("on_hold", kind=what)
    return Why.because("already_placed", holder=what) if kind == "placed" else Why.because("nothing_owed")
