"""The last chapters: compliance looks, scorecards are signed, registers are asked, a strategy is approved."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from agencies import queries as agency_queries
from agencies.events import ADVERSE_ENTERED
from conduct import reviewing
from conduct.models import BreachState
from demo import registers
from demo.calendar import month_before
from demo.cast import PART
from demo.telling import Telling
from placements import planning, pools, strategies, strategy_queries
from placements.drafting import Selection
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
from portal import clock, queries
from portal.errors import Invalid
from portal.people import Role
from portal.permissions import SYSTEM
from scorecards import publishing, scoring
from scorecards.periods import Period


class Concluding(Telling):
    """Chapters 5 to 7."""

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
            Period.parse(f"{month_before(self.end_day.replace(day=1)):%Y-%m}"),
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
        registers.chapter(self, self.role(Role.VENDOR_MANAGER), self.role(Role.COMPLIANCE), nights)
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
