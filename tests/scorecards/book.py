"""A small book of three agencies, large enough to be judged, for the tests of scoring, publishing and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from agencies.models import Agency
from portal.permissions import SYSTEM
from scorecards import scoring
from scorecards.models import Scorecard
from scorecards.periods import Period
from tests.factories_scorecards import Book, Held, noon

JUNE = Period(2026, 6)
SCORED_AT = datetime(2026, 7, 11, 6, tzinfo=UTC)
PLACED = date(2026, 2, 2)
CELLS = ("credit_card|USD|500-999|90-179|580-639|US", "personal_loan|USD|1000-2499|180-364|640-699|US")
PAYERS = {"AGYA": 60, "AGYB": 50, "AGYC": 40}  # of 300 accounts each
ACCOUNTS = 300


@dataclass
class June:
    """Three agencies with 300 mature accounts each, their payers, 300 contacts of June each, and nothing wrong."""

    book: Book
    agencies: dict[str, Agency]
    held: dict[str, list[Held]]
    contacts: dict[str, list[int]]


def make_june(session: Session, *, personal: bool = False) -> June:
    """The book as it stands at the end of June 2026."""
    book = Book(session, personal=personal)
    june = June(book, {}, {}, {})
    for code, payers in PAYERS.items():
        agency = june.agencies[code] = book.agency(code)
        held = june.held[code] = [one for cell in CELLS for one in book.place(agency, ACCOUNTS // 2, PLACED, cell=cell)]
        spread = [held[(number * ACCOUNTS) // payers] for number in range(payers)]
        book.pay(
            (one, PLACED + timedelta(days=10 + number % 100), 100 + number % 7) for number, one in enumerate(spread)
        )
        at = [noon(date(2026, 6, 1 + number % 28)) + timedelta(minutes=number) for number in range(ACCOUNTS)]
        june.contacts[code] = book.contacts(held, sorted(at), received=noon(date(2026, 6, 4)))
    return june


def score_june(session: Session, *, at: datetime = SCORED_AT, restate: bool = False) -> dict[str, Scorecard]:
    """June scored; the cards written, by agency code."""
    written = scoring.score_period(session, SYSTEM, JUNE, at=at, restate=restate)
    return {card.inputs["agency"]: card for card in written}
