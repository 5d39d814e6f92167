"""From the database to dossiers: one per consumer, with the rows of all agencies and of the bank, for the engine to judge.

A column that is empty in the database is a fact nobody reported: unknown. Only where the database itself says that there is
none (a placement that has not ended) is it none. What an agency writes never decides who acted or what was corrected: rows
carry the sender that the portal knows, and the loader has already put corrections in the place of what they correct.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from agencies.models import PROVEN, Credential
from conduct import history_queries as queries
from conduct.delegations import AGREED, Delegation, Granted
from conduct.dossier import CREDITOR, CREDITOR_NAMES, Account, Agency, Complaint, Dossier, Row
from conduct.facts import NOTHING, UNKNOWN
from placements import request_queries
from placements.models import Account as StoredAccount

_ACCOUNT_FACTS: Final = (
    "currency", "balance", "principal", "interest", "fees", "credit_limit", "as_of", "opened_on", "defaulted_on",
    "charged_off_on", "days_past_due", "last_payment_on", "last_payment_amount", "country", "region", "city", "postal_code",
    "time_zone", "score", "limitation_on",
)  # fmt: skip
_ROSTER: Final = (
    "collector_id", "active_from", "active_to", "background_check_on", "training_on", "training_until", "licence_number",
    "licence_from", "licence_until", "languages", "field_visits",
)  # fmt: skip
_DETAILS = queries.OWN.index("details")
_REPORTED = slice(len(queries.OWN), len(queries.OWN) + len(queries.REPORTED))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row of a dossier stands in the database: what a breach needs beside the finding."""

    activity_id: int
    report_id: int
    agency_id: int | None
    account_id: int
    occurred_at: datetime


@dataclass(slots=True)
class Case:
    """One consumer: the dossier of what counts, and apart from it what was only kept as evidence (contact after a recall).

    Evidence is judged for itself. The agency that now holds the account cannot know of it, so it adds to nobody's counts.
    """

    consumer_id: int
    rows: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    sources: dict[int, Source] = field(default_factory=dict)

    def dossier(self, rows: list[Row], agencies: Mapping[str, Agency]) -> Dossier:
        """These rows with everything known about the consumer; of the agencies, those that act in them.

        It has no present day, so that a verdict never depends on when a report was tested: nothing in it is overdue.
        """
        acting = dict.fromkeys(row.sender for row in rows)
        known = {code: agencies[code] for code in acting if code in agencies}
        return Dossier(self.accounts, rows, self.complaints, (), known)


def load(session: Session, consumer_ids: Collection[int], codes: Mapping[int, str]) -> list[Case]:
    """Everything known about these consumers, in the order of their ids; the same few selects however many they are.

    `codes` names the agencies. Consumers without a row that counts are given too: their breaches may have lost their ground.
    """
    cases = {consumer_id: Case(consumer_id) for consumer_id in sorted(consumer_ids)}
    refs: dict[int, str] = {}
    selves: dict[int, str] = {}
    for stored, consumer_ref, language in queries.accounts(session, consumer_ids):
        cases[stored.consumer_id].accounts[stored.account_ref] = _account(stored, language)
        refs[stored.id] = stored.account_ref
        selves[stored.consumer_id] = consumer_ref
    spans = _placements(session, consumer_ids, codes)
    delegations = _delegations(session, consumer_ids)
    for told in queries.history(session, consumer_ids):
        case = cases[told.consumer_id]
        row = _row(told, refs[told.account_id], selves[told.consumer_id], codes, spans)
        if row.kind in AGREED and (limits := delegations.get(told.placement_id)):
            row.placement = {**row.placement, **limits.facts(row.occurred_at)}
        (case.evidence if told.is_evidence else case.rows).append(row)
        case.sources[told.id] = Source(told.id, told.report_id, told.agency_id, told.account_id, told.occurred_at)
    for complaint, consumer_id, account_ref in queries.complaints(session, consumer_ids):
        cases[consumer_id].complaints.append(_complaint(complaint, account_ref, codes))
    return list(cases.values())


def agencies(session: Session, codes: Mapping[int, str], at: datetime) -> dict[str, Agency]:
    """What is known of every agency, by code: credentials, roster, exemptions in force."""
    facts: dict[int, dict[str, Any]] = defaultdict(lambda: {"credentials": [], "collectors": [], "exemptions": []})
    for credential in queries.credentials(session):
        facts[credential.agency_id]["credentials"].append(_credential(credential))
    for collector in queries.roster(session):
        facts[collector.agency_id]["collectors"].append(_known(collector, _ROSTER))
    for exemption in queries.exemptions(session, at):
        facts[exemption.agency_id]["exemptions"].append(
            {"code": exemption.ground, "jurisdiction": exemption.jurisdiction}
        )
    return {code: Agency(code, facts[key]) for key, code in codes.items()}


# -- one thing at a time --------------------------------------------------------------------------------------------------


def _row(
    told: Any, account_ref: str, consumer_ref: str, codes: Mapping[int, str], spans: Mapping[int, Mapping[str, Any]]
) -> Row:
    values: list[Any] = [UNKNOWN if value is None else value for value in told[_REPORTED]]
    row = Row(told.record_id, account_ref, told.occurred_at, told.kind, *values)
    if row.person_ref == consumer_ref:
        row.person_ref = UNKNOWN  # the consumer, by whichever of the two names
    row.handle = told.id
    row.sender = CREDITOR if told.agency_id is None else codes[told.agency_id]
    row.details = _details(told[_DETAILS], told.agency_id)
    row.placement = spans.get(told.placement_id, NOTHING)
    if told.is_evidence:
        row.record_id = f"{told.record_id} (evidence)"  # its id is not taken: a row that counts may have the same
    return row


def _details(told: Mapping[str, Any] | None, agency_id: int | None) -> Mapping[str, Any]:
    """The details as sent. An agency's row is never the bank's own act, whatever the agency writes there."""
    if not told:
        return NOTHING
    if agency_id is not None and str(told.get("agency")) in CREDITOR_NAMES:
        return {name: value for name, value in told.items() if name != "agency"}
    return told


def _account(stored: StoredAccount, language: str | None) -> Account:
    facts = _known(stored, _ACCOUNT_FACTS) | {"product": stored.product.value} | (stored.itemization or {})
    if language:
        facts["language"] = language
    return Account(stored.account_ref, stored.jurisdiction, facts)


def _placements(
    session: Session, consumer_ids: Collection[int], codes: Mapping[int, str]
) -> dict[int, Mapping[str, Any]]:
    """By placement, what was so for the rows in it. An open one was recalled never, which is known."""
    return {
        span.id: {"placed_with": codes[span.agency_id], "placed_on": span.placed_at, "recalled_at": span.ended_at}
        for span in queries.placements(session, consumer_ids)
    }


def _delegations(session: Session, consumer_ids: Collection[int]) -> dict[int, Delegation]:
    """By placement, what its agency may agree to: by its contract, and by what the bank granted on it."""
    granted = request_queries.arrangements_of_consumers(session, consumer_ids)
    return {
        row.id: Delegation(
            min(row.placed, row.owed),
            row.settlement_floor,
            row.instalments_most,
            tuple(Granted(one.agreed_at, one.amount, one.instalments) for one in granted.get(row.id, ())),
        )
        for row in queries.limits(session, consumer_ids)
    }


def _complaint(told: Any, account_ref: str, codes: Mapping[int, str]) -> Complaint:
    names = ("channel", "category", "about_collector", "summary", "regulator", "first_response_at", "resolved_at")
    return Complaint(
        told.record_id,
        account_ref,
        told.received_at,
        **_known(told, (*names, "outcome")),
        details=told.details or NOTHING,
        sender=CREDITOR if told.agency_id is None else codes[told.agency_id],
    )


def _credential(stored: Credential) -> dict[str, Any]:
    facts = _known(stored, ("code", "jurisdiction", "collector_id", "number", "valid_from", "amount"))
    # What was verified once was good until its dates ran out or the register ended it: days before that still count.
    status = "verified" if stored.state in PROVEN else stored.state.value
    return facts | {"status": status, "valid_until": stored.valid_until, "cancelled_on": stored.ended_on}


def _known(thing: Any, names: Iterable[str]) -> dict[str, Any]:
    """The columns that are filled."""
    return {name: value for name in names if (value := getattr(thing, name)) is not None}


def batches(ids: list[int], size: int, *, after: int = 0) -> Iterator[list[int]]:
    """Ids greater than `after` in lots of `size`; `ids` are in order."""
    rest = [key for key in ids if key > after]
    for start in range(0, len(rest), size):
        yield rest[start : start + size]
