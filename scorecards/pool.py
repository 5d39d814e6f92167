"""What the cards of one period are made from: sums by agency, no row of a person. Frozen, so that a score can be made again.

Money is in whole minor units; ages are whole days before the end of the period; agencies go by their codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class CohortLine:
    """Consumers of one agency in one cell with the same number of whole months of exposure, summed.

    A payer's net payments are above zero and no token. Squares and products are of money and balance over payers.
    """

    agency: str
    cell: str
    months: int
    is_mature: bool  # of the age from which an account is scored
    placements: int
    consumers: int
    dealt: int  # consumers all of whose placements a plan dealt, none placed by hand
    payments: int
    balance: int
    paid: int
    payers: int
    payers_paid: int
    payers_paid_squared: float
    payers_balance: int
    payers_paid_balance: float
    payers_balance_squared: float


@dataclass(frozen=True, slots=True)
class ComplaintLine:
    """One complaint: its id, how it ended (or open), whether a regulator sent it, and how much of its time was used.

    `time` is the days it took (or has been open) over the days allowed; None where no day is set.
    """

    id: int
    outcome: str
    is_regulator: bool
    time: float | None
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Lapse:
    """Days of the period on which accounts were held in a place while the credential for it was not live."""

    credential_id: int
    code: str
    jurisdiction: str
    days: int


@dataclass(frozen=True)
class ConductSums:
    """How one agency behaved and reported, counted."""

    contacts: list[list[int]] = field(default_factory=list)  # [age, contacts]
    accounts: list[list[int]] = field(default_factory=list)  # [age, accounts held]
    breaches: list[list[Any]] = field(default_factory=list)  # [age, severity, breaches]
    breaches_in_period: int = 0
    contacts_in_period: int = 0
    licence_breaches: int = 0
    stop_breaches: int = 0
    complaints: list[ComplaintLine] = field(default_factory=list)
    lapses: list[Lapse] = field(default_factory=list)
    credential_days: int = 0
    rows: int = 0  # activity of the period
    late: int = 0
    rows_read: int = 0  # of all reports of the period
    rows_rejected: int = 0
    rows_announced: int = 0  # by control totals
    rows_arrived: int = 0  # of those announced
    files_due: int = 0  # expected in the period, and decided
    files_on_time: int = 0


@dataclass(frozen=True)
class Pool:
    """All agencies of one period and currency."""

    period: str
    currency: str
    paid_by_month: list[int]  # since placement, over the whole cohort
    cohort: list[CohortLine]
    conduct: dict[str, ConductSums]

    @property
    def agencies(self) -> list[str]:
        """Everybody who has something to be judged by, in the order of their codes."""
        return sorted({line.agency for line in self.cohort} | set(self.conduct))

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values; the cohort as rows, because its names would be most of the text."""
        whole = asdict(self)
        whole["cohort"] = [list(line.values()) for line in whole["cohort"]]
        return whole

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Pool:
        """The pool as it was frozen."""
        return cls(
            **{
                **stored,
                "cohort": [CohortLine(*line) for line in stored["cohort"]],
                "conduct": {code: _conduct(sums) for code, sums in stored["conduct"].items()},
            }
        )


COHORT_SUMS = tuple(one.name for one in fields(CohortLine))[4:]
"""The summed columns of a cohort line, in order."""


def _conduct(stored: Mapping[str, Any]) -> ConductSums:
    return ConductSums(
        **{
            **stored,
            "complaints": [ComplaintLine(**line) for line in stored["complaints"]],
            "lapses": [Lapse(**lapse) for lapse in stored["lapses"]],
        }
    )
