"""Commands of the foundation. What programs read goes to stdout, words for people to stderr."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from portal import audit, backups, clock, invitations, jobs, keys, queries, schema, tenants
from portal.config import Settings
from portal.db import PATIENT_S, Database
from portal.errors import DomainError
from portal.people import Role
from portal.permissions import SYSTEM

db = AppGroup("db", help="The database's schema.")
users = AppGroup("users", help="People.")
api_keys = AppGroup("keys", help="API keys.")
schedule = AppGroup("jobs", help="Scheduled jobs and the work queue.")
trail = AppGroup("audit", help="The audit trail.")


@contextmanager
def patient_database() -> Iterator[Database]:
    """The database for work in the background."""
    settings: Settings = current_app.extensions["settings"]
    made = Database(settings.database_url, statement_timeout_s=PATIENT_S)
    try:
        yield made
    finally:
        made.dispose()


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found


@contextmanager
def _refusals_as_words() -> Iterator[None]:
    """A refusal is said on stderr and ends with status 1."""
    try:
        yield
    except DomainError as error:
        raise click.ClickException(
            "; ".join([str(error), *(text for text in _field_words(error) if text != str(error))])
        ) from error


def _field_words(error: DomainError) -> list[str]:
    """What a refusal says about single values."""
    return list(getattr(error, "fields", {}).values())


# -- schema --------------------------------------------------------------------------------------------------------------


@db.command("upgrade")
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the schema up to REVISION (the newest)."""
    with patient_database() as database:
        schema.upgrade(database, revision)
        click.echo(f"The schema is at {schema.current(database)}.", err=True)


@db.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the schema back to REVISION (`base`: to nothing)."""
    with patient_database() as database:
        schema.downgrade(database, revision)
        click.echo(f"The schema is at {schema.current(database) or 'nothing'}.", err=True)


@db.command("migration")
@click.argument("message")
def migration(message: str) -> None:
    """Write the migration from the present schema to the models (development)."""
    schema.write_migration(_database(), message, f"{int(schema.head() or 0) + 1:04}")


# -- people and keys -----------------------------------------------------------------------------------------------------


@users.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--agency", "agency", help="The agency's code, for the roles of an agency.")
@click.option("--name", default="", help="What the person is called; they can say it themselves.")
def add_user(email: str, role: str, agency: str | None, name: str) -> None:
    """Invite EMAIL, or invite again; prints the single-use link alone."""
    settings: Settings = current_app.extensions["settings"]
    with _refusals_as_words(), _database().transaction() as session:
        agency_id = tenants.id_of(session, agency) if agency else None
        token = invitations.invite(session, SYSTEM, email, Role(role), agency_id, at=clock.now(), name=name)
    click.echo(invitations.address_of(token, settings.base_url))


@api_keys.command("add")
@click.option("--agency", help="The code of the agency it belongs to.")
@click.option("--user", "email", help="The e-mail address of the person of the bank it belongs to and acts as.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; give it several times.")
@click.option("--days", default=keys.LONGEST.days, show_default=True, help="How long it lives.")
@click.option("--name", default="", help="What uses it.")
def add_key(agency: str | None, email: str | None, scopes: tuple[str, ...], days: int, name: str) -> None:
    """Make an API key; prints the key alone."""
    if (agency is None) == (email is None):
        raise click.UsageError("Give either --agency or --user.")
    with _refusals_as_words(), _database().transaction() as session:
        user = queries.person_named(session, email) if email else None
        agency_id = tenants.id_of(session, agency) if agency else None
        made = keys.make(
            session, SYSTEM, scopes=scopes, at=clock.now(), agency_id=agency_id, user=user, name=name, days=days
        )
    click.echo(made)


# -- jobs ----------------------------------------------------------------------------------------------------------------


@schedule.command("list")
def list_jobs() -> None:
    """Every job: name, cron expression (- only by hand), why it exists; parted by tabs."""
    for name, job in sorted(jobs.JOBS.items()):
        click.echo(f"{name}\t{job.cron or '-'}\t{job.why}")


@schedule.command("run")
@click.argument("name")
def run_job(name: str) -> None:
    """Run one job now; status 1 if it fails."""
    if name not in jobs.JOBS:
        raise click.UsageError(f"There is no job {name}. There are: {' '.join(sorted(jobs.JOBS))}")
    with patient_database() as database:
        run = jobs.run(database, name)
    if run is None:
        raise click.ClickException("This very run is under way already.")
    click.echo(f"{name}: {run.state.value} {run.detail or ''}".rstrip(), err=True)
    if run.state is not jobs.RunState.OK:
        sys.exit(1)


@schedule.command("start")
def start_jobs() -> None:
    """The jobs process: keeps the schedule and does the work that waits, until SIGTERM or SIGINT."""
    settings: Settings = current_app.extensions["settings"]
    with patient_database() as database:
        process = jobs.JobsProcess(database, settings.bank_zone)
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda _signal, _frame: process.stop.set())
        click.echo("The jobs process runs. Stop it with Ctrl-C.", err=True)
        process.start()
        click.echo("The jobs process has stopped.", err=True)


# -- trail and backups ---------------------------------------------------------------------------------------------------


@trail.command("verify")
def verify() -> None:
    """Walk the audit chain; names the first broken entry and ends with status 1 if there is one."""
    with patient_database() as database, database.reading() as session:
        verdict = audit.verify(session)
    if verdict.broken_at is not None:
        click.echo(f"broken at entry {verdict.broken_at}: {verdict.reason}")
        sys.exit(1)
    click.echo(f"{verdict.entries} entries, head {verdict.head}")


@click.command("backup")
@with_appcontext
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE, while it is in use."""
    with patient_database() as database:
        try:
            backups.backup(database, file)
        except backups.CannotCopy as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"The database is copied to {file}. Uploaded files are not in it; copy their folder too.", err=True)


@click.command("restore")
@with_appcontext
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Replace the whole database by the copy in FILE."""
    with patient_database() as database:
        try:
            backups.restore(database, file)
        except backups.CannotCopy as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"The database is as it was copied to {file}.", err=True)


COMMANDS = (db, users, api_keys, schedule, trail, backup, restore)
