"""A person's history in order: duplicates dropped, corrections applied, every row with its local day, clock and person.

The kinds read a dossier through this, never the dossier itself: the place of a row in a file means nothing, a written
offset says nothing about where the person is, and a rule sees no contact from before it was in force.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Set
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

from conduct.dossier import NO_ACCOUNT, NO_AGENCY, Account, Agency, Complaint, Dossier, Payment, Record, Row, zones
from conduct.facts import UNKNOWN, Day, as_day, as_instant, is_given, items

if TYPE_CHECKING:
    from conduct.rulebook import Rule

CALLS: Final = frozenset({"call", "voicemail"})
CONTACTS: Final = CALLS | {"sms", "email", "letter", "chat", "social", "visit"}
TOLD: Final = frozenset(
    {
        "dispute", "cease_request", "opt_out", "attorney_notice", "hardship", "bankruptcy_notice", "deceased_notice",
        "identity_theft", "military_service", "moratorium", "consent", "preference",
    }
)  # fmt: skip
MONEY: Final = frozenset({"promise", "plan"})
PAPERS: Final = frozenset({"validation_notice", "transfer_notice", "visit_notice", "verification", "optout_notice"})
STEPS: Final = frozenset({"payment_order", "lawsuit", "arbitration", "judgment", "enforcement"})
STATES: Final = TOLD | MONEY | PAPERS | {"limitation_event"}  # seen by a rule whatever their date
ALL_KINDS: Final = CONTACTS | STATES | STEPS | {"skip_trace", "credit_report"}
BITS: Final = {kind: 1 << place for place, kind in enumerate(sorted(ALL_KINDS))}

DEBTORS: Final = frozenset({"consumer", "spouse", "co_debtor", "guarantor", "executor"})
R = TypeVar("R", Row, Complaint, Payment)

_SPEAKS_FOR_OTHERS: Final = frozenset({"attorney", "representative", "executor", "creditor"})
_STATES_OF_THE_DEBTOR: Final = TOLD - {"opt_out", "consent", "preference", "cease_request", "dispute"}


def mask(kinds: Iterable[str]) -> int:
    """The kinds as a bit mask, for a quick look at whether a history holds any of them."""
    return sum(BITS.get(kind, 0) for kind in set(kinds))


class Timeline:
    """One person's rows in time order with what the rules ask of them again and again."""

    def __init__(self, dossier: Dossier, only_rows: Set[Hashable] | None = None) -> None:
        self._dossier = dossier
        self._parts: dict[tuple[str, ...], Timeline] = {}
        self.accounts = dossier.accounts
        self.agencies = dossier.agencies
        self.today: Day = as_day(dossier.today)
        self._default_account = next(iter(dossier.accounts.values()), NO_ACCOUNT)
        self.first_agency = next(iter(dossier.agencies.values()), NO_AGENCY)
        self._only_rows = only_rows
        self.rows = _in_order(dossier.rows)
        self.complaints = _without_repetitions(sorted(dossier.complaints, key=lambda c: (c.received_at, c.record_id)))
        self.payments = _without_repetitions(sorted(dossier.payments, key=lambda p: (p.paid_on, p.record_id)))
        self.kinds = 0
        self.first_day, self.last_day = 10_000_000, 0
        self.has_creditor_rows = False
        self.all_zoned = True
        for row in self.rows:
            self._place(row)
        for complaint in self.complaints:
            self._belong(complaint)
            complaint.day = self.local_day(complaint, complaint.received_at) or 0
        for payment in self.payments:
            self._belong(payment)
            payment.day = as_day(payment.paid_on) or 0
        self._by_kinds: dict[frozenset[str], list[Row]] = {}
        self._outward: dict[frozenset[str], list[Row]] = {}
        self._preferences: dict[str, list[Row]] | None = None
        self._consents: dict[str, list[Row]] | None = None

    def part(self, rule: Rule) -> Timeline | None:
        """What the rule covers of this history: the rows and accounts of its places. None when that is nothing."""
        covered = tuple(ref for ref, account in self.accounts.items() if rule.covers(account.jurisdiction))
        if len(covered) == len(self.accounts):
            return self
        if covered and covered not in self._parts:
            self._parts[covered] = self._part(frozenset(covered))
        return self._parts.get(covered)

    def _part(self, covered: frozenset[str]) -> Timeline:
        dossier = replace(
            self._dossier,
            accounts={ref: account for ref, account in self.accounts.items() if ref in covered},
            rows=[row for row in self.rows if row.account.ref in covered],
            complaints=[complaint for complaint in self.complaints if complaint.account.ref in covered],
            payments=[payment for payment in self.payments if payment.account.ref in covered],
        )
        return Timeline(dossier, self._only_rows)

    # -- rows ----------------------------------------------------------
    def all_of(self, kinds: frozenset[str]) -> list[Row]:
        """Every row of these kinds, in time order."""
        found = self._by_kinds.get(kinds)
        if found is None:
            found = self._by_kinds[kinds] = [row for row in self.rows if row.kind in kinds]
        return found

    def seen(self, kinds: frozenset[str], rule: Rule) -> list[Row]:
        """Rows of these kinds a rule can see: states whatever their date, all others only from its time in force."""
        rows = self.all_of(kinds)
        if rule.first_day <= self.first_day and self.last_day <= rule.last_day:
            return rows
        return [row for row in rows if row.kind in STATES or rule.first_day <= row.day <= rule.last_day]

    def tested(self, kinds: frozenset[str], rule: Rule, *, inbound: bool = False) -> list[Row]:
        """Rows of these kinds a rule judges: in force, outbound (or of unknown direction), made by whom it binds."""
        rows = self.all_of(kinds) if inbound else self._outbound(kinds)
        if rule.first_day > self.first_day or self.last_day > rule.last_day:
            rows = [row for row in rows if rule.first_day <= row.day <= rule.last_day]
        if self.has_creditor_rows and rule.applies_to == "agency":
            rows = [row for row in rows if not row.by_creditor]
        return rows

    def _outbound(self, kinds: frozenset[str]) -> list[Row]:
        found = self._outward.get(kinds)
        if found is None:
            found = self._outward[kinds] = [row for row in self.rows if row.kind in kinds and row.way != "in"]
        return found

    # -- what the person said --------------------------------------------
    def preference(self, person: str, moment: datetime, *, strictly_before: bool = False) -> Row | None:
        """The person's newest preference at this moment: it replaces every older one."""
        if self._preferences is None:
            self._preferences = {}
            for row in self.all_of(frozenset({"preference"})):
                self._preferences.setdefault(row.person, []).append(row)
        for row in reversed(self._preferences.get(person, ())):
            if row.at < moment or (row.at == moment and not strictly_before):
                return row
        return None

    def consents(self, scope: str) -> list[Row]:
        """Consents of one scope, in time order; whether one is live for a row is for `kinds.consents` to say."""
        if self._consents is None:
            self._consents = {}
            for row in self.all_of(frozenset({"consent"})):
                for named in items(row.details.get("scope")):
                    self._consents.setdefault(str(named), []).append(row)
        return self._consents.get(scope, [])

    # -- time --------------------------------------------------------------
    def times(self, row: Row, zone: str = "") -> tuple[tuple[int, int], ...]:
        """Day and second of the row in every zone the person may be in, or in the one zone a rule names.

        Empty when no zone is known.
        """
        if zone and zone != row.zone:
            return (_day_and_second(row.occurred_at, zones(zone)[0]),)
        if not row.zone:
            return ()
        if zone:
            return ((row.day, row.second),)
        return ((row.day, row.second), *row.others)

    def day(self, row: Row, zone: str = "") -> int | None:
        """Local date of the row (in the first zone, or in the zone a rule names); None when no zone is known."""
        if zone and zone != row.zone:
            return _day_and_second(row.occurred_at, zones(zone)[0])[0]
        return row.day if row.zone else None

    def local_day(self, record: Record, value: object) -> Day:
        """The day a fact names: a date as it stands, an instant as the local date of the record's person."""
        instant = as_instant(value)
        if not isinstance(instant, datetime) or (isinstance(value, str) and len(value) <= 10):
            return as_day(value)
        zone = ZoneInfo(record.zone) if isinstance(record, Row) and record.zone else None
        zone = zone or next(iter(record.account.zones), None)
        return as_day(instant.astimezone(zone) if zone else instant)

    def step_day(self, row: Row) -> int:
        """The day a row stands for: its local date, but `filed_on` of a legal step that names it."""
        filed = as_day(row.filed_on) if row.kind in STEPS else UNKNOWN
        return filed if isinstance(filed, int) else row.day

    # -- setting up ----------------------------------------------------------
    def _belong(self, record: Record) -> None:
        record.account = self.accounts.get(record.account_ref) or self._default_account
        record.agency = self.agencies.get(record.sender) or self.first_agency
        record.judged = self._only_rows is None or record.handle in self._only_rows

    def _place(self, row: Row) -> None:
        account = row.account = self.accounts.get(row.account_ref) or self._default_account
        acting = row.details.get("agency") if row.details else None
        row.acting = str(acting) if acting else row.sender
        row.agency = self._agency(row)
        row.judged = self._only_rows is None or row.handle in self._only_rows
        row.who = str(row.party or "consumer")
        row.person = str(row.person_ref or "consumer")
        kind = row.kind
        if kind in TOLD:
            row.person = _speaks_of(row)
        row.way = (
            str(row.direction)
            if row.direction
            else ("" if kind in CONTACTS or kind in MONEY else "in" if kind in TOLD else "out")
        )
        if kind == "voicemail" and row.outcome is UNKNOWN:
            row.outcome = "voicemail_left"
        self._set_clock(row, account)
        self.kinds |= BITS.get(kind, 0)
        self.first_day = min(self.first_day, row.day)
        self.last_day = max(self.last_day, row.day)
        self.has_creditor_rows = self.has_creditor_rows or row.by_creditor

    def _agency(self, row: Row) -> Agency:
        found = self.agencies.get(row.acting)
        if found is None:
            found = self.first_agency if row.acting in ("", self.first_agency.code) else Agency(row.acting)
        return found

    def _set_clock(self, row: Row, account: Account) -> None:
        listed = row.time_zones
        known = zones(listed if isinstance(listed, str) else ";".join(listed)) if listed else account.zones
        if known:
            row.zone = known[0].key
            row.day, row.second = _day_and_second(row.occurred_at, known[0])
            row.others = tuple(_day_and_second(row.occurred_at, zone) for zone in known[1:])
        else:
            self.all_zoned = False
            row.zone = ""
            row.day = as_day(row.occurred_at) or 0
            row.others = ()


def _day_and_second(moment: datetime, zone: ZoneInfo) -> tuple[int, int]:
    local = moment.astimezone(zone)
    return local.toordinal(), local.hour * 3600 + local.minute * 60 + local.second


def _speaks_of(row: Row) -> str:
    """Whose state the row reports. A lawyer's, a relative's or the bank's word is about the consumer, not themselves."""
    if row.kind in _STATES_OF_THE_DEBTOR:
        return row.person if row.who in ("co_debtor", "guarantor") else "consumer"
    return "consumer" if row.who in _SPEAKS_FOR_OTHERS else row.person


def _in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows by instant and id; a repeated id of one sender is dropped, a corrected row gives way to its correction."""
    ordered = _without_repetitions(sorted(rows, key=lambda row: (row.occurred_at, row.record_id)))
    corrected = {(row.sender, row.corrects) for row in ordered if is_given(row.corrects)}
    if not corrected:
        return ordered
    return [row for row in ordered if (row.sender, row.record_id) not in corrected or row.corrects == row.record_id]


def _without_repetitions(records: Iterable[R]) -> list[R]:
    first: dict[tuple[str, str], R] = {}
    for record in records:
        first.setdefault((record.sender, record.record_id), record)
    return list(first.values())
