"""A scorecard's way: drafted, in review, signed by one person, published by another, and from then on unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agencies.models import Standing
from conduct.models import Breach, BreachState
from portal.errors import Conflict, Forbidden
from portal.permissions import SYSTEM, Actor
from portal.tasks import Task, TaskState
from portal.webhooks.models import WebhookDelivery, WebhookEndpoint
from scorecards import publishing, scoring
from scorecards.models import SCORECARD_MOVES, Scorecard, ScorecardState
from scorecards.periods import Period
from scorecards.queries import cards
from tests.factories import make_actor
from tests.factories_scorecards import noon
from tests.scorecards.book import JUNE, SCORED_AT, June, score_june

S = ScorecardState


@dataclass(frozen=True)
class People:
    """Who has a hand in a scorecard."""

    manager: Actor
    signer: Actor
    publisher: Actor


@pytest.fixture
def people(session: Session) -> People:
    return People(
        make_actor(session, "vendor_manager"), make_actor(session, "compliance"), make_actor(session, "compliance")
    )


@pytest.fixture
def card(session: Session, june: June) -> Scorecard:
    """The draft of AGYB."""
    return cards.get(session, SYSTEM, score_june(session)["AGYB"].ref)


def published(session: Session, people: People, card: Scorecard, at: datetime = SCORED_AT) -> Scorecard:
    publishing.submit(session, people.manager, card, at=at)
    publishing.sign(session, people.signer, card, at=at)
    return publishing.publish(session, people.publisher, card, at=at)


def open_tasks(session: Session) -> list[str]:
    return sorted(session.scalars(select(Task.kind).where(Task.state == TaskState.OPEN)))


# -- the way --------------------------------------------------------------------------------------------------------------


def test_a_draft_is_submitted_signed_and_published(session: Session, people: People, card: Scorecard) -> None:
    published(session, people, card)
    assert card.state is S.PUBLISHED
    assert (card.signed_by, card.published_by) == (people.signer.label, people.publisher.label)


def test_nobody_publishes_what_they_signed(session: Session, people: People, card: Scorecard) -> None:
    publishing.submit(session, people.manager, card, at=SCORED_AT)
    publishing.sign(session, people.signer, card, at=SCORED_AT)
    with pytest.raises(Forbidden, match="Another person"):
        publishing.publish(session, people.signer, card, at=SCORED_AT)
    assert card.state is S.SIGNED


@pytest.mark.parametrize("act", [publishing.sign, publishing.publish])
def test_a_machine_neither_signs_nor_publishes(session: Session, people: People, card: Scorecard, act: object) -> None:
    publishing.submit(session, people.manager, card, at=SCORED_AT)
    with pytest.raises(Forbidden, match="by people"):
        act(session, SYSTEM, card, at=SCORED_AT)  # type: ignore[operator]


ACTS = {"submit": S.IN_REVIEW, "sign": S.SIGNED, "publish": S.PUBLISHED, "send_back": S.DRAFT}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize(("act", "target"), ACTS.items())
def test_only_the_moves_of_the_contract_are_made(
    session: Session, people: People, card: Scorecard, act: str, target: S, state: S
) -> None:
    card.state = state
    session.flush()
    extra = ("why",) if act == "send_back" else ()

    def move() -> None:
        getattr(publishing, act)(session, people.publisher, card, *extra, at=SCORED_AT)

    if target in SCORECARD_MOVES[state] and state is not S.APPEALED:  # an appeal ends by its own act
        move()
        assert card.state is target
    else:
        with pytest.raises(Conflict, match=state.value):
            move()
        assert card.state is state


def test_of_two_people_who_publish_at_once_one_is_told_so(session: Session, people: People, card: Scorecard) -> None:
    publishing.submit(session, people.manager, card, at=SCORED_AT)
    publishing.sign(session, people.signer, card, at=SCORED_AT)
    by_somebody_else = update(Scorecard).where(Scorecard.id == card.id).values(state=S.PUBLISHED)
    session.execute(by_somebody_else, execution_options={"synchronize_session": False})
    with pytest.raises(Conflict, match="published"):
        publishing.publish(session, people.publisher, card, at=SCORED_AT)


def test_a_month_that_is_still_running_is_not_submitted(session: Session, people: People, card: Scorecard) -> None:
    with pytest.raises(Conflict, match="not ended"):
        publishing.submit(session, people.manager, card, at=JUNE.ends_at - timedelta(seconds=1))


def test_a_card_sent_back_says_why_and_loses_its_signature(session: Session, people: People, card: Scorecard) -> None:
    publishing.submit(session, people.manager, card, at=SCORED_AT)
    publishing.sign(session, people.signer, card, at=SCORED_AT)
    publishing.send_back(session, people.publisher, card, "Two breaches are wrong.", at=SCORED_AT)
    assert (card.state, card.note, card.signed_by_id) == (S.DRAFT, "Two breaches are wrong.", None)


def test_a_whole_month_goes_its_way_and_tasks_follow(session: Session, people: People, june: June) -> None:
    score_june(session)
    assert publishing.submit_all(session, people.manager, JUNE, "USD", at=SCORED_AT) == 3
    assert open_tasks(session) == ["scorecard.sign"]
    assert publishing.sign_all(session, people.signer, JUNE, "USD", at=SCORED_AT) == 3
    assert open_tasks(session) == ["scorecard.publish"]
    assert (
        publishing.publish_all(session, people.signer, JUNE, "USD", at=SCORED_AT) == 0
    )  # all of them are the signer's own
    assert publishing.publish_all(session, people.publisher, JUNE, "USD", at=SCORED_AT) == 3
    assert open_tasks(session) == []


def test_every_step_is_in_the_trail(session: Session, people: People, card: Scorecard) -> None:
    published(session, people, card)
    waiting = [entry for _transaction, entry in session.info["audit"]]  # written with the commit
    events = [entry["event"] for entry in waiting if entry["subject"] == f"scorecard:{card.ref}"]
    assert events == ["scorecards.scorecard.submitted", "scorecards.scorecard.signed", "scorecards.scorecard.published"]


# -- what publishing does --------------------------------------------------------------------------------------------------


def test_the_agency_is_told_by_reference_alone(session: Session, people: People, card: Scorecard) -> None:
    session.add(WebhookEndpoint(ref="whk_1", agency_id=card.agency_id, url="https://agency.example/hook", events="scorecard.published", secret_sealed=b"",
                                active=True, failures=0, created_at=SCORED_AT, created_by="test"))  # fmt: skip
    session.flush()
    published(session, people, card)
    body = session.scalars(select(WebhookDelivery.body)).one()
    assert card.ref in body
    assert "headline" not in body


def test_the_standing_follows_the_published_band(session: Session, people: People, card: Scorecard) -> None:
    published(session, people, card)
    standing = session.get_one(Standing, card.agency_id)
    assert (standing.band, standing.gate, standing.may_receive) == (card.band, None, True)


def test_a_shut_gate_stops_new_accounts(session: Session, people: People, june: June) -> None:
    june.book.breach(june.contacts["AGYB"][0], rule="us.licence.active-on-activity-date")
    gated = cards.get(session, SYSTEM, score_june(session)["AGYB"].ref)
    published(session, people, gated)
    standing = session.get_one(Standing, gated.agency_id)
    assert (standing.band, standing.gate, standing.may_receive) == ("E", "G1", False)
    assert standing.reason == "2026-06 · G1"


def test_a_draft_concludes_nothing(session: Session, people: People, card: Scorecard) -> None:
    publishing.submit(session, people.manager, card, at=SCORED_AT)
    publishing.sign(session, people.signer, card, at=SCORED_AT)
    assert session.get(Standing, card.agency_id) is None


def test_an_old_month_published_late_does_not_change_todays_standing(
    session: Session, people: People, june: June, card: Scorecard
) -> None:
    published(session, people, card)
    band = session.get_one(Standing, card.agency_id).band
    (old,) = [
        one
        for one in scoring.score_period(session, SYSTEM, JUNE.later(-1), at=SCORED_AT)
        if one.agency_id == card.agency_id
    ]
    old.band = "E"
    published(session, people, cards.get(session, SYSTEM, old.ref))
    assert session.get_one(Standing, card.agency_id).band == band


# -- a published card never changes ---------------------------------------------------------------------------------------


def test_scoring_again_leaves_a_published_card_alone(
    session: Session, people: People, june: June, card: Scorecard
) -> None:
    published(session, people, card)
    june.book.breach(june.contacts["AGYB"][0], severity="high")
    assert "AGYB" not in score_june(session)
    assert card.state is S.PUBLISHED


@pytest.mark.parametrize("state", [S.IN_REVIEW, S.SIGNED])
def test_scoring_again_leaves_a_card_alone_that_somebody_looks_at(
    session: Session, june: June, card: Scorecard, state: S
) -> None:
    card.state = state
    session.flush()
    june.book.breach(june.contacts["AGYB"][0], severity="high")
    assert "AGYB" not in score_june(session)


@pytest.mark.parametrize(
    ("column", "value"),
    [("headline", 99.0), ("band", "A"), ("inputs", {}), ("note", "x"), ("gates", []), ("signed_by", "x")],
)
def test_nothing_of_a_published_card_can_be_written(
    session: Session, people: People, card: Scorecard, column: str, value: object
) -> None:
    published(session, people, card)
    setattr(card, column, [1] if value == [] else value)
    with pytest.raises(ValueError, match="never changes"):
        session.flush()


def test_late_rows_make_a_new_version_beside_it_which_restates_it(
    session: Session, people: People, june: June, card: Scorecard
) -> None:
    published(session, people, card)
    was = (card.headline, card.inputs_hash)
    june.book.breach(june.contacts["AGYB"][0], severity="high")
    second = cards.get(session, SYSTEM, score_june(session, restate=True)["AGYB"].ref)
    assert (second.version, second.state) == (2, S.DRAFT)
    assert second.headline is not None
    assert was[0] is not None
    assert second.headline < was[0]
    published(session, people, second)
    assert card.state is S.RESTATED
    assert (card.headline, card.inputs_hash) == was


def test_without_a_changed_row_there_is_nothing_to_restate(session: Session, people: People, card: Scorecard) -> None:
    published(session, people, card)
    assert "AGYB" not in score_june(session, restate=True)
    assert session.scalar(select(func.count()).select_from(Scorecard).where(Scorecard.agency_id == card.agency_id)) == 1


# -- bands over months ----------------------------------------------------------------------------------------------------


def test_a_band_rises_after_two_good_months_and_one_at_a_time(session: Session, people: People, june: June) -> None:
    """The band before and its streak come from the last published card, and are frozen with the new one."""
    may = {
        card.inputs["agency"]: card
        for card in scoring.score_period(session, SYSTEM, Period(2026, 5), at=noon(date(2026, 6, 11)))
    }
    first = cards.get(session, SYSTEM, may["AGYA"].ref)
    first.band, first.streak = "C", 1
    published(session, people, first, at=noon(date(2026, 6, 11)))
    second = score_june(session)["AGYA"]
    assert second.headline is not None
    assert second.headline >= 72
    assert second.inputs["before"] == {"name": "C", "streak": 1}
    assert (second.band, second.streak) == ("B", 0)


def test_a_dismissed_breach_opens_the_gate_in_the_next_version(session: Session, people: People, june: June) -> None:
    breach: Breach = june.book.breach(june.contacts["AGYB"][0], rule="us.licence.active-on-activity-date")
    gated = cards.get(session, SYSTEM, score_june(session)["AGYB"].ref)
    published(session, people, gated)
    breach.state, breach.decided_at = BreachState.DISMISSED, SCORED_AT + timedelta(days=2)
    session.flush()
    second = cards.get(session, SYSTEM, score_june(session, at=SCORED_AT + timedelta(days=3), restate=True)["AGYB"].ref)
    published(session, people, second, at=SCORED_AT + timedelta(days=3))
    assert second.gates == []
    assert session.get_one(Standing, second.agency_id).may_receive
