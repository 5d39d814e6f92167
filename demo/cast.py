"""Who plays in the demo: the people of the bank, the agencies with their parts, and the words they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from agencies.asking.policies import Wording
from agencies.models import AgencyKind
from portal.people import Role
from samples.panel import Profile

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


def email_of(part: Part, role: Role) -> str:
    return f"{'manager' if role is Role.AGENCY_MANAGER else 'desk'}@{part.code.lower()}.example"
