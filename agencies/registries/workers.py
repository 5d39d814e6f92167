"""The work of asking, done in the background: the network first, outside any transaction; then one step that keeps what came.

A register that asks us to wait is asked again when it said, a few times; every other failure is itself a record, and the next day asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from agencies.registries import adverse, asking, cfpb, ofac, opensanctions, queries, table, uk_sanctions, watching
from agencies.registries.asking import Heard
from agencies.registries.models import WatchedName
from agencies.registries.queries import Known
from agencies.registries.screening import Index, Listed
from agencies.registries.statements import ABSENT, Bearing, Statement
from agencies.registries.table import CFPB, LISTS, REGISTERS, is_on
from agencies.registries.transport import Caller, RegisterError, Throttled
from agencies.registries.watching import Look
from portal import clock, work
from portal.db import Database
from portal.work import Work

PATIENCE = 3  # times a register may ask us to wait before that counts as no answer
PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
AT_ONCE = 50  # names looked for while one lease lasts
MONTHS = 13  # of complaints, the present one included
LIST_READERS: dict[str, Callable[[Caller], list[Listed]]] = {"ofac": ofac.fetch, "uk_sanctions": uk_sanctions.fetch}


def order_everything(db: Database) -> str:
    """Put asking every register about every agency it knows, and a look through every list, into the queue; in words what was ordered."""
    with db.transaction() as session:
        watching.watch_own_names(session, at=clock.now())
        known = [one for one in queries.known(session) if is_on(one.register)]
        for one in known:
            asking.enqueue(session, one.agency_id, one.register)
        lists = [name for name in LISTS if is_on(name)]
        for name in lists:
            watching.enqueue(session, name)
    return f"{len(known)} to ask, {len(lists)} lists"


# -- registers -------------------------------------------------------------------------------------------------------------


@work.worker("register.ask", outward=True, max_tries=3)
def ask(item: Work) -> None:
    """Ask one register about one agency."""
    agency, _, register = item.subject.partition(":")
    with item.db.reading() as session:
        known = queries.known_at(session, int(agency), register)
    if known is None or not is_on(register):
        return
    if register == CFPB:
        _ask_about_complaints(item, known)
    else:
        _ask_about_status(item, known)


def _ask_about_status(item: Work, known: Known) -> None:
    caller = table.caller(known.register)
    try:
        said: Statement | RegisterError = REGISTERS[known.register].ask(caller, known.number)
    except Throttled as throttled:
        if _later(
            item,
            throttled,
            lambda session, **when: asking.enqueue(session, known.agency_id, known.register, by=_by(item), **when),
        ):
            return
        said = throttled
    except RegisterError as error:
        said = error
    with item.step(last=True) as session:
        asking.record(session, known, Heard(said, caller.record()), by=_by(item), at=clock.now())


def _ask_about_complaints(item: Work, known: Known) -> None:
    """The complaints of the last months, and what other companies got in those that are not told yet and in the last two."""
    caller, months = table.caller(CFPB), _months(clock.today())
    try:
        with item.db.reading() as session:
            wanted = [
                month
                for month in months
                if month in months[-2:] or not queries.is_told_before(session, known.number, month)
            ]
        rows = cfpb.complaints(caller, known.number, months[0], _next(months[-1]))
        said = Statement(Bearing.GOOD, known.number)
        if not rows and known.number.upper() not in map(str.upper, cfpb.suggest(caller, known.number)):
            said = ABSENT
        record = caller.record()
        others = {month: cfpb.by_company(caller, month, _next(month)) for month in wanted}
    except RegisterError as error:
        if isinstance(error, Throttled) and _later(
            item, error, lambda session, **when: asking.enqueue(session, known.agency_id, CFPB, by=_by(item), **when)
        ):
            return
        with item.step(last=True) as session:
            asking.record(session, known, Heard(error, caller.record()), by=_by(item), at=clock.now())
        return
    with item.step(last=True) as session:
        at = clock.now()
        asking.record(session, known, Heard(said, record), by=_by(item), at=at)
        adverse.take_in(session, known.agency_id, rows, months[0], record, at=at)
        for month in wanted:
            own = sum(month <= row.received_on < _next(month) for row in rows)
            adverse.count(session, month, {**others[month], known.number: own}, at=at)


# -- lists -----------------------------------------------------------------------------------------------------------------


@work.worker("register.screen", outward=True, max_tries=3)
def screen(item: Work) -> None:
    """Look through one list for every watched name."""
    if not is_on(item.subject):
        return
    caller = table.caller(item.subject)
    with item.db.reading() as session:
        names = list(queries.watched(session))
    try:
        look = _look(item, caller, names)
    except RegisterError as error:
        if isinstance(error, Throttled) and _later(
            item, error, lambda session, **when: watching.enqueue(session, item.subject, **when)
        ):
            return
        look = Look(0, {}, caller.record(), error.reason)
    with item.step(last=True) as session:
        watching.record(session, item.subject, names, look, at=clock.now())


def _look(item: Work, caller: Caller, names: Sequence[WatchedName]) -> Look:
    if (reader := LIST_READERS.get(item.subject)) is None:
        found = opensanctions.match(caller, [(str(one.id), one.name, one.kind.value) for one in names])
        return Look(0, {int(key): hits for key, hits in found.items()}, caller.record())
    index, hits = Index(entries := reader(caller)), {}
    for number, one in enumerate(names):
        if number % AT_ONCE == 0:
            with item.step():  # nothing but the lease: a whole list and many names take longer than it lasts
                pass
        hits[one.id] = index.hits(one.name)
    return Look(len(entries), hits, caller.record())


# -- what they share -------------------------------------------------------------------------------------------------------


def _later(item: Work, throttled: Throttled, enqueue: Callable[..., None]) -> bool:
    """Ask again when the register said, unless it said so too often already. True if it will be asked again."""
    tries = int(item.payload.get("tries", 0)) + 1
    if tries > PATIENCE:
        return False
    pause = PAUSE if throttled.after_s is None else min(timedelta(seconds=throttled.after_s), LONGEST_PAUSE)
    with item.step(last=True) as session:
        enqueue(session, after=pause, tries=tries)
    return True


def _by(item: Work) -> str:
    return str(item.payload.get("by", "system"))


def _months(today: date) -> list[date]:
    """The first days of the last months, the present one last."""
    number = today.year * 12 + today.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in range(MONTHS - 1, -1, -1)]


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
