"""Migrations: numbered, one head, both directions, and the schema they make is the one the models say."""

from __future__ import annotations

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import inspect

from portal import schema
from portal.db import Base, Database

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))


def test_migrations_are_numbered_without_gaps() -> None:
    assert [path.name[:5] for path in VERSIONS] == [f"{number:04}_" for number in range(1, len(VERSIONS) + 1)]


def test_migrations_import_nothing_of_ours() -> None:
    ours = re.compile(
        r"^\s*(?:from|import) (?:portal|agencies|placements|activity|ledger|conduct|scorecards|app)\b", re.M
    )
    assert not [path.name for path in VERSIONS if ours.search(path.read_text())]


def test_the_schema_is_what_the_models_say(app: Flask, db: Database) -> None:
    with db.writer.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
    assert not found


def test_down_and_up_again(db: Database) -> None:
    schema.downgrade(db, "base")
    with db.writer.connect() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    schema.upgrade(db)
    assert schema.current(db) == schema.head()
