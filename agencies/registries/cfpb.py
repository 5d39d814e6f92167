"""The CFPB's complaint database: complaints about debt collection by company and month, and what other companies got.

The company's name must be the bureau's own, exactly: `suggest` tells how it writes it. The search gives at most a page at a time and goes
on by the last row's place (`search_after`). Days come in two forms and always begin with the day itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agencies.registries.statements import day_in, text_in
from agencies.registries.transport import Caller, Malformed

PRODUCT = "Debt collection"
PAGE = 100
MOST_PAGES = 100  # the search ends at 10,000 rows
NEWEST_LAST = "created_date_asc"


@dataclass(frozen=True, slots=True)
class OutsideRow:
    """One published complaint."""

    complaint_id: str
    received_on: date
    issue: str
    sub_issue: str
    sub_product: str
    state: str
    response: str
    timely: bool | None
    sent_on: date | None


def suggest(caller: Caller, text: str) -> list[str]:
    """Companies whose official names begin like this or hold this."""
    answer = caller.get("/_suggest_company", {"text": text, "size": 10}).json()
    if not isinstance(answer, list):
        raise Malformed("not a list of names")
    return [str(name) for name in answer]


def complaints(caller: Caller, company: str, first: date, until: date) -> list[OutsideRow]:
    """All complaints about debt collection by this company received from `first` up to `until`, exclusive, oldest first."""
    found: list[OutsideRow] = []
    after: dict[str, str | int] = {}
    for page in range(MOST_PAGES):
        asked = {
            **_about(first, until),
            "company": company,
            "size": PAGE,
            "frm": page * PAGE,
            "sort": NEWEST_LAST,
            "no_aggs": "true",
            **after,
        }
        hits = _hits(caller.get("/", asked).json())
        found += [_row(hit) for hit in hits["hits"]]
        if len(hits["hits"]) < PAGE or len(found) >= _total(hits):
            return found
        last = hits["hits"][-1].get("sort")
        if not isinstance(last, list):
            raise Malformed("a row without its place")
        after = {"search_after": "_".join(map(str, last))}
    raise Malformed(f"more than {MOST_PAGES} pages")


def by_company(caller: Caller, first: date, until: date) -> dict[str, int]:
    """How many complaints about debt collection the companies that the bureau names got in these days; the rest it only sums up."""
    answer = caller.get("/", {**_about(first, until), "size": 0}).json()
    _hits(answer)
    buckets = answer.get("aggregations", {}).get("company", {}).get("company", {}).get("buckets")
    if not isinstance(buckets, list):
        raise Malformed("no figures by company")
    try:
        return {str(one["key"]): int(one["doc_count"]) for one in buckets}
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed("figures by company are not numbers") from error


def _about(first: date, until: date) -> Mapping[str, str | int]:
    return {"product": PRODUCT, "date_received_min": first.isoformat(), "date_received_max": until.isoformat()}


def _hits(answer: Any) -> dict[str, Any]:
    hits = answer.get("hits") if isinstance(answer, dict) else None
    if not isinstance(hits, dict) or not isinstance(hits.get("hits"), list):
        raise Malformed("no hits")
    return hits


def _total(hits: dict[str, Any]) -> int:
    total = hits.get("total")
    value = total.get("value") if isinstance(total, dict) else total
    if not isinstance(value, int):
        raise Malformed("no total")
    return value


def _row(hit: Any) -> OutsideRow:
    row = hit.get("_source") if isinstance(hit, dict) else None
    received = day_in(text_in(row, "date_received"), "%Y-%m-%d")
    if received is None or not text_in(row, "complaint_id"):
        raise Malformed("a complaint without number or day")
    return OutsideRow(
        text_in(row, "complaint_id"), received, text_in(row, "issue"), text_in(row, "sub_issue"), text_in(row, "sub_product"), text_in(row, "state"),
        text_in(row, "company_response"), {"Yes": True, "No": False}.get(text_in(row, "timely")), day_in(text_in(row, "date_sent_to_company"), "%Y-%m-%d"),
    )  # fmt: skip
