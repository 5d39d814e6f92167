"""Questions about what agencies reported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Select, String, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from activity.models import Activity, InventoryLine, PaymentClaim, ReportedComplaint, Standing
from agencies.models import Agency
from placements.holds import HOLD_OF_REPORT, Told
from placements.models import Account, Hold, Placement
from placements.proposal_queries import IS_RECALLABLE, is_free
from portal import lists
from portal.among import among
from portal.errors import N_
from portal.permissions import Actor
from portal.reports.models import Report, SavedMapping


@dataclass(slots=True)
class Held:
    """An account and the sender's own placements of it: (placement, from, to)."""

    account_id: int
    consumer_id: int
    currency: str
    spans: list[tuple[int, datetime, datetime | None]]

    def placement_at(self, instant: datetime) -> int | None:
        """The sender's placement that was open at this instant; its last instant still counts."""
        for placement_id, begin, end in reversed(self.spans):
            if begin <= instant and (end is None or instant <= end):
                return placement_id
        return None

    def placement_before(self, instant: datetime) -> int | None:
        """The newest placement that had begun by then, open or ended."""
        return next((placement_id for placement_id, begin, _ in reversed(self.spans) if begin <= instant), None)


def held_by(session: Session, agency_id: int | None, refs: Collection[str]) -> dict[str, Held]:
    """The accounts among `refs`, with this agency's placements of each (the bank's own rows: none needed)."""
    found: dict[str, Held] = {}
    wanted = (
        select(
            Account.account_ref,
            Account.id,
            Account.consumer_id,
            Account.currency,
            Placement.id,
            Placement.placed_at,
            Placement.ended_at,
        )
        .outerjoin(Placement, and_(Placement.account_id == Account.id, Placement.agency_id == (agency_id or 0)))
        .where(among(session, Account.account_ref, refs))
        .order_by(Account.id, Placement.placed_at)
    )
    for ref, account_id, consumer_id, currency, placement_id, begin, end in session.execute(wanted):
        held = found.setdefault(ref, Held(account_id, consumer_id, currency, []))
        if placement_id is not None:
            held.spans.append((placement_id, begin, end))
    return found


def known_records(
    session: Session, model: type[Activity] | type[PaymentClaim], sender: int, ids: Collection[str]
) -> dict[str, str]:
    """Which of these record ids of this sender are taken, with the hash of what each said."""
    wanted = select(model.record_id, model.content_hash).where(
        owner_column(model) == sender, among(session, model.record_id, ids), model.standing != Standing.EVIDENCE
    )
    return dict(session.execute(wanted).all())


def standing_records(
    session: Session, model: type[Activity] | type[PaymentClaim], sender: int, ids: Collection[str]
) -> set[str]:
    """Which of these records of this sender stand: accepted, and not replaced."""
    wanted = select(model.record_id).where(
        owner_column(model) == sender, among(session, model.record_id, ids), model.standing == Standing.ACCEPTED
    )
    return set(session.scalars(wanted))


def standing_rows(session: Session, sender: int, ids: Collection[str]) -> Sequence[Any]:
    """(report id, instant, kind, direction, currency of the account) of the activity rows among these records that stand."""
    told = Activity.__table__.c
    wanted = (
        select(told.report_id, told.occurred_at, told.kind, told.direction, Account.currency)
        .join(Account, Account.id == told.account_id)
        .where(told.sender == sender, among(session, Activity.record_id, ids), told.standing == Standing.ACCEPTED)
    )
    return session.execute(wanted).all()


def owner_column(model: type[Activity] | type[PaymentClaim]) -> InstrumentedAttribute[int]:
    """Where a row says whose it is; record ids are unique per owner. Claims are of agencies only."""
    return Activity.sender if model is Activity else PaymentClaim.agency_id


def told_without_hold(session: Session) -> dict[int | None, list[Told]]:
    """What persons said in rows that count and that no hold of its kind has answered, by the agency that reported it.

    Answered is what was said while such a hold was on, or before one began.
    """
    kind = case({told: hold.value for told, hold in HOLD_OF_REPORT.items()}, value=Activity.kind)
    answered = exists().where(
        Hold.account_id == Activity.account_id,
        cast(Hold.kind, String) == kind,
        or_(Hold.until.is_(None), Hold.until >= Activity.occurred_at),
    )
    wanted = (
        select(Activity)
        .where(Activity.kind.in_(list(HOLD_OF_REPORT)), Activity.standing == Standing.ACCEPTED, ~answered)
        .order_by(Activity.id)
    )
    found: dict[int | None, list[Told]] = defaultdict(list)
    for row in session.scalars(wanted.execution_options(yield_per=1000)):
        if not (row.details or {}).get("withdrawn"):
            found[row.agency_id].append(Told(row.account_id, row.kind, row.occurred_at, row.record_id))
    return found


def evidence_records(session: Session, sender: int, ids: Collection[str]) -> set[str]:
    """Which of these record ids are kept as evidence already."""
    wanted = select(Activity.record_id).where(
        Activity.sender == sender, among(session, Activity.record_id, ids), Activity.standing == Standing.EVIDENCE
    )
    return set(session.scalars(wanted))


def newest_complaints(session: Session, sender: int, ids: Collection[str]) -> dict[str, ReportedComplaint]:
    """The newest row of each of these complaints of one sender."""
    wanted = select(ReportedComplaint).where(
        ReportedComplaint.sender == sender,
        ReportedComplaint.replaced_at.is_(None),
        among(session, ReportedComplaint.record_id, ids),
    )
    return {row.record_id: row for row in session.scalars(wanted)}


def inventory_accounts(session: Session, report_id: int, refs: Collection[str]) -> set[str]:
    """Which of these accounts this inventory has named already."""
    wanted = select(InventoryLine.account_ref).where(
        InventoryLine.report_id == report_id, among(session, InventoryLine.account_ref, refs)
    )
    return set(session.scalars(wanted))


# -- pages --------------------------------------------------------------------------------------------------------------


def reports_list(actor: Actor) -> Select[Any]:
    """Reports the actor may see, with the agency's code."""
    return _of(actor, select(Report, Agency.code).outerjoin(Agency, Agency.id == Report.agency_id), Report.agency_id)


def masked_numbers(session: Session, actor: Actor, since: datetime) -> list[tuple[Any, ...]]:
    """By sender and kind of file: reports with numbers masked in free text, how many cards, identities and taxpayer numbers, the last one.

    (agency code or none, kind, reports, cards, identity numbers, taxpayer numbers, when the last such report came), most numbers first.
    """
    wanted = _of(
        actor,
        select(Agency.code, Report.kind, Report.masked, Report.created_at).outerjoin(
            Agency, Agency.id == Report.agency_id
        ),
        Report.agency_id,
    ).where(Report.created_at >= since, Report.masked.is_not(None))
    sums: dict[tuple[str | None, str], Counter[str]] = defaultdict(Counter)
    last: dict[tuple[str | None, str], datetime] = {}
    for code, kind, masked, at in session.execute(wanted.execution_options(yield_per=1000)):
        if masked:
            sums[code, kind].update(masked, reports=1)
            last[code, kind] = max(at, last.get((code, kind), at))
    rows = [
        (*key, found["reports"], found["card"], found["cn_identity"], found["us_taxpayer"], last[key])
        for key, found in sums.items()
    ]
    return sorted(rows, key=lambda row: (-sum(row[3:6]), row[0] or "", row[1]))


def mappings_list(actor: Actor) -> Select[Any]:
    """Saved mappings the actor may see, with the agency's code: an agency its own, the bank all."""
    wanted = select(SavedMapping, Agency.code).outerjoin(Agency, Agency.id == SavedMapping.agency_id)
    return _of(actor, wanted.order_by(Agency.code, SavedMapping.kind), SavedMapping.agency_id)


def activity_list(actor: Actor) -> Select[Any]:
    """Reported activity the actor may see, with account and agency. An agency sees its own rows; of accounts that left it, no more."""
    wanted = (
        select(Activity, Account.account_ref, Agency.code)
        .join(Account, Account.id == Activity.account_id)
        .outerjoin(Agency, Agency.id == Activity.agency_id)
    )
    return _of(
        actor, wanted.where(Activity.standing != Standing.EVIDENCE) if actor.agency_id else wanted, Activity.agency_id
    )


def _of(actor: Actor, wanted: Any, agency_id: Any) -> Select[Any]:
    scoped: Select[Any] = wanted.where(agency_id == actor.agency_id) if actor.agency_id else wanted
    return scoped


def activity_of_report(actor: Actor, report: Report) -> Select[Any]:
    """The rows of one report that count."""
    return activity_list(actor).where(Activity.report_id == report.id)


def _kind(value: str) -> Any:
    return Activity.kind == value


REPORT_STATES = ("received", "reading", "accepted", "partly_accepted", "rejected")
FILE_KINDS = ("activity", "payments", "inventory", "complaints", "collectors", "accounts", "ledger")

REPORTS = lists.ListSpec(
    page="reports",
    key=Report.__table__.c.id,
    order="-created_at",
    columns=(
        lists.Column(
            "report", N_("Report"), lambda row: lists.Cell(row.Report.ref, url=f"/reports/{row.Report.ref}"), sort=None
        ),
        lists.Column("kind", N_("Kind"), lambda row: row.Report.kind, kind="code", sort=Report.__table__.c.kind),
        lists.Column("agency", N_("Sender"), lambda row: row.code or N_("the bank"), sort=Agency.__table__.c.code),
        lists.Column("state", N_("State"), lambda row: row.Report.state.value, kind="state", subject="report"),
        lists.Column(
            "total", N_("Rows"), lambda row: row.Report.rows_read, kind="count", sort=Report.__table__.c.rows_read
        ),
        lists.Column("accepted", N_("Accepted"), lambda row: row.Report.accepted, kind="count"),
        lists.Column("duplicate", N_("Repeated"), lambda row: row.Report.duplicate, kind="count"),
        lists.Column(
            "rejected",
            N_("Rejected rows"),
            lambda row: lists.Cell(row.Report.rejected, tone="warn" if row.Report.rejected else None),
            kind="count",
            sort=Report.__table__.c.rejected,
        ),
        lists.Column(
            "breaches",
            N_("In breach"),
            lambda row: lists.Cell(row.Report.breaches, tone="bad" if row.Report.breaches else None),
            kind="count",
        ),
        lists.Column(
            "created_at",
            N_("Received"),
            lambda row: row.Report.created_at,
            kind="instant",
            sort=Report.__table__.c.created_at,
        ),
    ),
    filters=(
        lists.Filter(
            "kind",
            N_("Kind"),
            lambda value: Report.kind == value,
            kind="choice",
            choices=tuple((kind, kind) for kind in FILE_KINDS),
        ),
        lists.Filter(
            "state",
            N_("State"),
            lambda value: Report.state == value if value in REPORT_STATES else None,
            kind="choice",
            choices=tuple((state, state.replace("_", " ")) for state in REPORT_STATES),
        ),
        lists.Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
    ),
    search=lambda text: Report.ref.contains(text.lower()),
    empty={
        "title": N_("No reports yet"),
        "text": N_("Reports that agencies upload, and files of the bank, appear here."),
    },
)


def activity_rows(actor: Actor) -> lists.ListSpec:
    """The list of reported activity."""
    return lists.ListSpec(
        page="activity",
        key=Activity.__table__.c.id,
        order="-occurred_at",
        columns=(
            lists.Column(
                "occurred_at",
                N_("When"),
                lambda row: row.Activity.occurred_at,
                kind="instant",
                sort=Activity.__table__.c.occurred_at,
            ),
            lists.Column(
                "account",
                N_("Account"),
                lambda row: _account(row.account_ref, actor),
                sort=Account.__table__.c.account_ref,
            ),
            lists.Column("agency", N_("Agency"), lambda row: row.code or N_("the bank")),
            lists.Column(
                "kind", N_("Kind"), lambda row: row.Activity.kind, kind="code", sort=Activity.__table__.c.kind
            ),
            lists.Column("direction", N_("Direction"), lambda row: row.Activity.direction, kind="code"),
            lists.Column("outcome", N_("Outcome"), lambda row: row.Activity.outcome, kind="code"),
            lists.Column("party", N_("Party"), lambda row: row.Activity.party, kind="code"),
            lists.Column("collector", N_("Collector"), lambda row: row.Activity.collector_id),
            lists.Column("record", N_("Record"), lambda row: row.Activity.record_id),
            lists.Column(
                "standing", N_("Counts as"), lambda row: row.Activity.standing.value, kind="state", subject="activity"
            ),
        ),
        filters=(
            lists.Filter("kind", N_("Kind"), _kind),
            lists.Filter("outcome", N_("Outcome"), lambda value: Activity.outcome == value),
            lists.Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),
            lists.Filter("account", N_("Account"), lambda value: Account.account_ref == value),
            lists.Filter("collector", N_("Collector"), lambda value: Activity.collector_id == value),
            lists.Filter(
                "from",
                N_("From"),
                lambda value: Activity.occurred_at >= _day(value) if _day(value) else None,
                kind="date",
            ),
            lists.Filter(
                "to",
                N_("Before"),
                lambda value: Activity.occurred_at < _day(value) if _day(value) else None,
                kind="date",
            ),
        ),
        search=lambda text: Activity.record_id == text,
        empty={
            "title": N_("No activity yet"),
            "text": N_("Rows appear when an agency's activity report has been read."),
        },
    )


def _account(ref: str, actor: Actor) -> lists.Cell:
    """The account's reference, with its page for those who may open it: agencies may not."""
    return lists.Cell(ref, url=None if actor.agency_id else f"/accounts/{quote(ref)}")


def _day(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{value}T00:00:00+00:00")
    except ValueError:
        return None


# -- attempts ------------------------------------------------------------------------------------------------------------

ATTEMPTS = ("call", "voicemail", "sms", "email", "letter", "chat", "social", "visit")


def last_attempts(session: Session) -> dict[int, datetime]:
    """When an agency last tried to reach the person, by placement, of those where it ever did."""
    wanted = select(Activity.placement_id, func.max(Activity.occurred_at)).where(
        Activity.kind.in_(ATTEMPTS), Activity.standing == Standing.ACCEPTED, Activity.placement_id.is_not(None)
    )
    return {key: at for key, at in session.execute(wanted.group_by(Activity.placement_id)) if key is not None}


def idle_placements(session: Session, since: datetime) -> list[tuple[int, int]]:
    """(placement, agency) of what was placed before then and on which nobody tried to reach the person since."""
    tried = exists().where(
        Activity.placement_id == Placement.id,
        Activity.kind.in_(ATTEMPTS),
        Activity.standing == Standing.ACCEPTED,
        Activity.occurred_at >= since,
    )
    wanted = select(Placement.id, Placement.agency_id).where(
        IS_RECALLABLE, is_free(), Placement.placed_at < since, ~tried
    )
    return [(key, agency_id) for key, agency_id in session.execute(wanted.order_by(Placement.id))]
