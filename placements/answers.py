"""Owns the rows agencies answer with: acknowledgements, confirmations, objections, returns (contract, section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from placements.models import ObjectionReason, RefusalReason, ReturnReason
from portal.errors import N_
from portal.tables.cells import choice, flag, instant, money, prose, ref
from portal.tables.model import Column, Table
from portal.tables.problems import REPAIRS

REPAIRS.update(
    {
        "unknown_placement": N_("Name in placement_ref a placement that you hold now."),
        "not_recalled": N_("Name in placement_ref a placement that is being recalled, or was."),
        "not_pending": N_(
            "Object to recalls that are pending, once each: this one is final or withdrawn, or was objected to before."
        ),
        "refused_late": N_("This placement was acknowledged before. To give it back, send it to returns."),
        "window_over": N_("The contract's window to refuse is over. To give the account back, send it to returns."),
        "refusal_reason": N_("Say in reason why you refuse this placement."),
    }
)


def _refusal_has_a_reason(row: Mapping[str, Any]) -> tuple[str, str] | None:
    return ("reason", "missing_reason") if row["accepted"] is False and row["reason"] is None else None


_PLACEMENT: Final = Column("placement_ref", ref(unique=True), True, "The placement, as the portal named it.")

ACKNOWLEDGEMENTS: Final = Table(
    "acknowledgements",
    (
        _PLACEMENT,
        Column("accepted", flag(), True, "Whether you take the account."),
        Column("balance", money(), False, "The balance you received; a difference opens a break."),
        Column("reason", choice(RefusalReason), False, "Why you refuse it."),
    ),
    checks=(_refusal_has_a_reason,),
)
CONFIRMATIONS: Final = Table(
    "confirmations",
    (_PLACEMENT, Column("stopped_at", instant(), True, "When all work on the account had stopped.")),
)
OBJECTIONS: Final = Table(
    "objections",
    (
        _PLACEMENT,
        Column("reason", choice(ObjectionReason), True, "Why you ask to keep the account."),
        Column("note", prose(), False, "Anything the bank should know."),
    ),
)
RETURNS: Final = Table(
    "returns",
    (
        _PLACEMENT,
        Column("reason", choice(ReturnReason), True, "Why you give the account back."),
        Column("note", prose(), False, "Anything the bank should know."),
    ),
)
