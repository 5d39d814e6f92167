"""Commands of the agencies floor."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from agencies import queries
from portal.permissions import SYSTEM
from portal.reports.command import import_file, preview_file

agencies = AppGroup("agencies", help="The agencies of the panel.")
COMMANDS = (agencies,)


@agencies.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines for programs.")
def list_agencies(as_json: bool) -> None:
    """Print every agency with its status."""
    with current_app.extensions["database"].reading() as session:
        rows = [(one.code, one.status.value, one.name, one.country) for one in queries.everyone(session, SYSTEM)]
    for row in rows:
        if as_json:
            click.echo(
                json.dumps(dict(zip(("code", "status", "name", "country"), row, strict=True)), ensure_ascii=False)
            )
        else:
            code, status, name, country = row
            click.echo(f"{code:<12} {status:<12} {country}  {name}")


@agencies.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preview", is_flag=True, help="Say what would be taken over and what is wrong, and keep nothing.")
def import_agencies(file: Path, preview: bool) -> None:
    """Take over a running panel from FILE: agencies with credentials and contracts (docs/agencies.md says which columns).

    Prints `accepted N duplicate N rejected N` and writes FILE.problems.csv.
    """
    if preview:
        preview_file(file, "agencies")
    else:
        import_file(file, "agencies")
