"""Who is worked, by whom and how hard: the placed accounts, the agency's habits, its collectors, and the people behind the accounts.

A person is a consumer with all accounts placed here: what the law counts per person must be kept over all of them.
Days are ordinals (`date.toordinal`), which makes windows plain subtraction; an ordinal divisible by seven is a Sunday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from samples.places import Place, place_of
from samples.tape import fingerprint, to_csv, words

ROSTER_COLUMNS: Final = words(
    "collector_id full_name active_from active_to background_check_on training_on training_until licence_number "
    "licence_from licence_until languages field_visits"
)
FIRST_NAMES: Final = words("Alma Bram Cleo Dario Edda Femi Greta Hugo Iris Jonas Kaya Lionel Mina Nestor Odile Piet")
LAST_NAMES: Final = words("Ashdown Birkett Calloway Denholm Everard Fairlie Garrow Hathersage Inskip Jessop Kershaw")
SURNAMES: Final = words("安 白 程 丁 方 葛 何 江 孔 黎 孟 宁")
GIVEN_NAMES: Final = words("一鸣 子衿 文澜 可心 若溪 知远 清和 书怀 明川 以宁")


@dataclass(frozen=True, slots=True)
class PlacedAccount:
    """An account as its agency holds it. Balance in major units.

    Rows fall on days after `placed_on` and, if the placement has ended, at least two days before `ended_on`, so that no zone's
    evening lies behind the end. `payments` (day, amount) are what the bank will book: promises that are kept name them.
    """

    account_ref: str
    consumer_ref: str
    phone: str
    email: str
    time_zone: str
    currency: str
    balance: Decimal
    country: str
    region: str
    placed_on: date
    ended_on: date | None = None
    payments: tuple[tuple[date, Decimal], ...] = ()

    @classmethod
    def from_tape(
        cls,
        row: Mapping[str, str],
        placed_on: date,
        ended_on: date | None = None,
        payments: Iterable[tuple[date, Decimal]] = (),
    ) -> PlacedAccount:
        """The account of a tape row, placed on that day."""
        return cls(
            account_ref=row["account_ref"],
            consumer_ref=row["consumer_ref"],
            phone=row["phone"],
            email=row["email"],
            time_zone=row["time_zone"],
            currency=row["currency"],
            balance=Decimal(row["balance"]),
            country=row["country"],
            region=row["region"],
            placed_on=placed_on,
            ended_on=ended_on,
            payments=tuple(sorted(payments)),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """How an agency works and how carelessly.

    `rows`: total data rows of the report, None for as many as the pace gives. `pace`: contacts a person and week, at most six.
    `skill`: factor on reaching the right person and on promises. `bad_share`, `repeat_share`, `breach_share`: shares of the
    rows that cannot be read, that come twice, and that break a rule; `misconduct` multiplies the last and the complaints.
    `visit_share`, `legal_share`: shares of the contacts that are field visits or court filings, where the place knows them.
    """

    rows: int | None = None
    pace: float = 2.5
    skill: float = 1.0
    bad_share: float = 0.01
    repeat_share: float = 0.003
    breach_share: float = 0.002
    misconduct: float = 1.0
    visit_share: float = 0.0
    legal_share: float = 0.0
    collectors: int = 12

    def __post_init__(self) -> None:
        """Refuse what makes no report: no room for sound rows, more than a contact a working day, too few hands for a visit."""
        if min(self.bad_share, self.repeat_share, self.breach_share, self.misconduct, self.skill) < 0:
            raise ValueError("shares and factors must not be negative")
        if self.bad_share + self.repeat_share > 0.5 or self.visit_share + self.legal_share > 1:
            raise ValueError("bad and repeated rows may be half of a report, visits and filings all contacts, not more")
        if not 0 < self.pace <= 6 or self.collectors < 2:
            raise ValueError("pace lies above 0 and at most 6 contacts a week; visits need two collectors")
        if self.rows is not None and self.rows < 1:
            raise ValueError("a report has at least one row")


@dataclass(frozen=True, slots=True)
class Desk:
    """The agency's side: its code, its collectors, and the telephone line it has registered."""

    code: str
    collectors: tuple[str, ...]
    line: str

    @classmethod
    def of(cls, agency: str, size: int) -> Desk:
        """The desk of an agency: the same in every report of it."""
        line = f"+861540000{fingerprint(agency) % 10_000:04d}"
        return cls(agency, tuple(f"{agency}-C{n + 1:02d}" for n in range(size)), line)

    def roster(self, first_day: date, chinese: bool) -> bytes:
        """The collectors' file (contract 4.3): all checked, trained and allowed to visit over the time of the report."""
        rows = [self._collector(n, collector, first_day, chinese) for n, collector in enumerate(self.collectors)]
        return to_csv(rows, ROSTER_COLUMNS)

    def _collector(self, n: int, collector: str, first_day: date, chinese: bool) -> dict[str, str]:
        joined = first_day - timedelta(days=1000 + 37 * n)
        trained = first_day - timedelta(days=30 + fingerprint(collector) % 150)
        return {
            "collector_id": collector,
            "full_name": _name(collector, chinese),
            "active_from": joined.isoformat(),
            "background_check_on": (joined - timedelta(days=20)).isoformat(),
            "training_on": trained.isoformat(),
            "training_until": (trained + timedelta(days=730)).isoformat(),
            "languages": "zh" if chinese else "en",
            "field_visits": "yes",
        }


def _name(collector: str, chinese: bool) -> str:
    first, last = divmod(fingerprint("name", collector), 997)
    if chinese:
        return SURNAMES[last % len(SURNAMES)] + GIVEN_NAMES[first % len(GIVEN_NAMES)]
    return f"{FIRST_NAMES[first % len(FIRST_NAMES)]} {LAST_NAMES[last % len(LAST_NAMES)]}"


@dataclass(slots=True)
class Placement:
    """One account's days with the agency: when its opening papers went out, and from when to when it may be worked."""

    account: PlacedAccount
    papers: tuple[tuple[str, int], ...]
    opens: int
    closes: int


@dataclass(slots=True)
class Person:
    """A consumer with the placements of all accounts. `quiet`: the days set aside for a staged breach, on which nothing else happens."""

    consumer_ref: str
    place: Place
    placements: list[Placement] = field(default_factory=list)
    quiet: range = range(0)
    papers_sent: bool = False

    @property
    def strict(self) -> bool:
        """Whether the person lives where the law allows far fewer contacts."""
        return self.placements[0].account.region in self.place.strict

    def opportunities(self) -> float:
        """How many contacts the person can be given at most: one a working day, in strict places one in eight days."""
        first, last = min(p.opens for p in self.placements), max(p.closes for p in self.placements)
        return (last - first + 1) * (1 / 8 if self.strict else 6 / 7)


def people(placed: Sequence[PlacedAccount], first_day: date, last_day: date, seed: str) -> list[Person]:
    """The people behind the accounts that can be worked in these days, in an order that depends on seed and consumers alone.

    An account without telephone or time zone, or not held long enough to be worked, is left out.
    """
    found: dict[str, Person] = {}
    for account in sorted(placed, key=lambda account: account.account_ref):
        placement = _placement(account, first_day.toordinal(), last_day.toordinal())
        if placement:
            person = found.setdefault(account.consumer_ref, Person(account.consumer_ref, place_of(account.country)))
            person.placements.append(placement)
    return sorted(found.values(), key=lambda person: fingerprint(seed, person.consumer_ref))


def _placement(account: PlacedAccount, first: int, last: int) -> Placement | None:
    day, papers = account.placed_on.toordinal(), []
    for kind in place_of(account.country).opening_papers:
        day = next_working_day(day)
        papers.append((kind, day))
    opens = max(first, day + 1)
    closes = last if account.ended_on is None else min(last, account.ended_on.toordinal() - 2)
    if not account.phone or not account.time_zone or opens > closes:
        return None
    return Placement(account, tuple(papers), opens, closes)


def next_working_day(day: int) -> int:
    """The next day that is not a Sunday."""
    return day + 2 if (day + 1) % 7 == 0 else day + 1
