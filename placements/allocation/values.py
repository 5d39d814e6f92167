"""What allocation works on: groups of accounts, the agencies' terms, strata of like groups, limits, reasons.

A group is all accounts of one consumer that are placed together; it goes whole to one agency. A million groups must fit,
so they are arrays. Sizes have two columns throughout: accounts, and balance in whole minor units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NOBODY = -1
AMOUNT_BUFFER = 0.99
AMOUNT_CONCENTRATION = 1.15


class Reason(IntFlag):
    """Why a group is not placed. Several agencies may refuse it for several reasons."""

    NO_AGENCY = 1
    PRIOR_AGENCY = 2
    CAPACITY = 4
    CAPACITY_AMOUNT = 8
    RAMP = 16
    CONCENTRATION = 32
    PANEL_PART = 64

    @property
    def code(self) -> str:
        """The word for it in plans and answers."""
        return (self.name or "").lower()


@dataclass(frozen=True, slots=True)
class Group:
    """One group, for callers that have few: `agencies` are the places (from 0) of those that may take it.

    `prior_agency` is the one that already works an account of the consumer and must get this one too.
    """

    key: str
    cell: str
    accounts: int
    balance: int
    agencies: frozenset[int]
    prior_agency: int | None = None


@dataclass(frozen=True)
class Groups:
    """Groups as arrays of one length. Row `signatures[i]` of `allowed` says which agencies may take group i.

    `cells[i]` is the place of its cell in `cell_names`, which are sorted; `balances` are minor units; `follows` is the
    prior agency or -1. Keys are unique.
    """

    keys: Sequence[str]
    cell_names: Sequence[str]
    cells: Integers
    accounts: Integers
    balances: Integers
    signatures: Integers
    allowed: Bools
    follows: Integers

    def __post_init__(self) -> None:
        if len(set(self.keys)) != len(self.keys):
            raise ValueError("two groups have the same key")
        if list(self.cell_names) != sorted(set(self.cell_names)):
            raise ValueError("cell names must be sorted and differ")
        if (self.accounts < 1).any() or (self.balances < 0).any():
            raise ValueError("a group has at least one account and no negative balance")

    @classmethod
    def of(cls, groups: Iterable[Group], agencies: int) -> Groups:
        """The arrays of these groups, for a panel of so many agencies."""
        rows = list(groups)
        cells = {name: i for i, name in enumerate(sorted({row.cell for row in rows}))}
        signatures = {agency_set: i for i, agency_set in enumerate(dict.fromkeys(row.agencies for row in rows))}
        allowed = np.zeros((len(signatures), agencies), dtype=bool)
        for agency_set, i in signatures.items():
            allowed[i, list(agency_set)] = True
        return cls(
            keys=[row.key for row in rows],
            cell_names=list(cells),
            cells=np.array([cells[row.cell] for row in rows], dtype=np.int64),
            accounts=np.array([row.accounts for row in rows], dtype=np.int64),
            balances=np.array([row.balance for row in rows], dtype=np.int64),
            signatures=np.array([signatures[row.agencies] for row in rows], dtype=np.int64),
            allowed=allowed,
            follows=np.array(
                [NOBODY if row.prior_agency is None else row.prior_agency for row in rows], dtype=np.int64
            ),
        )

    @property
    def sizes(self) -> Integers:
        """Accounts and balance of each group."""
        return np.column_stack([self.accounts, self.balances])


@dataclass(frozen=True)
class AgencyTerms:
    """What one agency may receive in this plan. None is no limit; `capacity`, `ramp` and `panel_part` count accounts.

    `capacity_amount` is in minor units. `weight` is its part in an equal or fixed split (0: nothing new).
    `min_share` of the groups is owed to it by contract. `concentration` is the most of the plan it may get,
    `panel_part` what is left of its part of all open placements of the panel.
    """

    code: str
    capacity: int | None = None
    capacity_amount: int | None = None
    ramp: int | None = None
    weight: float = 1.0
    min_share: float = 0.0
    concentration: float | None = None
    panel_part: int | None = None


@dataclass(frozen=True)
class Limits:
    """Most accounts and balance of each agency (agency by 2, endless where unlimited), and the reason of each."""

    most: Floats
    reasons: tuple[tuple[Reason, Reason], ...]


@dataclass(frozen=True)
class Strata:
    """Like groups: same cell, same agencies allowed, both following a prior agency or both free.

    In canonical order, whatever the order of the groups. `means` are accounts and balance of a group (stratum by 2),
    `member` is the stratum of each group.
    """

    cells: Integers
    allowed: Bools
    is_following: Bools
    groups: Integers
    means: Floats
    member: Integers


def strata_of(groups: Groups, agencies: Sequence[AgencyTerms]) -> Strata:
    """The strata of these groups: those that follow a prior agency first, then by cell, then by who may take them.

    A following group may go to its prior agency only, if it may go there at all; an agency of weight 0 gets following
    groups only.
    """
    weighted = np.array([terms.weight > 0 for terms in agencies], dtype=bool)
    free_sets, free_set = np.unique(groups.allowed & weighted, axis=0, return_inverse=True)
    sets = np.vstack([free_sets, np.eye(len(agencies), dtype=bool), np.zeros((1, len(agencies)), dtype=bool)])
    is_following = groups.follows != NOBODY
    # A group that follows nobody has -1 there, which is read from the last column: nobody's.
    may_follow = np.pad(groups.allowed, ((0, 0), (0, 1)))[groups.signatures, groups.follows]
    followed = len(free_sets) + np.where(may_follow, groups.follows, len(agencies))
    chosen = np.where(is_following, followed, free_set.reshape(-1)[groups.signatures])
    label = (~is_following * len(groups.cell_names) + groups.cells) * len(sets) + chosen
    _, first, member, count = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    sums = np.column_stack([np.bincount(member, weights=size, minlength=len(count)) for size in groups.sizes.T])
    return Strata(
        cells=groups.cells[first],
        allowed=sets[chosen[first]],
        is_following=is_following[first],
        groups=count.astype(np.int64),
        means=sums / count[:, None],
        member=member.astype(np.int64),
    )


def limits_of(groups: Groups, strata: Strata, agencies: Sequence[AgencyTerms]) -> Limits:
    """The tightest limit of each agency on accounts and on balance.

    A concentration under an equal share, or under the largest group, could be kept by nobody: it is raised to that. On
    balance it is 15 % wider than on accounts, since balances are lumpy.
    """
    placeable = strata.allowed[strata.member].any(axis=1)
    sizes = groups.sizes[placeable]
    totals, largest = sizes.sum(axis=0), sizes.max(axis=0, initial=0)
    equal = 1 / max(1, int(strata.allowed.any(axis=0).sum()))
    rows = [_limits(terms, totals, largest, equal) for terms in agencies]
    most = np.array([[limit for limit, _ in row] for row in rows], dtype=float).reshape(-1, 2)
    return Limits(most, tuple((row[0][1], row[1][1]) for row in rows))


def _limits(terms: AgencyTerms, totals: Integers, largest: Integers, equal: float) -> tuple[tuple[float, Reason], ...]:
    accounts = [
        (terms.capacity, Reason.CAPACITY),
        (terms.ramp, Reason.RAMP),
        (terms.panel_part, Reason.PANEL_PART),
    ]
    balance: list[tuple[float | None, Reason]] = [(terms.capacity_amount, Reason.CAPACITY_AMOUNT)]
    if terms.concentration is not None:
        part = max(terms.concentration, equal)
        accounts.append((max(math.ceil(part * totals[0]), int(largest[0])), Reason.CONCENTRATION))
        balance.append((max(part * AMOUNT_CONCENTRATION * totals[1], float(largest[1])), Reason.CONCENTRATION))
    return _tightest(accounts), _tightest(balance)


def _tightest(limits: Sequence[tuple[float | None, Reason]]) -> tuple[float, Reason]:
    known = [(max(0.0, float(limit)), reason) for limit, reason in limits if limit is not None]
    return min(known, default=(math.inf, limits[0][1]))
