"""The demo: one story, told with the real acts and the real API, never by inserting rows past them.

A bank works with ten agencies. One is approved everywhere, one is licensed in a few states only, one let its licences lapse, one is suspended on the
way, one is new and on probation; in China one calls, one visits and one is a law firm. The real tapes are placed in twelve monthly waves over
the last year, every date of an account moved by one whole number of days so that its charge-off falls two weeks before its placement; agencies
report six weeks of activity through the API; the bank posts its ledger; conduct is tested, complaints come in, accounts are recalled, scorecards
are signed. The story ends yesterday. The clock is set to each moment of it, so that receipts and deadlines belong to the story.

Every step is keyed, so the story can be told again at any point: what was told already answers with its saved reply.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

import demo_registers
from activity import feed, feed_queries
from activity.calendar import Cadence, Due
from agencies import contracts, verifying, vetting
from agencies import queries as agency_queries
from agencies.asked import Asked, asked_in, places
from agencies.asking import policies, requests
from agencies.asking import queries as asking
from agencies.asking.policies import Wording
from agencies.cycles import longest_until
from agencies.events import ADVERSE_ENTERED
from agencies.models import Agency, AgencyKind, AgencyStatus
from agencies.terms import Clause
from agencies.verifying import Paper
from conduct import reviewing
from conduct.models import BreachState
from placements import planning, pools, strategies, strategy_queries
from placements.drafting import Selection
from placements.models import Account, Hold
from placements.planning import Wish
from placements.pool_filter import AGAIN, Conditions
from placements.strategy import (
    INSTALMENTS,
    LEGAL,
    OPTIMISED,
    PRIMARY,
    RELIEF,
    SECONDARY,
    TO_COURT,
    WAREHOUSE,
    Comparison,
    Rules,
    Shares,
    Tier,
    TreatmentRule,
)
from portal import audit, clock, files, invitations, jobs, keys, logs, queries, sessions, work
from portal.config import Settings
from portal.db import Database
from portal.entering import Proven
from portal.errors import Invalid
from portal.files import StoredFile
from portal.keys import AGENCY_SCOPES, BANK_SCOPES
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from portal.tables.writing import write_csv
from samples import activity, claims, complaints, diligence, tape
from samples.panel import PlacedAccount, Profile
from scorecards import publishing, scoring
from scorecards.periods import Period

PASSWORD = "seven quiet lanterns"  # noqa: S105 - of the demo's people only, who sign in with a password alone
WAVES = 12
WEEKS = 6
FINISHED, TOLD = "demo.story.finished", "demo.story.told"
US_TERM, CN_TERM = Decimal("0.18"), Decimal("0.22")

BANK = (
    (Role.VENDOR_MANAGER, "vera.lindqvist@bank.example", "Vera Lindqvist", "en"),
    (Role.VENDOR_MANAGER, "zhou.wen@bank.example", "周文", "zh_Hans_CN"),
    (Role.APPROVER, "amos.adeyemi@bank.example", "Amos Adeyemi", "en"),
    (Role.COMPLIANCE, "clara.moreau@bank.example", "Clara Moreau", "en"),
    (Role.COMPLIANCE, "lin.yue@bank.example", "林悦", "zh_Hans_CN"),
    (Role.AUDITOR, "omar.haddad@bank.example", "Omar Haddad", "en"),
    (Role.ADMIN, "ada.brandt@bank.example", "Ada Brandt", "en"),
)


@dataclass(frozen=True)
class Part:
    """An agency's part in the story. `states`: US states it is licensed in (None: everywhere that asks)."""

    code: str
    name: str
    country: str
    kind: AgencyKind = AgencyKind.CALL_CENTRE
    states: tuple[str, ...] | None = None
    lapses: bool = False
    ramp: int | None = None
    suspended: bool = False
    capacity: int | None = None
    profile: Profile = field(default_factory=lambda: Profile(pace=1.2))
    days_late: int = 0  # how long after a week's end it reports


PANEL = (
    Part(
        "AGY01",
        "Northgate Recovery Partners",
        "US",
        profile=Profile(pace=1.3, skill=1.15, bad_share=0.004, misconduct=0.5),
    ),
    Part(
        "AGY02",
        "Larkfield Associates",
        "US",
        states=("TX", "FL", "OH", "NJ", "IA"),
        capacity=1500,
        profile=Profile(pace=1.4, skill=1.25, bad_share=0.006, misconduct=0.7),
    ),
    Part(
        "AGY03",
        "Harbor & Vale Credit Services",
        "US",
        lapses=True,
        profile=Profile(pace=1.1, skill=1.0, bad_share=0.01),
    ),
    Part("AGY04", "Blue Ridge Receivables", "US", suspended=True, profile=Profile(pace=1.5, skill=0.9, misconduct=3.0)),
    Part("AGY05", "Summit Peak Collections", "US", ramp=400, profile=Profile(pace=1.2, skill=1.05, bad_share=0.03)),
    Part("AGY06", "华信催收服务有限公司", "CN", profile=Profile(pace=1.2, skill=1.0, misconduct=0.4)),
    Part(
        "AGY07",
        "远行外访服务有限公司",
        "CN",
        AgencyKind.FIELD,
        capacity=900,
        profile=Profile(pace=0.8, visit_share=0.3),
    ),
    Part(
        "AGY08", "正衡律师事务所", "CN", AgencyKind.LAW_FIRM, capacity=600, profile=Profile(pace=0.6, legal_share=0.25)
    ),
    Part(
        "AGY09",
        "Calder Revenue Group",
        "US",
        profile=Profile(pace=1.0, skill=0.85, bad_share=0.01, misconduct=0.3),
        days_late=9,
    ),
    Part("AGY10", "Meridian Collect", "US", profile=Profile(pace=1.2, skill=0.95, bad_share=0.008, misconduct=2.0)),
)
PART = {part.code: part for part in PANEL}
POLICY = Wording(
    "Conduct towards debtors", "1",
    "1. Nobody is called before eight in the morning or after nine in the evening of the place where they live.\n"
    "2. Whoever asks us to stop is not called again. A dispute is written down and answered first.\n"
    "3. Third parties learn nothing of a debt.\n"
    "4. What was said is written down on the same day.",
    date.max,
)  # fmt: skip


# -- commands ------------------------------------------------------------------------------------------------------------


def load(app: Flask, accounts: int | None = None) -> None:
    """Tell the story once; what was told already is not told again. `accounts`: how many of the tapes' (None: all, 0: none)."""
    story = Story(app, accounts)
    if story.is_finished():
        return
    story.say("Loading the demo: one story over the real tapes, with all dates moved so that it ends yesterday.")
    with logs.of_faults_alone():
        story.is_told()
    story.say(f"The demo is loaded ({story.seconds():.0f} s).")


def sign_ins() -> list[tuple[str, str, str]]:
    """(role, e-mail, password) of everybody who may sign in to the demo."""
    rows = [(role.value, email, PASSWORD) for role, email, _, _ in BANK]
    for part in PANEL:
        rows += [(role.value, _agency_email(part, role), PASSWORD) for role in (Role.AGENCY_MANAGER, Role.AGENCY_USER)]
    return rows


def write_sign_ins(settings: Settings) -> list[str]:
    """Keep the sign-ins beside the database; the lines as they are printed."""
    lines = ["\t".join(row) for row in sign_ins()]
    settings.instance.mkdir(parents=True, exist_ok=True)
    (settings.instance / "demo-sign-ins.tsv").write_text("\n".join(lines) + "\n")
    return lines


def _agency_email(part: Part, role: Role) -> str:
    return f"{'manager' if role is Role.AGENCY_MANAGER else 'desk'}@{part.code.lower()}.example"


# -- the story -----------------------------------------------------------------------------------------------------------


class Story:
    """The demo's calendar, its people's keys, and its chapters in order."""

    def __init__(self, app: Flask, accounts: int | None) -> None:
        self.app, self.accounts = app, accounts
        self.db: Database = app.extensions["database"]
        self.settings: Settings = app.extensions["settings"]
        self.http = app.test_client()
        self.started = time.monotonic()
        self.end_day = activity.last_full_day(clock.real_now())
        self.days = [_months_before(self.end_day, WAVES - number) for number in range(WAVES)]
        self.opening = self.days[0] - timedelta(days=45)
        self.keys: dict[str, str] = {}
        self.rows: dict[str, tape.Row] = {}
        self.shifts: dict[str, int] = {}

    # people and clock

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An instant of the story, in the bank's zone."""
        return datetime.combine(day, clock_time(hour, minute), self.settings.bank_zone)

    @contextmanager
    def when(self, day: date, hour: int, minute: int = 0) -> Iterator[datetime]:
        """Hold the clock at a moment of the story."""
        with clock.set_to(self.at(day, hour, minute)):
            yield clock.now()

    def person(self, email: str) -> Actor:
        """The person as an actor."""
        with self.db.reading() as session:
            user = queries.person_by_email(session, email)
            assert user is not None
            return sessions.actor_of(session, user)

    def role(self, role: Role, number: int = 0) -> Actor:
        """The bank's person with this role (the first or second of them)."""
        return self.person([email for mine, email, _, _ in BANK if mine is role][number])

    def say(self, text: str) -> None:
        """Tell the reader what is going on, with the seconds it has taken."""
        print(f"[{self.seconds():5.1f} s] {text}", file=sys.stderr, flush=True)  # noqa: T201

    def seconds(self) -> float:
        """Since the telling began."""
        return time.monotonic() - self.started

    def once(self, part: str, tell: Callable[[], object]) -> None:
        """Tell a part of the story, unless it was told before to this database: what it found then, it may not find again."""
        with self.db.reading() as session:
            if queries.trail_has(session, TOLD, f"demo:{part}"):
                return
        tell()
        with self.db.transaction() as session:
            audit.record(session, SYSTEM, TOLD, f"demo:{part}")

    def is_finished(self) -> bool:
        """True once the whole story was told to this database."""
        with self.db.reading() as session:
            return queries.trail_has(session, FINISHED)

    def end(self) -> None:
        """Revoke the story's keys and remember that it was told."""
        with self.db.transaction() as session:
            for key in queries.keys_named(session, "demo story"):
                if key.revoked_at is None:
                    keys.revoke(session, SYSTEM, key, at=clock.now(), reason="the demo's story is told")
            audit.record(session, SYSTEM, FINISHED, "demo:story", accounts=self.accounts)

    # calls

    def new_keys(self, day: date) -> None:
        """Fresh API keys for everybody in the story, made on that day (a key lives a year)."""
        with self.when(day, 7) as at, self.db.transaction() as session:
            for part in PANEL:
                agency = agency_queries.get(session, SYSTEM, part.code)
                self.keys[part.code] = keys.make(
                    session, SYSTEM, scopes=AGENCY_SCOPES, at=at, agency_id=agency.id, name="demo story"
                )
            for _, email, _, _ in BANK[:4]:
                user = queries.person_by_email(session, email)
                self.keys[email] = keys.make(session, SYSTEM, scopes=BANK_SCOPES, at=at, user=user, name="demo story")

    def call(self, who: str, method: str, path: str, name: str = "", **request: Any) -> TestResponse:
        """Call the API as an agency (by code) or a person (by e-mail); `name` is the Idempotency-Key. Raises on any refusal."""
        headers = {"Authorization": f"Bearer {self.keys[who]}", **request.pop("headers", {})}
        if name:
            headers["Idempotency-Key"] = f"demo-{name}"
        answer = self.http.open(
            f"/api/v1{path}", method=method, headers=headers, base_url=self.settings.base_url, **request
        )
        if answer.status_code >= 400 and not (
            answer.status_code == 409 and "report" in (answer.get_json(force=True, silent=True) or {})
        ):
            raise RuntimeError(
                f"{who} {method} {path} answered {answer.status_code}: {answer.get_data(as_text=True)[:800]}"
            )
        return answer

    def send(self, who: str, path: str, name: str, body: bytes, content_type: str = "text/csv") -> dict[str, Any]:
        """Upload a file and read it now, in this process."""
        answer = self.call(who, "POST", path, name, data=body, content_type=content_type)
        work.drain(self.db)
        found: dict[str, Any] = answer.get_json(force=True)
        return found

    def is_told(self) -> None:
        """All chapters; without accounts, the first two."""
        self.people_join()
        self.agencies_are_vetted()
        if self.accounts != 0:
            self.waves_are_placed()
            self.agencies_report()
            self.compliance_looks()
            self.scorecards_are_signed()
            self.registers_are_asked()
            self.strategy_is_approved()
            self.end()

    # chapter 1

    def people_join(self) -> None:
        """The bank's people are invited and accept."""
        with self.when(self.opening, 9) as at:
            for role, email, name, language in BANK:
                self._join(email, role, None, name, language, at)

    def _join(self, email: str, role: Role, agency_id: int | None, name: str, language: str, at: datetime) -> None:
        with self.db.reading() as session:
            known = queries.person_by_email(session, email)
        if known is not None and known.password_hash:
            return
        proven = Proven.of(PASSWORD, (), None, "", at=at)
        with self.db.transaction() as session:
            token = invitations.invite(session, SYSTEM, email, role, agency_id, at=at, name=name, language=language)
            invitations.accept(session, token, proven, name=name, language=language, at=at)

    # chapter 2

    def agencies_are_vetted(self) -> None:
        """Every agency applies, is reviewed, shows its papers and gets a contract that another person approves."""
        for part in PANEL:
            self._vet(part)
        self._ask_of_agencies()
        self.say(f"{len(PANEL)} agencies are vetted, with their credentials and contracts.")

    def _vet(self, part: Part) -> None:
        with self.when(self.opening, 10) as at:
            with self.db.reading() as session:
                known = agency_queries.by_code(session, [part.code]).get(part.code)
            if known is not None:
                return
            vera, amos, clara = self.role(Role.VENDOR_MANAGER), self.role(Role.APPROVER), self.role(Role.COMPLIANCE)
            with self.db.transaction() as session:
                who = vetting.Particulars(
                    part.name, part.name, part.country, part.kind, f"office@{part.code.lower()}.example"
                )
                agency = vetting.add_agency(session, vera, part.code, who, at=at)
                self._show_papers(part, agency, session, vera, clara, at)
                self._sign_contract(part, agency, session, vera, amos, at)
                review = diligence.tell_everything(session, vera, agency, self._evidence(session, part, vera), at=at)
                later = self.end_day + timedelta(days=60) if part.ramp else None
                diligence.look_into(session, clara, agency, review, at=at, on_condition=later)
                if part.ramp:
                    vetting.put_on_probation(
                        session,
                        amos,
                        agency,
                        ramp_accounts=part.ramp,
                        reason="New to the panel: begins within a ramp.",
                        at=at,
                    )
                else:
                    vetting.approve(session, amos, agency, reason="Papers verified, references good.", at=at)
                agency_id = agency.id
            language = "zh_Hans_CN" if part.country == "CN" else "en"
            for role, name in ((Role.AGENCY_MANAGER, "Office manager"), (Role.AGENCY_USER, "Upload desk")):
                self._join(_agency_email(part, role), role, agency_id, f"{name}, {part.code}", language, at)

    def _ask_of_agencies(self) -> None:
        """The bank publishes a policy, which the first people attest, and asks two agencies for a document."""
        with self.when(self.opening, 12) as at, self.db.transaction() as session:
            if asking.policies_titled(session, POLICY.title):
                return
            clara = self.role(Role.COMPLIANCE)
            policy = policies.publish(session, clara, replace(POLICY, due_on=self.end_day - timedelta(days=5)), at=at)
            for part in PANEL[:8]:
                for role in (Role.AGENCY_MANAGER, Role.AGENCY_USER):
                    person = sessions.actor_of(session, queries.person_named(session, _agency_email(part, role)))
                    policies.attest(session, person, policy, person.name, at=at)
            for part, days in ((PANEL[1], -12), (PANEL[9], 20)):
                agency, due_on = agency_queries.get(session, SYSTEM, part.code), self.end_day + timedelta(days=days)
                note = "The one of this year, please."
                requests.ask(session, clara, agency, "continuity_test", due_on, note=note, at=at)

    def _show_papers(self, part: Part, agency: Agency, session: Any, vera: Actor, clara: Actor, at: datetime) -> None:
        evidence = self._evidence(session, part, vera)
        for paper in _papers(part, self.days, self.end_day):
            verifying.verify(
                session, clara, verifying.submit(session, vera, agency, paper, evidence=evidence, at=at), at=at
            )

    def _evidence(self, session: Any, part: Part, actor: Actor) -> StoredFile:
        document = _pdf(f"{part.code}: extract of registers, for the demo. Nothing in it is real.")
        received = files.store().receive(BytesIO(document), 1 << 20)
        return files.keep(session, actor, received, name=f"{part.code}-registers.pdf", content_type="application/pdf")

    def _sign_contract(self, part: Part, agency: Agency, session: Any, vera: Actor, amos: Actor, at: datetime) -> None:
        rate = CN_TERM if part.country == "CN" else US_TERM
        conditions = contracts.Conditions(
            number=f"{part.code}-{self.opening.year}",
            valid_from=self.opening,
            countries=(part.country,),
            capacity_accounts=part.capacity,
            term_days=400,
            settlement_floor=Decimal("0.45"),
            instalments_most=12,
            extension_days_most=30,
            waiver_most=Decimal("0.5"),
        )
        text = f"The agency earns {rate:.0%} of every payment credited to it; payments made straight to the bank earn half of that."
        clauses = [Clause("4.1", text, rate, rate / 2, self.opening)]
        contract = contracts.draft_contract(session, vera, agency, conditions, clauses, at=at)
        contracts.approve_contract(session, amos, contract, at=at)

    # chapter 3

    def waves_are_placed(self) -> None:
        """Twelve monthly waves: the tape is imported, a plan drawn, approved by another person and placed; agencies acknowledge."""
        self.new_keys(self.opening)
        us = tape.waves(self._some(tape.read_tape("us")), self.days[0], WAVES)
        cn = tape.waves(self._some(tape.read_tape("cn")), self.days[0], WAVES)
        for number, day in enumerate(self.days):
            if number == 6:
                self.new_keys(day)
            for market, waves in (("us", us), ("cn", cn)):
                self._import(market, number, day, list(waves.values())[number])
            self._post_ledger(number, day)
            for market in ("us", "cn"):
                self._plan(market, number, day)
            self._acknowledge(number, day + timedelta(days=1))
            self._meanwhile(number, day)
            self.say(f"Wave {number + 1} of {WAVES}: accounts of {day:%B %Y} are placed and acknowledged.")

    def _some(self, rows: list[tape.Row]) -> list[tape.Row]:
        if self.accounts is None:
            return rows
        return sorted(rows, key=lambda row: tape.fingerprint("demo", row["consumer_ref"]))[: self.accounts]

    def _portfolio(self, market: str, day: date) -> str:
        return f"{'US personal loans' if market == 'us' else 'CN credit cards'} {day:%Y-%m}"

    def _import(self, market: str, number: int, day: date, rows: Sequence[tape.Row]) -> None:
        moved = []
        for row in rows:
            days = tape.days_to(row, day)
            self.shifts[row["account_ref"]] = days
            moved.append({**tape.shift(row, days), "portfolio": self._portfolio(market, day)})
            self.rows[row["account_ref"]] = moved[-1]
        if moved:
            with self.when(day, 8):
                self.send(BANK[0][1], "/accounts", f"accounts-{market}-{number}", tape.to_csv(moved))

    def _post_ledger(self, number: int, day: date) -> None:
        """The bank posts what was paid up to the day before; each entry once, because its record id is taken once."""
        ledger = tape.shifted_ledger(tape.read_ledger(), self.shifts, day - timedelta(days=1))
        first = self.days[number - 1].isoformat() if number else ""
        new = [row for row in ledger.rows if row["paid_on"] >= first]
        if new:
            with self.when(day, 8, 30):
                self.send(BANK[0][1], "/ledger/payments", f"ledger-{number}", tape.to_csv(new, tape.LEDGER_COLUMNS))

    def _plan(self, market: str, number: int, day: date) -> None:
        vera, amos, name = BANK[0][1], BANK[2][1], f"{market}-{number}"
        with self.when(day, 9):
            plan = self.call(
                vera,
                "POST",
                "/plans",
                f"plan-{name}",
                json={"portfolio": self._portfolio(market, day), "seed": 20260000 + number},
            ).get_json()
            if plan["accounts"] == 0:
                return
            self.call(vera, "POST", f"/plans/{plan['id']}/submit", f"submit-{name}", json={})
        with self.when(day, 11):
            self.call(amos, "POST", f"/plans/{plan['id']}/approve", f"approve-{name}", json={})
        with self.when(day, 12):
            self.call(vera, "POST", f"/plans/{plan['id']}/place", f"place-{name}", json={})
        work.drain(self.db)

    def _acknowledge(self, number: int, day: date) -> None:
        for part in PANEL:
            with self.when(day, 9):
                held = self._held(part.code, "placed")
                if not held:
                    continue
                rows = [(row["placement_ref"], True, Decimal(row["balance"]), None) for row in held]
                body = b"".join(write_csv(("placement_ref", "accepted", "balance", "reason"), rows))
                self.call(
                    part.code,
                    "POST",
                    "/placements/acknowledgements",
                    f"ack-{part.code}-{number}",
                    data=body,
                    content_type="text/csv",
                )

    def _held(self, code: str, state: str = "") -> list[dict[str, Any]]:
        """An agency's placements, pulled page by page through the API."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.call(code, "GET", f"/placements?limit=1000&state={state}&cursor={cursor}").get_json()
            items += page["items"]
            cursor = page["next"] or ""
            if not cursor:
                return items

    def _meanwhile(self, number: int, day: date) -> None:
        """What happens between the waves: a suspension, whose accounts are recalled and placed again."""
        if number == WAVES - 4:
            with self.when(day + timedelta(days=5), 15) as at, self.db.transaction() as session:
                agency = agency_queries.get(session, SYSTEM, "AGY04")
                if agency.status is not AgencyStatus.SUSPENDED:
                    vetting.suspend(
                        session,
                        self.role(Role.COMPLIANCE),
                        agency,
                        reason="Three confirmed threats against consumers within a month.",
                        at=at,
                    )
        with self.when(day + timedelta(days=20), 6):
            for name in ("recalls.finalise", "credentials.lapse"):
                jobs.run(self.db, name, f"demo {day.isoformat()}")
            work.drain(self.db)

    # chapter 4

    def agencies_report(self) -> None:
        """Six weeks of activity in weekly files, rosters, payment claims, complaints and one inventory, all through the API."""
        first = self.end_day - timedelta(days=7 * WEEKS - 1)
        self.new_keys(first - timedelta(days=1))
        self._expect_files(first)
        payments = self._coming_payments()
        for part in PANEL:
            self.once(f"{part.code} reported", partial(self._report, part, payments, first))
        for name, tell in (
            ("claims", self._claim_payments),
            ("recalls", self._recall_some),
            ("requests", self._ask_some),
        ):
            self.once(name, tell)
        self._follow()

    def _expect_files(self, first: date) -> None:
        """The bank expects a file of activity from everybody once a week, on the day on which most of them send it."""
        weekday = (first + timedelta(days=7)).weekday()
        due = Due(Cadence.WEEKLY, weekday if weekday < 5 else 0, 18, first)
        with self.when(first, 8) as at, self.db.transaction() as session:
            for agency in agency_queries.by_code(session, list(PART)).values():
                if not feed_queries.expectations(session, agency.id):
                    feed.expect(session, self.role(Role.VENDOR_MANAGER), agency, "activity", due, at=at)

    def _follow(self) -> None:
        """What the nights in between would have done: promises come due, legal deadlines near, files are counted and feeds graded."""
        with self.when(self.end_day + timedelta(days=1), 12, 30):
            for name in ("follow-promises", "legal-deadlines", "feeds.review"):
                jobs.run(self.db, name, "demo")
        self.say("Promises are followed, legal deadlines known, and the agencies' files graded.")

    def _workable(
        self, code: str, payments: Mapping[str, list[tuple[date, Decimal]]], day: date
    ) -> Iterator[PlacedAccount]:
        """What an agency holds on a day and may work: not what was on hold before it, whatever reports have said since."""
        with self.when(day, 8) as at:
            held = self._held(code)
        with self.db.reading() as session:
            stopped = set(
                session.scalars(
                    select(Account.account_ref).join(Hold, Hold.account_id == Account.id).where(Hold.since < at)
                )
            )
        for row in held:
            if (known := self.rows.get(row["account_ref"])) and row["account_ref"] not in stopped:
                placed_on = datetime.fromisoformat(row["placed_at"]).date()
                yield PlacedAccount.from_tape(known, placed_on, None, payments.get(row["account_ref"], ()))

    def _coming_payments(self) -> dict[str, list[tuple[date, Decimal]]]:
        coming: dict[str, list[tuple[date, Decimal]]] = {}
        for row in tape.shifted_ledger(tape.read_ledger(), self.shifts, self.end_day).rows:
            if not row["reverses"]:
                coming.setdefault(row["account_ref"], []).append(
                    (date.fromisoformat(row["paid_on"]), Decimal(row["amount"]))
                )
        return coming

    def _report(self, part: Part, payments: Mapping[str, list[tuple[date, Decimal]]], first: date) -> None:
        placed = list(self._workable(part.code, payments, first))
        if not placed:
            return
        report = activity.generate(
            placed, agency=part.code, seed=1, first_day=first, last_day=self.end_day, profile=part.profile
        )
        with self.when(first, 7):
            self.send(part.code, "/reports/collectors", f"roster-{part.code}", report.roster_csv)
        header, lines = report.lines[0], report.lines[1:]
        at = header.split(",").index("occurred_at")
        weeks: list[list[str]] = [[] for _ in range(WEEKS)]
        for line in lines:
            weeks[_week(line, at, first)].append(line)
        for number, week in enumerate(weeks):
            day = min(first + timedelta(days=7 * (number + 1) + part.days_late), self.end_day + timedelta(days=1))
            if week:
                with self.when(day, 10):
                    self.send(
                        part.code,
                        "/reports/activity",
                        f"activity-{part.code}-{number}",
                        (header + "".join(week)).encode(),
                    )
        told = complaints.complaints(
            placed, agency=part.code, seed=1, first_day=first, last_day=self.end_day, profile=part.profile
        )
        with self.when(self.end_day + timedelta(days=1), 10, 30):
            self.send(part.code, "/reports/complaints", f"complaints-{part.code}", told.csv)
        self.say(f"{part.code} has reported its activity ({len(lines):,} rows).")

    def _claim_payments(self) -> None:
        """The bank posts the rest of its ledger; agencies report what they were paid in the last two months; one sends its inventory."""
        since = (self.end_day - timedelta(days=60)).isoformat()
        ledger = tape.shifted_ledger(tape.read_ledger(), self.shifts, self.end_day)
        with self.when(self.end_day + timedelta(days=1), 7):
            new = [row for row in ledger.rows if row["paid_on"] >= self.days[-1].isoformat()]
            self.send(BANK[0][1], "/ledger/payments", "ledger-last", tape.to_csv(new, tape.LEDGER_COLUMNS))
        for part in PANEL:
            if part.country != "US":
                continue
            with self.when(self.end_day + timedelta(days=1), 11):
                held = {row["account_ref"] for row in self._held(part.code)}
                rows = [row for row in ledger.rows if row["account_ref"] in held and row["paid_on"] >= since]
                if rows:
                    told = claims.payment_claims(rows, agency=part.code, seed=1, last_day=self.end_day)
                    self.send(part.code, "/reports/payments", f"payments-{part.code}", told.csv)
        with self.when(self.end_day + timedelta(days=1), 12):
            self._send_inventory("AGY10", ledger.rows)
            jobs.run(self.db, "find-breaks", "demo")
        self.say("Payments are posted and matched with what agencies claim.")

    def _send_inventory(self, code: str, ledger: Sequence[tape.Row]) -> None:
        """One agency's inventory, with three accounts left out and three balances that are not the bank's."""
        held, paid = self._held(code), Counter[str]()
        for entry in ledger:
            paid[entry["account_ref"]] += int(entry["amount"].replace(".", ""))
        owed = {
            row["account_ref"]: max(Decimal(0), Decimal(row["balance"]) - Decimal(paid[row["account_ref"]]).scaleb(-2))
            for row in held
        }
        rows: list[tuple[Any, ...]] = [(row["account_ref"], owed[row["account_ref"]], "active") for row in held[3:]]
        rows[:3] = [(ref, balance + 25, status) for ref, balance, status in rows[:3]]
        if rows:
            self.send(
                code,
                "/reports/inventory",
                f"inventory-{code}",
                b"".join(write_csv(("account_ref", "balance", "status"), rows)),
            )

    def _recall_some(self) -> None:
        """Two recalls: one final and confirmed, one still pending with an objection."""
        day = self.end_day - timedelta(days=9)
        with self.when(day, 14) as at:
            held = [row["account_ref"] for row in self._held("AGY09") if row["state"] in ("placed", "acknowledged")]
            if len(held) < 80:
                return
            body = {"account_refs": held[:40], "reason": "strategy", "final_at": (at + timedelta(days=5)).isoformat()}
            self.call(BANK[0][1], "POST", "/recalls", "recall-1", json=body)
        with self.when(day + timedelta(days=4), 9):
            pending = self.call("AGY09", "GET", "/recalls?limit=1000").get_json()["items"]
            rows = [{"placement_ref": item["placement_ref"], "stopped_at": clock.now().isoformat()} for item in pending]
            self.call("AGY09", "POST", "/recalls/confirmations", "confirm-1", json=rows)
        with self.when(day + timedelta(days=6), 6):
            jobs.run(self.db, "recalls.finalise", "demo final")
        with self.when(self.end_day, 15) as at:
            body = {
                "account_refs": held[40:60],
                "reason": "portfolio_sale",
                "final_at": (at + timedelta(days=10)).isoformat(),
            }
            self.call(BANK[0][1], "POST", "/recalls", "recall-2", json=body)
            pending = [
                item
                for item in self.call("AGY09", "GET", "/recalls?limit=1000").get_json()["items"]
                if item["account_ref"] in held[40:60]
            ]
            objections = [
                {
                    "placement_ref": item["placement_ref"],
                    "reason": "active_promise",
                    "note": "Two instalments are still to come.",
                }
                for item in pending[:4]
            ]
            self.call("AGY09", "POST", "/recalls/objections", "object-2", json=objections)
        self.say("Forty accounts are recalled and confirmed; twenty more are pending.")

    def _ask_some(self) -> None:
        """One agency asks: a settlement within its contract, which is granted at once, and five things that a person has to decide."""
        with self.when(self.end_day, 16):
            held = [row for row in self._held("AGY01") if row["state"] == "acknowledged" and not row["holds"]][:6]
            asks: tuple[tuple[str, str, dict[str, Any]], ...] = (
                ("settlement", "Offers half at once.", {"willingness": "willing", "ability": "later"}),
                (
                    "instalment",
                    "Works again from next month.",
                    {"instalments": 24, "willingness": "willing", "ability": "later"},
                ),
                ("hardship", "Lost the job in spring.", {"willingness": "willing", "ability": "unable"}),
                ("legal_action", "Has means and refuses to talk.", {"willingness": "unwilling", "ability": "able"}),
                ("documents", "The person asks for the contract.", {}),
                ("query", "Two addresses are on file: which one is right?", {}),
            )
            for number, (row, (kind, note, terms)) in enumerate(zip(held, asks, strict=False)):
                if kind == "settlement":
                    terms["amount"] = str((Decimal(row["itemization"]["balance"]) / 2).quantize(Decimal("0.01")))
                body = {"placement_ref": row["placement_ref"], "kind": kind, "note": note, "terms": terms}
                self.call("AGY01", "POST", "/requests", f"ask-{number}", json=body)
            jobs.run(self.db, "recalls.propose", "demo")
        self.say("An agency has asked the bank for six things; one was granted at once by its contract.")

    # chapter 5

    def compliance_looks(self) -> None:
        """Compliance judges the first queues: three rules of two agencies confirmed, one dismissed, each with a reason."""
        confirmed = (
            ("AGY04", "us.regf.time-of-day"),
            ("AGY10", "us.regf.time-of-day"),
            ("AGY10", "us.regf.call-frequency"),
        )
        with self.when(self.end_day + timedelta(days=1), 13) as at, self.db.transaction() as session:
            clara = self.role(Role.COMPLIANCE)
            agencies = agency_queries.by_code(session, list(PART))
            for code, rule in confirmed:
                reason = "The row says so, and the agency did not object within its time."
                reviewing.judge_queue(session, clara, agencies[code].id, rule, BreachState.CONFIRMED, reason, at=at)
            reason = "The recordings show that these people had asked for the calls."
            reviewing.judge_queue(
                session, clara, agencies["AGY02"].id, "us.regf.call-cooldown", BreachState.DISMISSED, reason, at=at
            )
        self.say("Compliance has judged the first breaches.")

    # chapter 6

    def scorecards_are_signed(self) -> None:
        """The last complete month is scored, signed by one person and published by another; the running month is drafted."""
        month, running = (
            Period.parse(f"{_month_before(self.end_day.replace(day=1)):%Y-%m}"),
            Period.parse(f"{self.end_day:%Y-%m}"),
        )
        clara, lin = self.role(Role.COMPLIANCE), self.role(Role.COMPLIANCE, 1)
        with self.when(self.end_day + timedelta(days=1), 14) as at, self.db.transaction() as session:
            scoring.score_period(session, SYSTEM, month, at=at)
            for currency in ("USD", "CNY"):
                publishing.submit_all(session, clara, month, currency, at=at)
                publishing.sign_all(session, clara, month, currency, at=at)
                publishing.publish_all(session, lin, month, currency, at=at)
        with self.when(self.end_day + timedelta(days=1), 15) as at, self.db.transaction() as session:
            scoring.score_period(session, SYSTEM, running, at=at)
        self.say("The scorecards of the last month are signed and published; those of the running month are drafts.")

    # chapter 7

    def registers_are_asked(self) -> None:
        """Public registers are asked on the last two nights; a licence has expired at one of them, a name is on a list."""
        nights = self.at(self.end_day, 2, 12), self.at(self.end_day + timedelta(days=1), 2, 12)
        with self.db.reading() as session:
            if queries.trail_has(session, ADVERSE_ENTERED):
                return
        demo_registers.chapter(self, self.role(Role.VENDOR_MANAGER), self.role(Role.COMPLIANCE), nights)
        self.say("The registers were asked twice: one licence is stopped, one name waits for a decision.")

    def strategy_is_approved(self) -> None:
        """The bank writes its strategy down; another person approves it. What came back is planned by it and waits for the approver."""
        vera, amos, at = (
            self.role(Role.VENDOR_MANAGER),
            self.role(Role.APPROVER),
            self.at(self.end_day + timedelta(days=1), 16),
        )
        with clock.set_to(at), self.db.transaction() as session:
            if strategy_queries.in_force(session):
                return
            drafted = strategies.draft(
                session, vera, self._strategy(), "Tiers, treatments and a comparison for the new year.", at=at
            )
            strategies.submit(session, vera, drafted, at=at)
            strategies.approve(session, amos, drafted, at=at)
            pool = pools.save_pool(session, vera, "US, came back", Conditions(AGAIN, currency="USD"), at=at)
            wish = Wish(
                Selection(pool=pool.ref), seed=20260099, reason="Second placements of what came back.", by_strategy=True
            )
            with suppress(Invalid):  # of a small demo nothing may have come back
                planning.submit_plan(session, vera, planning.draft_plan(session, vera, wish, at=at), at=at)
        self.say("The strategy is approved, and a plan drawn by it waits for its approver.")

    def _strategy(self) -> Rules:
        return Rules(
            tiers=(Tier(PRIMARY, 180), Tier(SECONDARY, 180), Tier(WAREHOUSE, 360), Tier(LEGAL, 360, grace_days=30)),
            treatments=(
                TreatmentRule(INSTALMENTS, paid_within=180, score_below=640),
                TreatmentRule(RELIEF, score_below=580),
                TreatmentRule(TO_COURT, unpaid_for=365, score_from=700, balance_from=5000, held_from=2),
            ),
            shares=Shares(OPTIMISED, concentration=0.40),
            comparison=Comparison(
                "Calder on trial", "5f0c2a91d7e4b386", self.end_day + timedelta(days=180), ("AGY09",), 0.20, 0.05
            ),
            horizon_days=30,
            hand_accounts=10,
            hand_balance=Decimal(25_000),
        )


# -- what the story is made of -------------------------------------------------------------------------------------------


def _months_before(day: date, months: int) -> date:
    """The same day of the month so many months earlier, at most the 28th."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, min(day.day, 28))


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _week(line: str, at: int, first: date) -> int:
    """Which weekly file a line goes into; a line whose instant cannot be read goes into the last."""
    cell = next(csv.reader([line]))[at][:10]
    try:
        return min(max((date.fromisoformat(cell) - first).days // 7, 0), WEEKS - 1)
    except ValueError:
        return WEEKS - 1


def _papers(part: Part, waves: Sequence[date], end: date) -> Iterator[Paper]:
    """What an agency shows: for each place it works in, everything that place asks for."""
    begin, later = waves[0] - timedelta(days=400), end + timedelta(days=400)
    lapse = waves[len(waves) // 2] + timedelta(days=9)
    seen = set()
    for place in places():
        if not place.startswith(part.country) or (part.states is not None and place.split("-")[1] not in part.states):
            continue
        for asked in asked_in(place):
            if (asked.code, asked.jurisdiction) in seen:
                continue
            seen.add((asked.code, asked.jurisdiction))
            number = NUMBERS.get(asked.code, lambda code, place=place: f"{code}-{place}-{len(seen):03d}")(part.code)
            until = lapse if part.lapses and place in ("US-CA", "US-IL", "US-NC") else later
            if longest_until(asked.code, begin) is None:
                yield Paper(asked.code, asked.jurisdiction, number, begin, until, amount=asked.least)
            else:
                yield from _renewed(asked, number, waves[0] - timedelta(days=60), end)


def _renewed(asked: Asked, number: str, begin: date, end: date) -> Iterator[Paper]:
    """A document that counts for a short time only: one after the other, the last one begun on the last day of the story."""
    first = begin
    while first < end:
        last = min(longest_until(asked.code, first) or end, end - timedelta(days=1))
        yield Paper(asked.code, asked.jurisdiction, number, first, last)
        first = last + timedelta(days=1)
    yield Paper(asked.code, asked.jurisdiction, number, end)


NUMBERS = {"cn.usci": lambda code: _credit_code(code), "us.ein": lambda code: f"99-00000{code[-2:]}"}
"""Numbers of the right form that belong to nobody; all others are free text."""


def _credit_code(code: str) -> str:
    """A unified social credit code with a right check character (GB 32100), that belongs to nobody."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"91990000MA{int(code[-2:]):07d}"  # 17 characters
    total = sum(alphabet.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def _pdf(text: str) -> bytes:
    """A one-page PDF with one line, written out by hand."""
    stream = f"BT /F1 14 Tf 60 780 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places_of = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places_of.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(
        b"%010d 00000 n \n" % place for place in places_of
    )
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
