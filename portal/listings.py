"""The foundation's list pages: their columns, filters and order. The selects behind them stand in portal/queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal import clock, tenants, web
from portal.audit import AuditEntry
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec
from portal.people import ApiKey, Role, User
from portal.tasks import Task
from portal.webhooks.models import EVENTS, DeliveryState, WebhookDelivery
from portal.words_states import ROLES, role_name


def _title(task: Task) -> str:
    return str(_(task.title, **task.params))


def _due(task: Task) -> Cell:
    late = clock.now() - task.due_at
    if late <= timedelta():
        return Cell(task.due_at)
    return Cell(
        task.due_at, tone="bad", hint=_("overdue by %(days)s days", days=late.days) if late.days else _("overdue")
    )


TASKS = ListSpec(
    page="tasks", key=Task.__table__.c.id, order="due",
    columns=(
        Column("task", N_("Task"), lambda row: Cell(_title(row.Task), url=row.Task.link)),
        Column("due", N_("Due"), lambda row: _due(row.Task), kind="instant", sort=Task.__table__.c.due_at),
        Column("subject", N_("About"), lambda row: row.Task.subject, sort=Task.__table__.c.subject),
        Column("since", N_("Open since"), lambda row: row.Task.created_at, kind="instant", sort=Task.__table__.c.created_at),
    ),
    filters=(
        Filter("late", N_("Overdue"), lambda value: Task.due_at < clock.now() if value == "yes" else Task.due_at >= clock.now(), kind="bool"),
        Filter("kind", N_("Kind"), lambda value: Task.kind == value),
    ),
    empty={"title": N_("Nothing waits for you"), "text": N_("Approvals, verifications and answers that are yours to give appear here.")},
)  # fmt: skip


# -- people and keys -----------------------------------------------------------------------------------------------------


def _with_codes(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
    """The rows (first a User or ApiKey), each with the code of its agency."""
    codes = {
        agency_id: tenants.code_of(session, agency_id)
        for agency_id in {row[0].agency_id for row in rows}
        if agency_id is not None
    }
    return [(*row, codes.get(row[0].agency_id)) for row in rows]


def _in_state(value: str) -> Any:
    if value == "disabled":
        return User.active.is_(False)
    known = User.password_hash.is_not(None) if value == "active" else User.password_hash.is_(None)
    return User.active & known


PEOPLE = ListSpec(
    page="people", key=User.__table__.c.id, order="name", prepare=_with_codes,
    columns=(
        Column("name", N_("Name"), lambda row: Cell(row[0].name, url=f"/admin/people/{row[0].id}"), sort=User.__table__.c.name),
        Column("email", N_("E-mail"), lambda row: row[0].email, sort=User.__table__.c.email),
        Column("role", N_("Role"), lambda row: str(role_name(row[0].role)), sort=User.__table__.c.role),
        Column("agency", N_("Agency"), lambda row: row[-1]),
        Column("state", N_("State"), lambda row: row[0].state, kind="state", subject="person"),
        Column("signed_in", N_("Last signed in"), lambda row: row[0].signed_in_at, kind="instant", sort=User.__table__.c.signed_in_at),
    ),
    filters=(
        Filter("role", N_("Role"), lambda value: User.role == value if value in ROLES else None, kind="choice",
               choices=tuple((role.value, str(role.value).replace("_", " ").capitalize()) for role in Role)),
        Filter("state", N_("State"), _in_state, kind="choice",
               choices=(("active", N_("Active")), ("invited", N_("Invited")), ("disabled", N_("Disabled")))),
    ),
    search=lambda text: User.email.contains(text.lower(), autoescape=True) | User.name.icontains(text, autoescape=True),
    empty={"title": N_("Nobody here yet"), "text": N_("Invite the first person.")},
)  # fmt: skip

_KEY_COLUMNS = (
    Column("key", N_("Key"), lambda row: f"pw_live_{row[0].key_id}_…", sort=ApiKey.__table__.c.key_id),
    Column("name", N_("Name"), lambda row: row[0].name, sort=ApiKey.__table__.c.name),
    Column("scopes", N_("Scopes"), lambda row: row[0].scopes),
    Column("state", N_("State"), lambda row: row[0].state(clock.now()), kind="state", subject="key"),
    Column(
        "used", N_("Last used"), lambda row: row[0].last_used_at, kind="instant", sort=ApiKey.__table__.c.last_used_at
    ),
    Column(
        "until", N_("Lives until"), lambda row: row[0].expires_at, kind="instant", sort=ApiKey.__table__.c.expires_at
    ),
)


def _key_in_state(value: str) -> Any:
    if value == "revoked":
        return ApiKey.revoked_at.is_not(None)
    lives = ApiKey.expires_at > clock.now()
    return ApiKey.revoked_at.is_(None) & (lives if value == "live" else ~lives)


_KEY_STATES = Filter("state", N_("State"), _key_in_state, kind="choice",
                     choices=(("live", N_("Live")), ("expired", N_("Expired")), ("revoked", N_("Revoked"))))  # fmt: skip
_NO_KEYS = {
    "title": N_("No keys yet"),
    "text": N_("A key lets a program call the API. It is shown once, when it is made."),
}


def _owner(row: Any) -> Cell:
    _key, user, code = row
    return Cell(user.name, url=f"/admin/people/{user.id}", hint=user.email) if user else Cell(code)


KEYS = ListSpec(
    page="keys", key=ApiKey.__table__.c.id, order="-until", prepare=_with_codes, filters=(_KEY_STATES,), empty=_NO_KEYS,
    columns=(Column("key", N_("Key"), lambda row: Cell(f"pw_live_{row[0].key_id}_…", url=f"/admin/keys/{row[0].key_id}"),
                               sort=ApiKey.__table__.c.key_id),
             Column("owner", N_("Owner"), _owner), *_KEY_COLUMNS[1:]),
    search=lambda text: User.email.contains(text.lower(), autoescape=True) | ApiKey.key_id.contains(text, autoescape=True),
)  # fmt: skip

OWN_KEYS = ListSpec(
    page="own_keys", key=ApiKey.__table__.c.id, order="-until", filters=(_KEY_STATES,), empty=_NO_KEYS,
    columns=(Column("key", N_("Key"), lambda row: Cell(f"pw_live_{row[0].key_id}_…", url=f"/settings/keys/{row[0].key_id}"),
                    sort=ApiKey.__table__.c.key_id), *_KEY_COLUMNS[1:]),
)  # fmt: skip


# -- the trail, deliveries -----------------------------------------------------------------------------------------------


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _from(value: str) -> Any:
    return AuditEntry.at >= _midnight(found) if (found := _day(value)) else None


def _to(value: str) -> Any:
    """The day itself is included, as people mean it."""
    return AuditEntry.at < _midnight(found + timedelta(days=1)) if (found := _day(value)) else None


def _midnight(day: date) -> datetime:
    zone: ZoneInfo = web.settings().bank_zone
    return datetime.combine(day, time(), zone)


TRAIL = ListSpec(
    page="trail", key=AuditEntry.__table__.c.seq, order="-seq",
    columns=(
        Column("seq", N_("Entry"), lambda row: Cell(str(row.AuditEntry.seq), url=f"/admin/trail/{row.AuditEntry.seq}"), sort=AuditEntry.__table__.c.seq),
        Column("at", N_("When"), lambda row: row.AuditEntry.at, kind="instant", sort=AuditEntry.__table__.c.at),
        Column("actor", N_("Who"), lambda row: row.AuditEntry.actor),
        Column("event", N_("What"), lambda row: row.AuditEntry.event),
        Column("subject", N_("On what"), lambda row: row.AuditEntry.subject),
    ),
    filters=(
        Filter("actor", N_("Who"), lambda value: AuditEntry.actor.icontains(value, autoescape=True)),
        Filter("event", N_("What"), lambda value: AuditEntry.event.startswith(value, autoescape=True)),
        Filter("subject", N_("On what"), lambda value: AuditEntry.subject == value),
        Filter("from", N_("From"), _from, kind="date"),
        Filter("to", N_("To"), _to, kind="date"),
    ),
    empty={"title": N_("Nothing has been done yet"), "text": N_("Every act of a person, a key or a job leaves an entry here.")},
)  # fmt: skip

DELIVERIES = ListSpec(
    page="deliveries", key=WebhookDelivery.__table__.c.id, order="-created",
    columns=(
        Column("message", N_("Message"), lambda row: row.WebhookDelivery.message_id),
        Column("event", N_("Event"), lambda row: row.WebhookDelivery.event),
        Column("state", N_("State"), lambda row: row.WebhookDelivery.state.value, kind="state", subject="delivery"),
        Column("answer", N_("Answer"), lambda row: (row.WebhookDelivery.last_status and str(row.WebhookDelivery.last_status))
               or (row.WebhookDelivery.last_error and _(row.WebhookDelivery.last_error))),
        Column("tries", N_("Tries"), lambda row: row.WebhookDelivery.tries, kind="count"),
        Column("created", N_("Since"), lambda row: row.WebhookDelivery.created_at, kind="instant", sort=WebhookDelivery.__table__.c.created_at),
        Column("next", N_("Next try"), lambda row: row.WebhookDelivery.next_at if row.WebhookDelivery.state is DeliveryState.WAITING else None,
               kind="instant"),
    ),
    filters=(
        Filter("state", N_("State"), lambda value: WebhookDelivery.state == value if value in set(DeliveryState) else None, kind="choice",
               choices=(("waiting", N_("Waiting")), ("delivered", N_("Delivered")), ("failed", N_("Failed")))),
        Filter("event", N_("Event"), lambda value: WebhookDelivery.event == value, kind="choice", choices=tuple((event, event) for event in EVENTS)),
    ),
    empty={"title": N_("Nothing was sent yet"), "text": N_("Send a test event to see whether the receiver takes it.")},
)  # fmt: skip
