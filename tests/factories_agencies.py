"""What the agencies floor adds to the factories: credentials, exemptions, contracts, collectors, and an agency that lacks nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from agencies.asked import asked_in, asked_of_collectors, places
from agencies.asking.models import DocumentRequest, RequestState
from agencies.diligence.models import (
    Answer,
    AnswerState,
    Disclosure,
    DisclosureKind,
    DisclosureState,
    Profile,
    Review,
    ReviewKind,
    ReviewState,
)
from agencies.diligence.questionnaires import current, questions
from agencies.diligence.scheme import scheme
from agencies.models import (
    Agency,
    Collector,
    Contract,
    ContractState,
    Credential,
    CredentialState,
    Exemption,
    FeeTerm,
)
from portal import clock
from portal.files import StoredFile
from tests.factories import make_agency

LONG_AGO = date(2020, 1, 1)
_numbers = itertools.count(1)


def make_credential(
    session: Session, agency: Agency, code: str = "us.licence", jurisdiction: str = "US-CA", **values: Any
) -> Credential:
    """A verified credential without an end; flushed."""
    now = clock.now()
    given: dict[str, Any] = {
        "number": f"N{next(_numbers):06}", "state": CredentialState.VERIFIED, "valid_from": LONG_AGO, "created_at": now, "submitted_at": now,
        "submitted_by": "factory", "decided_at": now, "decided_by": "factory",
    }  # fmt: skip
    made = Credential(agency_id=agency.id, code=code, jurisdiction=jurisdiction, **(given | values))
    session.add(made)
    session.flush()
    return made


def make_exemption(
    session: Session, agency: Agency, jurisdiction: str = "US-AL", code: str = "us.licence", **values: Any
) -> Exemption:
    """An exemption for good; flushed."""
    given: dict[str, Any] = {
        "ground": "attorney",
        "reason": "A law firm.",
        "proposed_by": "factory",
        "proposed_at": clock.now(),
        "approved_by": "another factory",
        "approved_at": clock.now(),
        "valid_from": LONG_AGO,
    }
    made = Exemption(agency_id=agency.id, code=code, jurisdiction=jurisdiction, **(given | values))
    session.add(made)
    session.flush()
    return made


def make_contract(
    session: Session, agency: Agency, *, rate: str = "0.18", direct_rate: str = "0.09", **values: Any
) -> Contract:
    """An approved contract for everything with one clause; flushed."""
    given: dict[str, Any] = {
        "number": f"C{next(_numbers):04}",
        "state": ContractState.APPROVED,
        "valid_from": LONG_AGO,
        "created_by": "factory",
        "created_at": clock.now(),
    }
    made = Contract(agency_id=agency.id, **(given | values))
    session.add(made)
    session.flush()
    session.add(FeeTerm(
        contract_id=made.id, clause="4.1", text="Contingency fee.", balance_from=Decimal(0), rate=Decimal(rate), direct_rate=Decimal(direct_rate),
        valid_from=made.valid_from,
    ))  # fmt: skip
    session.flush()
    return made


def make_collector(session: Session, agency: Agency, collector_id: str | None = None, **values: Any) -> Collector:
    """A collector who is cleared today; flushed."""
    today = clock.today()
    given: dict[str, Any] = {
        "full_name": "Robin Doe", "active_from": LONG_AGO, "background_check_on": LONG_AGO, "training_on": today - timedelta(days=30),
        "created_at": clock.now(),
    }  # fmt: skip
    made = Collector(agency_id=agency.id, collector_id=collector_id or f"col{next(_numbers)}", **(given | values))
    session.add(made)
    session.flush()
    return made


def license_for(session: Session, agency: Agency, wanted: Iterable[str]) -> None:
    """Everything that these places ask of an agency and of its collectors, verified and without an end."""
    wanted = tuple(wanted)
    if of_collectors := {(one.code, one.jurisdiction) for place in wanted for one in asked_of_collectors(place)}:
        person = make_collector(
            session, agency, f"lead-{agency.code}", training_on=LONG_AGO, training_until=date(2099, 1, 1)
        )
        for code, jurisdiction in sorted(of_collectors):
            make_credential(session, agency, code, jurisdiction, collector_id=person.collector_id)
    everything = {(asked.code, asked.jurisdiction): asked.least for place in wanted for asked in asked_in(place)}
    for (code, jurisdiction), least in everything.items():
        make_credential(session, agency, code, jurisdiction, amount=least)


def make_ready_agency(
    session: Session, code: str | None = None, *, licensed_in: Iterable[str] | None = None, **values: Any
) -> Agency:
    """An approved agency with a contract for everything and all that these places ask for (None: every place); flushed."""
    agency = make_agency(session, code, **values)
    make_contract(session, agency)
    license_for(session, agency, places() if licensed_in is None else licensed_in)
    return agency


LOW = {"volume": ["to_200"], "data": ["contact"], "channels": ["letters"], "places": ["one"], "money": ["none"]}
"""What an agency of the lowest risk tells."""


def make_reviewed(session: Session, agency: Agency, **values: Any) -> Review:
    """The complete due diligence of an agency of the lowest risk, recommended and undecided; flushed."""
    now, low = clock.now(), scheme().tiers[0]
    session.add(Profile(
        agency_id=agency.id, registration_number="R-1", founded_on=LONG_AGO, address="1 Main Street", employees=20, risk=LOW,
        updated_at=now, updated_by="factory",
    ))  # fmt: skip
    given: dict[str, Any] = {
        "kind": ReviewKind.INITIAL, "state": ReviewState.RECOMMENDED, "questionnaire": current(), "tier": low.code, "points": 1,
        "opened_at": now, "due_at": now, "handed_in_at": now, "handed_in_by": "factory", "recommended": ReviewState.APPROVED,
        "recommended_at": now, "recommended_by": "factory",
    }  # fmt: skip
    made = Review(agency_id=agency.id, **(given | values))
    session.add(made)
    session.flush()
    for kind in DisclosureKind:
        session.add(Disclosure(
            agency_id=agency.id, kind=kind, name=f"A {kind.value}", country=agency.country, state=DisclosureState.ACCEPTED,
            declared_at=now, declared_by="factory", checked_at=now, checked_by="factory",
        ))  # fmt: skip
    for code, question in questions(current(), low.depth).items():
        file = make_file(session, agency) if question.evidence else None
        session.add(Answer(
            review_id=made.id, question=code, value={"yes_no": "yes", "number": "3"}.get(question.kind, "As asked."),
            evidence_id=file.id if file else None, state=AnswerState.ACCEPTED, answered_at=now, answered_by="factory",
        ))  # fmt: skip
    for document in low.documents:
        session.add(DocumentRequest(
            agency_id=agency.id, review_id=made.id, document=document, due_on=now.date(), state=RequestState.ACCEPTED, asked_at=now,
            asked_by="factory", judged_at=now,
        ))  # fmt: skip
    session.flush()
    return made


def make_file(session: Session, agency: Agency, name: str = "proof.pdf") -> StoredFile:
    """A document of an agency whose bytes nobody reads; flushed."""
    made = StoredFile(
        place=f"nowhere/{next(_numbers)}", name=name, content_type="application/pdf", size=1, sha256="0" * 64, agency_id=agency.id,
        created_at=clock.now(), created_by="factory",
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made
