"""Credentials that run out: marked once, spoken of in time and once a step, by task, mail and webhook."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agencies import lapsing, verifying
from agencies.events import CredentialLapsed
from agencies.lapsing import LADDER, step_for
from agencies.models import AgencyStatus, CredentialState
from portal import clock, tasks
from portal.mail import OutboxMail
from portal.people import Role
from portal.permissions import SYSTEM
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import WebhookDelivery
from tests.factories import make_actor, make_agency
from tests.factories_agencies import make_credential

END = date(2026, 12, 31)
BEGIN = date(2026, 1, 1)

STEPS = [
    (91, None),
    (90, 90),
    (61, 90),
    (60, 60),
    (31, 60),
    (30, 30),
    (8, 30),
    (7, 7),
    (1, 7),
    (0, 0),
    (-5, 0),
]


@pytest.mark.parametrize(("left", "step"), STEPS)
def test_the_ladder(left: int, step: int | None) -> None:
    assert step_for(BEGIN, END, END - timedelta(days=left)) == step


def test_a_short_life_is_not_spoken_of_at_its_beginning() -> None:
    begin, end = date(2026, 1, 1), date(2026, 4, 1)  # 90 days
    assert step_for(begin, end, begin) is None
    assert step_for(begin, end, end - timedelta(days=45)) is None
    assert step_for(begin, end, end - timedelta(days=30)) == 30


def test_what_has_no_end_is_never_spoken_of() -> None:
    assert step_for(BEGIN, None, END) is None


def test_a_notice_is_given_once_a_step(session: Session) -> None:
    agency = make_agency(session)
    manager = make_actor(session, Role.AGENCY_MANAGER, agency)
    webhooks.add(session, manager, "https://agency.example/hook", ["credential.expiring"], at=clock.now())
    make_credential(session, agency, valid_from=BEGIN, valid_until=END)
    given = [
        lapsing.give_notice(session, END - timedelta(days=left)) for left in range(100, -1, -1) for _twice in (1, 2)
    ]
    assert sum(given) == len(LADDER)
    assert len(session.scalars(select(WebhookDelivery)).all()) == len(LADDER)
    mails = session.scalars(select(OutboxMail)).all()
    assert {mail.recipient for mail in mails} == {agency.email, manager.email}
    assert len(mails) == 2 * len(LADDER)
    assert f"A credential of {agency.name} runs out on 2026-12-31" == mails[0].subject
    assert "/credentials/crd_" in mails[0].text
    assert "State collection licence or registration, US-CA" in mails[0].text


def test_the_agency_renews_and_the_bank_hears_of_the_last_day(session: Session) -> None:
    agency = make_agency(session)
    manager, vendor_manager = make_actor(session, Role.AGENCY_MANAGER, agency), make_actor(session)
    make_credential(session, agency, valid_from=BEGIN, valid_until=END)
    lapsing.give_notice(session, END - timedelta(days=60))
    session.flush()
    assert [task.kind for task in session.scalars(tasks.mine(manager))] == ["credential.renew"]
    assert session.scalars(tasks.mine(vendor_manager)).all() == []
    lapsing.give_notice(session, END)
    session.flush()
    assert len(session.scalars(tasks.mine(manager)).all()) == 1
    assert [task.kind for task in session.scalars(tasks.mine(vendor_manager))] == ["credential.lapse"]


def test_a_job_that_missed_days_speaks_of_the_nearest_step_only(session: Session) -> None:
    make_credential(session, make_agency(session), valid_from=BEGIN, valid_until=END)
    assert lapsing.give_notice(session, END - timedelta(days=5)) == 1
    assert lapsing.give_notice(session, END - timedelta(days=4)) == 0


def test_a_renewal_ends_the_notices_and_the_reminder(session: Session) -> None:
    agency = make_agency(session)
    manager = make_actor(session, Role.AGENCY_MANAGER, agency)
    make_credential(session, agency, valid_from=BEGIN, valid_until=END)
    lapsing.give_notice(session, END - timedelta(days=60))
    renewal = make_credential(session, agency, state=CredentialState.SUBMITTED, valid_from=END + timedelta(days=1))
    assert lapsing.give_notice(session, END - timedelta(days=30)) == 1
    verifying.verify(session, SYSTEM, renewal, at=clock.now())
    session.flush()
    assert lapsing.give_notice(session, END - timedelta(days=7)) == 0
    assert session.scalars(tasks.mine(manager)).all() == []


@pytest.mark.parametrize("status", [AgencyStatus.EXITED, AgencyStatus.DECLINED])
def test_who_has_left_is_not_written_to(session: Session, status: AgencyStatus) -> None:
    make_credential(session, make_agency(session, status=status), valid_from=BEGIN, valid_until=END)
    assert lapsing.give_notice(session, END) == 0


def test_what_ran_out_is_marked_once_and_told(session: Session, heard: list[object]) -> None:
    agency = make_agency(session)
    gone = make_credential(session, agency, valid_from=BEGIN, valid_until=END)
    replaced = make_credential(session, agency, jurisdiction="US-FL", valid_from=BEGIN, valid_until=END)
    make_credential(session, agency, jurisdiction="US-FL", valid_from=BEGIN)
    assert lapsing.expire(session, END) == 0
    tomorrow = END + timedelta(days=1)
    assert lapsing.expire(session, tomorrow) == 2
    assert lapsing.expire(session, tomorrow) == 0
    assert {gone.state, replaced.state} == {CredentialState.EXPIRED}
    assert heard == [CredentialLapsed(agency.id, gone.ref, "us.licence", "US-CA", tomorrow)]
