"""Two agencies, A and B, with a row in every table that can be an agency's; each row's texts say whose they are.

Whatever B has is marked: every text column holds CANARY-B-<table>-<column>-<key>, every amount is 31337.31. One account passed from B
to A, one recall took accounts of both, so that what the two share is there as well. Tests then look for B's marks where A looks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import JSON, Column, LargeBinary, String, Table, inspect, select, tuple_
from sqlalchemy.orm import Session

from activity.calendar import Cadence
from activity.certificate import Figures, Level
from activity.discipline import FileState
from activity.models import (
    Activity,
    Expectation,
    ExpectedFile,
    FeedCertificate,
    Instalment,
    InventoryLine,
    PaymentClaim,
    Promise,
    ReportedComplaint,
)
from activity.models import Standing as RowStanding
from activity.promises import PromiseState
from agencies.asking.models import Attestation, DocumentRequest, Policy
from agencies.diligence.models import Answer, Condition, Disclosure, ExitStep, Review, ReviewState, SiteVisit
from agencies.models import (
    Agency,
    AgencyStatus,
    CheckOutcome,
    Collector,
    CollectorLogin,
    Contract,
    ContractDemand,
    ContractState,
    Credential,
    CredentialCheck,
    Exemption,
    Standing,
    StatusChange,
)
from agencies.registries.models import (
    AdverseEvent,
    OutsideComplaint,
    RegisterAnswer,
    RegisterEntry,
    ScreeningHit,
    WatchedName,
)
from conduct.legal_clocks import ClockState, Sense
from conduct.models import Breach, BreachRow, Complaint, LegalDeadline
from ledger.models import Break, BreakKind, ClaimMatch, FeeLine
from placements import effects
from placements.ending_models import Deletion, NextStep, Proposal, ProposalLine, Step
from placements.models import (
    Account,
    BalanceChange,
    Consumer,
    Hold,
    HoldKind,
    Objection,
    ObjectionReason,
    Placement,
    PlacementState,
    Plan,
    PlanLine,
    Recall,
    RecallReason,
    RecoveryEffect,
)
from placements.request_models import (
    Ability,
    AccountDocument,
    Arrangement,
    DocumentAccess,
    PaperKind,
    Request,
    RequestKind,
    RequestState,
    Willingness,
)
from placements.rights_models import RightKind, RightsCase
from portal import audit, clock, files, mail, sealing, tasks
from portal.db import Base
from portal.files import StoredFile
from portal.idempotency import IdempotencyKey
from portal.keys import AGENCY_SCOPES
from portal.people import ApiKey, Invitation, Role, SavedView, SignIn, User
from portal.permissions import SYSTEM
from portal.reports.models import RejectedRow, Report, ReportProblem, ReportState, SavedMapping
from portal.types import Money
from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from scorecards import publishing, scoring
from scorecards.models import Measure, Scorecard
from scorecards.periods import Period
from scorecards.queries import cards
from tests import factories
from tests.factories_agencies import make_collector, make_contract, make_credential, make_exemption, make_reviewed
from tests.factories_placements import make_account, make_placement, make_portfolio
from tests.factories_scorecards import Book, Held

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
PLACED_ON = date(2025, 12, 1)
PERIOD = Period(2026, 4)
AMOUNT = Decimal("31337.31")
MARKS = ("CANARY-B", "31,337.31", "31337.31", "3133731")  # of B, as pages, files and JSON would show them
Rows = dict[Table, set[tuple[Any, ...]]]

OF_NOBODY = frozenset({
    "audit_entry", "complaint_month", "job_run", "lease", "policy", "rate_bucket", "saved_pool", "score_configuration", "score_pool", "screening_run",
    "segment_rate", "strategy",
})  # fmt: skip
"""Tables of the bank and of the machine: no row is an agency's, though the trail and the pool of a month speak of B by its code.

Every other table must have a row of B, or nobody would notice a leak of it.
"""

SHAPED = frozenset({
    # what is a code, a place, a currency, a month: these have words or rules behind them, and a page could not be drawn otherwise
    "currency", "country", "jurisdiction", "region", "language", "time_zone", "time_zones", "period", "kind", "code", "products", "countries", "scopes",
    "events", "event", "page", "ground", "format_name", "charset", "column", "repair", "rule", "severity", "verdict", "category", "paid_to", "method",
    "direction", "outcome", "party", "purpose", "dialer", "endpoint_type", "side", "band", "gate", "status", "content_type", "place", "principal", "path",
    "key", "tier", "channel", "policy", "step", "role", "treatment", "beyond", "willingness", "ability", "params", "why", "gates", "grade", "inputs", "explanation", "itemization", "clause",
    "questionnaire", "question", "document",
    "register", "bearing", "list_name", "entry_kind", "sha256",
})  # fmt: skip


@dataclass
class Side:
    """One agency: its people, what its things are called, and the keys of every row that was made for it."""

    letter: str
    agency_id: int = 0
    manager: User = None  # type: ignore[assignment]
    user: User = None  # type: ignore[assignment]
    key: str = ""
    tokens: dict[str, Any] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)


@dataclass
class World:
    """Both sides; `handed` is the reference of the account that passed from B to A."""

    a: Side
    b: Side
    handed: str = ""


def build(app: Flask) -> World:
    """Make the world in the app's database, at NOW."""
    database, world = app.extensions["database"], World(Side("A"), Side("B"))
    with clock.set_to(NOW):
        with database.transaction() as session:
            shared = _shared(session)
        for side in (world.b, world.a):
            with database.transaction() as session:
                before = _keys(session)
                _fill(session, side, shared)
                session.flush()
                side.rows = {table: keys - before[table] for table, keys in _keys(session).items()}
            with database.transaction() as session:
                _mark(session, side, side.rows)
        with database.transaction() as session:
            _score(session)
        with database.transaction() as session:
            for side in (world.a, world.b):
                _mark(session, side, _add_cards(session, side))
                side.tokens = _tokens(session, side)
                side.key = factories.make_key(session, scopes=AGENCY_SCOPES, agency=side.agency_id)
                side.manager, side.user = (
                    _person(session, side, role) for role in (Role.AGENCY_MANAGER, Role.AGENCY_USER)
                )
            world.handed = session.get_one(Account, shared["account"]).account_ref
    return world


def photograph(session: Session, side: Side) -> dict[str, list[str]]:
    """Every row of a side as text, table by table: two photographs are equal if and only if nothing was changed."""
    found = {}
    for table, keys in side.rows.items():
        rows = session.execute(select(table).where(_among(table, keys))) if keys else ()
        found[table.name] = sorted(repr(tuple(row)) for row in rows)
    return found


# -- what a side has -------------------------------------------------------------------------------------------------------


def _shared(session: Session) -> dict[str, int]:
    """What belongs to both: an account that will pass from B to A, and a recall of accounts of both."""
    account = make_account(session, make_portfolio(session, "Shared"))
    recall = Recall(
        ref="rcl_shared",
        reason=RecallReason.STRATEGY,
        accounts=4242,
        requested_at=NOW,
        requested_by="The bank",
        final_at=NOW + timedelta(days=9),
    )
    policy = Policy(
        ref="pol_shared", title="Conduct", version="1", text="Be kind.", sha256="0" * 64, due_on=NOW.date(), published_at=NOW, published_by="b"
    )  # fmt: skip
    session.add_all([recall, policy])
    session.flush()
    return {"account": account.id, "recall": recall.id, "policy": policy.id}


def _fill(session: Session, side: Side, shared: dict[str, int]) -> None:
    agency = factories.make_agency(session, f"CANARY-{side.letter}-AGENCY")
    side.agency_id = agency.id
    file = files.keep(
        session, SYSTEM, files.store().receive(BytesIO(f"%PDF-1.4 CANARY-{side.letter}-content\n".encode()), 1 << 10), name="paper.pdf",
        content_type="application/pdf",
    )  # fmt: skip
    book = Book(session, personal=True)
    contract = book.contracts[agency.id] = make_contract(session, agency)
    _papers(session, agency, file)
    _registers(session, agency, file)
    session.add(
        SavedMapping(
            sender=agency.id,
            agency_id=agency.id,
            kind="activity",
            definition={"columns": {}},
            saved_at=NOW,
            saved_by="b",
        )
    )
    _people(session, agency)
    _diligence(session, agency, file, shared["policy"])
    held = _placements(session, book, agency, shared, file)
    report = book.report(
        agency.id,
        NOW - timedelta(days=2),
        rows=3,
        state=ReportState.PARTLY_ACCEPTED,
        rejected=1,
        problems_found=1,
        header=["record_id"],
    )
    report.file_id = file.id
    session.add(
        ReportProblem(
            report_id=report.id,
            row=1,
            column="account_ref",
            code="unknown_account",
            value="x",
            repair="unknown_account",
            params={},
        )
    )
    session.add(RejectedRow(report_id=report.id, row=1, cells=["x"]))
    _conduct(session, book, agency, held, report, shared["account"])
    _money(session, book, agency, held, contract, report)
    _asked(session, held, contract, file)
    _machine(session, agency)


def _asked(session: Session, held: list[Held], contract: Contract, file: StoredFile) -> None:
    """A request with its arrangement, a document with a look at it, a proposal, a next step, a deletion, a balance change, a person's right."""
    one, ended = held[0], held[-2]
    request = Request(
        ref=f"req_{one.id}", kind=RequestKind.SETTLEMENT, state=RequestState.GRANTED, placement_id=one.id, account_id=one.account_id, agency_id=one.agency_id,
        amount=Decimal(5), note="n", treatment="find_out", treatment_version="v", asked_at=NOW, asked_by="b", due_at=NOW, answer="a", decided_at=NOW,
        decided_by="b", evidence_id=file.id, further={"x": "y"}, beyond=[], willingness=Willingness.UNKNOWN, ability=Ability.UNKNOWN,
    )  # fmt: skip
    session.add(request)
    session.flush()
    session.add(Arrangement(
        request_id=request.id, placement_id=one.id, account_id=one.account_id, agency_id=one.agency_id, kind=request.kind, balance=Decimal(9), amount=Decimal(5),
        waived=Decimal(4), share=Decimal("0.5"), instalments=1, first_due_on=PLACED_ON, last_due_on=PLACED_ON, agreed_at=NOW, paid=Decimal(1),
    ))  # fmt: skip
    document = AccountDocument(
        ref=f"doc_{one.id}", account_id=one.account_id, kind=PaperKind.CONTRACT, title="t", file_id=file.id, request_id=request.id, supplied_at=NOW,
        supplied_by="b",
    )  # fmt: skip
    proposal = Proposal(
        ref=f"prp_{one.id}", agency_id=one.agency_id, policy="term_end", reason=RecallReason.TERM_END, accounts=1, proposed_at=NOW, renewed_at=NOW, note="n",
        decided_by="b",
    )  # fmt: skip
    session.add_all((document, proposal))
    session.flush()
    consumer_id = session.get_one(Account, one.account_id).consumer_id
    session.add_all((
        DocumentAccess(document_id=document.id, at=NOW, by="b", agency_id=one.agency_id),
        ProposalLine(proposal_id=proposal.id, placement_id=one.id, why={"x": "y"}),
        NextStep(placement_id=ended.id, account_id=ended.account_id, step=Step.PLACE_AGAIN, role=Role.VENDOR_MANAGER, due_on=PLACED_ON, opened_at=NOW, note="n"),
        Deletion(placement_id=ended.id, account_id=ended.account_id, agency_id=ended.agency_id, due_on=PLACED_ON, method="m", certificate_id=file.id),
        BalanceChange(account_id=one.account_id, report_id=session.scalars(select(Report.id).where(Report.agency_id == one.agency_id).limit(1)).one(),
                      before=Decimal(9), after=Decimal(8), told_at=NOW),
        RightsCase(ref=f"rgt_{one.id}", consumer_id=consumer_id, kind=RightKind.ACCESS, received_on=PLACED_ON, due_on=PLACED_ON, note="n", opened_at=NOW,
                   opened_by="b", answer="a", outcome={}),
    ))  # fmt: skip


def _papers(session: Session, agency: Agency, file: StoredFile) -> None:
    make_contract(session, agency, state=ContractState.DRAFT, valid_from=date(2027, 1, 1))
    held = make_credential(session, agency, evidence_id=file.id, note="n", reason="r")
    session.add(
        CredentialCheck(
            credential_id=held.id, outcome=CheckOutcome.VERIFIED, seen="s", sha256=file.sha256, at=NOW, by="b"
        )
    )
    make_exemption(session, agency)
    make_collector(session, agency, licence_number="l", languages="en")
    contract = session.scalars(select(Contract).where(Contract.agency_id == agency.id)).first()
    assert contract is not None
    session.add(ContractDemand(contract_id=contract.id, code="us.ein"))
    session.add(
        StatusChange(
            agency_id=agency.id, before=AgencyStatus.IN_REVIEW, after=AgencyStatus.APPROVED, reason="r", at=NOW, by="b"
        )
    )
    session.add(Standing(agency_id=agency.id, band="B", reason="r", since=NOW))


def _diligence(session: Session, agency: Agency, file: StoredFile, policy_id: int) -> None:
    """A due diligence that waits for the agency, with everything around it; and a person who attested a policy."""
    review = make_reviewed(session, agency, state=ReviewState.OPEN, recommended=None)
    for answer in session.scalars(select(Answer).where(Answer.review_id == review.id)):
        answer.evidence_id, answer.note = file.id, "n"
    due_on, reader = (
        NOW.date() + timedelta(days=9),
        session.scalars(select(User).where(User.agency_id == agency.id)).first(),
    )
    session.add_all([
        Condition(agency_id=agency.id, review_id=review.id, text="t", owner=Role.AGENCY_MANAGER, due_on=due_on, set_at=NOW, set_by="b"),
        SiteVisit(agency_id=agency.id, review_id=review.id, site="s", planned_on=due_on, planned_by="b", findings="f"),
        ExitStep(agency_id=agency.id, step="data", done_at=NOW, done_by="b", note="n", evidence_id=file.id),
        DocumentRequest(agency_id=agency.id, document="other", note="n", due_on=due_on, asked_at=NOW, asked_by="b"),
        Attestation(policy_id=policy_id, user_id=reader.id if reader else 0, agency_id=agency.id, name="n", sha256="0" * 64, attested_at=NOW),
    ])  # fmt: skip


def _registers(session: Session, agency: Agency, file: StoredFile) -> None:
    """What registers, lists and others say of it."""
    session.add(RegisterEntry(agency_id=agency.id, register="cfpb", number="n", entered_by="b", entered_at=NOW))
    said = {"bearing": "ended", "name": "n", "status": "s", "since": None, "until": None, "facts": {"Country": "c"}}
    session.add(RegisterAnswer(
        agency_id=agency.id, register="fca", number="n", asked_at=NOW, asked_by="b", bearing="ended", statement=said, evidence_id=file.id,
        changes=[{"what": "status", "before": "b", "after": "a"}], note="n",
    ))  # fmt: skip
    watched = WatchedName(agency_id=agency.id, name="n", kind="person", source="s", added_at=NOW, added_by="b")
    session.add(watched)
    session.flush()
    session.add(ScreeningHit(
        agency_id=agency.id, watched_id=watched.id, list_name="ofac", entry="1", matched="m", score=90, entry_kind="person", names=["m"], programme="p",
        remarks="r", evidence_id=file.id, first_seen_at=NOW, last_seen_at=NOW, reason="r",
    ))  # fmt: skip
    session.add(AdverseEvent(
        agency_id=agency.id, kind="news", happened_on=PLACED_ON, title="t", source="s", text="t", evidence_id=file.id, entered_at=NOW, entered_by="b", note="n"
    ))  # fmt: skip
    session.add(OutsideComplaint(
        agency_id=agency.id, complaint="c", received_on=PLACED_ON, issue="i", sub_issue="s", sub_product="p", state="OH", response="r", seen_at=NOW, note="n"
    ))  # fmt: skip


def _people(session: Session, agency: Agency) -> None:
    for role in (Role.AGENCY_MANAGER, Role.AGENCY_USER):
        user = factories.make_user(session, role, agency)
        if role is Role.AGENCY_USER:
            own = session.scalars(select(Collector.collector_id).where(Collector.agency_id == agency.id)).one()
            session.add(CollectorLogin(agency_id=agency.id, collector_id=own, user_id=user.id, created_at=NOW))
        factories.begin_session(session, user)
        session.add(SavedView(user_id=user.id, page="placements", name="n", query="q"))
        session.add(
            Invitation(
                user_id=user.id, token_hash=f"{user.id:064}", created_at=NOW, expires_at=NOW + timedelta(hours=9)
            )
        )
        tasks.open_task(session, "t", f"t:{user.id}", "t", link="/work", role=role, due_at=NOW, agency_id=agency.id)
        mail.send(session, user.email, "Your access to Placewell", "invitation", link="x")
    factories.make_key(session, scopes=AGENCY_SCOPES, agency=agency)


def _placements(session: Session, book: Book, agency: Agency, shared: dict[str, int], file: StoredFile) -> list[Held]:
    """Accounts acknowledged, new, being recalled alone and with the other agency's, recalled; and the account that passes on."""
    own = Recall(
        ref=f"rcl_{agency.id}",
        reason=RecallReason.COMPLAINT,
        note="n",
        accounts=2,
        requested_at=NOW,
        requested_by="b",
        final_at=NOW + timedelta(days=9),
    )
    session.add(own)
    session.flush()
    since = {"recall_requested_at": NOW}
    held = [
        *book.place(agency, 2, PLACED_ON, state="acknowledged", acknowledged_at=NOW),
        *book.place(agency, 1, PLACED_ON),
        *book.place(agency, 2, PLACED_ON, state="recall_pending", recall_id=own.id, **since),
        *book.place(agency, 1, PLACED_ON, state="recall_pending", recall_id=shared["recall"], **since),
        *book.place(agency, 1, PLACED_ON, state="recalled", recall_id=own.id, ended_at=NOW, stopped_at=NOW, **since),
    ]
    session.add(
        Objection(
            placement_id=held[3].id,
            recall_id=own.id,
            evidence_id=file.id,
            reason=ObjectionReason.OTHER,
            note="n",
            raised_at=NOW,
            raised_by="b",
        )
    )
    session.add(
        Hold(
            account_id=held[0].account_id,
            kind=HoldKind.DISPUTE,
            since=NOW,
            source="activity:x",
            agency_id=agency.id,
            note="n",
        )
    )
    account = session.get_one(Account, shared["account"])
    if agency.code.startswith("CANARY-B"):
        ended = {"state": PlacementState.RECALLED, "ended_at": NOW - timedelta(days=30), "recall_id": own.id}
        placement = make_placement(session, account, agency, placed_at=NOW - timedelta(days=90), **ended)
    else:
        placement = make_placement(session, account, agency, placed_at=NOW - timedelta(days=20))
    line = {
        "consumer_ref": "c",
        "product": "other",
        "jurisdiction": "US-OH",
        "balance": Decimal(1),
        "currency": "USD",
        "tier": 1,
        "cell": "c",
    }
    session.add(
        PlanLine(
            plan_id=book.plans[False].id,
            account_id=account.id,
            agency_id=agency.id,
            placement_ref=placement.ref,
            **line,
        )
    )
    session.flush()
    return [*held, Held(placement.id, account.id, agency.id, account.account_ref)]


def _conduct(session: Session, book: Book, agency: Agency, held: list[Held], report: Report, handed: int) -> None:
    """Contacts on an own account and on the one that passes on, one of them after its end; a breach and a complaint of each."""
    texts = {
        "note": "n",
        "endpoint": "2025550100",
        "collector_id": "c",
        "recording_ref": "r",
        "reference": "r",
        "court": "c",
        "details": {"x": "y"},
    }
    last = held[-1]
    then = NOW - timedelta(days=60 if agency.code.startswith("CANARY-B") else 5)
    own = book.contacts(held[:1], [NOW - timedelta(days=3)], **texts)
    passed = book.contacts([last], [then], **texts)
    late = book.contacts([last], [then + timedelta(days=1)], standing=RowStanding.EVIDENCE, **texts)
    for number, activity in enumerate((*own, *passed, *late)):
        breach = book.breach(
            activity, decision_note="n", decided_by="b", escalation_note="n", provisional=activity in late
        )
        breach.report_id = report.id
        session.add(BreachRow(breach_id=breach.id, activity_id=activity))
        if number == 1 and agency.code.startswith("CANARY-A"):
            of_b = session.scalars(
                select(Activity.id).where(Activity.account_id == handed, Activity.agency_id != agency.id).limit(1)
            ).one()
            session.add(
                BreachRow(breach_id=breach.id, activity_id=of_b)
            )  # a rule that counts the contacts of everybody
    (visit,) = book.contacts(held[:1], [NOW - timedelta(days=2)], kind="visit", **texts)
    _follow_up(session, agency, held[0], visit, report)
    for one in (held[0], last):
        complaint = book.complaint(
            agency, then, account_id=one.account_id, sender=agency.id, note="n", outcome="upheld"
        )
        told = {
            "record_id": complaint.record_id,
            "category": "conduct",
            "summary": "s",
            "about_collector": "c",
            "details": {"x": "y"},
        }
        session.add(ReportedComplaint(
            report_id=report.id, row_no=1, sender=agency.id, agency_id=agency.id, account_id=one.account_id, content_hash="", received_at=then, **told,
        ))  # fmt: skip


def _follow_up(session: Session, agency: Agency, held: Held, activity_id: int, report: Report) -> None:
    """What follows from a contact, made directly: a broken promise, a legal deadline, a visit; and a file that is expected."""
    day = NOW.date()
    session.add(Promise(
        activity_id=activity_id, agency_id=agency.id, account_id=held.account_id, placement_id=held.id, kind="promise", made_on=day, amount=Decimal(5),
        currency="USD", instalments=1, kept=0, paid=Decimal(0), due_on=day, state=PromiseState.BROKEN, settled_on=day,
    ))  # fmt: skip
    session.flush()
    session.add(
        Instalment(
            promise_id=activity_id,
            number=1,
            account_id=held.account_id,
            due_on=day,
            amount=Decimal(5),
            paid=Decimal(0),
            state=PromiseState.BROKEN,
        )
    )
    session.add(LegalDeadline(
        rule="cn.enforce_2y", citation="c", activity_id=activity_id, account_id=held.account_id, agency_id=agency.id, sense=Sense.BY, day=day, state=ClockState.OPEN,
    ))  # fmt: skip
    session.add(
        Expectation(
            agency_id=agency.id,
            kind="activity",
            cadence=Cadence.DAILY,
            day=0,
            hour=18,
            valid_from=day,
            created_at=NOW,
            created_by="b",
        )
    )
    session.add(
        ExpectedFile(agency_id=agency.id, kind="activity", due_at=NOW, state=FileState.LATE, report_id=report.id)
    )
    session.add(
        FeedCertificate(
            agency_id=agency.id,
            level=Level.TRIAL,
            since=NOW,
            figures=dict.fromkeys((one.name for one in fields(Figures)), 1),
        )
    )
    session.flush()


def _money(session: Session, book: Book, agency: Agency, held: list[Held], contract: Contract, report: Report) -> None:
    """A payment on an own account and on the one that passes on, with fee, claim, match, and a difference."""
    term = session.scalars(
        select(Base.metadata.tables["fee_term"].c.id).where(
            Base.metadata.tables["fee_term"].c.contract_id == contract.id
        )
    ).one()
    for number, one in enumerate((held[0], held[-1])):
        paid = book.pay([(one, PLACED_ON + timedelta(days=20), 50)])[0]
        session.add(FeeLine(
            payment_id=paid, account_id=one.account_id, placement_id=one.id, agency_id=agency.id, term_id=term, paid_on=PLACED_ON, credited=Decimal(50),
            rate=Decimal("0.18"), amount=Decimal(9), clause="4.1", created_at=NOW,
        ))  # fmt: skip
        claim = PaymentClaim(
            report_id=report.id, row_no=number, agency_id=agency.id, account_id=one.account_id, content_hash="", record_id=f"c{number}", paid_on=PLACED_ON,
            amount=Decimal(50), paid_to="agency", note="n",
        )  # fmt: skip
        session.add(claim)
        session.flush()
        session.add(
            ClaimMatch(
                claim_id=claim.id, payment_id=paid, days_apart=0, difference=Decimal(0), matched_at=NOW, matched_by="b"
            )
        )
        session.add(Break(
            kind=BreakKind.AMOUNT_DIFFERS, subject=f"claim:{claim.id}", agency_id=agency.id, account_ref=one.account_ref, bank_amount=Decimal(50),
            agency_amount=Decimal(51), opened_at=NOW, resolution="r",
        ))  # fmt: skip
    session.add(
        InventoryLine(
            report_id=report.id,
            row_no=1,
            agency_id=agency.id,
            account_ref=held[0].account_ref,
            balance=Decimal(5),
            status="active",
            arrangement="a",
        )
    )


def _machine(session: Session, agency: Agency) -> None:
    """A webhook with a delivery that was given up, an entry of the trail, a saved answer of the API."""
    secret = sealing.keyring().seal("s", "w")
    endpoint = WebhookEndpoint(
        ref=f"whk_{agency.id}",
        agency_id=agency.id,
        url="https://hooks.example",
        events="recall.requested",
        secret_sealed=secret,
        created_at=NOW,
        created_by="b",
    )
    session.add(endpoint)
    session.flush()
    session.add(WebhookDelivery(
        message_id=f"msg_{agency.id}", endpoint_id=endpoint.id, event="recall.requested", body="{}", state=DeliveryState.FAILED, next_at=NOW,
        last_error="e", created_at=NOW,
    ))  # fmt: skip
    audit.record(session, SYSTEM, "portal.person.joined", f"agency:{agency.id}", name=f"CANARY-{agency.code[7]}-audit")
    for path in ("/api/v1/returns", "/api/v1/placements/acknowledgements"):
        session.add(IdempotencyKey(principal=f"agency:{agency.id}", method="POST", path=path, key="k", fingerprint="f", started_at=NOW, status=200,
                                   content_type="application/json", location="l", body=b"b"))  # fmt: skip


def _score(session: Session) -> None:
    """Score a month, and publish the scorecards of both."""
    written = scoring.score_period(session, SYSTEM, PERIOD, at=NOW)
    signer, publisher = (factories.make_actor(session, Role.COMPLIANCE) for _ in range(2))
    for card in [cards.get(session, SYSTEM, one.ref) for one in written]:
        publishing.submit(session, signer, card, at=NOW)
        publishing.sign(session, signer, card, at=NOW)
        publishing.publish(session, publisher, card, at=NOW)
        # So few accounts make a provisional score, which hands nothing down; plans would reckon with this one.
        effects.write_effect(
            session, card.agency_id, currency=card.currency, period=card.period, theta=1.0, sd_log=0.1, compliance=80.0, band="B", source=card.ref,
            at=NOW,
        )  # fmt: skip


def _add_cards(session: Session, side: Side) -> Rows:
    """The scorecards of a side, which were not made with its other rows."""
    mine = session.scalars(select(Scorecard.id).where(Scorecard.agency_id == side.agency_id)).all()
    measures = session.scalars(select(Measure.id).where(Measure.scorecard_id.in_(mine))).all()
    assert mine, f"{side.letter} was not scored"
    effect = session.scalars(select(RecoveryEffect.id).where(RecoveryEffect.agency_id == side.agency_id)).all()
    assert measures
    found: Rows = {
        Scorecard.__table__: {(key,) for key in mine},
        Measure.__table__: {(key,) for key in measures},
        RecoveryEffect.__table__: {(key,) for key in effect},
    }  # type: ignore[dict-item]
    side.rows |= found
    return found


def _person(session: Session, side: Side, role: Role) -> User:
    return session.scalars(select(User).where(User.agency_id == side.agency_id, User.role == role)).one()


# -- marks -----------------------------------------------------------------------------------------------------------------


def _keys(session: Session) -> Rows:
    """The primary keys of every row there is."""
    return {
        table: {tuple(row) for row in session.execute(select(*table.primary_key))}
        for table in Base.metadata.sorted_tables
    }


def _among(table: Table, keys: set[tuple[Any, ...]]) -> Any:
    return tuple_(*table.primary_key).in_(sorted(keys))


def _mark(session: Session, side: Side, rows: Rows) -> None:
    """Write into every text of these rows whose they are; into B's amounts too."""
    for table, keys in rows.items():
        for row in session.execute(select(table).where(_among(table, keys))).mappings().all() if keys else ():
            key = "-".join(str(row[column]) for column in table.primary_key)
            changed = {
                column.name: value
                for column in table.columns
                if (value := _marked(side, table, column, row, key)) is not None
            }
            if changed:
                session.execute(
                    table.update().where(*(column == row[column] for column in table.primary_key)).values(changed)
                )


def _marked(side: Side, table: Table, column: Column[Any], row: Mapping[Any, Any], key: str) -> Any:
    """The marked value of one field; None where it stays as it is."""
    value, mark = row[column], f"CANARY-{side.letter}-{table.name}-{column.name}-{key}"
    kept = (
        value is None
        or column.primary_key
        or column.foreign_keys
        or (column.name in SHAPED and table.name != "agency")
        or column is Measure.__table__.c.name
    )
    if kept:
        return None
    if table.name == "disclosure" and column.name == "sealed":
        return sealing.keyring().seal("000123456789", f"disclosure:CANARY-{side.letter}-disclosure-ref-{key}")
    if table.name == "consumer" and column.name in ("sealed", "consumer_ref"):
        return _person_of(side, key)[column.name]
    if isinstance(column.type, String):
        return _text(side, table, column, mark)
    if isinstance(column.type, JSON):
        return _in_json(value, mark)
    if isinstance(column.type, LargeBinary) and column.name == "body":
        return json.dumps({"leak": mark}).encode()
    return AMOUNT if side.letter == "B" and isinstance(column.type, Money) else None


def _text(side: Side, table: Table, column: Column[Any], mark: str) -> str | None:
    if table.name == "agency":
        return None if column.name in ("code", "country") else mark
    return mark if column.name != "key_id" else f"CANARY-{side.letter}"


def _person_of(side: Side, key: str) -> dict[str, Any]:
    """A consumer whose reference and every personal field are marked."""
    ref = f"CANARY-{side.letter}-consumer-consumer_ref-{key}"
    fields = ("full_name", "id_number", "birth_date", "phone", "email", "address")
    sealed = sealing.keyring().seal(
        {name: f"CANARY-{side.letter}-consumer-{name}-{key}" for name in fields}, f"consumer:{ref}"
    )
    return {"consumer_ref": ref, "sealed": sealed}


def _in_json(value: Any, mark: str) -> Any:
    """The same structure with every text in it marked."""
    if isinstance(value, dict):
        return {name: _in_json(inner, mark) for name, inner in value.items()}
    if isinstance(value, list):
        return [_in_json(inner, mark) for inner in value]
    return mark if isinstance(value, str) else value


# -- names -----------------------------------------------------------------------------------------------------------------


def _tokens(session: Session, side: Side) -> dict[str, Any]:
    """What the things of a side are called in addresses and bodies."""

    def first(column: Any, *conditions: Any) -> Any:
        table = column.class_.__table__
        return session.scalars(
            select(column)
            .where(_among(table, side.rows[table]), *conditions)
            .order_by(*inspect(table).primary_key)
            .limit(1)
        ).one()

    state = Placement.state
    return {
        "agency": first(Agency.code), "agency_name": first(Agency.name), "contract": first(Contract.id), "draft": first(Contract.id, Contract.state == "draft"),
        "credential": first(Credential.ref), "exemption": first(Exemption.id), "roster": first(Collector.collector_id),
        "answer": first(RegisterAnswer.ref), "watched": first(WatchedName.id), "hit": first(ScreeningHit.ref), "told": first(AdverseEvent.ref),
        "placement": first(Placement.ref, state == "acknowledged"), "new": first(Placement.ref, state == "placed"),
        "pending": first(Placement.ref, state == "recall_pending"), "recalled": first(Placement.ref, state == "recalled"),
        "account": first(Account.account_ref), "consumer": first(Consumer.consumer_ref), "hold": first(Hold.id), "recall": first(Recall.ref),
        "objection": first(Objection.id), "report": first(Report.ref), "record": first(Activity.record_id), "collector": first(Activity.collector_id),
        "breach": first(Breach.ref), "complaint": first(Complaint.ref), "break": first(Break.id), "scorecard": first(Scorecard.ref),
        "key": first(ApiKey.key_id), "webhook": first(WebhookEndpoint.ref), "message": first(WebhookDelivery.message_id), "view": first(SavedView.id),
        "expectation": first(Expectation.id), "sign_in": first(SignIn.id), "person": first(User.id), "email": first(User.email), "file": first(StoredFile.name),
        "request": first(Request.ref), "document": first(AccountDocument.ref), "proposal": first(Proposal.ref),
        "right": first(RightsCase.ref), "plan": session.scalars(select(Plan.ref).join(PlanLine, PlanLine.plan_id == Plan.id).where(PlanLine.agency_id == side.agency_id).limit(1)).one(),
        "disclosure": first(Disclosure.ref), "review": first(Review.ref), "condition": first(Condition.ref), "visit": first(SiteVisit.ref),
        "document_request": first(DocumentRequest.ref, DocumentRequest.state == "asked"), "proof": first(Answer.evidence_id),
    }  # fmt: skip
