"""The UK's FCA register: a firm's status, its permissions, its disciplinary history (API V0.1).

The answer's own `Status` code decides, not the HTTP status: it ends in 00 where something was found, in 11, 21 or 22 where nothing
was. Lists come in pages, told by `ResultInfo`.
"""

from __future__ import annotations

from typing import Any

from agencies.registries.statements import ABSENT, Bearing, Statement, day_in, text_in
from agencies.registries.transport import Caller, Malformed, Refused
from portal.errors import N_

NO_KEY, FORBIDDEN = "FSR-API-01-01-11", "FSR-API-01-01-21"
NOTHING = ("-11", "-21", "-22")
BEARINGS = {"authorised": Bearing.GOOD, "registered": Bearing.GOOD, "eea authorised": Bearing.GOOD}
ENDED = ("no longer", "cancelled", "suspended", "revoked", "refused", "lapsed", "withdrawn", "dissolved")
COLLECTING = ("debtcollecting", "debtadministration")  # RAO 39F and 39G
MOST_PAGES = 20


def ask(caller: Caller, number: str) -> Statement:
    """What the register says of the firm with this reference number (FRN)."""
    found = _pages(caller, f"/Firm/{number}")
    if not found:
        return ABSENT
    firm = found[0]
    status = text_in(firm, "Status")
    if not status:
        raise Malformed("a firm without status")
    return Statement(
        _bearing(status),
        text_in(firm, "Organisation Name"),
        status,
        since=_since(text_in(firm, "Status Effective Date")),
        facts={
            N_("Debt-collecting permissions"): "; ".join(_permissions(_pages(caller, f"/Firm/{number}/Permissions"))),
            N_("Disciplinary history"): "; ".join(_history(_pages(caller, f"/Firm/{number}/DisciplinaryHistory"))),
        },
    )


def _bearing(status: str) -> Bearing:
    said = status.casefold()
    if any(word in said for word in ENDED):
        return Bearing.ENDED
    return BEARINGS.get(said, Bearing.UNCLEAR)


def _since(text: str) -> Any:
    """Both forms of the day are published: 31/08/2018 and that of a clock."""
    return day_in(text, "%d/%m/%Y" if "/" in text else "%a %b %d %H:%M:%S %Z %Y")


def _pages(caller: Caller, path: str) -> list[Any]:
    """All records of a list, page after page; permissions come as one object each page. Empty where the register has nothing."""
    records: list[Any] = []
    for page in range(1, MOST_PAGES + 1):
        headers = {"x-auth-email": caller.endpoint.user, "x-auth-key": caller.endpoint.key}
        answer = caller.get(
            path, {"pgnp": page} if page > 1 else None, headers=headers, expected=frozenset({404})
        ).json()
        code = text_in(answer, "Status")
        if code in (NO_KEY, FORBIDDEN):
            raise Refused(N_("The register does not accept our key."), code)
        if code.endswith(NOTHING):
            return records
        data, info = answer.get("Data"), answer.get("ResultInfo") or {}
        if not code.endswith("-00") or not data or not isinstance(info, dict):
            raise Malformed(f"status {code[:40]!r}")
        records += data if isinstance(data, list) else [data]
        if not _more(info, page):
            return records
    raise Malformed(f"more than {MOST_PAGES} pages")


def _more(info: dict[str, Any], page: int) -> bool:
    try:
        return page * int(info.get("per_page") or 0) < int(info.get("total_count") or 0)
    except ValueError as error:
        raise Malformed("a page count is not a number") from error


def _permissions(pages: list[Any]) -> list[str]:
    """The activities about debts that it may carry on, each with its limitations."""
    found = []
    for page in pages:
        if not isinstance(page, dict):
            raise Malformed("permissions are not an object")
        for activity, terms in page.items():
            if "".join(letter for letter in activity.casefold() if letter.isalpha()) in COLLECTING:
                limits = [limit for term in terms if isinstance(term, dict) for limit in term.get("Limitation", ())]
                found.append(activity + (f" ({', '.join(map(str, limits))})" if limits else ""))
    return sorted(found)


def _history(records: list[Any]) -> list[str]:
    return sorted(
        " ".join(
            filter(
                None,
                (text_in(one, "ActionEffectiveFrom"), text_in(one, "TypeofAction"), text_in(one, "EnforcementType")),
            )
        )
        for one in records
    )
