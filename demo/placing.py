"""The first three chapters: people join, agencies are vetted, accounts are placed in monthly waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from agencies import contracts, verifying, vetting
from agencies import queries as agency_queries
from agencies.asking import policies, requests
from agencies.asking import queries as asking
from agencies.models import Agency, AgencyStatus
from agencies.terms import Clause
from demo.cast import BANK, CN_TERM, PANEL, PASSWORD, POLICY, US_TERM, WAVES, Part, email_of
from demo.papers import a_pdf, papers_of
from demo.telling import Telling
from portal import files, invitations, jobs, queries, sessions, work
from portal.entering import Proven
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import SYSTEM, Actor
from portal.tables.writing import write_csv
from samples import diligence, tape


class Placing(Telling):
    """Chapters 1 to 3."""

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
                self._join(email_of(part, role), role, agency_id, f"{name}, {part.code}", language, at)

    def _ask_of_agencies(self) -> None:
        """The bank publishes a policy, which the first people attest, and asks two agencies for a document."""
        with self.when(self.opening, 12) as at, self.db.transaction() as session:
            if asking.policies_titled(session, POLICY.title):
                return
            clara = self.role(Role.COMPLIANCE)
            policy = policies.publish(session, clara, replace(POLICY, due_on=self.end_day - timedelta(days=5)), at=at)
            for part in PANEL[:8]:
                for role in (Role.AGENCY_MANAGER, Role.AGENCY_USER):
                    person = sessions.actor_of(session, queries.person_named(session, email_of(part, role)))
                    policies.attest(session, person, policy, person.name, at=at)
            for part, days in ((PANEL[1], -12), (PANEL[9], 20)):
                agency, due_on = agency_queries.get(session, SYSTEM, part.code), self.end_day + timedelta(days=days)
                note = "The one of this year, please."
                requests.ask(session, clara, agency, "continuity_test", due_on, note=note, at=at)

    def _show_papers(self, part: Part, agency: Agency, session: Any, vera: Actor, clara: Actor, at: datetime) -> None:
        evidence = self._evidence(session, part, vera)
        for paper in papers_of(part, self.days, self.end_day):
            verifying.verify(
                session, clara, verifying.submit(session, vera, agency, paper, evidence=evidence, at=at), at=at
            )

    def _evidence(self, session: Any, part: Part, actor: Actor) -> StoredFile:
        document = a_pdf(f"{part.code}: extract of registers, for the demo. Nothing in it is real.")
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
                held = self.held(part.code, "placed")
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
