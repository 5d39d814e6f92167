"""The fourth chapter: agencies report, payments come, accounts are recalled, something is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select

from activity import feed, feed_queries
from activity.calendar import Cadence, Due
from agencies import queries as agency_queries
from demo.calendar import week_of
from demo.cast import BANK, PANEL, PART, WEEKS, Part
from demo.telling import Telling
from placements.models import Account, Hold
from portal import clock, jobs
from portal.people import Role
from portal.tables.writing import write_csv
from samples import activity, claims, complaints, tape
from samples.panel import PlacedAccount


class Reporting(Telling):
    """Chapter 4."""

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
            held = self.held(code)
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
            weeks[week_of(line, at, first)].append(line)
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
                held = {row["account_ref"] for row in self.held(part.code)}
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
        held, paid = self.held(code), Counter[str]()
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
            held = [row["account_ref"] for row in self.held("AGY09") if row["state"] in ("placed", "acknowledged")]
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
            held = [row for row in self.held("AGY01") if row["state"] == "acknowledged" and not row["holds"]][:6]
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
