"""What the law of a place makes of an agency's work: opening papers, channels, outcomes, and what papers and messages must carry.

The shares are ours, after what the trade reports: four calls in five reach nobody, seven in a hundred become a conversation.
The elements are those the conduct rules ask for, so that a sound row is sound under every rule that can be told from a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Final

Table = tuple[str, ...]


def table(**weights: int) -> Table:
    """A thousand entries to draw one from, each word as often as its weight says. Raises ValueError if they are not a thousand."""
    entries = tuple(word for word, weight in weights.items() for _ in range(weight))
    if len(entries) != 1000:
        raise ValueError(f"weights sum to {len(entries)}, not to 1000")
    return entries


@dataclass(frozen=True, slots=True)
class Place:
    """A market as an agency works it.

    `channels` are drawn from at each contact; where a call is drawn in the days of rest after somebody lifted the receiver,
    `quiet_channels` say what comes instead. Rest begins with a conversation and with the outcomes of `rest_after`. In the
    regions of `strict` a person is contacted once in eight days, by `strict_channels`. `sayings` end the work on a person.
    """

    country: str
    opening_papers: Table
    outcomes: Mapping[str, int]
    channels: Table
    quiet_channels: Table
    rest_after: frozenset[str]
    strict_channels: Table
    strict: frozenset[str]
    sayings: Table
    visits: bool
    notes: Table

    def outcomes_with(self, skill: float) -> Table:
        """Outcomes of a call when conversations come `skill` times as often; the calls nobody answers give way."""
        talks = self.outcomes["conversation"]
        more = min(round(talks * (skill - 1)), self.outcomes["no_answer"])
        changed = {"conversation": talks + more, "no_answer": self.outcomes["no_answer"] - more}
        return table(**{**self.outcomes, **changed})


def place_of(country: str) -> Place:
    """The market of a country. Raises ValueError for one whose law the generator does not know."""
    try:
        return PLACES[country]
    except KeyError:
        raise ValueError(f"no market for country {country!r}; known: {', '.join(PLACES)}") from None


US: Final = Place(
    country="US",
    opening_papers=("validation_notice",),
    outcomes={
        "no_answer": 600, "voicemail_no_message": 80, "voicemail_left": 60, "busy": 50, "not_in_service": 30,
        "conversation": 70, "answered_dropped": 50, "wrong_party": 30, "refused": 30,
    },
    channels=table(call=765, letter=60, sms=80, email=80, rings_back=12, says=3),
    quiet_channels=table(nothing=760, letter=60, sms=80, email=98, says=2),
    # Whether an answered call that dropped was a conversation is a question of fact (12 CFR 1006.14(b)(2)), so it rests as well.
    rest_after=frozenset({"refused", "answered_dropped", "wrong_party"}),
    strict_channels=table(call=705, letter=284, rings_back=8, says=3),
    # Massachusetts, Washington, New York and the District of Columbia cap contacts far below the federal rule.
    strict=frozenset({"MA", "WA", "NY", "DC"}),
    sayings=table(
        dispute=500, hardship=250, cease_request=80, bankruptcy_notice=70, attorney_notice=40, deceased_notice=40,
        identity_theft=20,
    ),
    visits=False,
    notes=(
        "Left as is", "Asked for a copy of the agreement", 'Said "call me next month"', "Works nights, prefers mornings",
        "Will look at it; new job since spring",
    ),
)  # fmt: skip

CN: Final = Place(
    country="CN",
    opening_papers=("transfer_notice", "letter"),
    outcomes={
        "no_answer": 660, "busy": 60, "voicemail_no_message": 40, "not_in_service": 40,
        "conversation": 70, "answered_dropped": 90, "refused": 40,
    },
    channels=table(call=803, letter=40, sms=140, rings_back=14, says=3),
    quiet_channels=table(nothing=760, letter=58, sms=180, says=2),
    rest_after=frozenset({"refused"}),
    strict_channels=table(call=1000),
    strict=frozenset(),
    sayings=table(dispute=450, hardship=480, deceased_notice=70),
    visits=True,
    notes=("说下周还款，需再联系", "要求寄送账单", "表示正在找工作", "称已与银行协商", "希望分期，先还一部分"),
)  # fmt: skip

PLACES: Final = {place.country: place for place in (US, CN)}


# What stands in `details`, as JSON text. Texts that repeat are made once.

NOTICE_ELEMENTS: Final = (
    '["collector_name","collector_address","consumer_name","consumer_address","creditor_name","account_number",'
    '"itemization_date","itemization","current_amount","dispute_right","original_creditor_right","period_end","response_form"]'
)
LETTER_ELEMENTS: Final = {
    "CN": '["holder_name","balance","reason_and_law","rights_and_duties","objection_channel","bank_contact","seal"]',
    "US-CA": '["ca_licence_number","min_12_point"]',
    "US-MN": '["mn_credit_counselling_sheet"]',
}
ORDER_CONDITIONS: Final = (
    '{"due":true,"amount_fixed":true,"no_counter_performance":true,"debtor_in_china":true,"not_missing":true,'
    '"deliverable":true,"no_presuit_preservation":true}'
)


def validation_notice(balance: Decimal, region: str, sent_on: int) -> str:
    """The contents of a US validation notice; its period ends 45 days after sending (12 CFR 1006.34: about 35, never fewer)."""
    ends = date.fromordinal(sent_on) + timedelta(days=45)
    york = ',"ny_disclosures":true,"itemized":true' if region == "NY" else ""
    return (
        f'{{"elements":{NOTICE_ELEMENTS},"itemization_amount":"{balance}","interest":"0.00","fees":"0.00","payments":"0.00",'
        f'"credits":"0.00","current_amount":"{balance}","stated_period_end":"{ends}"{york}}}'
    )


@cache
def letter(country: str, region: str) -> str:
    """What a letter holds in this place; empty where no rule asks for anything."""
    elements = LETTER_ELEMENTS.get(country) or LETTER_ELEMENTS.get(f"{country}-{region}")
    return f'{{"elements":{elements}}}' if elements else ""


@cache
def message(kind: str, country: str, region: str, line: str, checked_on: int) -> str:
    """On what basis a text or e-mail was sent, and in China from which registered line. `checked_on`: the number was last checked."""
    if country == "CN":
        return from_line(line)
    elements = LETTER_ELEMENTS.get(f"{country}-{region}")
    extra = f',"elements":{elements}' if elements else ""
    if kind == "email":
        return f'{{"email_basis":"direct_consent"{extra}}}'
    day = date.fromordinal(checked_on)
    return f'{{"sms_basis":"direct_consent","last_checked_on":"{day}","rnd_checked_on":"{day}"{extra}}}'


@cache
def from_line(line: str) -> str:
    """The registered telephone line a call or text came from, which China asks for."""
    return f'{{"from_number":"{line}"}}'


def payment_order(filed_on: int) -> str:
    """A payment order's conditions and its course at court (CN Civil Procedure Law, art. 225 to 227)."""
    accepted, issued = date.fromordinal(filed_on + 2), date.fromordinal(filed_on + 12)
    return f'{{"conditions":{ORDER_CONDITIONS},"accepted_on":"{accepted}","issued_on":"{issued}"}}'
