"""Acts: the bank's account tape comes in: new accounts, newer figures of known ones, their people and their holds.

Set-based: a few look-ups and bulk writes for each chunk of a file, whatever its size. A known account is brought up to date only by
figures of a later day; anything else about it is a repetition. A later CSV need not have every column: what it leaves out stays
as it is known (a delta), and every change of a balance is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from placements import holds, queries
from placements.jurisdictions import jurisdiction_of
from placements.models import Account, BalanceChange, Consumer, HoldKind, Portfolio
from placements.schemas import ACCOUNTS
from portal import bulk, clock
from portal.reports.kinds import Loaded, SoundRow
from portal.reports.models import Report
from portal.sealing import keyring

Row = Mapping[str, Any]

SEALED: Final = ("full_name", "id_number", "birth_date", "phone", "email", "address")
ITEMIZED: Final = (
    "itemization_date_type", "itemization_date", "itemization_amount", "interest_since", "fees_since", "payments_since",
    "credits_since",
)  # fmt: skip
AS_TOLD: Final = (
    "product", "currency", "balance", "principal", "interest", "fees", "credit_limit", "as_of", "opened_on", "defaulted_on",
    "charged_off_on", "days_past_due", "last_payment_on", "last_payment_amount", "country", "region", "city", "postal_code",
    "time_zone", "score", "limitation_on",
)  # fmt: skip
WORKED_OUT: Final = ("consumer_id", "portfolio_id", "jurisdiction", "itemization", "updated_at")
PERSON: Final = ("sealed", "name_index", "id_index", "phone_index", "language")
PHONE_DIGITS: Final = 10


def load_accounts(session: Session, report: Report, rows: Sequence[SoundRow]) -> Loaded:
    """Load one chunk of an account tape (contract 4.1) in the caller's transaction.

    The report's option `portfolio` names the portfolio of every row, whatever its column says.
    """
    told = [dict(zip(ACCOUNTS.names, row.values, strict=True)) for row in rows]
    if name := report.options.get("portfolio"):
        told = [{**row, "portfolio": name} for row in told]
    at = clock.now()
    known = queries.known_accounts(session, {row["account_ref"] for row in told})
    taken = _newest(told, {ref: as_of for ref, (_, as_of) in known.items()})
    newest = {row["account_ref"]: row for row in taken}
    sent = _sent(report)
    people = _load_people(session, taken, sent, at)
    portfolios = _portfolio_ids(session, {row["portfolio"] for row in taken}, at)
    worked = {
        ref: (people[row["consumer_ref"]], portfolios[row["portfolio"]], _jurisdiction(row), _itemization(row), at)
        for ref, row in newest.items()
    }
    _insert(session, [(row, worked[ref]) for ref, row in newest.items() if ref not in known])
    changed = {known[ref][0]: (row, worked[ref]) for ref, row in newest.items() if ref in known}
    _note_balances(session, report, changed, at)
    _update(session, changed, sent)
    holds.touch_placements(session, changed, at=at)
    _follow_holds(session, newest, at)
    return Loaded(accepted=len(taken), duplicate=len(told) - len(taken))


def _sent(report: Report) -> frozenset[str]:
    """The columns that the file has: all of them for JSON, whose objects have no header, or where a sender's own names stand there."""
    header = frozenset(report.header or ())
    return header if header and header <= set(ACCOUNTS.names) else frozenset(ACCOUNTS.names)


def _note_balances(
    session: Session, report: Report, changed: Mapping[int, tuple[Row, Sequence[Any]]], at: datetime
) -> None:
    """Keep what was owed before, where a later tape says something else."""
    before = queries.balances(session, changed)
    rows = [
        (key, report.id, row["as_of"], before[key], row["balance"], at)
        for key, (row, _) in changed.items()
        if before[key] != row["balance"]
    ]
    columns = ("account_id", "report_id", "as_of", "before", "after", "told_at")
    bulk.insert_rows(session, BalanceChange.__table__, columns, rows)  # type: ignore[arg-type]


def phone_key(text: str | None) -> str | None:
    """What two spellings of a telephone number share: its last ten digits, without the ways to dial a country."""
    return "".join(c for c in text or "" if c.isdigit())[-PHONE_DIGITS:] or None


def _newest(rows: Sequence[Row], known: dict[str, date | None]) -> list[Row]:
    """The rows that are news, in order: of an account not known, or with figures of a later day than those known."""
    stands = dict(known)
    taken = []
    for row in rows:
        ref, as_of = row["account_ref"], row["as_of"]
        if ref in stands and not _is_later(as_of, stands[ref]):
            continue
        stands[ref] = as_of
        taken.append(row)
    return taken


def _is_later(as_of: date | None, known: date | None) -> bool:
    return as_of is not None and (known is None or as_of > known)


def _portfolio_ids(session: Session, names: set[str], at: datetime) -> dict[str, int]:
    found = queries.portfolios_by_name(session, names)
    made = [Portfolio(name=name, created_at=at) for name in sorted(names - found.keys())]
    session.add_all(made)
    session.flush()
    return found | {portfolio.name: portfolio.id for portfolio in made}


# -- people --------------------------------------------------------------------------------------------------------------


def _load_people(session: Session, taken: Sequence[Row], sent: frozenset[str], at: datetime) -> dict[str, int]:
    """Insert or renew the consumers of these rows; their ids. What a row says counts unless a later day is known already."""
    known = queries.known_consumers(session, {row["consumer_ref"] for row in taken})
    said = {row["consumer_ref"]: row for row in taken if not _is_stale(row, known)}
    said |= _completed(session, {ref: row for ref, row in said.items() if ref in known}, sent)
    fresh = [(ref, *_person(ref, row), at) for ref, row in said.items() if ref not in known]
    bulk.insert_rows(session, Consumer.__table__, ("consumer_ref", *PERSON, "created_at"), fresh)  # type: ignore[arg-type]
    renewed = [
        {"key": known[ref][0], **dict(zip(PERSON, _person(ref, row), strict=True))}
        for ref, row in said.items()
        if ref in known
    ]
    _rewrite(session, Consumer, PERSON, renewed)
    found = queries.known_consumers(session, [ref for ref, *_ in fresh])
    return {ref: consumer_id for ref, (consumer_id, _) in (known | found).items()}


def _completed(session: Session, said: Mapping[str, Row], sent: frozenset[str]) -> dict[str, Row]:
    """What is known of people already, where the file has no column for it."""
    left_out = {*SEALED, "language"} - sent
    if not left_out or not said:
        return {}
    found: dict[str, Row] = {}
    for person in queries.people(session, said):
        old = {**person.personal, "language": person.language}
        found[person.consumer_ref] = {**said[person.consumer_ref], **{name: old.get(name) for name in left_out}}
    return found


def _is_stale(row: Row, known: Mapping[str, tuple[int, date | None]]) -> bool:
    _, newest = known.get(row["consumer_ref"], (0, None))
    return newest is not None and row["as_of"] is not None and row["as_of"] < newest


def _person(ref: str, row: Row) -> tuple[bytes, bytes | None, bytes | None, bytes | None, str | None]:
    """The values of PERSON: sealed data, the blind indexes of name, identity number and telephone, the language."""
    ring = keyring()
    plain = {name: str(row[name]) for name in SEALED if row[name] is not None}
    return (
        ring.seal(plain, f"consumer:{ref}"),
        ring.blind(row["full_name"], "name"),
        ring.blind(row["id_number"], "id"),
        ring.blind(phone_key(row["phone"]), "phone"),
        row["language"],
    )


# -- accounts ------------------------------------------------------------------------------------------------------------


def _jurisdiction(row: Row) -> str:
    return jurisdiction_of(row["country"], row["region"], row["city"], row["postal_code"])


def _itemization(row: Row) -> dict[str, str]:
    return {name: str(row[name]) for name in ITEMIZED if row[name] is not None}


def _insert(session: Session, rows: Sequence[tuple[Row, Sequence[Any]]]) -> None:
    columns = ("account_ref", *AS_TOLD, *WORKED_OUT)
    values = ((row["account_ref"], *(row[name] for name in AS_TOLD), *worked) for row, worked in rows)
    bulk.insert_rows(session, Account.__table__, columns, values)  # type: ignore[arg-type]


def _update(session: Session, changed: Mapping[int, tuple[Row, Sequence[Any]]], sent: frozenset[str]) -> None:
    """Bring known accounts up to date; what the file has no column for stays as it is."""
    kept = {
        *(() if not sent.isdisjoint(ITEMIZED) else ("itemization",)),
        *(() if {"region", "city", "postal_code"} <= sent else ("jurisdiction",)),
    }
    columns = (*(name for name in AS_TOLD if name in sent), *(name for name in WORKED_OUT if name not in kept))
    values = [
        {"key": account_id, **{name: row[name] for name in AS_TOLD}, **dict(zip(WORKED_OUT, worked, strict=True))}
        for account_id, (row, worked) in changed.items()
    ]
    _rewrite(session, Account, columns, [{name: row[name] for name in ("key", *columns)} for row in values])


def _rewrite(
    session: Session, model: type[Account] | type[Consumer], columns: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    """Set these columns of many rows, each by its id in `key`, in one statement for all."""
    if rows:
        statement = (
            update(model).where(model.id == bindparam("key")).values({name: bindparam(name) for name in columns})
        )
        session.connection().execute(statement, rows)


def _follow_holds(session: Session, newest: Mapping[str, Row], at: datetime) -> None:
    ids = queries.account_ids(session, newest)
    said = {ids[ref]: (_hold(row), _since(row, at)) for ref, row in newest.items()}
    holds.follow_tape(session, said, at=at)


def _hold(row: Row) -> HoldKind | None:
    return HoldKind(row["hold"]) if row["hold"] not in (None, "none") else None


def _since(row: Row, at: datetime) -> datetime:
    """The day the tape's figures stand, from its beginning in UTC; this moment where it names no day or one that is still to come."""
    stands = datetime.combine(row["as_of"], time(), UTC) if row["as_of"] else at
    return min(stands, at)
