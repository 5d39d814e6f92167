"""Act: a running panel is taken over from a file: agencies with their credentials and contracts, one credential a row.

What the bank had decided before there was a portal is entered as decided; the trail says that the system did it. An agency, a
credential or a contract that is here already is left as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from agencies import contracts, queries, verifying, vetting
from agencies.contracts import Conditions
from agencies.models import Agency, AgencyKind, AgencyStatus
from agencies.schemas import AGENCIES
from agencies.terms import Clause
from agencies.verifying import Paper
from agencies.vetting import Particulars
from portal.errors import DomainError, Invalid
from portal.permissions import SYSTEM
from portal.reports.kinds import Loaded, SoundRow
from portal.tables.faults import LONGEST_VALUE, Problem

REASON = "Taken over from the running panel."
HUNDRED = Decimal(100)
Key = tuple[object, ...]


def load_panel(session: Session, rows: Sequence[SoundRow], *, at: datetime) -> Loaded:
    """Take over sound rows of an agencies file. A row that adds nothing is a duplicate, one that an act refuses a problem."""
    loaded = Loaded()
    named = [(row, dict(zip(AGENCIES.names, row.values, strict=True))) for row in rows]
    known = queries.by_code(session, {values["code"] for _, values in named})
    ids = [agency.id for agency in known.values()]
    present: set[Key] = {*queries.credential_keys(session, ids), *queries.contract_keys(session, ids)}
    for row, values in named:
        try:
            with session.begin_nested():
                agency, added = _take(session, known.get(values["code"]), values, present, at)
        except DomainError as error:
            loaded.problems.append(_problem(row, values, error))
            continue
        present.update(added)
        loaded.accepted += bool(added) or values["code"] not in known
        loaded.duplicate += not added and values["code"] in known
        known[values["code"]] = agency
    return loaded


def _take(
    session: Session, agency: Agency | None, values: Mapping[str, Any], present: Collection[Key], at: datetime
) -> tuple[Agency, list[Key]]:
    """One row: the agency if it is new, and what of its credential and contract is; with the keys of what was added."""
    added: list[Key] = []
    agency = agency or _agency(session, values, at)
    paper = (agency.id, values["credential"], values["jurisdiction"], values["number"] or "", values["valid_from"])
    if values["credential"] and paper not in present:
        verifying.take_over(session, SYSTEM, agency, _paper(values), at=at)
        added.append(paper)
    contract = (agency.id, values["contract_number"])
    if values["contract_number"] and contract not in present:
        _contract(session, agency, values, at)
        added.append(contract)
    session.flush()
    return agency, added


def _agency(session: Session, values: Mapping[str, Any], at: datetime) -> Agency:
    who = Particulars(
        values["name"], values["legal_name"] or values["name"], values["country"], AgencyKind(values["kind"] or AgencyKind.CALL_CENTRE),
        values["email"], values["phone"], " ".join((values["practices"] or "").split()),
    )  # fmt: skip
    agency = vetting.add_agency(session, SYSTEM, values["code"], who, at=at)
    status = AgencyStatus(values["status"] or AgencyStatus.APPROVED)
    if status is AgencyStatus.APPLICANT:
        return agency
    vetting.submit(session, SYSTEM, agency, reason=REASON, at=at)
    if status is AgencyStatus.PROBATION:
        return vetting.put_on_probation(
            session, SYSTEM, agency, ramp_accounts=values["ramp_accounts"], reason=REASON, at=at
        )
    vetting.approve(session, SYSTEM, agency, reason=REASON, at=at)
    if status is AgencyStatus.SUSPENDED:
        vetting.suspend(session, SYSTEM, agency, reason=REASON, at=at)
    return agency


def _paper(values: Mapping[str, Any]) -> Paper:
    return Paper(
        values["credential"],
        values["jurisdiction"],
        values["number"] or "",
        values["valid_from"],
        values["valid_until"],
        values["amount"],
        values["collector_id"],
    )


def _contract(session: Session, agency: Agency, values: Mapping[str, Any], at: datetime) -> None:
    fee = values["fee_percent"] / HUNDRED
    direct = fee if values["direct_fee_percent"] is None else values["direct_fee_percent"] / HUNDRED
    conditions = Conditions(
        values["contract_number"],
        values["contract_from"],
        values["contract_until"],
        capacity_accounts=values["capacity_accounts"],
    )
    clause = Clause("1", REASON, fee, direct, conditions.valid_from, conditions.valid_until)
    drafted = contracts.draft_contract(session, SYSTEM, agency, conditions, [clause], at=at)
    contracts.approve_contract(session, SYSTEM, drafted, at=at)


def _problem(row: SoundRow, values: Mapping[str, Any], error: DomainError) -> Problem:
    """The refusal of an act as something to mend in the file; the column it is about, or the contract's where two collide."""
    fields = error.fields if isinstance(error, Invalid) else {}
    column = next((field for field in fields if field in AGENCIES.names), "contract_number")
    value = str(values[column] or "")[:LONGEST_VALUE]
    return Problem(row.number, column, f"bad_{column}", value, "bad", {"column": column})
