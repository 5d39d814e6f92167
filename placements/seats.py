"""What a plan is drawn from, as values: the accounts that ask for an agency, and the agencies' places in the plan.

Agencies are named by their codes, so that a plan means the same in any database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from placements.allocation import AgencyTerms
from placements.reasons import Why

Place = tuple[str, str]
"""Jurisdiction and product: what licences and contracts depend on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One account as it stood when the plan was drawn. `balance` is in minor units.

    `obstacles` are why nobody at all may get it; `follows` is the agency that works another account of the consumer; `barred`
    are the agencies that held this account before. `track` is its tier and `treatment` how it is treated, by the strategy; `side`
    the side of the running comparison its consumer is on already.
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
    track: str | None = None
    treatment: str = "standard"
    side: str | None = None

    @property
    def place(self) -> Place:
        """What licences and contracts depend on."""
        return self.jurisdiction, self.product


@dataclass(frozen=True)
class Seat:
    """One agency's place in a plan: its part of the split, the room it has left, and where it may not collect and why.

    A room is none where there is no limit; `room_amount` is in minor units of the plan's currency. `ramp` is the room of an
    agency on probation. `closed` are the tiers it takes no part in, with the code of the reason; `sisters` the other agencies of its
    owner; `concentration` the most of the plan it may get, `least` the part owed to it; `room_part` is what is left of the part of all open
    placements that its contract gives it.
    """

    code: str
    weight: float
    room_accounts: int | None
    room_amount: int | None
    ramp: int | None
    refusals: Mapping[Place, tuple[Why, ...]]
    closed: Mapping[str, str] = field(default_factory=dict)
    sisters: tuple[str, ...] = ()
    concentration: float | None = None
    least: float = 0.0
    room_part: int | None = None

    def terms(self) -> AgencyTerms:
        """The seat as allocation asks for it."""
        return AgencyTerms(
            self.code, self.room_accounts, self.room_amount, self.ramp, self.weight, self.least, self.concentration,
            self.room_part,
        )  # fmt: skip

    def stored(self) -> dict[str, Any]:
        """The seat as JSON among a plan's inputs; `of` reads it again."""
        refusals = [[*place, [why.stored() for why in whys]] for place, whys in sorted(self.refusals.items()) if whys]
        room = {"accounts": self.room_accounts, "amount": self.room_amount, "ramp": self.ramp}
        if (
            self.room_part is not None
        ):  # plans that were stored before it had a name of its own have it among the accounts
            room["part"] = self.room_part
        policy = {
            "closed": dict(self.closed),
            "sisters": list(self.sisters),
            "concentration": self.concentration,
            "least": self.least,
        }
        bound = {name: value for name, value in policy.items() if value}
        return {"code": self.code, "weight": self.weight, "room": room, "refusals": refusals, **bound}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Seat:
        """A seat out of a plan's stored inputs."""
        room = stored["room"]
        refusals = {(place, product): tuple(map(Why.of, whys)) for place, product, whys in stored["refusals"]}
        return cls(
            stored["code"], stored["weight"], room["accounts"], room["amount"], room["ramp"], refusals, stored.get("closed", {}),
            tuple(stored.get("sisters", ())), stored.get("concentration"), stored.get("least", 0.0), room.get("part"),
        )  # fmt: skip


def hold_obstacle(kind: str) -> str:
    """The obstacle of a hold that is on."""
    return f"hold:{kind}"


def placed_obstacle(code: str) -> str:
    """The obstacle of a placement that is open with this agency."""
    return f"placed:{code}"


def grace_obstacle(until: date) -> str:
    """The obstacle of a rest between two placements: the first day on which it is over."""
    return f"grace:{until.isoformat()}"


def rest_obstacle(tier: str) -> str:
    """The obstacle of a tier whose accounts stay with the bank."""
    return f"rest:{tier}"


PAID = "paid"


def obstacle_reason(text: str) -> Why:
    """An obstacle as the reason people read."""
    kind, _, what = text.partition(":")
    if kind == "hold":
        return Why.because("on_hold", kind=what)
    if kind == "grace":
        return Why.because("in_grace", until=what)
    if kind == "rest":
        return Why.because("rests", tier=what)
    return Why.because("already_placed", holder=what) if kind == "placed" else Why.because("nothing_owed")
