"""The database's schema: Alembic's migrations run from here, and whether the schema is the one this code knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from portal.config import ROOT
from portal.db import Database

MIGRATIONS = ROOT / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for one database."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.set_main_option("path_separator", "os")
    made.attributes["url"] = url
    return made


def upgrade(db: Database, revision: str = "head") -> None:
    """Bring the schema up to `revision`."""
    if db.sqlite:
        Path(db.url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    command.upgrade(config(db.url), revision)


def downgrade(db: Database, revision: str) -> None:
    """Take the schema back to `revision`."""
    command.downgrade(config(db.url), revision)


def head() -> str | None:
    """The newest revision this code knows."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def current(db: Database) -> str | None:
    """The revision the database stands at; None for an empty one."""
    with db.writer.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def readiness(db: Database) -> dict[str, str]:
    """What /readyz reports: "ok" or what is wrong, for the database and for its schema."""
    try:
        found = current(db)
    except SQLAlchemyError as error:
        return {"database": type(error).__name__, "schema": "unknown"}
    return {
        "database": "ok",
        "schema": "ok" if found == head() else f"at {found}, this code needs {head()}: run db upgrade",
    }


def write_migration(db: Database, message: str, revision: str) -> None:
    """Write the migration that takes the database's present schema to the models' (make migration m="…")."""
    made = config(db.url)
    made.attributes["autogenerate"] = True
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    command.revision(made, message=message, rev_id=revision, autogenerate=True)
