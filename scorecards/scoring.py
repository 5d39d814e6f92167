"""Acts: a month is summed, frozen and scored; drafts are written; a stored card is made again from what it was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal import audit
from portal.db import unique_or_conflict
from portal.errors import N_, Invalid
from portal.permissions import Actor
from portal.refs import new_ref
from scorecards.configuration import Parameters, digest
from scorecards.events import SCORED
from scorecards.models import PUBLIC, Configuration, FrozenPool, Measure, Scorecard, ScorecardState
from scorecards.periods import Period
from scorecards.pool import Pool
from scorecards.queries import behaviour, cards, cohort
from scorecards.queries.cohort import Frame
from scorecards.scores import Band, Score, scores

NOT_BEGUN = N_("This month has not begun. Choose one that has.")


def score_period(
    session: Session, actor: Actor, period: Period, *, at: datetime, currency: str | None = None, restate: bool = False
) -> list[Scorecard]:
    """Score every agency in a month, by the rows known now: one draft an agency and currency; the drafts written.

    A draft is replaced; a card in review or signed is left to those who look at it. A published card stays as it is; with
    `restate` a new version is drafted beside it where its rows have changed. Scoring twice changes nothing. Raises Invalid
    for a month that has not begun.
    """
    if at < period.begins_at:
        raise Invalid(NOT_BEGUN, fields={"period": NOT_BEGUN})
    configuration = _configuration(session, at)
    written: list[Scorecard] = []
    for one in [currency] if currency else cohort.currencies(session, period):
        frame = Frame(period, one, at, Parameters.from_json(configuration.parameters))
        pool = gather(session, frame)
        if pool.agencies:
            with unique_or_conflict(session, N_("Somebody else is scoring this month now. Look again in a moment.")):
                written += _write(session, frame, pool, configuration, restate=restate)
            audit.record(
                session,
                actor,
                SCORED,
                f"scorecards:{period}:{one}",
                agencies=len(pool.agencies),
                configuration=configuration.version,
            )
    return written


def gather(session: Session, frame: Frame) -> Pool:
    """All sums of a month in one currency, by the rows known at the frame's instant."""
    return Pool(
        period=str(frame.period),
        currency=frame.currency,
        paid_by_month=cohort.paid_by_month(session, frame),
        cohort=cohort.cohort_lines(session, frame),
        conduct=behaviour.conduct_sums(session, frame),
    )


def _configuration(session: Session, at: datetime) -> Configuration:
    """The stored version of the present parameters, stored now if they are new."""
    parameters = Parameters()
    found = cards.configuration(session, parameters.version)
    if found is None:
        found = Configuration(
            version=parameters.version, parameters=parameters.as_json(), in_force_from=at.date(), created_at=at
        )
        session.add(found)
        session.flush()
    return found


def _write(
    session: Session, frame: Frame, pool: Pool, configuration: Configuration, *, restate: bool
) -> list[Scorecard]:
    last = cards.last_published(session, pool.period, pool.currency)
    ids = cards.agency_ids(session, pool.agencies)
    before = {code: Band(last[key].band, last[key].streak) for code, key in ids.items() if key in last}
    frozen = _frozen(session, frame, pool)
    there = {card.agency_id: card for card in cards.of_month(session, pool.period, pool.currency)}
    written = []
    for code, score in scores(pool, frame.parameters, before).items():
        inputs = {"agency": code, "before": asdict(before.get(code, Band()))}
        card = _draft(there.get(ids[code]), ids[code], restate=restate)
        fingerprint = digest([frozen.fingerprint, inputs, configuration.version])
        if card is None or card.inputs_hash == fingerprint:
            continue
        card.period, card.currency, card.configuration_id = pool.period, pool.currency, configuration.id
        card.pool_id, card.inputs, card.inputs_hash = frozen.id, inputs, fingerprint
        card.known_at = card.created_at = frame.known_at
        _fill(session, card, score)
        written.append(card)
    session.flush()
    for unused in cards.unused_pools(session, pool.period, pool.currency):
        session.delete(unused)
    return written


def _frozen(session: Session, frame: Frame, pool: Pool) -> FrozenPool:
    """The pool as it is stored: the same sums are stored once."""
    sums = pool.as_json()
    fingerprint = digest(sums)
    found = cards.frozen(session, pool.period, pool.currency, fingerprint)
    if found is None:
        found = FrozenPool(
            period=pool.period, currency=pool.currency, known_at=frame.known_at, fingerprint=fingerprint, sums=sums
        )
        session.add(found)
        session.flush()
    return found


def _draft(newest: Scorecard | None, agency_id: int, *, restate: bool) -> Scorecard | None:
    """The card to write to; None where the newest one is to be left alone."""
    if newest is None:
        return Scorecard(ref=new_ref("scd"), agency_id=agency_id, version=1, inputs_hash="", note="")
    if newest.state is ScorecardState.DRAFT:
        return newest
    if newest.state in PUBLIC and restate:
        # Carries the published one's hash, so that nothing is written where no row has changed.
        return Scorecard(
            ref=new_ref("scd"), agency_id=agency_id, version=newest.version + 1, inputs_hash=newest.inputs_hash, note=""
        )
    return None


def _fill(session: Session, card: Scorecard, score: Score) -> None:
    """Write the score's values to a draft, its measures anew."""
    for name, value in card_values(score).items():
        setattr(card, name, value)
    session.add(card)
    session.flush()
    session.execute(delete(Measure).where(Measure.scorecard_id == card.id))
    session.add_all(
        Measure(scorecard_id=card.id, position=place, **values) for place, values in enumerate(measure_values(score))
    )


def card_values(score: Score) -> dict[str, Any]:
    """What a card stores of its score."""
    return {
        "recovery": score.recovery,
        "compliance": score.compliance,
        "headline": score.headline,
        "band": score.band.name,
        "streak": score.band.streak,
        "grade": score.grade,
        "provisional": score.is_provisional,
        "gates": [asdict(gate) for gate in score.gates],
    }


def measure_values(score: Score) -> list[dict[str, Any]]:
    """What a card's measures store."""
    return [asdict(figure) for figure in score.figures]


# -- making a stored card again -------------------------------------------------------------------------------------------


def rescored(session: Session, pool_id: int, configuration_id: int, before: Mapping[str, Band]) -> dict[str, Score]:
    """The scores of a frozen pool, made again with its own parameters from nothing but what is stored."""
    pool = Pool.from_json(session.get_one(FrozenPool, pool_id).sums)
    parameters = Parameters.from_json(session.get_one(Configuration, configuration_id).parameters)
    return scores(pool, parameters, before)


def rescore_from_inputs(session: Session, card: Scorecard) -> list[str]:
    """What of a stored card is not the same, bit for bit, when it is made again from its inputs; empty: all of it is."""
    code, before = card.inputs["agency"], Band(**card.inputs["before"])
    made = rescored(session, card.pool_id, card.configuration_id, {code: before})[code]
    return differences(card, cards.measures_of(session, [card])[card.id], made)


def differences(card: Scorecard, measures: Sequence[Measure], score: Score) -> list[str]:
    """The names of what differs between a stored card and a score."""
    off = [name for name, value in card_values(score).items() if getattr(card, name) != value]
    stored = [{name: getattr(one, name) for name in MEASURE_COLUMNS} for one in measures]
    return off + [
        f"measure {ours['name']}" for ours, theirs in zip(measure_values(score), stored, strict=True) if ours != theirs
    ]


MEASURE_COLUMNS = ("name", "side", "value", "low", "high", "points", "weight", "rows", "explanation")
