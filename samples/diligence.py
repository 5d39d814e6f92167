"""Due diligence for demo and tests: an agency tells everything, the bank looks into it and recommends. Told with the real acts.

Nothing here is real: names, addresses, numbers and answers are made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from agencies.asking import queries as asked
from agencies.asking import requests
from agencies.diligence import applying, conditions, queries, reviewing
from agencies.diligence.applying import Company, Told
from agencies.diligence.models import AnswerState, DisclosureKind, Review, ReviewState
from agencies.diligence.questionnaires import Question, questions
from agencies.diligence.scheme import scheme
from agencies.models import Agency, AgencyKind
from portal.files import StoredFile
from portal.permissions import Actor

RISKS: Mapping[AgencyKind, Mapping[str, list[str]]] = {
    AgencyKind.CALL_CENTRE: {"volume": ["more"], "data": ["identity"], "channels": ["calls", "letters"], "places": ["country"], "money": ["held"]},
    AgencyKind.FIELD: {"volume": ["to_2000"], "data": ["identity"], "channels": ["visits"], "places": ["country"], "money": ["none"]},
    AgencyKind.LAW_FIRM: {"volume": ["to_200"], "data": ["contact"], "channels": ["letters", "court"], "places": ["country"], "money": ["none"]},
}  # fmt: skip
TEXTS: Mapping[str, tuple[str, str]] = {
    "en": ("Alex Quist, Jordan Bell", "Laid down in the manual, which we hand over on request."),
    "zh": ("周启明、林若溪", "已在内部制度中规定，可随时提供。"),
}
NUMBERS = {"company.7": "35", "conduct.5": "6", "people.3": "22", "complaints.1": "14"}
CONDITION = {
    "en": "Every collector signs in with a second factor.",
    "zh": "全部催收员启用双因素登录。",
}


def disclosures(agency: Agency, tongue: str, references: int) -> list[Told]:
    """What an agency discloses: one of each kind, and as many references as its tier asks for."""
    home, zh = agency.country, tongue == "zh"
    return [
        Told(DisclosureKind.PRINCIPAL, "周启明" if zh else "Alex Quist", home, "总经理" if zh else "Managing director", Decimal("0.6"), date(2012, 3, 1)),
        Told(DisclosureKind.PRINCIPAL, "林若溪" if zh else "Jordan Bell", home, "合规负责人" if zh else "Head of compliance", Decimal("0.4")),
        Told(DisclosureKind.SITE, "主职场" if zh else "Main office", home, "高新区 18 号，坐席 120 个" if zh else "400 Commerce Street, 120 seats"),
        Told(DisclosureKind.SYSTEM, "外呼系统" if zh else "Dialler", home, "外呼与录音；存姓名和电话" if zh else "Calls and recordings; names and numbers"),
        Told(DisclosureKind.POLICY, "催收行为规范" if zh else "Conduct policy", home, "时段、频次、第三人" if zh else "Hours, frequency, third parties"),
        Told(DisclosureKind.BANK_ACCOUNT, "第一银行" if zh else "First Example Bank", home, agency.legal_name, number="000123456789"),
        *(Told(DisclosureKind.REFERENCE, f"{'示例银行' if zh else 'Example Bank'} {n}", home, "采购部" if zh else "Vendor office") for n in range(1, references + 1)),
    ]  # fmt: skip


def tell_everything(session: Session, actor: Actor, agency: Agency, evidence: StoredFile, *, at: datetime) -> Review:
    """The agency's part: profile, disclosures, answers, documents; handed in."""
    tongue = "zh" if agency.country == "CN" else "en"
    company = Company(
        f"{agency.country}-{agency.code}", date(2011, 5, 9), "400 Commerce Street", 140, RISKS[agency.kind]
    )
    if tongue == "zh":
        company = Company(f"{agency.country}-{agency.code}", date(2011, 5, 9), "高新区 18 号", 140, RISKS[agency.kind])
    applying.save_profile(session, actor, agency, company, at=at)
    tier = queries.rating(session, agency).tier
    for told in disclosures(agency, tongue, tier.references):
        applying.disclose(session, actor, agency, told, at=at)
    review = queries.undecided(session, agency)
    if review is None:
        raise RuntimeError("The profile begins the due diligence.")
    for code, question in questions(review.questionnaire, tier.depth).items():
        file = evidence if question.evidence else None
        reviewing.answer(session, actor, agency, review, code, _value(question, tongue), evidence=file, at=at)
    for request in asked.open_requests(session, agency).values():
        requests.answer(session, actor, agency, request, evidence, attests=True, at=at)
    return reviewing.hand_in(session, actor, agency, review, at=at)


def look_into(
    session: Session, actor: Actor, agency: Agency, review: Review, *, at: datetime, on_condition: date | None = None
) -> None:
    """The reviewer's part: everything checked and accepted, the site visited where the tier asks for it, a decision recommended."""
    zh = agency.country == "CN"
    for ones in queries.disclosures(session, agency).values():
        for one in ones:
            applying.check(
                session, actor, agency, one, accept=True, note="已核实。" if zh else "Confirmed by call back.", at=at
            )
    for code in queries.answers_of(session, review):
        reviewing.judge(session, actor, agency, review, code, AnswerState.ACCEPTED, at=at)
    for request in asked.open_requests(session, agency).values():
        requests.judge(session, actor, agency, request, accept=True, at=at)
    if scheme().tier(review.tier).site_visit:
        visit = conditions.plan_visit(session, actor, agency, "主职场" if zh else "Main office", at.date(), at=at)
        findings = "现场与申报一致。" if zh else "The site is as it was told; collectors work from scripts."
        conditions.report_visit(
            session, actor, visit, at.date() - timedelta(days=1), passed=True, findings=findings, evidence=None, at=at
        )
    outcome = ReviewState.APPROVED
    if on_condition is not None:
        outcome = ReviewState.CONDITIONAL
        terms = conditions.Terms(CONDITION["zh" if zh else "en"], conditions.OWNERS[0], on_condition, 400)
        conditions.set_condition(session, actor, agency, terms, at=at)
    why = "材料齐全，核查无异常。" if zh else "The file is complete and nothing speaks against it."
    reviewing.recommend(session, actor, agency, review, outcome, why=why, at=at)


def _value(question: Question, tongue: str) -> str:
    if question.kind == "yes_no":
        return "yes"
    if question.kind == "number":
        return NUMBERS.get(question.code, "10")
    return TEXTS[tongue][0] if question.code == "company.3" else TEXTS[tongue][1]
