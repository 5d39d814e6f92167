"""The values a judgement is made from: rows, complaints and payments, the accounts and agencies they belong to.

A `Dossier` holds everything known about one person or group of persons who answer for each other's debts: rows of all
agencies and of the bank itself. Its makers (the database layer, the reader of case files) fill it; nothing here asks a
database or a clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from conduct.facts import NOTHING, UNKNOWN, Text, Unknown, as_amount, as_day, as_records, is_given, items

# Who acted, when it was the bank in its own name and no agency.
CREDITOR: Final = "creditor"
CREDITOR_NAMES: Final = frozenset({CREDITOR, "lender", "bank"})

# Countries with one clock. The United States, Canada and Australia have several, so a zone must be reported there.
_SINGLE_ZONES: Final = {
    "CN": "Asia/Shanghai", "GB": "Europe/London", "IE": "Europe/Dublin", "DE": "Europe/Berlin", "IT": "Europe/Rome",
    "NL": "Europe/Amsterdam", "IN": "Asia/Kolkata", "HK": "Asia/Hong_Kong", "SG": "Asia/Singapore",
    "MY": "Asia/Kuala_Lumpur", "ZA": "Africa/Johannesburg", "AE": "Asia/Dubai", "PH": "Asia/Manila",
}  # fmt: skip


@lru_cache(maxsize=4096)
def zones(names: str) -> tuple[ZoneInfo, ...]:
    """The zones of a ';'-separated list of names; none at all when one of them is not in the time-zone database."""
    try:
        return tuple(ZoneInfo(name.strip()) for name in names.split(";") if name.strip())
    except (KeyError, ValueError, OSError):
        return ()


def _account_zones(jurisdiction: str, facts: Mapping[str, Any]) -> tuple[ZoneInfo, ...]:
    listed = facts.get("time_zones") or facts.get("time_zone") or _SINGLE_ZONES.get(jurisdiction[:2], "")
    return zones(listed if isinstance(listed, str) else ";".join(map(str, items(listed))))


def _days(listed: object) -> frozenset[int]:
    if not is_given(listed):
        return frozenset()
    days = (as_day(item.get("date") if isinstance(item, Mapping) else item) for item in items(listed))
    return frozenset(day for day in days if isinstance(day, int))


class Account:
    """One account and its facts (columns of contract 4.1 and the conduct facts beside them), absent ones unknown."""

    __slots__ = ("debt", "facts", "holidays", "jurisdiction", "ref", "state_holidays", "zones")

    def __init__(self, ref: str, jurisdiction: str, facts: Mapping[str, Any] = NOTHING) -> None:
        self.ref = ref
        self.jurisdiction = jurisdiction
        self.facts = facts
        self.debt = str(facts["debt_group"]) if is_given(facts.get("debt_group")) else ref
        self.zones = _account_zones(jurisdiction, facts)
        self.holidays = _days(facts.get("holidays"))
        self.state_holidays = _days(facts.get("state_holidays"))

    def fact(self, name: str) -> Any:
        """The fact, None when there is none, UNKNOWN when nobody reported it."""
        return self.facts.get(name, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential of an agency or of one of its collectors, its dates as day numbers."""

    code: str
    jurisdiction: Text
    collector_id: Text
    number: Text
    status: Text
    valid_from: int | Unknown | None
    valid_until: int | Unknown | None
    amount: Any
    cancelled_on: int | Unknown | None
    renewal_filed_on: int | Unknown | None


class Agency:
    """One agency and its facts; a collector or credential list that nobody reported is unknown, not empty."""

    def __init__(self, code: str, facts: Mapping[str, Any] = NOTHING) -> None:
        self.code = code
        self.facts = facts

    def fact(self, name: str) -> Any:
        """The fact, None when there is none, UNKNOWN when nobody reported it."""
        return self.facts.get(name, UNKNOWN)

    @cached_property
    def credentials(self) -> dict[str, list[Credential]] | None:
        """Credentials by code; None when the list was not reported."""
        reported = self.facts.get("credentials", UNKNOWN)
        if reported is UNKNOWN:
            return None
        by_code: dict[str, list[Credential]] = {}
        for item in as_records(reported):
            by_code.setdefault(str(item.get("code")), []).append(_credential(item))
        return by_code

    @cached_property
    def collectors(self) -> dict[str, Mapping[str, Any]] | None:
        """Collectors by id; None when the roster was not reported."""
        reported = self.facts.get("collectors", UNKNOWN)
        if reported is UNKNOWN:
            return None
        return {str(item.get("collector_id")): item for item in as_records(reported)}

    @cached_property
    def exemptions(self) -> frozenset[tuple[str, str]]:
        """Recorded exemptions as pairs of code and jurisdiction; '' where the record names no place.

        Understood are plain codes, mappings with `code` and `jurisdiction`, and one mapping from place to codes.
        """
        recorded = self.facts.get("exemptions") or ()
        if isinstance(recorded, Mapping):
            return frozenset((str(code), place) for place, codes in recorded.items() for code in items(codes))
        return frozenset(
            (str(item.get("code")), str(item.get("jurisdiction") or item.get("state") or ""))
            if isinstance(item, Mapping)
            else (str(item), "")
            for item in items(recorded)
        )


NO_AGENCY: Final = Agency("")
NO_ACCOUNT: Final = Account("", "")


@dataclass(slots=True, eq=False)
class Row:
    """One thing that happened: the columns of contract 4.2, absent ones unknown.

    `handle` is the caller's own key and comes back in findings. `sender` is the agency whose report the row stands in,
    or `CREDITOR`. `placement` holds account facts as they stood for this row (a recall, an earlier balance); they win
    over the account's. The fields below the line are filled by the timeline.
    """

    record_id: str
    account_ref: str
    occurred_at: datetime
    kind: str
    direction: Text = UNKNOWN
    outcome: Text = UNKNOWN
    party: Text = UNKNOWN
    person_ref: Text = UNKNOWN
    endpoint: Text = UNKNOWN
    endpoint_type: Text = UNKNOWN
    time_zones: Text = UNKNOWN
    collector_id: Text = UNKNOWN
    duration_s: Any = UNKNOWN
    recording_ref: Text = UNKNOWN
    template_ref: Text = UNKNOWN
    dialer: Text = UNKNOWN
    opt_out_notice: Any = UNKNOWN
    disclosed_debt: Any = UNKNOWN
    identified_caller: Any = UNKNOWN
    consent_ref: Text = UNKNOWN
    purpose: Text = UNKNOWN
    accounts_discussed: Any = UNKNOWN
    amount: Any = UNKNOWN
    currency: Text = UNKNOWN
    due_on: Any = UNKNOWN
    instalments: Any = UNKNOWN
    reference: Text = UNKNOWN
    filed_on: Any = UNKNOWN
    served_on: Any = UNKNOWN
    court: Text = UNKNOWN
    note: Text = UNKNOWN
    corrects: Text = UNKNOWN
    details: Mapping[str, Any] = NOTHING
    sender: str = ""
    placement: Mapping[str, Any] = NOTHING
    handle: Hashable = None
    # ------------------------------------------------------------------
    account: Account = field(default=NO_ACCOUNT, init=False)
    agency: Agency = field(default=NO_AGENCY, init=False)
    acting: str = field(default="", init=False)  # details.agency, else the sender
    way: str = field(default="", init=False)  # out, in, or '' where the direction is needed and unknown
    person: str = field(default="", init=False)
    who: str = field(default="", init=False)  # the party, the consumer by default
    day: int = field(default=0, init=False)  # local date in the first zone; the date as written where no zone is known
    second: int = field(default=0, init=False)  # local seconds since midnight in the first zone
    zone: str = field(default="", init=False)  # the first zone's name; '' when no zone is known
    others: tuple[tuple[int, int], ...] = field(default=(), init=False)  # day and second in the further zones
    judged: bool = field(default=True, init=False)

    @property
    def debt(self) -> str:
        """The particular debt the row is about: the account's group where it has one."""
        return self.account.debt

    @property
    def at(self) -> datetime:
        """The instant the row happened."""
        return self.occurred_at

    @property
    def by_creditor(self) -> bool:
        """True when the bank itself acted."""
        return self.acting in CREDITOR_NAMES


@dataclass(slots=True, eq=False)
class Complaint:
    """One complaint: the columns of contract 4.3, absent ones unknown. The fields below the line come from the timeline."""

    record_id: str
    account_ref: str
    received_at: datetime
    channel: Text = UNKNOWN
    category: Text = UNKNOWN
    about_collector: Text = UNKNOWN
    summary: Text = UNKNOWN
    regulator: Any = UNKNOWN
    first_response_at: Any = UNKNOWN
    resolved_at: Any = UNKNOWN
    outcome: Text = UNKNOWN
    details: Mapping[str, Any] = NOTHING
    sender: str = ""
    placement: Mapping[str, Any] = NOTHING
    handle: Hashable = None
    # ------------------------------------------------------------------
    account: Account = field(default=NO_ACCOUNT, init=False)
    agency: Agency = field(default=NO_AGENCY, init=False)
    day: int = field(default=0, init=False)
    judged: bool = field(default=True, init=False)

    @property
    def at(self) -> datetime:
        """The instant the complaint was received."""
        return self.received_at


@dataclass(slots=True, eq=False)
class Payment:
    """One payment: the columns of contract 4.3, absent ones unknown. The fields below the line come from the timeline."""

    record_id: str
    account_ref: str
    paid_on: date
    amount: Any = UNKNOWN
    paid_to: Text = UNKNOWN
    method: Text = UNKNOWN
    remitted_on: Any = UNKNOWN
    details: Mapping[str, Any] = NOTHING
    sender: str = ""
    placement: Mapping[str, Any] = NOTHING
    handle: Hashable = None
    # ------------------------------------------------------------------
    account: Account = field(default=NO_ACCOUNT, init=False)
    agency: Agency = field(default=NO_AGENCY, init=False)
    day: int = field(default=0, init=False)
    judged: bool = field(default=True, init=False)


Record = Row | Complaint | Payment


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything a person's rows are judged from. `today` is the day of judgement; without it nothing is overdue."""

    accounts: Mapping[str, Account]
    rows: Sequence[Row] = ()
    complaints: Sequence[Complaint] = ()
    payments: Sequence[Payment] = ()
    agencies: Mapping[str, Agency] = NOTHING
    today: date | None = None


def account_fact(record: Record, name: str) -> Any:
    """The account fact that held for this record: its placement's, else the account's."""
    return record.placement[name] if name in record.placement else record.account.fact(name)


def _credential(item: Mapping[str, Any]) -> Credential:
    return Credential(
        code=str(item.get("code")),
        jurisdiction=item.get("jurisdiction", UNKNOWN),
        collector_id=item.get("collector_id", UNKNOWN),
        number=item.get("number", UNKNOWN),
        status=item.get("status", UNKNOWN),
        valid_from=as_day(item.get("valid_from", UNKNOWN)),
        valid_until=as_day(item.get("valid_until", UNKNOWN)),
        amount=as_amount(item.get("amount", UNKNOWN)),
        cancelled_on=as_day(item.get("cancelled_on", UNKNOWN)),
        renewal_filed_on=as_day(item.get("renewal_filed_on", UNKNOWN)),
    )
