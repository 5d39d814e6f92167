"""Who sent a file is told what became of it, and what stood in free text that must not stand there is counted."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from portal import files, work
from portal.mail import OutboxMail
from portal.reports import reading
from portal.reports.models import RejectedRow, Report, ReportProblem
from portal.tasks import Task, TaskState
from tests import world
from tests.activity import test_pages
from tests.activity.test_pages import TEXT, House
from tests.world import csv, row

house = test_pages.house

CARD = "4111 1111 1111 1111"


def tasks(house: House) -> list[tuple[str, TaskState, int | None]]:
    with house.db.reading() as session:
        found = session.scalars(select(Task).where(Task.kind == "report.mend").order_by(Task.id))
        return [(task.subject, task.state, task.agency_id) for task in found]


def test_the_person_who_sent_a_file_is_told_by_mail_in_their_language(house: House) -> None:
    house.client.sign_in(house.manager)
    place = house.upload(TEXT).location
    work.drain(house.db, outward=False)
    with house.db.reading() as session:
        mail = session.scalars(select(OutboxMail).where(OutboxMail.subject.contains("was read"))).one()
    assert (mail.recipient, mail.subject) == (house.manager.email, "Your file october.csv was read")
    for shown in ("Accepted: 1", "Repeated: 1", "Rejected: 2", place):
        assert shown in mail.text


def test_one_task_for_each_kind_stays_until_a_file_has_nothing_to_mend(house: House) -> None:
    house.report(TEXT)
    house.report(csv(row("8", "ZZZ")))
    assert len(tasks(house)) == 1
    assert tasks(house)[0][1:] == (TaskState.OPEN, house.manager.agency_id)
    house.report(csv(row("9")))
    assert tasks(house)[0][1] is TaskState.DONE


def test_what_was_masked_is_counted_and_told_to_sender_and_compliance(house: House) -> None:
    place = house.report(csv(row("1", note=f"said {CARD} twice, {CARD}"), row("2", "ZZZ", note="11010519491231002X")))
    assert "3 identity and card numbers" in house.client.get(place).text
    page = house.client.get("/reports/masked")
    assert CARD not in page.text
    house.client.sign_in(house.compliance)
    page = house.client.get("/reports/masked", title="Numbers in free text")
    assert "AGYA" in page.text
    with house.db.reading() as session:
        assert session.scalars(select(Report.masked)).one() == {"card": 2, "cn_identity": 1}


def test_stored_problems_and_rows_are_bounded_and_counted_beyond(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 4)
    monkeypatch.setattr(reading, "PROBLEMS_KEPT", 6)
    monkeypatch.setattr(reading, "REJECTED_KEPT", 5)
    house.report(csv(*(row(str(number), "ZZZ") for number in range(20)), row("sound")))
    with house.db.reading() as session:
        report = session.scalars(select(Report)).one()
        kept = len(session.scalars(select(ReportProblem)).all()), len(session.scalars(select(RejectedRow)).all())
    assert (report.rejected, report.problems_found, kept) == (20, 20, (6, 5))


def test_a_workbook_sent_by_form_is_read(house: House) -> None:
    from tests.workbooks import workbook

    house.client.sign_in(house.manager)
    data = workbook([line.split(",") for line in csv(row("1"), row("2", "ZZZ")).strip().splitlines()])
    fields = {
        "kind": "activity",
        "mode": "partial",
        "file": (io.BytesIO(data), "october.xlsx", "application/octet-stream"),
    }
    place = house.client.post("/reports/new", fields, 303, content_type="multipart/form-data").location
    work.drain(house.db, outward=False)
    page = house.client.get(place)
    assert "Accepted 1" in page.text
    assert "unknown_account" in page.text
    assert world.HEADER.split(",")[0] in house.client.get(f"{place}/to-mend.csv").response.get_data(as_text=True)


def test_evidence_that_was_altered_is_never_handed_out(house: House) -> None:
    place = house.report(TEXT)
    with house.db.reading() as session:
        stored = files.store().folder / session.scalars(select(files.StoredFile.place)).one()
    stored.write_bytes(TEXT.replace("ACC1", "ACC2").encode())
    assert "its hash differs" in house.client.get(f"{place}/original", 500).text
