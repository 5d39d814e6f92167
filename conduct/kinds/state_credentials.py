"""Licences and bonds that American states and cities ask for, by the table of `agencies.catalogue`.

Part of the kind `credential_required`. A place marked COND asks unless an exemption is recorded: nothing shown there is a
question, not a breach. A bond given as a range depends on volume: between its ends is a question too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from agencies.catalogue import LicenceAsked, jurisdictions_asking
from conduct.days import iso
from conduct.dossier import Agency, Row
from conduct.facts import UNKNOWN, as_day, as_records, is_given
from conduct.kinds.check import REVIEW, Check, Finding, Reporter, wakes
from conduct.kinds.live_credentials import Standing, is_exempt, standing, worse
from conduct.timeline import ALL_KINDS

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of the licence or the bond of the state, and of the city where the code names one."""
    params = rule.params
    codes: list[str] = params["codes"]
    exempt = frozenset(params["exempt"])
    missing: str = params["missing"]
    renewable = frozenset(params.get("renewal_keeps_alive", ()))
    judge_place = {"licence": licence, "bond": bond}[params["by_state"]]
    asks = {"licence": _asks_licence, "bond": _asks_bond}[params["by_state"]]
    report = Reporter(rule)

    @cache
    def asking(place: str) -> tuple[LicenceAsked, ...] | None:
        """The state and city that ask for something; None for a place the table does not know."""
        known = jurisdictions_asking(place)
        return tuple(asked for asked in known if asks(asked)) if known else None

    def run(timeline: Timeline) -> Iterator[Finding]:
        for row in timeline.tested(ALL_KINDS, rule):
            if row.direction != "out" and row.way:
                continue
            place = _place(row)
            asked = asking(place)
            if asked == ():
                continue
            found = judge(row.agency, asked, row) if row.zone else (REVIEW, "zone_unknown")
            if found:
                yield report(row, found[0], found[1], place=place, codes=codes, date=iso(row.day))

    def judge(agency: Agency, asked: tuple[LicenceAsked, ...] | None, row: Row) -> Standing:
        if asked is None:
            return REVIEW, "place_unknown"
        found: Standing = None
        for one in asked:
            if not is_exempt(agency, exempt, one.jurisdiction):
                found = worse(found, judge_place(agency, one, row.day, codes, missing, renewable))
        return found

    return Check(rule, run, wakes(ALL_KINDS))


def _asks_licence(asked: LicenceAsked) -> bool:
    return asked.license_required != "N"


def _asks_bond(asked: LicenceAsked) -> bool:
    return asked.bond_range is not None


def licence(
    agency: Agency, asked: LicenceAsked, day: int, codes: list[str], missing: str, renewable: frozenset[str]
) -> Standing:
    """What an agency's licence for one state or city is worth on a day."""
    found = standing(agency, codes, day, missing=missing, jurisdiction=asked.jurisdiction)
    if found and asked.jurisdiction in renewable and _is_being_renewed(agency, codes, asked.jurisdiction, day):
        return None
    return _conditional(found, agency, asked)


def bond(
    agency: Agency, asked: LicenceAsked, day: int, codes: list[str], missing: str, renewable: frozenset[str]
) -> Standing:
    """What an agency's bond for one state or city is worth on a day."""
    least, most = asked.bond_range or (Decimal(0), Decimal(0))
    if standing(agency, codes, day, missing=missing, jurisdiction=asked.jurisdiction, least=most) is None:
        return None
    found = standing(agency, codes, day, missing=missing, jurisdiction=asked.jurisdiction, least=least)
    return (REVIEW, "amount_depends_on_volume") if found is None else _conditional(found, agency, asked)


def _conditional(found: Standing, agency: Agency, asked: LicenceAsked) -> Standing:
    """Where a place asks only under a condition, a recorded exemption settles it and nothing shown at all is a question."""
    if found and asked.license_required == "COND" and found[1] == "credential_missing":
        exempt = any(place in ("", asked.jurisdiction) for _, place in agency.exemptions)
        return None if exempt else (REVIEW, "asked_conditionally")
    return found


def _is_being_renewed(agency: Agency, codes: list[str], jurisdiction: str, day: int) -> bool:
    """True when a renewal was filed by the last day of a verified licence, which keeps it alive until decided."""
    return any(
        credential.jurisdiction == jurisdiction
        and credential.status == "verified"
        and isinstance(credential.valid_until, int)
        and isinstance(credential.renewal_filed_on, int)
        and credential.renewal_filed_on <= credential.valid_until < day
        for code in codes
        for credential in (agency.credentials or {}).get(code, ())
    )


def _place(row: Row) -> str:
    """Where the person lived on the row's day: the address of that day, else the account's jurisdiction."""
    if "addresses" not in row.account.facts:
        return row.account.jurisdiction
    for address in as_records(row.account.fact("addresses")):
        if _covers(address, row.day) and is_given(address.get("jurisdiction")):
            return str(address["jurisdiction"])
    return row.account.jurisdiction


def _covers(address: Mapping[str, Any], day: int) -> bool:
    start, end = as_day(address.get("from", UNKNOWN)), as_day(address.get("until", UNKNOWN))
    return (not isinstance(start, int) or start <= day) and (not isinstance(end, int) or day <= end)
