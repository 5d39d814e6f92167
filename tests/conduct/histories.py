"""Small histories for tests: one account, one agency, rows named by a letter, times in the person's own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from conduct.dossier import Account, Agency, Dossier, Row
from conduct.rulebook import Rule, Rulebook, parse, standard

NEW_YORK = "America/New_York"
_CONTACTS = {"call": "no_answer", "voicemail": "voicemail_left", "sms": "delivered", "email": "delivered",
             "letter": "delivered", "visit": "met"}  # fmt: skip


def row(name: str, kind: str, at: str, *, zone: str = NEW_YORK, **columns: Any) -> Row:
    """A row named and handled by `name`, outbound to the consumer if it is a contact."""
    values: dict[str, Any] = {"account_ref": "A1", "handle": name}
    if kind in _CONTACTS:
        values |= {"direction": "out", "outcome": _CONTACTS[kind], "party": "consumer"}
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
    return Row(record_id=name, occurred_at=moment, kind=kind, **values | columns)


def history(
    *rows: Row,
    jurisdiction: str = "US-OH",
    accounts: Sequence[Account] = (),
    agencies: Sequence[Agency] = (),
    today: date | None = None,
    **facts: Any,
) -> Dossier:
    """A dossier of these rows with account A1 and whatever else is given."""
    known = {"time_zone": NEW_YORK, **facts}
    held = [Account("A1", jurisdiction, known), *accounts]
    return Dossier(
        {account.ref: account for account in held},
        rows,
        agencies={agency.code: agency for agency in agencies},
        today=today,
    )


def rule(rule_id: str) -> Rule:
    """The one version of a rule of the standard book."""
    (found,) = standard().versions(rule_id)
    return found


def entry(**changes: Any) -> dict[str, Any]:
    """The table of a sound rule (a clock rule for France), with changes; None takes a key out."""
    table = {
        "id": "fr.test.hours", "jurisdiction": "FR", "kind": "time_window", "title": "Hours", "title_zh": "时段",
        "severity": "high", "citation": "Art. 1", "source": "none", "applies_to": "both", "status": "on",
        "confirmed": "yes", "needs": ["kind"], "effective_from": date(2020, 1, 1),
        "params": {
            "windows": {"all": ["08:00", "20:00"]}, "open_inclusive": True, "close_inclusive": True, "zone": "consumer",
            "channels": ["call"], "directions": ["out"], "holidays": "ignore", "outside": "violation",
            "crossing": "ignore", "lifted_by": [],
        },
    }  # fmt: skip
    return {key: value for key, value in {**table, **changes}.items() if value is not None}


def book(*entries: dict[str, Any]) -> Rulebook:
    """A rulebook of these tables."""
    return Rulebook([parse(one) for one in entries])
