"""Legal entity identifiers (GLEIF): who an identifier names, whether the entity exists and its registration was renewed. No key."""

from __future__ import annotations

from typing import Any

from agencies.registries.statements import ABSENT, Bearing, Statement, day_in, text_in
from agencies.registries.transport import Caller, Malformed
from portal.errors import N_

ENDED = {"RETIRED", "ANNULLED", "CANCELLED", "DUPLICATE", "MERGED"}


def ask(caller: Caller, lei: str) -> Statement:
    """What the register says of this identifier. A registration that lapsed was not renewed: the entity may be in perfect order."""
    answer = caller.get(
        f"/lei-records/{lei}", headers={"Accept": "application/vnd.api+json"}, expected=frozenset({404})
    )
    if answer.status == 404:
        return ABSENT
    record = _at(answer.json(), "data", "attributes")
    entity, registration = _at(record, "entity"), _at(record, "registration")
    if text_in(record, "lei") != lei:
        raise Malformed("a record of another entity")
    status, exists = text_in(registration, "status"), text_in(entity, "status")
    if not status or not exists:
        raise Malformed("a record without status")
    return Statement(
        Bearing.ENDED
        if status in ENDED or exists == "INACTIVE"
        else Bearing.GOOD
        if status == "ISSUED"
        else Bearing.UNCLEAR,
        text_in(_at(entity, "legalName"), "name"),
        status,
        until=day_in(text_in(registration, "nextRenewalDate"), "%Y-%m-%d"),
        facts={
            N_("The entity itself"): exists,
            N_("Number in its home register"): text_in(entity, "registeredAs"),
            N_("Country"): text_in(_at(entity, "legalAddress"), "country"),
        },
    )


def _at(value: Any, *path: str) -> dict[str, Any]:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        raise Malformed(f"nothing at {'.'.join(path)}")
    return value
