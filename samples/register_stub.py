"""A stand-in for the public registers, for tests and the demo: it speaks their documented shapes, their errors and their bad days.

`Stub()` as a context serves on this machine; `settings()` are the settings that lead the portal to it. What it knows is plain data that a
test changes as it likes; `misbehave` queues faults for the next calls of one register. The shapes are those of `samples/registers`.
"""

from __future__ import annotations

import copy
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

FOLDER = Path(__file__).with_name("registers")
PLACES = {
    "fca": "/fca", "companies_house": "/companies_house", "gleif": "/gleif", "nyc": "/nyc", "illinois": "/illinois", "cfpb": "/cfpb", "ofac": "/ofac",
    "uk_sanctions": "/uk_sanctions", "opensanctions": "/opensanctions",
}  # fmt: skip
KEY, USER = "stub-key", "user@example.com"
Query = Mapping[str, list[str]]
Answered = tuple[int, Any]


def example(register: str, name: str) -> Any:
    """The body of one recorded example of a register."""
    return copy.deepcopy(
        next(
            one["response"]["body"]
            for one in json.loads((FOLDER / f"{register}.json").read_text())
            if one["name"] == name
        )
    )


class Stub:
    """What the registers know, how they misbehave, and what they were asked."""

    def __init__(self) -> None:
        self.firms: dict[str, dict[str, Any]] = {"999001": example("fca_firm", "firm found")["Data"][0]}
        self.permissions: dict[str, dict[str, Any]] = {
            "999001": example("fca_permissions", "permissions found")["Data"]
        }
        self.disciplinary: dict[str, list[Any]] = {"999001": example("fca_disciplinary", "history found")["Data"]}
        self.companies = {
            one["company_number"]: one
            for one in (example("companies_house", "profile"), example("companies_house", "dissolved"))
        }
        self.leis = {one["data"]["id"]: one for one in (example("gleif", "record"), example("gleif", "lapsed record"))}
        self.nyc: list[dict[str, Any]] = [
            *example("nyc_open_data", "agencies, present columns"),
            *example("nyc_open_data", "a row with the columns of 2019"),
        ]
        self.illinois: list[dict[str, Any]] = example("illinois_idfpr", "collection agencies")
        self.complaints: list[dict[str, Any]] = []
        self.ofac = {name: (FOLDER / "ofac" / name).read_text() for name in ("sdn.csv", "alt.csv")}
        self.uk_sanctions = (FOLDER / "uk_sanctions.csv").read_text()
        self.matches: dict[str, list[dict[str, Any]]] = {
            "Example Collections Ltd": example("opensanctions_match", "one match, one without")["responses"]["q1"][
                "results"
            ]
        }
        self.page = {"fca": 2, "cfpb": 100}
        self.asked: list[tuple[str, str, dict[str, str]]] = []  # register, path with query, headers
        self._faults: dict[str, list[str]] = defaultdict(list)

    def misbehave(self, register: str, *faults: str) -> None:
        """Let the next calls of this register go wrong: a status, `429 seconds`, silent, drip, malformed, html, huge, elsewhere."""
        self._faults[register] += faults

    def settings(self) -> dict[str, str]:
        """The settings that lead the portal here."""
        found = {f"REGISTER_{name.upper()}_URL": f"{self.address}{place}" for name, place in PLACES.items()}
        keys = {f"REGISTER_{name}_KEY": KEY for name in ("FCA", "COMPANIES_HOUSE", "NYC", "ILLINOIS", "OPENSANCTIONS")}
        return found | keys | {"REGISTER_FCA_USER": USER}

    def __enter__(self) -> Stub:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub._serve(self)

            def do_POST(self) -> None:
                stub._serve(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    # -- answering ---------------------------------------------------------------------------------------------------------

    def _serve(self, call: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(call.path)
        register = parts.path.strip("/").split("/")[0]
        rest, query = parts.path.removeprefix(f"/{register}"), parse_qs(parts.query, keep_blank_values=True)
        body = call.rfile.read(int(call.headers.get("Content-Length") or 0))
        self.asked.append((register, call.path, {name.lower(): value for name, value in call.headers.items()}))
        if self._faults[register]:
            _misbehave(call, self._faults[register].pop(0))
            return
        answer: Callable[..., Answered] | None = getattr(self, f"_answer_{register}", None)
        if answer is None:
            _send(call, 404, b"nothing here", "text/plain")
            return
        status, told = answer(rest, query, call.headers, body)
        if isinstance(told, str):
            _send(call, status, told.encode(), "text/csv; charset=utf-8")
        else:
            _send(call, status, json.dumps(told).encode(), "application/json")

    def _answer_fca(self, path: str, query: Query, headers: Any, _body: bytes) -> Answered:
        if headers.get("x-auth-key") != KEY or headers.get("x-auth-email") != USER:
            return 200, example("fca_firm", "no key")
        number, _, part = path.removeprefix("/Firm/").partition("/")
        known: Any = {
            "": [self.firms[number]] if number in self.firms else [],
            "Permissions": self.permissions.get(number),
            "DisciplinaryHistory": self.disciplinary.get(number),
        }[part]
        code = {"": "01", "Permissions": "03", "DisciplinaryHistory": "11"}[part]
        if not known:
            return 200, {
                "Status": f"FSR-API-02-{code}-{'11' if part == '' else '21'}",
                "ResultInfo": None,
                "Message": "Not found",
                "Data": None,
            }
        page, size = int(query.get("pgnp", ["1"])[0]), self.page["fca"]
        some = list(known.items() if isinstance(known, dict) else known)[(page - 1) * size : page * size]
        info = {"page": str(page), "per_page": str(size), "total_count": str(len(known))}
        return 200, {
            "Status": f"FSR-API-02-{code}-00",
            "ResultInfo": info,
            "Message": "Ok.",
            "Data": dict(some) if isinstance(known, dict) else some,
        }

    def _answer_companies_house(self, path: str, _query: Query, headers: Any, _body: bytes) -> Answered:
        if not headers.get("Authorization", "").startswith("Basic "):
            return 401, {"error": "Invalid Authorization", "type": "ch:service"}
        found = self.companies.get(path.removeprefix("/company/"))
        return (200, found) if found else (404, example("companies_house", "not found"))

    def _answer_gleif(self, path: str, _query: Query, _headers: Any, _body: bytes) -> Answered:
        found = self.leis.get(path.removeprefix("/lei-records/"))
        return (200, found) if found else (404, {"errors": [{"status": "404", "title": "Resource Not Found"}]})

    def _answer_nyc(self, _path: str, query: Query, _headers: Any, _body: bytes) -> Answered:
        return _socrata(self.nyc, "license_nbr", query)

    def _answer_illinois(self, _path: str, query: Query, _headers: Any, _body: bytes) -> Answered:
        return _socrata(self.illinois, "license_number", query)

    def _answer_cfpb(self, path: str, query: Query, _headers: Any, _body: bytes) -> Answered:
        if path == "/_suggest_company":
            text = query["text"][0].upper()
            return 200, sorted({row["company"] for row in self.complaints if text in row["company"].upper()})[:10]
        first, until, company = (
            query["date_received_min"][0],
            query["date_received_max"][0],
            query.get("company", [""])[0],
        )
        rows = [
            row
            for row in self.complaints
            if first <= row["date_received"][:10] < until and row["product"] == query["product"][0]
        ]
        counts: dict[str, int] = defaultdict(int)
        for row in rows:
            counts[row["company"]] += 1
        rows = sorted(
            (row for row in rows if company in ("", row["company"])),
            key=lambda row: (row["date_received"], row["complaint_id"]),
        )
        size, start = min(int(query["size"][0]), self.page["cfpb"]), int(query.get("frm", ["0"])[0])
        if start and not query.get("search_after"):
            return 400, {"frm": ["search_after is needed"]}
        hits = [
            {"_source": row, "sort": [row["date_received"], row["complaint_id"]]} for row in rows[start : start + size]
        ]
        buckets = [{"key": name, "doc_count": count} for name, count in sorted(counts.items(), key=lambda one: -one[1])]
        total = {"value": len(rows), "relation": "eq"}
        aggregations = {"company": {"doc_count": len(rows), "company": {"buckets": buckets, "sum_other_doc_count": 0}}}
        return 200, {"hits": {"total": total, "hits": hits}, "aggregations": aggregations}

    def _answer_ofac(self, path: str, _query: Query, _headers: Any, _body: bytes) -> Answered:
        return 200, self.ofac[path.strip("/")]

    def _answer_uk_sanctions(self, _path: str, _query: Query, _headers: Any, _body: bytes) -> Answered:
        return 200, self.uk_sanctions

    def _answer_opensanctions(self, _path: str, query: Query, headers: Any, body: bytes) -> Answered:
        if headers.get("Authorization") != f"ApiKey {KEY}":
            return 401, {"detail": "Invalid API key."}
        if query["algorithm"] != ["best"]:
            return 400, example("opensanctions_match", "unknown algorithm")
        responses = {}
        for key, asked in json.loads(body)["queries"].items():
            results = self.matches.get(asked["properties"]["name"][0], [])
            responses[key] = {
                "status": 200,
                "total": {"value": len(results), "relation": "eq"},
                "query": asked,
                "results": results,
            }
        return 200, {"responses": responses, "limit": 5}


def _socrata(rows: list[dict[str, Any]], column: str, query: Query) -> Answered:
    where = query["$where"][0]
    if not where.startswith(f"{column} = '"):
        return 400, {"error": True, "message": "made-up message"}
    number = where.removeprefix(f"{column} = '").split("'")[0]
    offset, limit = int(query["$offset"][0]), int(query["$limit"][0])
    return 200, [row for row in rows if row[column] == number][offset : offset + limit]


def _send(call: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, **headers: str) -> None:
    call.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        call.send_header(name, value)
    call.end_headers()
    call.wfile.write(body)


def _misbehave(call: BaseHTTPRequestHandler, fault: str) -> None:
    name, _, more = fault.partition(" ")
    try:
        if name == "silent":
            time.sleep(float(more))
        elif name == "drip":
            call.send_response(200)
            call.end_headers()
            for _ in range(int(more)):
                call.wfile.write(b" ")
                call.wfile.flush()
                time.sleep(0.1)
        elif name == "huge":
            _send(call, 200, b"x" * int(more), "application/json")
        elif name == "malformed":
            _send(call, 200, b'{"half": ', "application/json")
        elif name == "html":
            _send(call, 200, b"<html><p>We are down for maintenance.</p></html>", "text/html")
        elif name == "elsewhere":
            _send(call, 302, b"", "text/plain", Location=more)
        else:
            _send(call, int(name), b"{}", "application/json", **({"Retry-After": more} if more else {}))
    except (BrokenPipeError, ConnectionResetError):
        return  # the caller had no patience left
