"""Commands of the conduct floor."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from conduct.cases import CaseError, check_cases, exit_code

conduct = AppGroup("conduct", help="The rules of conduct.")
COMMANDS = (conduct,)


@conduct.command("check")
@click.argument("cases", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(cases: Path) -> None:
    """Judge the worked cases in CASES, one JSON object a line, by the rules they name.

    Prints one JSON line a case and a last one with the counts. Exit 1 if a case disagrees, 2 if it names an unknown rule. No
    database is asked.
    """
    summary = {}
    try:
        for result in check_cases(cases):
            click.echo(json.dumps(result, ensure_ascii=False))
            summary = result
    except CaseError as error:
        raise click.ClickException(str(error)) from error
    raise SystemExit(exit_code(summary))
