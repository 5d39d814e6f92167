"""What the database refuses by itself is what the models say: CHECK constraints, which Alembic's comparison does not look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Connection, Table, create_engine, inspect, text

from portal.db import Base, Database
from portal.types import Choice

Checks = dict[tuple[str, str], str]
KNOWN = "_known"  # how the constraints of `one_of` end

POSTGRES_CHECKS = text(
    "SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
    "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.contype = 'c' AND n.nspname = :place"
)


def choices() -> Iterator[tuple[Table, str, type[StrEnum]]]:
    """Every column that the database keeps to the members of an enumeration."""
    for table in Base.metadata.sorted_tables:
        for check in table.constraints:
            if isinstance(check, CheckConstraint) and str(check.name).endswith(KNOWN):
                column = str(check.name).removeprefix(f"ck_{table.name}_").removesuffix(KNOWN)
                kind = table.c[column].type
                assert isinstance(kind, Choice), f"{table.name}.{column} has a list of words but no enumeration"
                yield table, column, kind.kind


def test_every_check_in_a_migrated_database_is_the_one_that_the_models_declare(app: Flask, db: Database) -> None:
    with db.writer.connect() as connection:
        migrated, declared = (_of_sqlite if db.sqlite else _of_postgres)(connection)
        connection.rollback()
    assert migrated.keys() == declared.keys()
    assert {name: (migrated[name], said) for name, said in declared.items() if migrated[name] != said} == {}
    assert len(declared) >= sum(1 for _ in choices()) > 50


def _of_postgres(connection: Connection) -> tuple[Checks, Checks]:
    """Both as PostgreSQL writes them out: of the migrated tables, and of tables just made from the models in a schema of their own."""
    connection.execute(text("CREATE SCHEMA declared"))
    connection.execute(text("SET LOCAL search_path TO declared"))
    Base.metadata.create_all(connection, checkfirst=False)
    one, other = (
        {(table, name): said for table, name, said in connection.execute(POSTGRES_CHECKS, {"place": place})}
        for place in ("public", "declared")
    )
    return one, other


def _of_sqlite(connection: Connection) -> tuple[Checks, Checks]:
    engine = create_engine("sqlite://")
    with engine.connect() as empty:
        Base.metadata.create_all(empty)
        return _reflected(connection), _reflected(empty)


def _reflected(connection: Connection) -> Checks:
    inspector = inspect(connection)
    return {
        (table, str(check["name"])): re.sub(r"\s+", " ", check["sqltext"])
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


def test_a_list_of_words_names_every_member_of_its_columns_enumeration_and_nothing_else(app: Flask) -> None:
    for table, column, kind in choices():
        check = next(one for one in table.constraints if one.name == f"ck_{table.name}_{column}{KNOWN}")
        assert isinstance(check, CheckConstraint)
        assert re.findall(r"'([^']*)'", str(check.sqltext)) == [member.value for member in kind], f"{table}.{column}"


def test_the_database_takes_every_member_and_refuses_another_word(app: Flask, db: Database) -> None:
    """Asked of the migrated tables themselves: the check of each column, evaluated for each word."""
    with db.writer.connect() as connection:
        said = _reflected(connection)
        for table, column, kind in choices():
            check = said[table.name, f"ck_{table.name}_{column}{KNOWN}"]
            for word in [*(member.value for member in kind), "no such word"]:
                asked = text(f'SELECT {check} FROM (SELECT CAST(:word AS VARCHAR) AS "{column}") AS row_of_it')
                accepted = connection.execute(asked, {"word": word}).scalar_one()
                assert bool(accepted) == (word != "no such word"), f"{table.name}.{column}: {word}"


def test_a_check_that_lags_behind_its_enumeration_would_be_seen(app: Flask, db: Database) -> None:
    """The comparison itself: a migrated database whose list lost a word differs from the models."""
    if db.sqlite:
        pytest.skip("SQLite cannot change a constraint in place")
    with db.writer.connect() as connection:
        connection.execute(text("ALTER TABLE job_run DROP CONSTRAINT ck_job_run_state_known"))
        connection.execute(
            text("ALTER TABLE job_run ADD CONSTRAINT ck_job_run_state_known CHECK (state IN ('running', 'ok'))")
        )
        migrated, declared = _of_postgres(connection)
        connection.rollback()
    assert [name for name in declared if migrated[name] != declared[name]] == [("job_run", "ck_job_run_state_known")]
