"""An agency's complaints report (contract 4.3): a few for every thousand accounts and month, more where it misbehaves.

All are answered inside the shortest period the rules know (fifteen calendar days in China and at the CFPB); the newest are open.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from samples.panel import Desk, PlacedAccount, Profile
from samples.places import table
from samples.tape import to_csv, words

COMPLAINT_COLUMNS: Final = words(
    "record_id account_ref received_at channel category about_collector summary regulator first_response_at resolved_at "
    "outcome details"
)
PER_THOUSAND_MONTHS: Final = 3.0
DAYS_A_MONTH: Final = 30.44

CHANNELS: Final = table(phone=420, email=230, web=150, letter=90, regulator=80, social=30)
# About the order of the issues consumers name to the CFPB under debt collection.
CATEGORIES: Final = table(
    not_mine=250, amount=170, conduct=120, frequency=110, paid=90, hours=60, privacy=50, third_party=45, credit_report=40,
    identity=30, threats=15, service=20,
)  # fmt: skip
ABOUT_SOMEBODY: Final = frozenset({"conduct", "frequency", "hours", "third_party", "threats", "privacy"})
SUMMARIES: Final = {
    "not_mine": ("Says the account belongs to somebody else", "称该欠款并非本人"),
    "amount": ("Does not agree with the amount", "对欠款金额有异议"),
    "conduct": ("Felt treated without respect on the telephone", "称通话中未受到尊重"),
    "frequency": ("Says the calls come too often", "称来电过于频繁"),
    "paid": ("Says the account was paid to the bank", "称已向银行还款"),
    "hours": ("Was called while at rest", "称在休息时间接到电话"),
    "privacy": ("Asks where the telephone number came from", "询问联系方式的来源"),
    "third_party": ("Says a relative was told about the account", "称亲属被告知欠款情况"),
    "credit_report": ("Disputes the entry with the credit bureau", "对征信记录有异议"),
    "identity": ("Reports that the account was opened by a thief", "称身份被冒用开户"),
    "threats": ("Felt threatened with a lawsuit", "称受到起诉威胁"),
    "service": ("Waited long for the papers asked for", "称索取的材料迟迟未收到"),
}


@dataclass(frozen=True)
class Complaints:
    """The report, and how many complaints it holds of each category."""

    csv: bytes
    by_category: dict[str, int]


def complaints(
    placed: Sequence[PlacedAccount],
    *,
    agency: str,
    seed: int | str,
    first_day: date,
    last_day: date,
    profile: Profile | None = None,
) -> Complaints:
    """The complaints received from `first_day` to `last_day` on accounts while they were placed, as they stood on `last_day`."""
    profile = profile or Profile()
    draw = random.Random(f"complaints|{agency}|{seed}").random
    desk = Desk.of(agency, profile.collectors)
    rows: list[dict[str, str]] = []
    for account in placed:
        days = _exposure(account, first_day, last_day)
        if draw() < PER_THOUSAND_MONTHS / 1000 * profile.misconduct * len(days) / DAYS_A_MONTH:
            day = date.fromordinal(days[int(draw() * len(days))])
            rows.append(_complaint(account, day, last_day, desk, profile, draw))
    rows.sort(key=lambda row: (row["received_at"], row["account_ref"]))
    numbered = [{"record_id": f"{agency}-Q{seed}-{n:05d}", **row} for n, row in enumerate(rows, start=1)]
    counts = Counter(row["category"] for row in rows)
    return Complaints(to_csv(numbered, COMPLAINT_COLUMNS), dict(sorted(counts.items())))


def _exposure(account: PlacedAccount, first_day: date, last_day: date) -> range:
    """The days of the report on which the account was placed and in a known zone."""
    if not account.time_zone:
        return range(0)
    first = max(first_day.toordinal(), account.placed_on.toordinal() + 1)
    last = (
        last_day.toordinal()
        if account.ended_on is None
        else min(last_day.toordinal(), account.ended_on.toordinal() - 2)
    )
    return range(first, last + 1)


def _complaint(
    account: PlacedAccount, day: date, last_day: date, desk: Desk, profile: Profile, draw: Callable[[], float]
) -> dict[str, str]:
    channel, category = CHANNELS[int(draw() * 1000)], CATEGORIES[int(draw() * 1000)]
    received = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(account.time_zone)) + timedelta(
        seconds=int(draw() * 36_000)
    )
    answered = received + timedelta(days=1 + int(draw() * 4), minutes=int(draw() * 60))
    resolved = answered + timedelta(days=1 + int(draw() * 6))
    about = desk.collectors[int(draw() * len(desk.collectors))] if category in ABOUT_SOMEBODY and draw() < 0.7 else ""
    row = {
        "account_ref": account.account_ref, "received_at": received.isoformat(), "channel": channel, "category": category,
        "about_collector": about, "summary": SUMMARIES[category][account.country == "CN"],
        "regulator": "yes" if channel == "regulator" else "no",
    }  # fmt: skip
    if answered.date() <= last_day:
        row["first_response_at"] = answered.isoformat()
        row["details"] = json.dumps({"first_response_at": answered.isoformat()})
    if resolved.date() <= last_day:
        row["resolved_at"] = resolved.isoformat()
        row["outcome"] = _outcome(draw(), profile.misconduct)
    return row


def _outcome(drawn: float, misconduct: float) -> str:
    """Upheld as often as the agency deserves it: a fifth at misconduct 1, two fifths at 2, four fifths at most."""
    upheld = min(0.8, 0.2 * misconduct)
    if drawn < upheld:
        return "upheld"
    return "partly_upheld" if drawn < upheld + 0.15 else "rejected"
