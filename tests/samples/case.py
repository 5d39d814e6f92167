"""A report over the sample tapes beside the recount of its bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from samples.activity import Generated, PlacedAccount, Profile, generate
from samples.sheet import Form
from samples.tape import fingerprint, read_tape
from tests.samples import recount as by_hand

FIRST, LAST = date(2026, 2, 2), date(2026, 3, 15)  # the clocks of the US change on 8 March
NOW = datetime(2026, 3, 17, tzinfo=UTC)
PROFILE = Profile(rows=24_000, breach_share=0.008, bad_share=0.01, repeat_share=0.004)


def placed_of(name: str, **changes: Any) -> list[PlacedAccount]:
    """The tape's accounts without a hold, half placed long before the report and half while it runs, every ninth ended in it."""
    placed = []
    for row in read_tape(name):
        if row["hold"] == "none":
            n = fingerprint("test", row["consumer_ref"])
            placed_on = FIRST - timedelta(days=200) if n % 2 else FIRST + timedelta(days=n % 14)
            ended_on = LAST - timedelta(days=n % 10) if n % 9 == 0 else None
            placed.append(replace(PlacedAccount.from_tape(row, placed_on, ended_on), **changes))
    return placed


@dataclass(frozen=True)
class Case:
    """A report, the accounts behind it, and the recount of its bytes."""

    placed: dict[str, PlacedAccount]
    report: Generated
    rows: list[by_hand.Row]
    found: by_hand.Recount
    history: list[by_hand.Event]

    @classmethod
    def of(cls, placed: list[PlacedAccount], profile: Profile, form: Form = "csv") -> Case:
        report = generate(placed, agency="AGY01", seed=7, first_day=FIRST, last_day=LAST, profile=profile, form=form)
        rows = by_hand.read(report.body, form)
        accounts = {account.account_ref: account for account in placed}
        found = by_hand.recount(rows, accounts, NOW)
        zones = {ref: account.time_zone for ref, account in accounts.items()}
        return cls(accounts, report, rows, found, by_hand.events(found.accepted, zones))

    def staged_people(self) -> set[str]:
        """Whoever has a row in breach."""
        ids = {record_id for breaches in self.report.manifest["breaches"].values() for record_id in breaches}
        return {self.placed[e["account_ref"]].consumer_ref for e in self.history if e["record_id"] in ids}

    def undisturbed(self) -> list[by_hand.Event]:
        """The history without the people who have a row in breach."""
        staged = self.staged_people()
        return [e for e in self.history if self.placed[e["account_ref"]].consumer_ref not in staged]
