"""Commands of the ledger floor."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from ledger import invariants
from portal.reports.command import import_file

ledger = AppGroup("ledger", help="The bank's own ledger.")


@ledger.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_ledger(file: Path) -> None:
    """Post the entries of FILE now; prints `accepted N duplicate N rejected N` and writes FILE.problems.csv."""
    import_file(file, "ledger")


@click.command("invariants")
@with_appcontext
def check_invariants() -> None:
    """Money and placement invariants over the whole database; exit 1 and the offending ids if one fails."""
    with current_app.extensions["database"].reading() as session:
        failures = invariants.check(session)
    for failure in failures:
        click.echo(f"{failure.invariant}: {' '.join(failure.offenders)}")
    if failures:
        raise SystemExit(1)
    click.echo("all invariants hold", err=True)


COMMANDS = (ledger, check_invariants)
