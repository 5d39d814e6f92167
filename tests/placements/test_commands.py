"""The floor's commands: what programs read from their output."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from placements.models import Account, Placement, PlanLine
from portal import clock
from tests.factories_placements import (
    make_account,
    make_accounts,
    make_placement,
    make_plan,
    make_portfolio,
    place,
    ready,
)

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def run(app: Flask, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    result = app.test_cli_runner().invoke(args=list(words))
    return result.exit_code, result.stdout, result.stderr


def test_a_tape_is_imported_and_its_problems_written_beside_it(app: Flask, tmp_path: Path) -> None:
    tape = tmp_path / "tape.csv"
    lines = gzip.decompress((SAMPLES / "accounts_us.csv.gz").read_bytes()).decode().splitlines()[:101]
    balance = lines[0].split(",").index("balance")
    cells = lines[7].split(",")
    cells[balance] = "much"
    lines[7] = ",".join(cells)
    tape.write_text("\n".join(lines) + "\n")
    code, out, _ = run(app, "accounts", "import", str(tape), "--portfolio", "Spring")
    assert (code, out) == (0, "accepted 99 duplicate 0 rejected 1\n")
    problems = (tmp_path / "tape.csv.problems.csv").read_text().splitlines()
    assert len(problems) == 2
    assert '"bad_balance"' in problems[1]
    assert (
        run(app, "accounts", "import", str(tape), "--portfolio", "Spring")[1] == "accepted 0 duplicate 100 rejected 0\n"
    )


def test_plans_are_listed_and_drawn_again(app: Flask) -> None:
    db = app.extensions["database"]
    with db.transaction() as session:
        ready(session, "AGY01")
        ready(session, "AGY02")
        portfolio = make_portfolio(session)
        make_accounts(session, portfolio, 20)
        plan = place(session, make_plan(session, portfolio))
        draft = make_plan(session, portfolio)
    code, out, _ = run(app, "plans", "list")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [[draft.ref, "draft"], [plan.ref, "placed"]]
    assert run(app, "plans", "replay", plan.ref)[0] == 0
    assert run(app, "plans", "replay", "pln_nosuchplan")[0] == 1
    with db.transaction() as session:
        other = session.scalars(select(PlanLine.agency_id).where(PlanLine.plan_id == plan.id).distinct()).all()
        session.execute(
            update(PlanLine)
            .where(PlanLine.plan_id == plan.id, PlanLine.agency_id == other[0])
            .values(agency_id=other[1])
        )
    code, out, err = run(app, "plans", "replay", plan.ref)
    assert code == 1
    assert "differs" in out
    assert "fingerprint" in err


TAKE_OVER = """account_ref,agency,placed_at,balance
A1,AGY01,2026-01-04,900.00
A2,AGY01,2026-01-04T10:00:00-05:00,
A3,AGY02,2026-01-05,300.00
HELD,AGY01,2026-01-04,
HELD-ELSEWHERE,AGY02,2026-01-04,
UNKNOWN,AGY01,2026-01-04,
A4,AGY77,2026-01-04,
UNLICENSED,AGY01,2026-01-04,
A5,AGY01,2199-01-01,
"""


def test_a_running_panels_placements_are_taken_over_with_their_days_and_balances(app: Flask, tmp_path: Path) -> None:
    db = app.extensions["database"]
    with db.transaction() as session:
        one = ready(session, "AGY01", licensed_in=["US-OH"])
        ready(session, "AGY02")
        portfolio = make_portfolio(session)
        for ref in ("A1", "A2", "A3", "A4", "A5"):
            make_account(session, portfolio, ref)
        make_account(session, portfolio, "UNLICENSED", jurisdiction="US-WA", region="WA")
        for ref in ("HELD", "HELD-ELSEWHERE"):
            make_placement(session, make_account(session, portfolio, ref), one)
    file = tmp_path / "placements.csv"
    file.write_text(TAKE_OVER)
    code, out, _ = run(app, "placements", "import", str(file))
    assert (code, out) == (0, "accepted 3 duplicate 1 rejected 5\n")
    problems = (tmp_path / "placements.csv.problems.csv").read_text()
    for row, column, code_ in (
        (5, "agency", "bad_agency"),
        (6, "account_ref", "unknown_account"),
        (7, "agency", "bad_agency"),
        (8, "account_ref", "bad_account_ref"),
        (9, "placed_at", "impossible_date"),
    ):
        assert f'{row},"{column}","{code_}"' in problems
    assert "State collection licence" in problems, "the reason is told in words"
    with db.reading() as session:
        rows = session.execute(
            select(Account.account_ref, Placement).join(Placement).where(Account.account_ref.in_(["A1", "A2", "A3"]))
        ).all()
        found = {ref: (str(placement.balance), placement.placed_at.isoformat()) for ref, placement in rows}
        assert found == {
            "A1": ("900.00", "2026-01-04T00:00:00+00:00"), "A2": ("1000.00", "2026-01-04T15:00:00+00:00"), "A3": ("300.00", "2026-01-05T00:00:00+00:00"),
        }  # fmt: skip
        assert all(placement.updated_at <= clock.now() and placement.plan_id is not None for _, placement in rows)
    assert [line.split()[1] for line in run(app, "plans", "list")[1].splitlines()] == ["placed"] * 3


@pytest.mark.parametrize("words", [("accounts", "import"), ("placements", "import")])
def test_a_file_that_is_not_there_is_said_so(app: Flask, words: tuple[str, str]) -> None:
    assert run(app, *words, "/nowhere/at/all.csv")[0] == 2
