"""Commands of the placements floor."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from placements import plan_queries, replaying
from portal.db import Database
from portal.errors import NotFound
from portal.reports.command import import_file

accounts = AppGroup("accounts", help="The bank's accounts.")
placements = AppGroup("placements", help="Who holds which account.")
plans = AppGroup("plans", help="Placement plans.")
COMMANDS = (accounts, placements, plans)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 20


@accounts.command("import")
@click.argument("file", type=FILE)
@click.option("--portfolio", help="Put every account into this portfolio, whatever its column says.")
def import_accounts(file: Path, portfolio: str | None) -> None:
    """Read an account tape now; prints `accepted N duplicate N rejected N` and writes FILE.problems.csv."""
    import_file(file, "accounts", options={"portfolio": portfolio} if portfolio else None)


@placements.command("import")
@click.argument("file", type=FILE)
def import_placements(file: Path) -> None:
    """Take over placements that exist already: account_ref, agency, placed_at, balance.

    Prints `accepted N duplicate N rejected N` and writes FILE.problems.csv.
    """
    import_file(file, "placements")


@plans.command("list")
def list_plans() -> None:
    """Print every plan, newest first: ID STATE ACCOUNTS BALANCE CURRENCY SEED TITLE."""
    with _database().reading() as session:
        for plan in plan_queries.newest_first(session):
            figures = f"{plan.accounts} {plan.balance} {plan.currency or '-'} {plan.seed}"
            click.echo(f"{plan.ref} {plan.state.value} {figures} {plan.title}")


@plans.command("replay")
@click.argument("plan_id", metavar="ID")
def replay_plan(plan_id: str) -> None:
    """Draw a plan again from its stored inputs and compare; exit 1 if it differs."""
    with _database().reading() as session:
        try:
            plan = plan_queries.get(session, plan_id)
        except NotFound as error:
            raise click.ClickException(f"There is no plan {plan_id}.") from error
        found = replaying.replay(session, plan)
    if found.agrees:
        click.echo(f"{plan.ref} agrees: {found.lines} accounts drawn again from the stored inputs, seed {plan.seed}")
        return
    if not found.is_sealed:
        click.echo("The stored inputs or lines are not those of the plan's fingerprint.", err=True)
    for account_ref in found.differing[:SHOWN]:
        click.echo(f"differs: {account_ref}", err=True)
    click.echo(f"{plan.ref} differs: {len(found.differing)} of {found.lines} accounts")
    raise SystemExit(1)


def _database() -> Database:
    found: Database = current_app.extensions["database"]
    return found
