"""A month is scored from its rows alone: what counts, from when on, for whom; and a stored card can be made again bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activity.discipline import FileState
from activity.models import ExpectedFile
from agencies.models import Agency
from conduct.models import BreachState
from placements.models import Hold, HoldKind, PlacementState, Recall, RecallReason
from portal.permissions import SYSTEM
from scorecards import scoring
from scorecards.configuration import Parameters
from scorecards.models import FrozenPool, Measure, Scorecard, ScorecardState
from scorecards.periods import Period
from scorecards.pool import CohortLine, Pool
from scorecards.queries import cards
from scorecards.queries.cohort import Frame
from tests.factories_agencies import make_credential
from tests.factories_scorecards import noon
from tests.scorecards.book import ACCOUNTS, JUNE, PAYERS, PLACED, SCORED_AT, June, score_june

RULE_OF_LICENCE = "us.licence.active-on-activity-date"


def measures(session: Session, card: Scorecard) -> dict[str, Measure]:
    return {one.name: one for one in cards.measures_of(session, [card])[card.id]}


def frame(at: datetime = SCORED_AT) -> Frame:
    return Frame(JUNE, "USD", at, Parameters())


def summed(session: Session, code: str, at: datetime = SCORED_AT) -> CohortLine:
    """All lines of one agency as one."""
    lines = [line for line in scoring.gather(session, frame(at)).cohort if line.agency == code]
    total: dict[str, Any] = {
        name: sum(getattr(line, name) for line in lines)
        for name in ("placements", "consumers", "payments", "paid", "payers", "balance", "dealt")
    }
    return CohortLine(
        code,
        "",
        max((line.months for line in lines), default=0),
        True,
        **total,
        payers_paid=0,
        payers_paid_squared=0,
        payers_balance=0,
        payers_paid_balance=0,
        payers_balance_squared=0,
    )


# -- what a card says ------------------------------------------------------------------------------------------------------


def test_every_agency_gets_a_draft_with_both_sides_and_the_smaller_as_its_headline(
    session: Session, june: June
) -> None:
    written = score_june(session)
    assert sorted(written) == sorted(PAYERS)
    for card in written.values():
        assert card.state is ScorecardState.DRAFT
        assert card.recovery is not None
        assert card.compliance is not None
        assert card.headline == min(card.recovery, card.compliance)
        assert card.grade == "A"
        assert not card.provisional
    assert written["AGYA"].recovery > written["AGYB"].recovery > written["AGYC"].recovery


def test_liquidation_is_net_recovered_over_placed_with_its_limits(session: Session, june: June) -> None:
    one = measures(session, score_june(session)["AGYC"])["liquidation"]
    paid = sum(100 + number % 7 for number in range(PAYERS["AGYC"]))
    assert one.value == pytest.approx(paid / (ACCOUNTS * 1000))
    assert one.low is not None
    assert one.high is not None
    assert one.low < one.value < one.high
    assert one.rows == PAYERS["AGYC"]


def test_scoring_twice_changes_nothing(session: Session, june: June) -> None:
    first = score_june(session)
    assert score_june(session) == {}
    assert session.scalar(select(func.count()).select_from(Scorecard)) == len(first)
    assert session.scalar(select(func.count()).select_from(FrozenPool)) == 1


def test_a_stored_card_is_made_again_from_its_inputs_bit_for_bit(session: Session, june: June) -> None:
    june.book.breach(june.contacts["AGYB"][0], severity="high")
    june.book.complaint(june.agencies["AGYA"], noon(date(2026, 6, 3)))
    score_june(session)
    session.expire_all()
    stored = cards.all_cards(session)
    assert len(stored) == len(PAYERS)
    assert [scoring.rescore_from_inputs(session, card) for card in stored] == [[], [], []]


def test_a_card_whose_stored_number_was_touched_is_found_out(session: Session, june: June) -> None:
    card = score_june(session)["AGYA"]
    assert card.recovery is not None
    card.recovery += 1e-9
    measures(session, card)["liquidation"].rows += 1
    assert scoring.rescore_from_inputs(session, card) == ["recovery", "measure liquidation"]


def test_a_pool_read_back_from_its_json_is_the_same_pool(session: Session, june: June) -> None:
    june.book.complaint(june.agencies["AGYA"], noon(date(2026, 6, 3)))
    pool = scoring.gather(session, frame())
    assert Pool.from_json(pool.as_json()) == pool


# -- what counts as recovered ----------------------------------------------------------------------------------------------


def recalled(session: Session, june: June, reason: RecallReason, on: date) -> None:
    """AGYC's first account was taken back on that day."""
    recall = Recall(
        ref=f"rc_{reason.value}",
        reason=reason,
        accounts=1,
        requested_at=noon(on),
        requested_by="test",
        final_at=noon(on),
    )
    session.add(recall)
    session.flush()
    june.book.end(june.held["AGYC"][0], on, recall_id=recall.id)


def on_hold(session: Session, june: June, kind: HoldKind, since: datetime) -> None:
    session.add(Hold(account_id=june.held["AGYC"][0].account_id, kind=kind, since=since, source="tape"))
    session.flush()


COHORT: list[tuple[str, Callable[[Session, June], object], int]] = [
    ("a mistake of the bank leaves numerator and denominator", lambda s, j: recalled(s, j, RecallReason.MISPLACED, date(2026, 3, 1)), -1),
    ("a recall of the bank ends the exposure, and under one whole month there is none", lambda s, j: recalled(s, j, RecallReason.STRATEGY, date(2026, 2, 20)), -1),
    ("a recall after months of work leaves the account in", lambda s, j: recalled(s, j, RecallReason.PORTFOLIO_SALE, date(2026, 4, 20)), 0),
    ("a recall that the agency brought upon itself does not censor", lambda s, j: recalled(s, j, RecallReason.NO_ACTIVITY, date(2026, 2, 20)), 0),
    ("an account given back by the agency goes on counting", lambda s, j: j.book.end(j.held["AGYC"][0], date(2026, 2, 20), PlacementState.RETURNED), 0),
    ("a refused placement was never worked", lambda s, j: j.book.end(j.held["AGYC"][0], date(2026, 2, 3), PlacementState.REFUSED), -1),
    ("nobody could have collected from somebody who had died before", lambda s, j: on_hold(s, j, HoldKind.DECEASED, noon(PLACED) - timedelta(days=9)), -1),
    ("who died later was collectable once", lambda s, j: on_hold(s, j, HoldKind.DECEASED, noon(PLACED) + timedelta(days=9)), 0),
    ("a dispute is no reason to leave an account out", lambda s, j: on_hold(s, j, HoldKind.DISPUTE, noon(PLACED) - timedelta(days=9)), 0),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "change", "difference"), COHORT, ids=[case[0] for case in COHORT])
def test_which_placements_are_scored(
    session: Session, june: June, reason: str, change: Callable[[Session, June], object], difference: int
) -> None:
    change(session, june)
    assert summed(session, "AGYC").placements == ACCOUNTS + difference


PAYMENTS: list[tuple[str, date, datetime | None, int]] = [
    ("within the months counted", date(2026, 4, 1), None, 500),
    ("on the first day of the placement", PLACED, None, 500),
    ("before the placement", PLACED - timedelta(days=1), None, 0),
    ("on the last day of the last whole month", PLACED + timedelta(days=119), None, 500),
    ("after the last whole month", PLACED + timedelta(days=120), None, 0),
    ("not known yet when the month was scored", date(2026, 4, 1), SCORED_AT + timedelta(hours=1), 0),
    ("known to the minute", date(2026, 4, 1), SCORED_AT, 500),
]


@pytest.mark.parametrize(("reason", "paid_on", "posted", "counted"), PAYMENTS, ids=[case[0] for case in PAYMENTS])
def test_which_payments_count(
    session: Session, june: June, reason: str, paid_on: date, posted: datetime | None, counted: int
) -> None:
    before = summed(session, "AGYC")
    june.book.pay([(june.held["AGYC"][1], paid_on, 500)], posted=posted)
    after = summed(session, "AGYC")
    assert after.months == 4  # placed on the 2nd of February, counted until the 26th of June
    assert after.paid - before.paid == 100 * counted
    assert after.payments - before.payments == (counted > 0)


def test_a_bounced_payment_is_taken_out_of_the_month_it_was_made_in(session: Session, june: June) -> None:
    before = scoring.gather(session, frame()).paid_by_month
    (payment,) = june.book.pay([(june.held["AGYC"][1], PLACED + timedelta(days=40), 500)])
    june.book.pay([(june.held["AGYC"][1], PLACED + timedelta(days=115), -500)], reverses=payment)
    assert scoring.gather(session, frame()).paid_by_month == before
    assert summed(session, "AGYC").payers == PAYERS["AGYC"]


def test_a_token_payment_makes_no_payer(session: Session, june: June) -> None:
    june.book.pay([(june.held["AGYC"][1], date(2026, 4, 1), 9)])
    assert summed(session, "AGYC").payers == PAYERS["AGYC"]
    june.book.pay([(june.held["AGYC"][1], date(2026, 4, 2), 1)])
    assert summed(session, "AGYC").payers == PAYERS["AGYC"] + 1


def test_payments_have_fifteen_days_to_bounce_before_they_are_counted(session: Session, june: June) -> None:
    assert frame(noon(date(2026, 7, 11))).until == date(2026, 6, 26)
    assert frame(noon(date(2026, 9, 1))).until == date(2026, 7, 1)


def test_each_currency_has_scores_of_its_own(session: Session, june: June) -> None:
    june.book.pay(
        [
            (one, date(2026, 4, 1), 200)
            for one in june.book.place(june.agencies["AGYA"], 10, PLACED, currency="EUR", jurisdiction="IE")
        ],
        currency="EUR",
    )
    written = scoring.score_period(session, SYSTEM, JUNE, at=SCORED_AT)
    assert sorted((card.currency, card.inputs["agency"]) for card in written) == [
        ("EUR", "AGYA"),
        *(("USD", code) for code in PAYERS),
    ]


# -- how much there is to judge by ----------------------------------------------------------------------------------------


def test_an_agency_with_too_few_payers_is_provisional_and_not_judged(session: Session, june: June) -> None:
    small = june.book.agency("AGYD")
    june.book.pay(
        [
            (one, date(2026, 4, 1), 100)
            for one in june.book.place(small, 50, PLACED, cell="credit_card|USD|500-999|90-179|580-639|US")[:5]
        ]
    )
    card = score_june(session)["AGYD"]
    assert card.provisional
    assert card.recovery is not None
    assert card.band == "N"


def test_an_agency_younger_than_ninety_days_is_scored_provisionally_on_what_there_is(
    session: Session, june: June
) -> None:
    young = june.book.agency("AGYD")
    held = june.book.place(young, 400, date(2026, 5, 1), cell="credit_card|USD|500-999|90-179|580-639|US")
    june.book.pay([(one, date(2026, 5, 10), 100) for one in held[:80]])
    card = score_june(session)["AGYD"]
    assert card.provisional
    assert card.recovery is not None
    assert summed(session, "AGYD").months == 1


def test_an_agency_with_nothing_to_measure_has_no_headline(session: Session, june: June) -> None:
    new = june.book.agency("AGYD")
    june.book.contacts(june.book.place(new, 5, date(2026, 6, 20)), [noon(date(2026, 6, 21))])
    card = score_june(session)["AGYD"]
    assert (card.recovery, card.headline, card.band) == (None, None, "N")
    assert card.compliance is not None


def test_accounts_placed_by_hand_are_no_evidence_of_skill(session: Session, june: June) -> None:
    hand = june.book.agency("AGYD")
    held = june.book.place(hand, 300, PLACED, cell="credit_card|USD|500-999|90-179|580-639|US", by_hand=True)
    june.book.pay([(one, date(2026, 4, 1), 100) for one in held[:60]])
    assert score_june(session)["AGYD"].grade == "C"


def test_an_agency_whose_accounts_are_like_nobody_elses_is_not_comparable(session: Session, june: June) -> None:
    alone = june.book.agency("AGYD")
    held = june.book.place(alone, 300, PLACED, cell="mortgage|USD|25000-|730-|unknown|US")
    june.book.pay([(one, date(2026, 4, 1), 100) for one in held[:60]])
    assert score_june(session)["AGYD"].grade == "C"


# -- conduct --------------------------------------------------------------------------------------------------------------

COUNTED: list[tuple[str, dict[str, Any], int]] = [
    ("found by a rule and not looked at yet", {}, 1),
    ("confirmed", {"state": BreachState.CONFIRMED, "decided_at": noon(date(2026, 7, 1))}, 1),
    ("escalated and not decided", {"state": BreachState.ESCALATED}, 1),
    ("dismissed", {"state": BreachState.DISMISSED, "decided_at": noon(date(2026, 7, 1))}, 0),
    (
        "dismissed after the month was scored",
        {"state": BreachState.DISMISSED, "decided_at": SCORED_AT + timedelta(days=1)},
        1,
    ),
    ("its ground was taken away", {"withdrawn_at": noon(date(2026, 7, 1))}, 0),
    ("for a person to look at", {"verdict": "review"}, 0),
    (
        "for a person to look at, who confirmed it",
        {"verdict": "review", "state": BreachState.CONFIRMED, "decided_at": noon(date(2026, 7, 1))},
        1,
    ),
    ("found with a doubt", {"provisional": True}, 0),
    ("found after the month was scored", {"found_at": SCORED_AT + timedelta(hours=1)}, 0),
]


@pytest.mark.parametrize(("reason", "values", "counted"), COUNTED, ids=[case[0] for case in COUNTED])
def test_which_breaches_count(session: Session, june: June, reason: str, values: dict[str, Any], counted: int) -> None:
    june.book.breach(june.contacts["AGYB"][0], **values)
    found = measures(session, score_june(session)["AGYB"])
    assert (found["violations"].rows, found["breach_rate"].rows) == (counted, counted)


def test_the_breach_rate_has_exact_limits(session: Session, june: June) -> None:
    for row in june.contacts["AGYB"][:3]:
        june.book.breach(row)
    rate = measures(session, score_june(session)["AGYB"])["breach_rate"]
    assert rate.value == pytest.approx(10)  # 3 of 300 contacts
    assert (rate.low, rate.high) == pytest.approx((2.0622, 29.2242), abs=1e-3)  # Garwood: 0.6187 and 8.7673 for 3
    assert rate.points is None


def test_an_evidence_row_changed_changes_exactly_the_points_it_should(session: Session, june: June) -> None:
    breach = june.book.breach(june.contacts["AGYB"][0], severity="high")
    before = score_june(session)
    was = {
        code: {name: (one.value, one.points, one.rows) for name, one in measures(session, card).items()}
        for code, card in before.items()
    }
    recovery = {code: card.recovery for code, card in before.items()}
    breach.state, breach.decided_at = BreachState.DISMISSED, noon(date(2026, 7, 1))
    session.flush()
    after = score_june(session)
    now = {
        code: {name: (one.value, one.points, one.rows) for name, one in measures(session, card).items()}
        for code, card in after.items()
    }
    changed = {(code, name) for code in was for name in was[code] if now[code][name] != was[code][name]}
    assert changed == {("AGYB", "violations"), ("AGYB", "breach_rate")}
    assert {code: card.recovery for code, card in after.items()} == recovery


def test_padding_contacts_does_not_dilute_breaches(session: Session, june: June) -> None:
    june.book.breach(june.contacts["AGYB"][0], severity="high")
    honest = measures(session, score_june(session)["AGYB"])["violations"].value
    at = [noon(date(2026, 6, 1)) + timedelta(minutes=number) for number in range(3000)]
    june.book.contacts(june.held["AGYB"], at, received=noon(date(2026, 6, 4)))
    padded = measures(session, score_june(session)["AGYB"])["violations"].value
    assert honest is not None
    assert padded is not None
    assert padded > honest / 5  # eleven times the contacts would have made it an eleventh


REPORTING: list[tuple[str, timedelta, int]] = [
    ("received on the day", timedelta(hours=3), 0),
    ("received exactly seven days later", timedelta(days=7), 0),
    ("received a second more than seven days later", timedelta(days=7, seconds=1), 1),
]


@pytest.mark.parametrize(("reason", "later", "late"), REPORTING, ids=[case[0] for case in REPORTING])
def test_a_row_is_late_after_seven_days(session: Session, june: June, reason: str, later: timedelta, late: int) -> None:
    at = noon(date(2026, 6, 10))
    june.book.contacts(june.held["AGYB"][:1], [at], received=at + later)
    found = measures(session, score_june(session)["AGYB"])["reporting"]
    assert found.rows - measures(session, cards.of_month(session, "2026-06", "USD")[0])["reporting"].rows == late


def test_where_files_are_expected_reporting_is_measured_by_those_that_were_on_time(
    session: Session, june: June
) -> None:
    before = measures(session, score_june(session)["AGYB"])["reporting"]
    agency = session.scalars(select(Agency).where(Agency.code == "AGYB")).one()
    for day, state in ((1, "on_time"), (2, "late"), (3, "missing"), (4, "on_time"), (5, "overdue")):
        due_at = datetime(2026, 6, day, 18, tzinfo=UTC)
        session.add(ExpectedFile(agency_id=agency.id, kind="activity", due_at=due_at, state=FileState(state)))
    session.flush()
    after = measures(session, score_june(session)["AGYB"])["reporting"]
    assert (after.explanation["files_due"], after.explanation["files_on_time"]) == (4, 2), "the fifth may still come"
    assert before.value is not None
    assert after.value == pytest.approx(before.value - 40 * 0.5)


def test_a_correction_is_not_late_because_the_row_it_replaces_was_timed(session: Session, june: June) -> None:
    before = measures(session, score_june(session)["AGYB"])["reporting"].rows
    june.book.contacts(
        june.held["AGYB"][:1], [noon(date(2026, 6, 2))], received=noon(date(2026, 6, 28)), corrects="another"
    )
    assert measures(session, score_june(session)["AGYB"])["reporting"].rows == before


def test_an_agency_that_reports_nothing_has_no_points_for_violations_and_reporting(
    session: Session, june: June
) -> None:
    silent = june.book.agency("AGYD")
    june.book.place(silent, 200, PLACED)
    found = measures(session, score_june(session)["AGYD"])
    assert (found["violations"].value, found["violations"].points) == (None, 0)
    assert found["reporting"].points == 0
    assert found["audits"].points is None


def test_complaints_are_set_against_what_the_pools_rate_would_have_brought(session: Session, june: June) -> None:
    for _ in range(4):
        june.book.complaint(
            june.agencies["AGYC"],
            noon(date(2026, 6, 3)),
            state="closed",
            outcome="upheld",
            answered_at=noon(date(2026, 6, 9)),
            closed_at=noon(date(2026, 6, 9)),
        )
    found = {code: measures(session, card) for code, card in score_june(session).items()}
    assert found["AGYC"]["complaints"].value > 1 > found["AGYA"]["complaints"].value
    assert found["AGYC"]["timeliness"].value == 1
    assert found["AGYA"]["timeliness"].points is None


def test_where_nobody_complained_the_measure_is_left_out(session: Session, june: June) -> None:
    found = measures(session, score_june(session)["AGYA"])
    assert found["complaints"].points is None
    assert found["timeliness"].points is None


# -- gates ----------------------------------------------------------------------------------------------------------------


def test_collection_without_a_licence_caps_the_headline_and_the_band_is_e_at_once(session: Session, june: June) -> None:
    june.book.breach(june.contacts["AGYB"][0], rule=RULE_OF_LICENCE, severity="low")
    card = score_june(session)["AGYB"]
    assert card.gates == [{"gate": "G1", "reason": "unlicensed_collection", "rows": 1}]
    assert card.headline is not None
    assert card.headline <= 39
    assert card.band == "E"


def test_a_licence_that_lapsed_while_accounts_of_its_place_were_held_shuts_the_gate(
    session: Session, june: June
) -> None:
    june.book.place(june.agencies["AGYB"], 5, PLACED, jurisdiction="US-CA")
    make_credential(
        session,
        june.agencies["AGYB"],
        jurisdiction="US-CA",
        valid_until=date(2026, 6, 20),
        decided_at=noon(date(2026, 1, 1)),
    )
    card = score_june(session)["AGYB"]
    assert [gate["reason"] for gate in card.gates] == ["licence_lapsed"]
    found = measures(session, card)["licences"]
    assert found.value == pytest.approx(10 / 30)
    assert found.rows == 1


def test_a_licence_renewed_in_time_and_verified_late_did_not_lapse(session: Session, june: June) -> None:
    june.book.place(june.agencies["AGYB"], 5, PLACED, jurisdiction="US-CA")
    for begin, end, decided in (
        (date(2025, 1, 1), date(2026, 6, 20), date(2025, 1, 1)),
        (date(2026, 6, 21), None, date(2026, 7, 5)),
    ):
        make_credential(
            session,
            june.agencies["AGYB"],
            jurisdiction="US-CA",
            valid_from=begin,
            valid_until=end,
            decided_at=noon(decided),
        )
    card = score_june(session)["AGYB"]
    assert card.gates == []
    assert measures(session, card)["licences"].value == 0


def test_a_licence_of_a_place_where_nothing_is_held_may_lapse(session: Session, june: June) -> None:
    make_credential(
        session,
        june.agencies["AGYB"],
        jurisdiction="US-CA",
        valid_until=date(2026, 6, 20),
        decided_at=noon(date(2026, 1, 1)),
    )
    card = score_june(session)["AGYB"]
    assert card.gates == []
    assert measures(session, card)["licences"].points is None


@pytest.mark.parametrize(
    ("contacts", "is_shut"), [(1, False), (2, True)], ids=["once may be a mistake", "twice within ninety days"]
)
def test_contact_after_the_person_said_stop_shuts_the_gate(
    session: Session, june: June, contacts: int, is_shut: bool
) -> None:
    for row in june.contacts["AGYB"][:contacts]:
        june.book.breach(row, rule="us.regf.cease-communication")
    assert bool(score_june(session)["AGYB"].gates) is is_shut


# -- drafts and versions ---------------------------------------------------------------------------------------------------


def test_a_draft_is_replaced_when_its_rows_change_and_its_old_sums_are_forgotten(session: Session, june: June) -> None:
    first = score_june(session)["AGYB"]
    ref, was = first.ref, first.inputs_hash
    june.book.breach(june.contacts["AGYB"][0])
    again = score_june(session)["AGYB"]
    assert again.ref == ref
    assert again.inputs_hash != was
    assert session.scalar(select(func.count()).select_from(FrozenPool)) == 1


def test_a_month_without_placements_has_no_scorecards(session: Session, june: June) -> None:
    assert scoring.score_period(session, SYSTEM, Period(2025, 1), at=datetime(2025, 2, 11, tzinfo=UTC)) == []
