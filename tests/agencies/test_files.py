"""Files of this floor: collectors of an agency, and a running panel taken over; and the commands."""

from __future__ import annotations

import json
import re
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from agencies import queries
from agencies.credentials import may_collect
from agencies.models import Agency, AgencyStatus, Collector
from agencies.schemas import AGENCIES
from portal import files, work
from portal.db import Database
from portal.people import Role
from portal.permissions import SYSTEM
from portal.reports import receiving
from portal.reports.models import Report
from portal.uploads import store_upload
from tests.clients import ApiClient
from tests.factories import make_actor, make_agency, make_key
from tests.factories_agencies import make_ready_agency
from tests.workbooks import DATE, column, packed, parts, sheet_of

HEADER = (
    "collector_id,full_name,active_from,active_to,background_check_on,training_on,training_until,languages,field_visits"
)
ROBIN = "c1,Robin Doe,2026-01-01,,2025-12-01,2026-01-02,,en;es,no"


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["database"]
    return found


@pytest.fixture
def agency(database: Database) -> Agency:
    with database.transaction() as session:
        return make_agency(session, "AGY01")


def send(database: Database, agency: Agency, *rows: str) -> Report:
    text = "\n".join((HEADER, *rows)) + "\n"
    upload = store_upload(files.store(), BytesIO(text.encode()), "text/csv", "collectors.csv", 1 << 20)
    with database.transaction() as session:
        report_id = receiving.receive(session, SYSTEM, "collectors", upload, sender_agency_id=agency.id).id
    work.drain(database)
    with database.reading() as session:
        return session.get_one(Report, report_id)


def counts(report: Report) -> tuple[int, int, int]:
    return report.accepted, report.duplicate, report.rejected


def test_the_newest_row_of_a_collector_wins_and_the_older_ones_stay(database: Database, agency: Agency) -> None:
    assert counts(send(database, agency, ROBIN, "c2,Kim Lee,2026-01-01,,,,,,")) == (2, 0, 0)
    assert counts(send(database, agency, ROBIN, "c2,Kim Lee,2026-01-01,2026-06-30,,,,,")) == (1, 1, 0)
    with database.reading() as session:
        newest = queries.newest_collectors(session, agency.id, ["c1", "c2", "c3"])
        assert newest["c2"].active_to == date(2026, 6, 30)
        assert set(newest) == {"c1", "c2"}
        assert len(session.scalars(select(Collector)).all()) == 3


def test_a_collector_twice_in_one_file(database: Database, agency: Agency) -> None:
    changed = ROBIN.replace("Robin Doe", "Robin Roe")
    assert counts(send(database, agency, ROBIN, ROBIN, changed)) == (2, 1, 0)
    with database.reading() as session:
        assert queries.newest_collectors(session, agency.id, ["c1"])["c1"].full_name == "Robin Roe"


def test_a_row_with_faults_is_given_back(database: Database, agency: Agency) -> None:
    assert counts(send(database, agency, ROBIN, "c2,,2026-13-01,,,,,,")) == (1, 0, 1)


def test_two_agencies_may_use_the_same_id(database: Database, agency: Agency) -> None:
    with database.transaction() as session:
        other = make_agency(session, "AGY02")
    send(database, agency, ROBIN)
    assert counts(send(database, other, ROBIN)) == (1, 0, 0)
    with database.reading() as session:
        assert queries.newest_collectors(session, agency.id, ["c1"])["c1"].agency_id == agency.id


def test_an_agency_sends_its_roster_through_the_api_and_the_bank_does_not(
    app: Flask, database: Database, agency: Agency
) -> None:
    with database.transaction() as session:
        own = make_key(session, scopes="reports:write reports:read", agency=agency)
    body = f"{HEADER}\n{ROBIN}\n"
    api = ApiClient(app, own)
    headers = {"Content-Type": "text/csv", "Prefer": "wait=10"}
    answer = api.post("/reports/collectors", data=body, headers=headers).get_json()
    assert (answer["state"], answer["rows"]["accepted"]) == ("accepted", 1)
    api.post("/reports/agencies", status=404, data=body, headers={"Content-Type": "text/csv"})


PANEL = """code,name,country,email,status,ramp_accounts,credential,jurisdiction,number,valid_from,valid_until,amount,contract_number,contract_from,fee_percent,direct_fee_percent
AGY10,Northgate,US,a@n.example,,,us.licence,US-CA,DCLA-1,2024-01-01,,,C-1,2024-01-01,18,9
AGY10,Northgate,US,a@n.example,,,us.bond,US-CA,B-1,2024-01-01,,25000,,,,
AGY10,Northgate,US,a@n.example,,,us.ein,US,12-3456789,2024-01-01,,,,,,
AGY10,Northgate,US,a@n.example,,,us.good_standing,US,,2024-01-01,,,,,,
AGY11,Southgate,US,a@s.example,suspended,,,,,,,,,,,
AGY12,Westgate,CN,a@w.example,probation,200,cn.usci,CN,91350100M000100Y43,2020-01-01,,,,,,
"""


def import_panel(app: Flask, folder: Path, text: str, name: str = "panel.csv") -> str:
    path = folder / name
    path.write_text(text)
    result = app.test_cli_runner().invoke(args=["agencies", "import", str(path)])
    assert result.exit_code == 0, result.output
    return str(result.stdout).splitlines()[0]


def test_a_running_panel_is_taken_over(app: Flask, database: Database, tmp_path: Path) -> None:
    assert import_panel(app, tmp_path, PANEL) == "accepted 6 duplicate 0 rejected 0"
    with database.reading() as session:
        known = queries.by_code(session, ["AGY10", "AGY11", "AGY12"])
        found = queries.facts(session, [known["AGY10"].id])[known["AGY10"].id]
        assert may_collect(found, "US-CA", "credit_card", date(2026, 11, 2)) == []
        assert may_collect(found, "US-FL", "credit_card", date(2026, 11, 2))
        assert [known[code].status for code in sorted(known)] == [
            AgencyStatus.APPROVED,
            AgencyStatus.SUSPENDED,
            AgencyStatus.PROBATION,
        ]
        assert known["AGY12"].ramp_accounts == 200
    assert (tmp_path / "panel.csv.problems.csv").read_text().count("\n") == 1


def test_taking_a_panel_over_again_adds_what_is_new(app: Flask, tmp_path: Path) -> None:
    import_panel(app, tmp_path, PANEL)
    assert import_panel(app, tmp_path, PANEL) == "accepted 0 duplicate 6 rejected 0"
    renewed = PANEL + "AGY10,Northgate,US,a@n.example,,,us.licence,US-FL,F-1,2024-01-01,,,,,,\n"
    assert import_panel(app, tmp_path, renewed, "next.csv") == "accepted 1 duplicate 6 rejected 0"


FAULTS = [
    (
        "a place that asks for no licence",
        "AGY20,N,US,a@n.example,,,us.licence,US-OH,1,2024-01-01,,,,,,",
        "jurisdiction",
    ),
    ("a credential without its place", "AGY20,N,US,a@n.example,,,us.licence,,1,2024-01-01,,,,,,", "jurisdiction"),
    ("a credential that nobody knows", "AGY20,N,US,a@n.example,,,us.permit,US-CA,1,2024-01-01,,,,,,", "credential"),
    ("a bond without its amount", "AGY20,N,US,a@n.example,,,us.bond,US-CA,1,2024-01-01,,,,,,", "amount"),
    ("a code of another form", "agy 20,N,US,a@n.example,,,,,,,,,,,,", "code"),
    ("probation without a ramp", "AGY20,N,US,a@n.example,probation,,,,,,,,,,,", "ramp_accounts"),
    ("a contract that pays nothing", "AGY20,N,US,a@n.example,,,,,,,,,C-1,2024-01-01,,", "fee_percent"),
    ("a fee above the payment", "AGY20,N,US,a@n.example,,,,,,,,,C-1,2024-01-01,101,", "fee_percent"),
]


@pytest.mark.parametrize(("reason", "row", "column"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_row_that_cannot_be_taken_over(
    app: Flask, database: Database, tmp_path: Path, reason: str, row: str, column: str
) -> None:
    text = f"{PANEL.splitlines()[0]}\n{row}\n"
    assert import_panel(app, tmp_path, text) == "accepted 0 duplicate 0 rejected 1"
    problem = (tmp_path / "panel.csv.problems.csv").read_text().splitlines()[1]
    assert problem.split(",")[1] == f'"{column}"'
    with database.reading() as session:
        assert queries.everyone(session, SYSTEM) == []


def test_two_contracts_of_one_agency_for_the_same_days(app: Flask, tmp_path: Path) -> None:
    second = PANEL + "AGY10,Northgate,US,a@n.example,,,,,,,,,C-2,2025-01-01,20,\n"
    assert import_panel(app, tmp_path, second) == "accepted 6 duplicate 0 rejected 1"


def test_the_list_for_programs_is_json_lines(app: Flask, database: Database) -> None:
    with database.transaction() as session:
        make_ready_agency(session, "AGY02", licensed_in=[], name="Süd")
        make_agency(session, "AGY01", status=AgencyStatus.SUSPENDED)
    lines = app.test_cli_runner().invoke(args=["agencies", "list", "--json"]).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"code": "AGY01", "status": "suspended", "name": "Agency AGY01", "country": "US"},
        {"code": "AGY02", "status": "approved", "name": "Süd", "country": "US"},
    ]
    assert "AGY02        approved     US  Süd" in app.test_cli_runner().invoke(args=["agencies", "list"]).stdout


def test_the_nightly_job_may_run_any_number_of_times(app: Flask, database: Database) -> None:
    with database.transaction() as session:
        make_actor(session, Role.VENDOR_MANAGER)
        make_ready_agency(session, licensed_in=["US-CA"])
    for _ in range(2):
        result = app.test_cli_runner().invoke(args=["jobs", "run", "credentials.lapse"])
        assert result.exit_code == 0, result.output


def test_the_columns_of_a_panel_stand_in_the_document() -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "agencies.md").read_text()
    assert not [name for name in AGENCIES.names if f"`{name}`" not in document]


def test_a_preview_says_what_is_wrong_and_keeps_nothing(app: Flask, database: Database, tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text(PANEL + "AGY13,Eastgate,US,a@e.example,,,us.licence,US-NY,X,2024-01-01,,,,,,\n")
    result = app.test_cli_runner().invoke(args=["agencies", "import", str(path), "--preview"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0] == "would accept 6 duplicate 0 rejected 1"
    assert "row 7 jurisdiction" in result.stderr
    assert "AGY13" not in result.stdout
    assert (tmp_path / "panel.csv.problems.csv").read_text().splitlines()[1].startswith('7,"jurisdiction"')
    with database.reading() as session:
        assert queries.by_code(session, ["AGY10", "AGY11", "AGY12", "AGY13"]) == {}
    assert import_panel(app, tmp_path, PANEL) == "accepted 6 duplicate 0 rejected 0"


def test_a_panel_may_be_a_workbook(app: Flask, database: Database, tmp_path: Path) -> None:
    """The same rows typed into a spreadsheet: texts, and days and numbers as a spreadsheet keeps them."""
    faulty = "AGY13,Eastgate,US,a@e.example,,,us.licence,US-NY,X,2024-01-01,,,,,,"
    path = tmp_path / "panel.xlsx"
    path.write_bytes(_typed([line.split(",") for line in (*PANEL.splitlines(), faulty)]))
    result = app.test_cli_runner().invoke(args=["agencies", "import", str(path), "--preview"])
    assert result.stdout.splitlines() == ["would accept 6 duplicate 0 rejected 1"]
    assert "row 7 jurisdiction" in result.stderr
    with database.reading() as session:
        assert queries.everyone(session, SYSTEM) == []
    result = app.test_cli_runner().invoke(args=["agencies", "import", str(path)])
    assert result.stdout.splitlines() == ["accepted 6 duplicate 0 rejected 1"]
    assert (tmp_path / "panel.xlsx.problems.csv").read_text().splitlines()[1].startswith('7,"jurisdiction"')
    from_workbook = _panel(database)
    assert [one[:2] for one in from_workbook] == [("AGY10", "Northgate"), ("AGY11", "Southgate"), ("AGY12", "Westgate")]
    assert import_panel(app, tmp_path, PANEL) == "accepted 0 duplicate 6 rejected 0", (
        "the same panel as CSV says nothing new"
    )
    assert _panel(database) == from_workbook


def _panel(database: Database) -> list[tuple[object, ...]]:
    """What is known of the panel: who, papers and contracts."""
    with database.reading() as session:
        everyone = queries.everyone(session, SYSTEM)
        facts = queries.facts(session, [one.id for one in everyone])
        return [
            (one.code, one.name, one.status, one.ramp_accounts, facts[one.id].held, facts[one.id].contracts)
            for one in sorted(everyone, key=lambda one: one.code)
        ]


def _typed(rows: list[list[str]]) -> bytes:
    """A workbook of these cells as a person's spreadsheet has them: days as serial numbers in a date style, figures as numbers."""
    texts: dict[str, int] = {}
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for at, cell in enumerate(row):
            place = f"{column(at)}{number}"
            if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
                serial = (date.fromisoformat(cell) - date(1899, 12, 30)).days
                cells.append(f'<c r="{place}" s="{DATE}"><v>{serial}</v></c>')
            elif cell.isdecimal():
                cells.append(f'<c r="{place}"><v>{cell}</v></c>')
            elif cell:
                cells.append(f'<c r="{place}" t="s"><v>{texts.setdefault(cell, len(texts))}</v></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return packed(parts(sheet_of("".join(lines)), list(texts)))
