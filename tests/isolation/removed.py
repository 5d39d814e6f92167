"""Every filter that keeps agencies apart, and what stands there once it is taken away: the matrix has to notice each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from activity import feed_queries, promise_queries, visit_queries
from activity import queries as activity_queries
from agencies import queries as agency_queries
from agencies.models import Agency
from conduct import legal_queries
from conduct import queries as conduct_queries
from conduct.models import Breach, Complaint
from ledger import queries as ledger_queries
from placements import delivery_queries, ending_queries, recall_queries, request_queries
from placements import queries as placement_queries
from placements.models import Account, Placement, Recall
from portal import queries, saved_views, sessions, tasks
from portal.people import ApiKey, SavedView, SignIn, User
from portal.permissions import SYSTEM
from portal.reports import queries as report_queries
from portal.reports.models import Report
from portal.tasks import Task
from portal.webhooks.models import WebhookEndpoint
from scorecards.models import Scorecard
from scorecards.queries import cards

promises_list, visits_list = promise_queries.promises_list, visit_queries.visits_list
expected_list, deadlines_list = feed_queries.expected_list, legal_queries.deadlines_list
requests_visible_to, documents_visible_to = request_queries.requests_visible_to, request_queries.documents_visible_to
deletions_list, deliveries_list = ending_queries.deletions_list, delivery_queries.deliveries_list
recalled_placements, recalled_list = recall_queries.recalled_placements, recall_queries.recalled_list


@dataclass(frozen=True)
class Removed:
    """A scope filter taken away: what stands in its place, and the routes where the matrix must notice."""

    module: Any
    name: str
    instead: Callable[..., Any]
    routes: tuple[str, ...]


def _own_placements(session: Any, _agency_id: int, refs: Sequence[str], *, even_ended: bool = False) -> Any:
    return {placement.ref: placement for placement in session.scalars(select(Placement).where(Placement.ref.in_(refs)))}


def _delete_any(session: Any, _actor: Any, view_id: int) -> None:
    session.delete(session.get_one(SavedView, view_id))


def _end_any(session: Any, _user_id: int | None, sign_in_id: int) -> None:
    if (found := session.get(SignIn, sign_in_id)) is not None:
        session.delete(found)


def _all(column: Any) -> Callable[..., ColumnElement[bool]]:
    return lambda *_: column.is_not(None)


def _keys_list(_actor: Any) -> Any:
    return select(ApiKey, User).outerjoin(User, User.id == ApiKey.user_id)


REMOVED: Mapping[str, Removed] = {
    "agencies": Removed(agency_queries, "visible_to", _all(Agency.id), ("agencies.page", "agencies.contracts", "agencies.document")),
    "accounts": Removed(placement_queries, "accounts_visible_to", lambda _actor: select(Account), ("scorecards.timeline",)),
    "placements": Removed(placement_queries, "placements_visible_to", lambda _actor: select(Placement), ("placements.placements", "placements.placement")),
    "placements through the API": Removed(placement_queries, "placements_visible_to", lambda _actor: select(Placement), ("placements_api.get_placements",)),
    "answers to placements": Removed(
        placement_queries, "own_placements", _own_placements, ("placements_api.post_acknowledgements", "placements_api.post_returns", "placements_api.post_objections")
    ),
    "recalls": Removed(recall_queries, "visible_to", lambda _actor: select(Recall), ("placements.recalls", "placements.one_recall")),
    "recalled placements": Removed(recall_queries, "recalled_placements", lambda _actor: recalled_placements(SYSTEM), ("placements_api.get_recalls",)),
    "a recall's list": Removed(recall_queries, "recalled_list", lambda _actor, found: recalled_list(SYSTEM, found), ("placements.one_recall",)),
    "requests": Removed(request_queries, "requests_visible_to", lambda _actor: requests_visible_to(SYSTEM), ("requests.index", "requests.page", "placements_api.get_requests")),
    "documents": Removed(request_queries, "documents_visible_to", lambda _actor: documents_visible_to(SYSTEM), ("requests.read",)),
    "deletions": Removed(ending_queries, "deletions_list", lambda _actor: deletions_list(SYSTEM), ("endings.deletions",)),
    "deliveries": Removed(delivery_queries, "deliveries_list", lambda _actor: deliveries_list(SYSTEM), ("endings.deliveries",)),
    "reports": Removed(report_queries, "visible_to", lambda _actor: select(Report), ("activity.report", "activity.original", "activity_api.get_report")),
    "lists of reports and activity": Removed(activity_queries, "_of", lambda _actor, wanted, _column: wanted, ("activity.reports_page", "activity.rows")),
    "promises": Removed(promise_queries, "promises_list", lambda _actor: promises_list(SYSTEM), ("following.promises",)),
    "visits": Removed(visit_queries, "visits_list", lambda _actor: visits_list(SYSTEM), ("following.visits",)),
    "expected files": Removed(feed_queries, "expected_list", lambda _actor: expected_list(SYSTEM), ("feed.files",)),
    "legal deadlines": Removed(legal_queries, "deadlines_list", lambda _actor: deadlines_list(SYSTEM), ("conduct.legal",)),
    "money": Removed(ledger_queries, "_scoped", lambda wanted, _column, _actor: wanted, ("ledger.payments", "ledger.fees", "ledger.one_break")),
    "breaches": Removed(conduct_queries, "visible_to", _all(Breach.id), ("conduct.breaches", "conduct.breach")),
    "complaints": Removed(conduct_queries, "complaints_visible_to", _all(Complaint.id), ("conduct.complaint_list", "conduct.complaint")),
    "scorecards": Removed(cards, "visible_to", _all(Scorecard.id), ("scorecards.card", "scorecards_api.list_scorecards")),
    "keys": Removed(queries, "keys_list", _keys_list, ("connections.own_keys", "connections.own_key", "connections.revoke_own_key")),
    "webhooks": Removed(queries, "_endpoints", lambda _actor: select(WebhookEndpoint), ("connections.endpoints", "connections.switch")),
    "tasks": Removed(tasks, "mine", lambda _actor: select(Task), ("portal.work_list",)),
    "saved views": Removed(saved_views, "delete", _delete_any, ("portal.delete_view",)),
    "sessions": Removed(sessions, "end_one", _end_any, ("portal.end_session",)),
}  # fmt: skip
