"""The demo's chapter about public registers: a stand-in for them on this machine, asked twice, and what people made of the answers.

The stand-in also serves while the demo is served, so that "Ask now" really asks. No register outside is ever asked by the demo.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Protocol

from flask import Flask
from sqlalchemy.orm import Session

from agencies import queries as agency_queries
from agencies.registries import adverse, asking, queries, table, transport, watching, workers
from agencies.registries.adverse import Told
from agencies.registries.models import AdverseKind, NameKind
from portal import clock, work
from portal.config import Settings
from portal.db import Database
from portal.permissions import SYSTEM, Actor
from samples import register_story
from samples.register_stub import Stub

AGENCY = "AGY10"
LICENCES = ("US-NY-NYC", "US-IL")


class Calendar(Protocol):
    """What this chapter needs of the story."""

    app: Flask
    db: Database
    end_day: date


@contextmanager
def standing_in(app: Flask, *, turned: bool = False) -> Iterator[Stub]:
    """A stand-in for every register that knows the demo's agencies; this process, and those it starts, are led to it.

    `turned`: it already says what became different in the story.
    """
    settings: Settings = app.extensions["settings"]
    with Stub() as stub:
        with app.extensions["database"].reading() as session:
            register_story.furnish(stub, list(_licences(session)), clock.today())
            if turned:
                _turn(session, stub)
        os.environ.update(stub.settings())
        table.use(Settings.from_environ({**os.environ, "BASE_URL": settings.base_url}).registers)
        try:
            yield stub
        finally:
            for name in stub.settings():
                os.environ.pop(name, None)
            table.use(settings.registers)


def chapter(story: Calendar, vera: Actor, clara: Actor, nights: tuple[datetime, datetime]) -> None:
    """Numbers and names are entered, the registers are asked on two nights, and compliance looks at some of it."""
    with standing_in(story.app) as stub:
        with clock.set_to(nights[0]), story.db.transaction() as session:
            _enter(session, vera)
        _night(story.db, nights[0])
        with story.db.reading() as session:
            _turn(session, stub)
        _night(story.db, nights[1])
        with clock.set_to(nights[1]), story.db.transaction() as session:
            _look(session, vera, clara, nights[1])


def _licences(session: Session) -> Iterator[tuple[str, str, str, date]]:
    for agency in agency_queries.everyone(session, SYSTEM):
        for one in session.scalars(agency_queries.credentials_list(agency)):
            if one.code == "us.licence" and one.jurisdiction in LICENCES:
                yield agency.legal_name, one.jurisdiction, one.number, one.valid_until or date(2099, 12, 31)


def _turn(session: Session, stub: Stub) -> None:
    known = queries.known_at(session, agency_queries.get(session, SYSTEM, AGENCY).id, "nyc")
    register_story.turn(stub, known.number if known else "")


def _night(db: Database, at: datetime) -> None:
    transport.forget()
    with clock.set_to(at):
        workers.order_everything(db)
        work.drain(db, outward=True)


def _enter(session: Session, vera: Actor) -> None:
    at = clock.now()
    for code, (company, _) in register_story.COMPLAINED_OF.items():
        asking.enter(session, vera, agency_queries.get(session, SYSTEM, code), "cfpb", company, at=at)
    agency = agency_queries.get(session, SYSTEM, AGENCY)
    asking.enter(session, vera, agency, "gleif", register_story.LEI, at=at)
    for name, kind in ((register_story.LIST_OWNER, NameKind.PERSON), (register_story.LIST_COMPANY, NameKind.COMPANY)):
        watching.watch(session, vera, agency, name, kind, source="Owner, by the application", at=at)


def _look(session: Session, vera: Actor, clara: Actor, at: datetime) -> None:
    """Of two hits one is somebody else; of two things told one is acknowledged, with the complaints of another agency."""
    agency, other = (agency_queries.get(session, SYSTEM, code) for code in (AGENCY, "AGY09"))
    for hit, watched in session.execute(queries.hits_list(agency)):
        if watched.name == register_story.LIST_COMPANY:
            reason = "Registered in another country and founded twenty years later."
            watching.decide(session, clara, agency, hit, same=False, reason=reason, at=at)
    told = (
        Told(
            AdverseKind.NEWS,
            at.date(),
            "Former employees speak of pressure to call more often",
            "Harbour Gazette, business pages",
        ),
        Told(
            AdverseKind.ENFORCEMENT,
            at.date(),
            "Consent order over letters without validation notice",
            "State register of orders, no. 7-2291",
        ),
    )
    made = [adverse.enter(session, vera, agency, one, file=None, today=at.date(), at=at) for one in told]
    adverse.acknowledge(session, clara, made[1], note="The agency changed its letters; sample checked.", at=at)
    waiting = queries.unacknowledged(session, other.id)
    note = "No more than in earlier years, all answered in time."
    adverse.acknowledge_complaints(session, clara, other, up_to=waiting[-1].id, note=note, at=at)
