"""What agencies download: schemas that are true, a validator that agrees with the portal, a client that gets its work done."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.serving import make_server

from activity import kit
from activity.schemas import REPORTS
from portal import work
from portal.config import ROOT
from tests import factories, factories_placements
from tests.activity.test_schemas import SOUND
from tests.clients import ApiClient, PageClient

PORTAL_ALONE = {"unknown_account", "unknown_reference"}
"""Codes of what only the portal can know; and bad_currency of a currency that exists."""
BAD: dict[str, list[str]] = {
    "when": [
        "",
        "yesterday",
        "2026-01-31T10:00:00",
        "2026-02-30T10:00:00Z",
        "2036-01-01T00:00:00Z",
        "2026-01-31T25:00:00Z",
    ],
    "day": ["", "31/01/2026", "2026-02-30", "soon"],
    "money": ["", "-1.00", "1.001", "1,000.00", "ten", "$5", "1e3"],
    "text": ["", "x" * 5000, "tab\there", "\x07"],
    "flag": ["maybe", "1", "YES"],
    "zones": ["Mars/Olympus", "America/New_York;", "EST5"],
    "object": ["[1]", "{", '{"a":1,"a":2}'],
    "count": ["-1", "1.5", "many"],
    "currency": ["usd", "US$", "XXQ"],
}
EVERYTHING = sorted(
    {value for values in BAD.values() for value in values} | {"other", "agency", "2026-01-31", "5.00", "yes"}
)


def problems_of_validator(
    kind: str, body: bytes, *more: str, suffix: str = "csv", folder: Path, inside: Path
) -> list[tuple[str, str, str]]:
    """(row, column, code) as the archive prints them, run by a Python that knows nothing but its standard library."""
    path = folder / f"file.{suffix}"
    path.write_bytes(body)
    done = subprocess.run([sys.executable, "-I", "-S", str(inside), kind, str(path), *more], capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return [(row["row"], row["column"], row["code"]) for row in csv.DictReader(io.StringIO(done.stdout))]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kit") / "check-report.pyz"
    path.write_bytes(kit.validator())
    return path


@pytest.fixture
def portal(app: Flask) -> ApiClient:
    """The key of an agency that holds ACC1 to ACC10."""
    with app.extensions["database"].transaction() as session:
        agency, portfolio = factories_placements.ready(session, "AGYA"), factories_placements.make_portfolio(session)
        for number in range(1, 11):
            account = factories_placements.make_account(session, portfolio, f"ACC{number}")
            factories_placements.make_placement(session, account, agency, placed_at=datetime(2026, 1, 1, tzinfo=UTC))
        return ApiClient(
            app, factories.make_key(session, scopes="placements:read reports:read reports:write", agency=agency)
        )


def problems_of_portal(
    portal: ApiClient, kind: str, body: bytes, media_type: str, **headers: str
) -> list[tuple[str, str, str]]:
    answer = portal.http.post(
        f"/api/v1/reports/{kind}/preview", data=body, content_type=media_type, base_url="https://localhost",
        headers={"Authorization": f"Bearer {portal.key}", **headers},
    )  # fmt: skip
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [
        (str(one["row"]), one["column"], one["code"])
        for one in answer.json["problems"]
        if one["code"] not in PORTAL_ALONE
    ]


def as_csv(rows: Iterable[dict[str, str]]) -> bytes:
    found = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in found for name in row)), restval="")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue().encode()


REFERRING = ("account_ref", "corrects")
"""What looks right here may be unknown to the portal; then the portal alone refuses the row, and a repeated id is no repetition there."""


def spoiled(draw: Callable[[st.SearchStrategy[Any]], Any], kind: str) -> list[dict[str, str]]:
    """Rows of a kind with cells changed to what might be bad; some ids come twice."""
    names = [column.name for column in REPORTS[kind].columns]
    rows = []
    for number in range(draw(st.integers(1, 6))):
        row = dict(SOUND[kind])
        for name in ("record_id", "collector_id"):
            if name in row:
                row[name] = f"{row[name]}-{draw(st.integers(0, 3))}"
        if "account_ref" in row:
            row["account_ref"] = f"ACC{number + 1}"
        for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True)):
            row[name] = draw(st.sampled_from(BAD["text"] if name in REFERRING else EVERYTHING))
        rows.append(row)
    return rows


@pytest.mark.parametrize("kind", REPORTS)
def test_the_validator_and_the_portal_find_the_same(
    kind: str, portal: ApiClient, archive: Path, tmp_path: Path
) -> None:
    @settings(max_examples=int(12 * float(os.environ.get("TEST_SCALE", "0.1")) * 10), deadline=None, database=None,
              suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        rows = spoiled(data.draw, kind)
        if data.draw(st.booleans()):
            body, media_type, suffix = as_csv(rows), "text/csv", "csv"
        else:
            body, media_type, suffix = "\n".join(map(json.dumps, rows)).encode(), "application/jsonl", "jsonl"
        theirs = problems_of_portal(portal, kind, body, media_type)
        ours = problems_of_validator(kind, body, suffix=suffix, folder=tmp_path, inside=archive)
        assert ours == theirs

    agree()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"record_id,nonsense\n1,2\n", "an unknown column"),
        (b"record_id,record_id,account_ref,occurred_at,kind\n1,1,A,2026-01-01T00:00:00Z,call\n", "a column twice"),
        (b"", "nothing at all"),
        (b"\xff\xfe\x00", "no text"),
        (as_csv([SOUND["activity"]])[:-9] + b'"', "a quote that is never closed"),
        (as_csv([SOUND["activity"]]) + b"a,b,c\n", "a row with too few cells"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_they_agree_on_files_that_cannot_be_read(body: bytes, reason: str, portal: ApiClient, archive: Path, tmp_path: Path) -> None:  # fmt: skip
    theirs = problems_of_portal(portal, "activity", body, "text/csv")
    assert problems_of_validator("activity", body, folder=tmp_path, inside=archive) == theirs != [], reason


@pytest.mark.parametrize(("rows", "amount"), [("2", "50.00"), ("1", "51.00"), ("1", "50.00")])
def test_they_agree_on_control_totals(rows: str, amount: str, portal: ApiClient, archive: Path, tmp_path: Path) -> None:
    body = as_csv([SOUND["payments"] | {"account_ref": "ACC1"}])
    theirs = problems_of_portal(portal, "payments", body, "text/csv", **{"Report-Rows": rows, "Report-Amount": amount})
    ours = problems_of_validator("payments", body, "--rows", rows, "--amount", amount, folder=tmp_path, inside=archive)
    assert ours == theirs


def test_a_checkout_can_check_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(as_csv([SOUND["inventory"]]))
    done = subprocess.run([sys.executable, str(ROOT / "kit" / "check_report.py"), "inventory", str(path)], capture_output=True, text=True, check=True)  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "sound\n")


@pytest.mark.parametrize("kind", REPORTS)
def test_the_samples_are_sound(kind: str, archive: Path, tmp_path: Path) -> None:
    body = (kit.KIT / "samples" / f"{kind}.csv").read_bytes()
    assert problems_of_validator(kind, body, folder=tmp_path, inside=archive) == []


# -- schemas ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", REPORTS)
def test_the_schemas_in_the_kit_are_those_of_the_row_models(kind: str) -> None:
    text = (kit.KIT / "schemas" / f"{kind}.json").read_text(encoding="utf-8")
    assert text == kit.schema(kind), "run: flask --app app kit"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("kind", REPORTS)
def test_a_schema_takes_a_sound_row_and_refuses_one_without_what_is_required(kind: str) -> None:
    checks = jsonschema.Draft202012Validator(json.loads(kit.schema(kind)))
    row: dict[str, Any] = dict(SOUND[kind])
    if "details" in row:
        row["details"] = json.loads(row["details"])
    assert not list(checks.iter_errors(row))
    for column in REPORTS[kind].columns:
        if column.required:
            assert list(checks.iter_errors({name: value for name, value in row.items() if name != column.name}))
    assert list(checks.iter_errors(row | {"nonsense": "x"}))


# -- downloads --------------------------------------------------------------------------------------------------------------


def test_nobody_needs_an_account_to_download_the_kit(client: PageClient) -> None:
    for name in kit.FILES:
        answer = client.http.get(f"/kit/{name}", base_url="https://localhost")
        assert (answer.status_code, answer.headers["Content-Disposition"].startswith("attachment")) == (200, True), name
    assert client.http.get("/kit/../app.py", base_url="https://localhost").status_code == 404
    assert client.http.get("/kit/check_report.py", base_url="https://localhost").status_code == 404


def test_the_validator_is_the_same_bytes_each_time_and_carries_nothing_private() -> None:
    kit.validator.cache_clear()
    first = kit.validator()
    kit.validator.cache_clear()
    assert kit.validator() == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"__main__.py", "portal", "agencies", "activity"}


# -- the client -------------------------------------------------------------------------------------------------------------


class Flaky:
    """A portal on a bad line: the first answer to each POST is lost on the way, after the portal has done its work; GETs are busy once."""

    def __init__(self, app: Any) -> None:
        self.app, self.seen = app, set[tuple[str, str]]()

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        call = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if call in self.seen:
            found: Iterable[bytes] = self.app(environ, start)
            return found
        self.seen.add(call)
        if call[0] == "POST":
            list(self.app(environ, lambda *_: None))
        start("503 Service Unavailable", [("Retry-After", "0"), ("Content-Length", "0")])
        return [b""]


@contextmanager
def served(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def run_client(url: str, key: str, kind: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(kit.KIT / "client.py"), kind, str(path)], cwd=path.parent, capture_output=True, text=True, timeout=120,
        env={"PORTAL": url, "PORTAL_KEY": key, "PATH": os.environ["PATH"]},
    )  # fmt: skip


def test_the_client_pulls_sends_and_reads_problems_on_a_bad_line_and_nothing_is_done_twice(app: Flask, portal: ApiClient, tmp_path: Path) -> None:  # fmt: skip
    path = tmp_path / "activity.csv"
    at = datetime(2026, 2, 2, 15, tzinfo=UTC).isoformat()
    path.write_bytes(as_csv([SOUND["activity"] | {"record_id": f"r{n}", "account_ref": f"ACC{n}", "occurred_at": at} for n in range(1, 4)]
                            + [SOUND["activity"] | {"record_id": "r9", "account_ref": "ACC1", "occurred_at": "yesterday"}]))  # fmt: skip
    with served(Flaky(app.wsgi_app)) as url:
        done = run_client(url, str(portal.key), "activity", path)
        again = run_client(url, str(portal.key), "activity", path)
    assert done.returncode == 0, done.stderr
    counts = "{'accepted': 3, 'changed': 0, 'duplicate': 0, 'rejected': 1, 'total': 4}"
    said = done.stdout.splitlines()
    assert said[0] == "10 placements"
    assert said[1].split(" ", 1)[1] == f"partly_accepted {counts}"
    assert again.stdout == done.stdout
    assert "yesterday" in (tmp_path / "to-mend.csv").read_text()
    work.drain(app.extensions["database"])


def test_the_client_says_why_a_file_was_refused(app: Flask, portal: ApiClient, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"x")
    with served(app.wsgi_app) as url:
        done = run_client(url, "pw_live_wrong", "activity", path)
    assert done.returncode != 0


def test_the_client_is_short_enough_to_read() -> None:
    lines = [line for line in (kit.KIT / "client.py").read_text().splitlines() if line.strip() and '"""' not in line]
    assert len(lines) <= 42
