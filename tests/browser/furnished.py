"""A small demo with something in every state: what the browser tests look at, and what every address of the portal is filled with.

The demo alone ends tidily: everything submitted was approved, everything sent in was verified. `furnish` leaves ends loose on top of it,
each through the act that a page calls, so that every form, decision and warning is on some page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import exists, inspect, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

import demo
from agencies import contracts, exempting, verifying, vetting
from agencies import queries as agency_queries
from agencies.asking import requests
from agencies.asking.models import DocumentRequest, Policy
from agencies.diligence import applying, conditions, leaving
from agencies.diligence import queries as diligence_queries
from agencies.diligence import reviewing as reviewing_agencies
from agencies.diligence.models import AnswerState, DisclosureKind, Review, ReviewKind, SiteVisit
from agencies.exempting import Claim
from agencies.models import Agency, AgencyKind, Collector, Contract, Credential
from agencies.registries.models import AdverseEvent, RegisterAnswer, ScreeningHit
from agencies.terms import Clause
from agencies.verifying import Paper
from conduct import reviewing
from conduct.models import Breach, BreachState, Complaint
from ledger.models import Break
from placements import (
    answering,
    documents,
    planning,
    proposing,
    recall,
    request_queries,
    requesting,
    strategies,
    strategy_queries,
)
from placements import queries as queries_of_placements
from placements.authority import Terms
from placements.ending_models import Proposal
from placements.models import Account, Placement, PlacementState, Plan, Recall, RecallReason, SavedPool, Strategy
from placements.planning import Wish
from placements.recall_queries import Wanted
from placements.request_models import PaperKind, Request, RequestKind
from placements.rights_models import RightKind, RightsCase
from placements.strategy import Rules
from portal import clock, files, invitations, keys, queries, saved_views, sessions, uploads, work
from portal.audit import AuditEntry
from portal.files import StoredFile
from portal.jobs import JOBS
from portal.keys import AGENCY_SCOPES
from portal.people import ApiKey, Role, User
from portal.permissions import SYSTEM, Actor
from portal.reports import receiving
from portal.reports.models import Report
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import DeliveryState, WebhookEndpoint
from portal.work import WorkItem, WorkState
from samples import diligence
from scorecards import personal_data, publishing, scoring
from scorecards.models import Measure, Scorecard
from scorecards.periods import Period
from scorecards.queries import cards
from tests.factories_placements import make_accounts, make_portfolio

PARTS = vetting.Particulars("x", "x", "US", AgencyKind.CALL_CENTRE, "office@leaver.example")
OWN = "AGY10"  # the agency whose people look: it has breaches, differences, and a recall with an objection
GUEST = "new.person@bank.example"
LETTER = (
    "record_id,account_ref,received_at,channel,category,summary,regulator\n"
    "{code}-Q1,{first},{at},phone,conduct,Felt treated without respect on the telephone,no\n"
    "{code}-Q2,{second},{at},regulator,frequency,Says the calls come too often,yes\n"
)


def furnish(app: Flask) -> str:
    """Leave an end loose in every part of a loaded demo. The token of an open invitation."""
    database = app.extensions["database"]
    with database.transaction() as session:
        people = _people(session)
        _vetting(session, people)
        _plans(session, people)
        _strategy(session, people)
        _recall(session, people)
        _requests(session, people)
        _complaints(session, people)
        _breaches(session, people)
        _scorecards(session, people)
        _connections(session, people)
        token = invitations.invite(session, SYSTEM, GUEST, Role.AUDITOR, None, at=clock.now(), name="New Person")
    work.drain(database, outward=False)
    _failures(app)
    return token


def _people(session: Session) -> dict[str, Actor]:
    """The demo's people by role (the first of each), compliance's second as `second`, and those of OWN."""
    emails = {role: email for role, email, _ in reversed(demo.sign_ins())}
    emails |= {
        "second": demo.BANK[4][1],
        "agency_manager": f"manager@{OWN.lower()}.example",
        "agency_user": f"desk@{OWN.lower()}.example",
    }
    return {who: sessions.actor_of(session, queries.person_named(session, email)) for who, email in emails.items()}


def _vetting(session: Session, people: Mapping[str, Actor]) -> None:
    """An applicant in review, credentials that wait, were refused and withdrawn, an exemption, and a contract that nobody approved."""
    now, today, vera, clara = clock.now(), clock.today(), people["vendor_manager"], people["compliance"]
    who = vetting.Particulars(
        "Fairhaven Mediation", "Fairhaven Mediation LLP", "US", AgencyKind.LAW_FIRM, "office@fairhaven.example"
    )
    applicant = vetting.add_agency(session, vera, "AGY11", who, at=now)
    own = agency_queries.get(session, SYSTEM, OWN)
    file = files.keep(
        session,
        people["agency_manager"],
        files.store().receive(BytesIO(b"%PDF-1.4\n%%EOF\n"), 1 << 10),
        name="licence.pdf",
        content_type="application/pdf",
    )
    _diligence(session, people, applicant, file)
    verifying.request(session, clara, own, "us.licence", "US-MD", note="Renewal.", at=now)
    sent = [
        verifying.submit(
            session,
            people["agency_manager"],
            own,
            Paper("us.licence", place, f"L-{place}", today),
            evidence=file,
            at=now,
        )
        for place in ("US-CT", "US-ID", "US-MA")
    ]
    verifying.refuse(session, clara, sent[1], reason="The extract names another company.", at=now)
    verifying.withdraw(
        session,
        clara,
        verifying.verify(session, clara, sent[2], at=now),
        ended_on=today,
        reason="Cancelled at the register.",
        at=now,
    )
    claim = Claim("us.licence", "US-AL", "attorney", "A law firm licensed there.", today)
    exempting.propose(session, clara, own, claim, at=now)
    conditions = contracts.Conditions(
        number=f"{OWN}-next", valid_from=today + timedelta(days=500), countries=("US",), term_days=180
    )
    clauses = [
        Clause("4.1", "The agency earns 17% of every payment.", Decimal("0.17"), Decimal("0.08"), conditions.valid_from)
    ]
    contracts.draft_contract(session, vera, own, conditions, clauses, at=now)


def _diligence(session: Session, people: Mapping[str, Actor], applicant: Agency, file: StoredFile) -> None:
    """An application under review with an answer sent back and one declined, a periodic review, requests, a condition, visits, an exit."""
    now, today, vera, clara, manager = (
        clock.now(),
        clock.today(),
        people["vendor_manager"],
        people["compliance"],
        people["agency_manager"],
    )
    soon, own = today + timedelta(days=14), agency_queries.get(session, SYSTEM, OWN)
    review = diligence.tell_everything(session, vera, applicant, file, at=now)
    reviewing_agencies.judge(
        session, clara, applicant, review, "company.1", AnswerState.MORE, why="Since when?", due_on=soon, at=now
    )
    reviewing_agencies.judge(
        session, clara, applicant, review, "company.2", AnswerState.DECLINED, why="One has lapsed.", at=now
    )
    terms = conditions.Terms("Renew the licence.", Role.AGENCY_MANAGER, soon, 100, "company.2")
    conditions.set_condition(session, clara, applicant, terms, at=now)
    conditions.plan_visit(session, clara, applicant, "Main office", soon, at=now)
    applying.withdraw(
        session, vera, applicant, diligence_queries.disclosures(session, applicant)[DisclosureKind.SYSTEM][0], at=now
    )
    reviewing_agencies.open_review(session, SYSTEM, own, ReviewKind.PERIODIC, at=now)
    applying.disclose(
        session,
        manager,
        own,
        applying.Told(DisclosureKind.BANK_ACCOUNT, "Second Bank", "US", "x", number="000987654321"),
        at=now,
    )
    conditions.set_condition(
        session, clara, own, conditions.Terms("Mend the recordings.", Role.AGENCY_MANAGER, soon), at=now
    )
    sent = requests.ask(session, clara, own, "security_report", soon, at=now)
    requests.answer(session, manager, own, sent, file, attests=True, at=now)
    leaver = vetting.add_agency(session, vera, "AGY12", replace(PARTS, name="Old Mill Recovery"), at=now)
    for step in (vetting.submit, vetting.approve, vetting.begin_exit):
        step(session, SYSTEM, leaver, reason="For the record.", at=now)
    leaving.do_step(session, vera, leaver, "destruction", note="By post.", evidence=file, at=now)


def _plans(session: Session, people: Mapping[str, Actor]) -> None:
    """A plan in every state, over a small portfolio of its own; two of its accounts lie where almost nobody may collect."""
    now, vera, amos = clock.now(), people["vendor_manager"], people["approver"]
    portfolio = make_portfolio(session, "Loose ends")
    make_accounts(session, portfolio, 8)
    make_accounts(session, portfolio, 2, country="DE", region="BE", jurisdiction="DE-BE", currency="USD")

    def plan(title: str) -> Plan:
        wish = Wish(planning.Selection(portfolio.name), {"AGY01": 2.0, OWN: 1.0}, title, seed=7)
        return planning.draft_plan(session, vera, wish, at=now)

    plan("A draft")
    planning.submit_plan(session, vera, plan("Submitted"), at=now)
    planning.approve_plan(session, amos, planning.submit_plan(session, vera, plan("Approved"), at=now), at=now)
    planning.return_plan(
        session, amos, planning.submit_plan(session, vera, plan("Sent back"), at=now), note="Leave Ohio out.", at=now
    )
    planning.cancel_plan(session, vera, plan("Given up"), at=now)


def _strategy(session: Session, people: Mapping[str, Actor]) -> None:
    """A version that was sent back, beside the one in force."""
    vera, at = people["vendor_manager"], clock.now()
    binding = strategy_queries.in_force(session)
    rules = Rules.of(binding.rules) if binding else Rules()
    drafted = strategies.draft(session, vera, replace(rules, hand_accounts=20), "More by hand.", at=at)
    strategies.send_back(
        session, people["approver"], strategies.submit(session, vera, drafted, at=at), note="Ten are enough.", at=at
    )


def _recall(session: Session, people: Mapping[str, Actor]) -> None:
    """Three accounts of OWN pending: one confirmed, one objected to; and one final."""
    now, vera, manager = clock.now(), people["vendor_manager"], people["agency_manager"]
    held = session.scalars(
        select(Placement).join(Placement.agency).join(Placement.account).where(Agency.code == OWN, Placement.state == PlacementState.ACKNOWLEDGED)
        .order_by(Placement.id).limit(6)
    ).all()  # fmt: skip
    refs = list(
        session.scalars(select(Account.account_ref).where(Account.id.in_([one.account_id for one in held[:4]])))
    )
    recall.request_recall(
        session, vera, Wanted(tuple(refs[:3])), RecallReason.STRATEGY, final_at=now + timedelta(days=10), at=now
    )
    recall.request_recall(session, vera, Wanted((refs[3],)), RecallReason.COMPLAINT, final_at=now, at=now)
    session.expire_all()
    rows = [(1, {"placement_ref": held[0].ref, "stopped_at": now})]
    answering.confirm_stop(session, manager, rows, at=now)
    answering.raise_objections(
        session,
        manager,
        [(1, {"placement_ref": held[1].ref, "reason": "active_promise", "note": "Two instalments to come."})],
        at=now,
    )


def _requests(session: Session, people: Mapping[str, Actor]) -> None:
    """Requests of OWN in every state, with an arrangement, a document, a proposal and a person's request about their data."""
    now, vera, manager = clock.now(), people["vendor_manager"], people["agency_manager"]
    wanted = (
        select(Placement.ref)
        .join(Placement.agency)
        .where(Agency.code == OWN, Placement.state == PlacementState.ACKNOWLEDGED)
    )
    refs = session.scalars(wanted.order_by(Placement.id.desc()).limit(6)).all()
    held = [queries_of_placements.get_placement(session, manager, ref) for ref in refs]
    kinds = (
        RequestKind.HARDSHIP,
        RequestKind.DOCUMENTS,
        RequestKind.QUERY,
        RequestKind.LEGAL_ACTION,
        RequestKind.INSTALMENT,
    )
    made = [
        requesting.ask(session, manager, one, requesting.Ask(kind, Terms(instalments=24), "Please look at it."), at=now)
        for one, kind in zip(held, kinds, strict=False)
    ]
    found = [request_queries.get(session, vera, one.ref) for one in made]
    file = files.keep(
        session,
        vera,
        files.store().receive(BytesIO(b"%PDF-1.4\n%%EOF\n"), 1 << 10),
        name="contract.pdf",
        content_type="application/pdf",
    )
    documents.supply(
        session, vera, found[1].account, file, kind=PaperKind.CONTRACT, title="Loan contract", request=found[1], at=now
    )
    requesting.reply(session, vera, found[2], answer="The newer one.", at=now)
    requesting.refuse(session, vera, found[3], answer="No rule sends it to court.", at=now)
    requesting.grant(session, vera, found[4], at=now)
    own = held[5].agency_id
    proposing.propose(session, "term_end", {own: {held[5].id: {"due_back_on": "2026-01-01"}}}, at=now)
    person = held[5].account.consumer
    for kind in RightKind:
        personal_data.open_case(
            session, people["compliance"], person, kind, received_on=clock.today(), note="By letter.", at=now
        )


def _complaints(session: Session, people: Mapping[str, Actor]) -> None:
    """Two complaints that OWN reports, one of them from a regulator; and a report that cannot be read."""
    held = session.execute(
        select(Account.account_ref).join(Placement, Placement.account_id == Account.id).join(Agency, Agency.id == Placement.agency_id)
        .where(Agency.code == OWN, Placement.ended_at.is_(None)).order_by(Account.id).limit(2)
    ).scalars().all()  # fmt: skip
    at = (clock.now() - timedelta(days=20)).isoformat()
    _send(
        session, people["agency_manager"], "complaints", LETTER.format(code=OWN, first=held[0], second=held[1], at=at)
    )
    _send(session, people["agency_manager"], "activity", "record_id;what\n1;2\n")


def _send(session: Session, actor: Actor, kind: str, text: str) -> None:
    upload = uploads.store_upload(files.store(), BytesIO(text.encode()), "text/csv", f"{kind}.csv", 1 << 20)
    receiving.receive(session, actor, kind, upload)


def _breaches(session: Session, people: Mapping[str, Actor]) -> None:
    """One breach escalated, one dismissed, one confirmed; the rest wait."""
    found = select(Breach).where(
        Breach.state == BreachState.FOUND, Breach.withdrawn_at.is_(None), Breach.severity != reviewing.FOUR_EYES
    )
    acts = (reviewing.escalate, reviewing.dismiss, reviewing.confirm)
    for act, breach in zip(acts, session.scalars(found.order_by(Breach.id).limit(len(acts))).all(), strict=True):
        act(
            session, people["compliance"], breach, "The recording says so, and nobody objected in time.", at=clock.now()
        )


def _scorecards(session: Session, people: Mapping[str, Actor]) -> None:
    """Of the month before the published one, one scorecard is in review and one is signed; the others are drafts."""
    written = scoring.score_period(session, SYSTEM, Period.of(clock.today()).later(-2), at=clock.now())[:2]
    drafts = [cards.get(session, SYSTEM, card.ref) for card in written]
    for card in drafts:
        publishing.submit(session, people["vendor_manager"], card, at=clock.now())
    publishing.sign(session, people["compliance"], drafts[0], at=clock.now())


def _connections(session: Session, people: Mapping[str, Actor]) -> None:
    """Keys of OWN and of a person, webhooks of OWN and of the bank with a delivery each, and a saved view."""
    own = agency_queries.get(session, SYSTEM, OWN)
    keys.make(session, SYSTEM, scopes=AGENCY_SCOPES, at=clock.now(), agency_id=own.id, name="Reports, nightly")
    for actor in (people["agency_manager"], people["admin"]):
        made, _ = webhooks.add(
            session, actor, "https://hooks.example/placewell", ["recall.requested", "report.processed"], at=clock.now()
        )
        session.flush()
        webhooks.send_test(session, actor, made, "recall.requested")
    for actor, page in ((people["vendor_manager"], "accounts"), (people["agency_manager"], "placements")):
        saved_views.save(session, actor, page, "Ohio", "jurisdiction=US-OH")


def _failures(app: Flask) -> None:
    """Work and a delivery that were given up."""
    with app.extensions["database"].transaction() as session:
        session.add(WorkItem(kind="report.read", subject="0", lane="1", payload={}, state=WorkState.FAILED, due_at=clock.now(), tries=5,
                             error="OSError: no space left on the device", created_at=clock.now(), finished_at=clock.now()))  # fmt: skip
        for endpoint in session.scalars(select(WebhookEndpoint)):
            delivery = session.scalars(queries.deliveries_list(endpoint)).first()
            assert delivery is not None
            delivery.state, delivery.last_status, delivery.last_error = (
                DeliveryState.FAILED,
                503,
                "503 Service Unavailable",
            )
            delivery.finished_at = clock.now()


# -- addresses -------------------------------------------------------------------------------------------------------------

DOWNLOADS = frozenset({
    "static", "bootstrap.static", "health.healthz", "health.readyz", "metrics.metrics", "openapi_api.document", "portal.invitation_code",
    "agencies.document", "activity.original", "activity.to_mend", "activity.progress", "placements.inventory", "placements.plan_accounts",
    "placements.plan_left_out", "login.code", "feed.kit_file",
    "endings.delivery", "endings.certificate", "endings.objection_evidence", "requests.evidence",
    "diligence.evidence",
    "registries.evidence", "registries.hit_evidence", "registries.adverse_document",
})  # fmt: skip
"""What a GET gives that is no page: files, figures for machines, and the second step of signing in, which the demo does without."""

Values = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Things:
    """What addresses are filled with: by parameter for every route, or by route; one thing of every state there is."""

    anywhere: Values
    by_route: Mapping[str, Values]
    queries: Mapping[str, str]

    def paths(self, app: Flask, rule: Rule) -> list[str]:
        """The addresses of a route; none where there is no such thing. KeyError for a parameter that nobody fills."""
        known = {**self.anywhere, **self.by_route.get(rule.endpoint, {})}
        names = sorted(rule.arguments)
        rows = zip(*(known[name] for name in names), strict=True) if names else [()]
        adapter = app.url_map.bind("localhost")
        return [
            adapter.build(rule.endpoint, dict(zip(names, row, strict=True))) + self.queries.get(rule.endpoint, "")
            for row in rows
        ]


def page_rules(app: Flask) -> list[Rule]:
    """Every route that is a page."""
    found = [
        rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in DOWNLOADS
    ]
    return sorted(
        (rule for rule in found if not rule.rule.startswith("/api/") or rule.endpoint == "openapi_api.docs"),
        key=lambda rule: rule.rule,
    )


def things(app: Flask, token: str, *, of_agency: bool) -> Things:
    """What the bank's people, or those of OWN, may look at in a furnished demo."""
    with app.extensions["database"].reading() as session:
        own = agency_queries.get(session, SYSTEM, OWN).id
        anywhere = {
            "code": [OWN], "token": [token], "rule_id": ["us.regf.call-frequency"], "name": [next(iter(JOBS))], "user_id": _newest(session, User.id),
            "seq": _newest(session, AuditEntry.seq),
        }  # fmt: skip
        by_route = {
            **_placing(session, own, of_agency),
            **_papers(session, own),
            **_registers(session, own),
            **_work(session, own, of_agency),
            **_results(session, own, of_agency),
        }
        waiting = session.execute(
            select(Agency.code, Breach.rule)
            .join(Agency, Agency.id == Breach.agency_id)
            .where(Breach.state == BreachState.FOUND)
        ).first()
        assert waiting is not None
        return Things(anywhere, by_route, {"conduct.queue": f"?agency={waiting[0]}&rule={waiting[1]}"})


def _placing(session: Session, own: int, of_agency: bool) -> dict[str, Values]:
    mine = [Placement.agency_id == own] if of_agency else []
    accounts = session.scalars(
        select(Account.account_ref).join(Placement, Placement.account_id == Account.id).where(Placement.agency_id == own, Placement.ended_at.is_(None)).limit(1)
    ).all()  # fmt: skip
    recalls = select(Recall.ref).where(exists().where(Placement.recall_id == Recall.id, *mine)).order_by(Recall.id)
    return {
        "placements.account": {"account_ref": accounts}, "scorecards.timeline": {"ref": accounts},
        "requests.page": {"ref": _each(session, Request.ref, Request.state, *([Request.agency_id == own] if of_agency else []))},
        "requests.ask": {"ref": session.scalars(select(Placement.ref).where(Placement.agency_id == own, Placement.state == "acknowledged").limit(1)).all()},
        "requests.supply": {"account_ref": accounts}, "rights.evidence": {"ref": accounts}, "rights.case": {"ref": _each(session, RightsCase.ref, RightsCase.kind)},
        "endings.proposal": {"ref": _each(session, Proposal.ref, Proposal.state)},
        "placements.placement": {"ref": _each(session, Placement.ref, Placement.state, *mine, *([Placement.ended_at.is_(None)] if of_agency else []))},
        "strategy.version": {"number": _each(session, Strategy.version, Strategy.state)}, "strategy.pool": {"ref": _newest(session, SavedPool.ref)},
        "placements.one_recall": {"ref": session.scalars(recalls).all()}, "placements.plan": {"ref": _each(session, Plan.ref, Plan.state)},
    }  # fmt: skip


def _papers(session: Session, own: int) -> dict[str, Values]:
    contracts_of_own = _each(session, Contract.id, Contract.state, Contract.agency_id == own)
    credentials = _each(session, Credential.ref, Credential.state, Credential.agency_id == own)
    return {
        "agencies.page": {"code": [OWN, "AGY03", "AGY04", "AGY11", "AGY12"]}, **_diligence_of(session, own), "agencies.credential": {"code": [OWN] * len(credentials), "ref": credentials},
        "agencies.contract": {"code": [OWN] * len(contracts_of_own), "contract_id": contracts_of_own},
        "agencies.amend_contract": {"code": [OWN], "contract_id": _each(session, Contract.id, Contract.state, Contract.agency_id == own, Contract.state == "approved")},
        "catalogue.place": {"place": ["US-NY-NYC", "US-NJ", "CN", "IN"]},
        "collectors.edit": {"code": [OWN], "collector_id": _newest(session, Collector.collector_id, Collector.agency_id == own)},
        "collectors.link": {"code": [OWN], "collector_id": _newest(session, Collector.collector_id, Collector.agency_id == own)},
        "agencies.end_contract": {"code": [OWN], "contract_id": _each(session, Contract.id, Contract.state, Contract.agency_id == own, Contract.state == "approved")},
    }  # fmt: skip


def _diligence_of(session: Session, own: int) -> dict[str, Values]:
    applicant = session.scalars(select(Agency.id).where(Agency.code == "AGY11")).one()
    reviews = [
        session.scalars(select(Review.ref).where(Review.agency_id == whose).order_by(Review.id.desc())).first()
        for whose in (own, applicant)
    ]
    asked = _each(session, DocumentRequest.ref, DocumentRequest.state, DocumentRequest.agency_id == own)
    visit = session.scalars(select(SiteVisit.ref).where(SiteVisit.agency_id == applicant)).all()
    return {
        "diligence.page": {"code": [OWN, "AGY11", "AGY01"]}, "diligence.section": {"code": [OWN, "AGY11"], "ref": reviews, "section": ["company", "company"]},
        "diligence.disclose": {"code": [OWN] * 2, "kind": ["principal", "bank_account"]}, "diligence.leave": {"code": [OWN, "AGY12"]},
        "diligence.report_visit": {"code": ["AGY11"], "ref": visit}, "diligence.invite": {"code": ["AGY11"]},
        "asking.request_page": {"code": [OWN] * len(asked), "ref": asked}, "asking.policy": {"ref": session.scalars(select(Policy.ref)).all()},
    }  # fmt: skip


def _registers(session: Session, own: int) -> dict[str, Values]:
    found = {
        "registries.answer": _each(
            session,
            RegisterAnswer.ref,
            RegisterAnswer.register + RegisterAnswer.bearing,
            RegisterAnswer.agency_id == own,
        ),
        "registries.hit": _each(session, ScreeningHit.ref, ScreeningHit.state, ScreeningHit.agency_id == own),
        "registries.adverse_event": _each(session, AdverseEvent.ref, AdverseEvent.kind, AdverseEvent.agency_id == own),
    }
    assert all(found.values())
    return {endpoint: {"code": [OWN] * len(refs), "ref": refs} for endpoint, refs in found.items()}


def _work(session: Session, own: int, of_agency: bool) -> dict[str, Values]:
    sender, breaks = [Report.agency_id == own] if of_agency else [], [Break.agency_id == own] if of_agency else []
    reports = _each(session, Report.ref, Report.kind + Report.state, *sender)
    whose = WebhookEndpoint.agency_id == own if of_agency else WebhookEndpoint.agency_id.is_(None)
    return {
        "activity.report": {"ref": reports}, "mappings.build": {"kind": ["activity", "payments", "complaints"] if of_agency else ["activity"]}, "conduct.of_report": {"ref": _each(session, Report.ref, Report.kind, *sender, Report.kind == "activity")},
        "ledger.one_break": {"break_id": _each(session, Break.id, Break.kind, *breaks)}, "admin.key": {"key_id": _newest(session, ApiKey.key_id)},
        "connections.own_key": {"key_id": _newest(session, ApiKey.key_id, ApiKey.agency_id == own)},
        "connections.endpoint": {"ref": _newest(session, WebhookEndpoint.ref, whose)},
    }  # fmt: skip


def _results(session: Session, own: int, of_agency: bool) -> dict[str, Values]:
    told = [Breach.agency_id == own, Breach.provisional.is_(False)] if of_agency else []
    published = [Scorecard.state == "published", Scorecard.agency_id == own] if of_agency else []
    cards_of_all = _each(session, Scorecard.ref, Scorecard.state, *published)
    with_rows = (
        select(Measure.name)
        .join(Scorecard, Scorecard.id == Measure.scorecard_id)
        .where(Scorecard.ref == cards_of_all[0], Measure.rows > 0)
    )
    measures = session.scalars(with_rows.order_by(Measure.position)).all()
    return {
        "conduct.breach": {"ref": _each(session, Breach.ref, Breach.state, *told)}, "conduct.complaint": {"ref": _each(session, Complaint.ref, Complaint.regulator)},
        "scorecards.of_agency": {"code": [OWN] if of_agency else [OWN, "AGY11"]}, "scorecards.card": {"ref": cards_of_all},
        "scorecards.rows": {"ref": [cards_of_all[0]] * len(measures), "measure": measures},
    }  # fmt: skip


def _each(session: Session, name: Any, state: Any, *conditions: Any) -> list[Any]:
    """One thing of each state."""
    return list(
        {
            str(stands): one for one, stands in session.execute(select(name, state).where(*conditions).order_by(name))
        }.values()
    )


def _newest(session: Session, name: Any, *conditions: Any) -> Sequence[Any]:
    (key,) = inspect(name.class_).primary_key
    return session.scalars(select(name).where(*conditions).order_by(key.desc()).limit(1)).all()
