"""Owns the row model of a running panel that is taken over.

The API, the page, the command line and the kit for agencies all read and describe them by these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agencies.asked import PRACTICES
from agencies.models import AgencyKind, AgencyStatus
from agencies.papers import offered
from portal.tables.cells import choice, count, country, day, money, ref, text
from portal.tables.model import Column, Table

TAKEN_OVER = (AgencyStatus.APPROVED, AgencyStatus.PROBATION, AgencyStatus.SUSPENDED, AgencyStatus.APPLICANT)
"""In which states a running panel's agencies may come."""


def credential_is_whole(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """A row that names a credential also says of which place it is and since when it holds."""
    if row["credential"]:
        return next(((name, f"missing_{name}") for name in ("jurisdiction", "valid_from") if row[name] is None), None)
    return None


def practices_are_known(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """What an agency does is said in the words that are known."""
    return ("practices", "bad_practices") if set((row["practices"] or "").split()) - set(PRACTICES) else None


def contract_is_whole(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """A row that names a contract also says since when it runs and what it pays, as a percentage from 0 to 100."""
    if row["contract_number"]:
        missing = next((name for name in ("contract_from", "fee_percent") if row[name] is None), None)
        if missing:
            return missing, f"missing_{missing}"
    for name in ("fee_percent", "direct_fee_percent"):
        if row[name] is not None and row[name] > 100:
            return name, f"bad_{name}"
    return None


def probation_has_a_ramp(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """An agency on probation says how many accounts it may hold."""
    if row["status"] == AgencyStatus.PROBATION and not row["ramp_accounts"]:
        return "ramp_accounts", "missing_ramp_accounts"
    return None


AGENCIES = Table(
    "agencies",
    (
        Column("code", ref(), True, "The agency's code: 2 to 20 capital letters, digits and hyphens."),
        Column("name", text(), True, "What it is called."),
        Column("legal_name", text(), False, "Its legal name; empty means the same."),
        Column("country", country(), True, "Where it sits."),
        Column("kind", choice(kind.value for kind in AgencyKind), False, "How it collects; empty means call_centre."),
        Column("email", text(254), True, "Where it is written to."),
        Column("phone", text(60), False, "Its telephone number."),
        Column(
            "status", choice(status.value for status in TAKEN_OVER), False, "Where it stands; empty means approved."
        ),
        Column("ramp_accounts", count(), False, "The most accounts it may hold while on probation."),
        Column(
            "credential", choice(kind.code for kind in offered()), False, "A credential of the catalogue; one a row."
        ),
        Column("jurisdiction", ref(), False, "The place it is held for, such as US-CA."),
        Column("number", ref(), False, "The number on it."),
        Column("valid_from", day(), False, "The first day it holds."),
        Column("valid_until", day(), False, "The last day; empty while there is none."),
        Column("amount", money(), False, "The amount of a bond or insurance."),
        Column("collector_id", ref(), False, "The collector it belongs to, by the agency's own id."),
        Column(
            "practices", text(), False, f"What the agency does, of {', '.join(PRACTICES)}, with blanks between them."
        ),
        Column("contract_number", ref(), False, "The contract it works under; once for each agency is enough."),
        Column("contract_from", day(), False, "The contract's first day."),
        Column("contract_until", day(), False, "The contract's last day; empty while there is none."),
        Column("fee_percent", money(), False, "The fee on payments made to the agency, in percent."),
        Column(
            "direct_fee_percent", money(), False, "The fee on payments made straight to the bank; empty means the same."
        ),
        Column("capacity_accounts", count(), False, "The most accounts it may hold; empty means no limit."),
    ),
    checks=(credential_is_whole, practices_are_known, contract_is_whole, probation_has_a_ramp),
)
