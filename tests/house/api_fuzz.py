"""Schemathesis over the OpenAPI document of a served portal, every check on, for three kinds of key; the tests run a little, `make proof` much."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from app import create_app
from portal import schema
from portal.config import Settings, fresh_data_keys
from portal.db import Database
from portal.keys import AGENCY_SCOPES, BANK_SCOPES
from portal.people import Role
from tests import factories
from tests import factories_placements as placing

CONFIG = Path(__file__).with_name("schemathesis.toml")
PHASES = "examples,coverage,fuzzing,stateful"
WORLD_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def keys_of(app: Flask) -> dict[str, str]:
    """A small bank with one agency that holds accounts, and three keys: of a vendor manager, of the agency, and one that may hardly do anything."""
    with app.extensions["database"].transaction() as session:
        agency, portfolio = placing.ready(session, "AGYA"), placing.make_portfolio(session, "P")
        for number in range(1, 6):
            account = placing.make_account(session, portfolio, f"ACC{number}")
            if number < 4:
                placing.make_placement(session, account, agency, placed_at=WORLD_BEGAN)
        manager = factories.make_user(session, Role.VENDOR_MANAGER)
        return {
            "bank": factories.make_key(session, scopes=tuple(BANK_SCOPES), user=manager),
            "agency": factories.make_key(session, scopes=tuple(AGENCY_SCOPES), agency=agency),
            "narrow": factories.make_key(session, scopes="scorecards:read", agency=agency),
        }


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The portal on a port of this machine."""
    server = make_server("127.0.0.1", 0, app.wsgi_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def settings_for(url: str, folder: Path) -> Settings:
    """Settings of a portal that meters nobody."""
    return Settings.from_environ(
        {
            "DATABASE_URL": url, "INSTANCE_DIR": str(folder / "instance"), "SECRET_KEY": "fuzz" * 12, "DATA_KEYS": fresh_data_keys(),
            "API_RATE_PER_SECOND": "1000000", "API_BURST": "1000000", "LOG_LEVEL": "ERROR",
        }
    )  # fmt: skip


def fuzz(
    url: str, key: str, folder: Path, *, examples: int, seed: int, phases: str = PHASES
) -> tuple[dict[str, Any], str]:
    """Run Schemathesis with one key: what it counted, and what it found (empty: nothing)."""
    report = folder / "schemathesis.ndjson"
    command = [
        sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "--config-file", str(CONFIG), "run", f"{url}/api/v1/openapi.json", "--url", url, "--checks", "all",
        "--phases", phases, "--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure",
        "--header", f"Authorization: Bearer {key}", "--workers", "1", "--no-color", "--generation-database", "none",
        "--report", "ndjson", "--report-ndjson-path", str(report), "--warnings", "off",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=os.environ | {"COLUMNS": "200"}, check=False)  # fmt: skip
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    counted = {"events": len(lines), "seed": seed, "examples": examples}
    return counted, "" if done.returncode == 0 else done.stdout[-20_000:] + done.stderr[-2_000:]


def trial(url: str, folder: Path, *, examples: int, seed: int, phases: str = PHASES) -> dict[str, Any]:
    """All three keys, one after the other, on one portal."""
    schema.upgrade(db := Database(url))
    db.dispose()
    app = create_app(settings_for(url, folder))
    counted, wrong = {}, {}
    with served(app) as address:
        for name, key in keys_of(app).items():
            counted[name], found = fuzz(address, key, folder, examples=examples, seed=seed, phases=phases)
            if found:
                wrong[name] = found
    app.extensions["database"].dispose()
    return {"keys": counted, "differences": wrong}
