"""Commands of the scorecards floor."""

from __future__ import annotations

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock
from portal.errors import Invalid
from portal.permissions import SYSTEM
from scorecards import scoring
from scorecards.periods import Period
from scorecards.queries import cards

scorecards = AppGroup("scorecards", help="Scorecards of agencies.")
COMMANDS = (scorecards,)


class _Month(click.ParamType[Period]):
    """A month written YYYY-MM."""

    name = "YYYY-MM"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        try:
            return value if isinstance(value, Period) else Period.parse(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


@scorecards.command("score")
@click.argument("period", type=_Month())
@click.option("--currency", help="Only this currency; all of them otherwise.")
@click.option("--restate", is_flag=True, help="Draft a new version of published scorecards whose rows have changed.")
def score(period: Period, currency: str | None, restate: bool) -> None:
    """Score every agency in PERIOD by the rows known now; one `REF AGENCY CURRENCY HEADLINE BAND` a line."""
    with current_app.extensions["database"].transaction() as session:
        try:
            written = scoring.score_period(session, SYSTEM, period, at=clock.now(), currency=currency, restate=restate)
        except Invalid as error:
            raise click.ClickException(str(error)) from error
        for card in written:
            headline = "-" if card.headline is None else f"{card.headline:.2f}"
            click.echo(f"{card.ref} {card.inputs['agency']} {card.currency} {headline} {card.band}")


@scorecards.command("replay")
@click.argument("period", type=_Month(), required=False)
def replay(period: Period | None) -> None:
    """Make the stored scorecards of PERIOD (or all) again from their inputs and compare; exit 1 if one differs."""
    differing = 0
    with current_app.extensions["database"].reading() as session:
        for card in cards.all_cards(session, str(period) if period else None):
            off = scoring.rescore_from_inputs(session, card)
            differing += bool(off)
            click.echo(
                f"{card.ref} {card.period} {card.agency.code} {'differs: ' + ', '.join(off) if off else 'equal'}"
            )
    sys.exit(1 if differing else 0)
