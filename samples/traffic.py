"""The ordinary working life of a person at an agency: lawful contacts day by day, and what comes of them.

What keeps it lawful: nothing on Sundays or outside 9:00 to 20:00 in the person's zone; one contact a person and day, so at most
six in any seven days; no call for eight days after anybody has spoken with the agency; one contact in eight days in strict
places; nothing at all once the person has disputed, pleaded hardship or asked for peace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from samples import places
from samples.panel import Desk, Person, PlacedAccount, Placement, Profile
from samples.sheet import CARD_NOTE, Entry, major
from samples.tape import fingerprint

MORNING: Final = 9 * 3600
# The last contact begins at 19:45, so that a talk, the promise after it and a skip trace all end before 20:00.
WORKING_SECONDS: Final = 10 * 3600 + 45 * 60
REST_DAYS: Final = 8  # days without a call after a conversation, and between contacts in strict places
PROMISE_HORIZON: Final = 28
BUSY: Final = 0.6  # above this chance of a contact a day, days of rest get letters, or large reports would not fit

Draw = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Habits:
    """What one report's contacts have in common; `outcomes` of calls by country."""

    desk: Desk
    profile: Profile
    draw: Draw
    last_day: int
    outcomes: Mapping[str, places.Table]

    @classmethod
    def of(cls, desk: Desk, profile: Profile, draw: Draw, last_day: date) -> Habits:
        """The habits that follow from a profile."""
        outcomes = {country: place.outcomes_with(profile.skill) for country, place in places.PLACES.items()}
        return cls(desk, profile, draw, last_day.toordinal(), outcomes)


def opening_papers(person: Person, habits: Habits) -> Iterator[Entry]:
    """The notices that go out right after placement, before any contact; they may lie before the days of the report."""
    for placement in person.placements:
        account = placement.account
        for kind, day in placement.papers:
            yield Entry(account, day, MORNING + int(habits.draw() * 28_800), kind, _paper(account, kind, day, habits))
    person.papers_sent = True


def _paper(account: PlacedAccount, kind: str, day: int, habits: Habits) -> dict[str, str]:
    if kind == "letter":
        return _letter(account, habits)
    cells = {
        "direction": "out", "outcome": "delivered", "party": "consumer", "collector_id": _anyone(habits),
        "template_ref": "NTC-01", "disclosed_debt": "yes", "identified_caller": "yes",
    }  # fmt: skip
    if kind == "validation_notice":
        cells["details"] = places.validation_notice(account.balance, account.region, day)
    return cells


def _letter(account: PlacedAccount, habits: Habits) -> dict[str, str]:
    return {
        "direction": "out", "outcome": "delivered", "party": "consumer", "collector_id": _anyone(habits),
        "template_ref": f"LET-{1 + int(habits.draw() * 4):02d}", "disclosed_debt": "yes", "identified_caller": "yes",
        "purpose": "collect", "details": places.letter(account.country, account.region),
    }  # fmt: skip


def _anyone(habits: Habits) -> str:
    return habits.desk.collectors[int(habits.draw() * len(habits.desk.collectors))]


class Life:
    """One person's contacts over the days of a report."""

    def __init__(self, person: Person, habits: Habits, chance: float) -> None:
        """`chance` is that of a contact on a working day."""
        self.chance = chance
        self.person, self.place, self.habits, self.draw = person, person.place, habits, habits.draw
        self.outcomes = habits.outcomes[self.place.country]
        self.channels = self.place.strict_channels if person.strict else self.place.channels
        self.no_call_before = 0
        self.nothing_before = 0
        self.left_alone = False
        self.sued = False
        self.act: dict[str, Callable[[PlacedAccount, int, int], list[Entry]]] = {
            "call": self.call, "letter": self.letter, "sms": self.sms, "email": self.email, "rings_back": self.rings_back,
            "says": self.says, "visit": self.visit, "legal": self.legal, "nothing": lambda account, day, second: [],
        }  # fmt: skip

    def days(self) -> Iterator[Entry]:
        """The person's rows in order of time."""
        person, draw, chance, strict = self.person, self.draw, self.chance, self.person.strict
        first, last = min(p.opens for p in person.placements), max(p.closes for p in person.placements)
        for day in range(first, last + 1):
            if day % 7 == 0 or draw() >= chance or day < self.nothing_before or day in person.quiet:
                continue
            account = self._account_of(day)
            if account is None:
                continue
            second = MORNING + int(draw() * WORKING_SECONDS)
            yield from self.act[self._channel(account, day)](account, day, second)
            if self.left_alone:
                return
            if strict:
                self.nothing_before = day + REST_DAYS

    def _account_of(self, day: int) -> PlacedAccount | None:
        """The account the person is contacted about; with several open, they take turns by day."""
        open_now = self._open_on(day)
        return open_now[day % len(open_now)].account if open_now else None

    def _open_on(self, day: int) -> list[Placement]:
        return [p for p in self.person.placements if p.opens <= day <= p.closes]

    def _channel(self, account: PlacedAccount, day: int) -> str:
        special = self._special()
        if special:
            return special
        drawn = self.channels[int(self.draw() * 1000)]
        if drawn == "call" and day < self.no_call_before:
            drawn = "letter" if self.person.strict else self.place.quiet_channels[int(self.draw() * 1000)]
        if (drawn == "email" and not account.email) or (drawn == "nothing" and self.chance > BUSY):
            return "letter"
        if drawn == "says" and self.person.quiet:
            return "letter"  # whoever has a staged breach ahead must not end the matter before it
        return drawn

    def _special(self) -> str:
        """Now and then a field visit or, once, a filing, if the agency does these and the place knows them."""
        profile = self.habits.profile
        if not self.place.visits or not profile.visit_share + profile.legal_share:
            return ""
        drawn = self.draw()
        if drawn < profile.visit_share:
            return "visit"
        return "legal" if drawn < profile.visit_share + profile.legal_share and not self.sued else ""

    def call(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """One call out."""
        outcome = self.outcomes[int(self.draw() * 1000)]
        if outcome == "wrong_party" and self.person.quiet:
            outcome = "no_answer"  # calls to a stranger's number would make a staged breach of frequency doubtful
        cells = self._phone(account)
        cells |= {
            "direction": "out",
            "outcome": outcome,
            "dialer": "manual",
            "purpose": "collect",
            "disclosed_debt": "no",
        }
        if outcome == "voicemail_left":
            return [Entry(account, day, second, "voicemail", cells)]
        if outcome == "conversation":
            return self._talk(Entry(account, day, second, "call", cells))
        if outcome in self.place.rest_after:
            self.no_call_before = day + REST_DAYS + 1
        if outcome in ("refused", "answered_dropped", "wrong_party"):
            cells |= {"duration_s": str(5 + int(self.draw() * 40)), "identified_caller": "yes"}
        if outcome == "wrong_party":
            cells |= {"party": "other", "person_ref": f"{account.consumer_ref}-X1"}
        entries = [Entry(account, day, second, "call", cells)]
        if outcome in ("wrong_party", "not_in_service"):
            entries.append(self._skip_trace(account, day, second + 600))
        return entries

    def rings_back(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """The person calls the agency."""
        cells = {**self._phone(account), "direction": "in", "outcome": "conversation", "purpose": "reply"}
        return self._talk(Entry(account, day, second, "call", cells))

    def _phone(self, account: PlacedAccount) -> dict[str, str]:
        cells = {
            "party": "consumer", "endpoint": account.phone, "endpoint_type": "mobile", "time_zones": account.time_zone,
            "collector_id": _anyone(self.habits),
        }  # fmt: skip
        if account.country == "CN":
            cells["details"] = places.from_line(self.habits.desk.line)
        return cells

    def _talk(self, entry: Entry) -> list[Entry]:
        """A conversation: recorded, the debt named to the person; perhaps a promise within the hour."""
        lasted = 30 + int(self.draw() * 400)
        self.no_call_before = entry.day + REST_DAYS + 1
        cells = {**entry.cells, "duration_s": str(lasted), "disclosed_debt": "yes", "identified_caller": "yes"}
        others = [p.account.account_ref for p in self._open_on(entry.day) if p.account is not entry.account]
        if others and self.draw() < 0.5:
            cells["accounts_discussed"] = ";".join(others)
        if self.draw() < 0.3:
            cells["note"] = self._note()
        talk = entry._replace(cells=cells)
        return [talk, *self._promise(talk, lasted)]

    def _note(self) -> str:
        if self.draw() < 0.05:
            return CARD_NOTE
        return self.place.notes[int(self.draw() * len(self.place.notes))]

    def _promise(self, talk: Entry, lasted: int) -> list[Entry]:
        """What the person undertakes: a payment that will come if the bank is to book one, else perhaps one that will not."""
        account, day = talk.account, talk.day
        coming = [(on.toordinal() - day, amount) for on, amount in account.payments if amount > 0]
        soon = next(((days, amount) for days, amount in coming if 0 < days <= PROMISE_HORIZON), None)
        if soon is None and self.draw() >= 0.35 * self.habits.profile.skill:
            return []
        days, amount = soon or (3 + int(self.draw() * 25), self._some_of(account.balance))
        kind = "promise" if self.draw() < 0.75 else "plan"
        cells = {
            "direction": "in", "party": "consumer", "collector_id": talk.cells["collector_id"], "purpose": "collect",
            "amount": f"{amount:.2f}", "currency": account.currency, "due_on": date.fromordinal(day + days).isoformat(),
        }  # fmt: skip
        if kind == "plan":
            cells["instalments"] = str(3 + int(self.draw() * 10))
        return [Entry(account, day, talk.second + lasted, kind, cells)]

    def _some_of(self, balance: Decimal) -> Decimal:
        units = int(balance * 100)
        return Decimal(major(min(units, 100 + units * (30 + int(self.draw() * 200)) // 1000)))

    def letter(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """A letter of the agency's own."""
        return [Entry(account, day, second, "letter", _letter(account, self.habits))]

    def sms(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """A text that does not name the debt, sent by hand."""
        cells = self._message("sms", account, day, account.phone, "mobile", "no")
        cells["dialer"] = "manual"
        return [Entry(account, day, second, "sms", cells)]

    def email(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """An e-mail; one in twenty comes back."""
        cells = self._message("email", account, day, account.email, "home", "yes")
        if self.draw() < 0.05:
            cells["outcome"] = "bounced"
        return [Entry(account, day, second, "email", cells)]

    def _message(
        self, kind: str, account: PlacedAccount, day: int, endpoint: str, endpoint_type: str, disclosed: str
    ) -> dict[str, str]:
        return {
            "direction": "out", "outcome": "delivered", "party": "consumer", "endpoint": endpoint,
            "endpoint_type": endpoint_type, "time_zones": account.time_zone, "collector_id": _anyone(self.habits),
            "template_ref": f"{kind.upper()}-01", "opt_out_notice": "yes", "disclosed_debt": disclosed,
            "identified_caller": "yes", "consent_ref": f"CONS-{account.consumer_ref}", "purpose": "collect",
            "details": places.message(kind, account.country, account.region, self.habits.desk.line, day),
        }  # fmt: skip

    def _skip_trace(self, account: PlacedAccount, day: int, second: int) -> Entry:
        return Entry(account, day, second, "skip_trace", {"collector_id": _anyone(self.habits), "purpose": "locate"})

    def says(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """The person, or a relative, ends the matter: from here on the agency leaves the person alone."""
        kind = self.place.sayings[int(self.draw() * 1000)]
        self.left_alone = True
        cells = {"direction": "in", "party": "consumer", "collector_id": _anyone(self.habits)}
        if kind == "deceased_notice":
            cells |= {"party": "relative", "person_ref": f"{account.consumer_ref}-R1"}
        today = date.fromordinal(day)
        cells["details"] = {
            "dispute": f'{{"written":{("true", "false")[day % 2]},"flagged_on":"{today}"}}',
            "cease_request": '{"written":true,"medium":"letter"}',
            "bankruptcy_notice": f'{{"petition_on":"{today}","chapter":"7"}}',
            "attorney_notice": '{"written":true,"attorney":"Example & Example LLP"}',
        }.get(kind, "")
        return [Entry(account, day, second, kind, cells)]

    def visit(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """Two collectors call at the home, show their papers at the door, record, and do not enter."""
        collectors = self.habits.desk.collectors
        first = int(self.draw() * len(collectors))
        met = self.draw() < 0.3
        cells = {
            "direction": "out", "outcome": "met" if met else "not_home", "party": "consumer", "endpoint_type": "home",
            "endpoint": hashed("home", account.account_ref), "time_zones": account.time_zone,
            "collector_id": collectors[first], "duration_s": str(60 + int(self.draw() * 300)), "purpose": "collect",
            "disclosed_debt": "yes" if met else "no", "identified_caller": "yes",
            "details": f'{{"companions":["{collectors[first - 1]}"],"id_shown":true,"entered":false}}',
        }  # fmt: skip
        visit = Entry(account, day, second, "visit", cells)
        if not met:
            return [visit]
        self.no_call_before = day + REST_DAYS + 1
        return [visit, *self._promise(visit, 360)]

    def legal(self, account: PlacedAccount, day: int, second: int) -> list[Entry]:
        """A filing at court, once a person: a payment order while the report can still tell its course, later a suit."""
        self.sued = True
        order = day + 20 <= self.habits.last_day
        today = date.fromordinal(day)
        number = fingerprint(account.account_ref) % 9000 + 1000
        cells = {
            "direction": "out", "party": "consumer", "collector_id": _anyone(self.habits), "purpose": "legal",
            "reference": f"({today.year})示例民{'督' if order else '初'}{number}号", "filed_on": today.isoformat(),
            "court": "示例市示例区人民法院",
        }  # fmt: skip
        if order:
            cells |= {"served_on": date.fromordinal(day + 19).isoformat(), "details": places.payment_order(day)}
        return [Entry(account, day, second, "payment_order" if order else "lawsuit", cells)]


def hashed(what: str, account_ref: str) -> str:
    """An endpoint as its hash: a number or address that no tape holds, so that nobody else can share it."""
    return f"hash:{fingerprint(what, account_ref):016x}"
