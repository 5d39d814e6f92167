"""Commands of the activity floor."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from activity import kit
from portal import tenants
from portal.reports.command import import_file

reports = AppGroup("reports", help="Reports of agencies, and the bank's own contacts and complaints.")


@reports.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--kind", required=True, type=click.Choice(["activity", "payments", "inventory", "complaints", "collectors"])
)
@click.option("--agency", "code", help="Whose report it is; without it, the bank's own contacts or complaints.")
def import_report(file: Path, kind: str, code: str | None) -> None:
    """Read FILE now; prints `accepted N duplicate N rejected N` and writes FILE.problems.csv."""
    if code is None and kind not in ("activity", "complaints"):
        raise click.UsageError("The bank itself reports activity and complaints only; name the agency with --agency.")
    agency_id = None
    if code is not None:
        with current_app.extensions["database"].reading() as session:
            agency_id = tenants.id_of(session, code)
    import_file(file, kind, agency_id=agency_id)


@click.command("kit")
def write_kit() -> None:
    """Write the JSON Schemas of the kit for agencies anew from the row models."""
    for path in kit.write_schemas():
        click.echo(str(path))


COMMANDS: tuple[click.Command, ...] = (reports, write_kit)
