"""Commands and the monthly job: a month is scored, stored cards are made again, and a touched one is found out."""

from __future__ import annotations

from sqlalchemy import select, update

from portal import clock, jobs
from portal.db import Database
from portal.jobs import RunState
from scorecards.models import Measure, Scorecard
from tests.scorecards.book import JUNE, SCORED_AT
from tests.scorecards.conftest import Site


def test_a_month_is_scored_from_the_command_line(site: Site) -> None:
    runner = site.app.test_cli_runner()
    with clock.set_to(SCORED_AT):
        done = runner.invoke(args=["scorecards", "score", "2026-04"])
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert sorted(line[1] for line in lines) == ["AGYA", "AGYB", "AGYC"]
    assert runner.invoke(args=["scorecards", "score", "April"]).exit_code == 2
    future = runner.invoke(args=["scorecards", "score", "2099-01"])
    assert (future.exit_code, future.stdout) == (1, "")


def test_stored_cards_are_made_again_and_a_touched_one_is_named(site: Site) -> None:
    runner = site.app.test_cli_runner()
    equal = runner.invoke(args=["scorecards", "replay"])
    assert equal.exit_code == 0, equal.output
    assert all(line.endswith("equal") for line in equal.output.splitlines())
    database: Database = site.app.extensions["database"]
    ref = site.may["AGYB"]
    touched = update(Measure).where(
        Measure.name == "effect",
        Measure.scorecard_id == select(Scorecard.id).where(Scorecard.ref == ref).scalar_subquery(),
    )
    with database.transaction() as session:
        session.execute(touched.values(points=99.0))
    differs = runner.invoke(args=["scorecards", "replay", "2026-05"])
    assert differs.exit_code == 1
    assert [line for line in differs.output.splitlines() if "differs" in line] == [
        f"{ref} 2026-05 AGYB differs: measure effect"
    ]


def test_the_month_that_ended_is_scored_by_the_job_and_again_without_harm(site: Site) -> None:
    database: Database = site.app.extensions["database"]
    with clock.set_to(JUNE.later(1).ends_at):
        first, again = jobs.run(database, "score-month", "one"), jobs.run(database, "score-month", "two")
    assert first is not None
    assert again is not None
    assert (first.state, first.detail) == (RunState.OK, "3 scorecards of 2026-07")
    assert (again.state, again.detail) == (RunState.OK, "0 scorecards of 2026-07")
