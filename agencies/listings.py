"""The list pages of this floor: agencies, an agency's credentials, its collectors. Today and the reader's language are handed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from agencies import queries
from agencies.clearance import cleared_on
from agencies.credentials import credential_name, state_on
from agencies.models import MAY_RECEIVE, Agency, AgencyStatus, Collector, Credential, CredentialState, Standing
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec

SOON = timedelta(days=30)


def agencies(day: date) -> ListSpec:
    """Everybody on the panel, with what can be said of each today."""

    def prepare(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
        ids = [row[0].id for row in rows]
        live, soonest = queries.live_credentials(session, ids, day), queries.soonest_ends(session, ids, day)
        return [(agency, standing, live.get(agency.id, 0), soonest.get(agency.id)) for agency, standing in rows]

    return ListSpec(
        page="agencies", key=Agency.__table__.c.id, order="name", prepare=prepare,
        columns=(
            Column("name", N_("Agency"), lambda row: Cell(row[0].name, url=f"/agencies/{row[0].code}", hint=row[0].code), sort=Agency.__table__.c.name),
            Column("status", N_("Status"), lambda row: row[0].status.value, kind="state", subject="agency", sort=Agency.__table__.c.status),
            Column("country", N_("Country"), lambda row: row[0].country, sort=Agency.__table__.c.country),
            Column("band", N_("Band"), lambda row: row[1].band if row[1] else None, sort=Standing.__table__.c.band),
            Column("may_receive", N_("May receive"), lambda row: _receives(row[0], row[1]), kind="bool"),
            Column("live", N_("Live credentials"), lambda row: row[2], kind="count"),
            Column("next_end", N_("Next to run out"), lambda row: _ending(row[3], day), kind="date"),
        ),
        filters=(
            Filter("status", N_("Status"), lambda value: Agency.status == value if value in set(AgencyStatus) else None, kind="choice",
                   choices=tuple((status.value, status.value.replace("_", " ").capitalize()) for status in AgencyStatus)),
            Filter("country", N_("Country"), lambda value: Agency.country == value.upper()),
        ),
        search=lambda text: Agency.code.icontains(text, autoescape=True) | Agency.name.icontains(text, autoescape=True),
        empty={"title": N_("No agencies yet"), "text": N_("Add the first one, or take a running panel over with the command `agencies import`.")},
    )  # fmt: skip


def credentials(code: str, language: str, day: date) -> ListSpec:
    """What the agency with this code holds, was asked for or sent in."""
    address = f"/agencies/{code}/credentials"
    return ListSpec(
        page="credentials", key=Credential.__table__.c.id, order="place",
        columns=(
            Column("credential", N_("Credential"), lambda row: Cell(credential_name(row[0].code, language), url=f"{address}/{row[0].ref}"), sort=Credential.__table__.c.code),
            Column("place", N_("Place"), lambda row: row[0].jurisdiction, sort=Credential.__table__.c.jurisdiction),
            Column("number", N_("Number"), lambda row: row[0].number, sort=Credential.__table__.c.number),
            Column("state", N_("State"), lambda row: state_on(row[0].state, row[0].valid_until, day, row[0].ended_on).value, kind="state", subject="credential",
                   sort=Credential.__table__.c.state),
            Column("valid_from", N_("First day"), lambda row: row[0].valid_from, kind="date", sort=Credential.__table__.c.valid_from),
            Column("valid_until", N_("Last day"), lambda row: _last_day(row[0], day), kind="date", sort=Credential.__table__.c.valid_until),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: _in_state(value, day), kind="choice",
                   choices=tuple((state.value, state.value.capitalize()) for state in CredentialState)),
            Filter("place", N_("Place"), lambda value: Credential.jurisdiction.startswith(value.upper(), autoescape=True)),
            Filter("by", N_("Runs out by"), _runs_out_by, kind="date"),
        ),
        search=lambda text: Credential.number.icontains(text, autoescape=True) | Credential.code.icontains(text, autoescape=True),
        empty={"title": N_("No credentials yet"), "text": N_("Send in what the places ask for in which the agency shall collect.")},
    )  # fmt: skip


def collectors(day: date, address: str, *, may_enter: bool) -> ListSpec:
    """Who works for an agency, and whether each is cleared today; `address` is that of the list. Who may enter them gets links."""
    table = Collector.__table__

    def edit(row: Any) -> str | None:
        return f"{address}/{quote(row[0].collector_id, safe='')}/edit" if may_enter else None

    return ListSpec(
        page="collectors", key=table.c.id, order="collector",
        columns=(
            Column("collector", N_("Collector"), lambda row: Cell(row[0].collector_id, url=edit(row)), sort=table.c.collector_id),
            Column("name", N_("Name"), lambda row: row[0].full_name, sort=table.c.full_name),
            Column("cleared", N_("Cleared today"), lambda row: Cell(cleared := cleared_on(row[0], day), tone=None if cleared else "bad"), kind="bool"),
            Column("active_from", N_("Active from"), lambda row: row[0].active_from, kind="date", sort=table.c.active_from),
            Column("active_to", N_("Active to"), lambda row: row[0].active_to, kind="date", sort=table.c.active_to),
            Column("checked", N_("Background checked"), lambda row: row[0].background_check_on, kind="date", sort=table.c.background_check_on),
            Column("trained", N_("Trained"), lambda row: row[0].training_on, kind="date", sort=table.c.training_on),
            Column("trained_until", N_("Training valid until"), lambda row: row[0].training_until, kind="date", sort=table.c.training_until),
        ),
        search=lambda text: Collector.collector_id.icontains(text, autoescape=True) | Collector.full_name.icontains(text, autoescape=True),
        empty={"title": N_("No collectors yet"), "text": N_("The agency reports them as a file of the kind collectors.")},
    )  # fmt: skip


def _receives(agency: Agency, standing: Standing | None) -> bool:
    return agency.status in MAY_RECEIVE and (standing is None or standing.may_receive)


def _ending(last_day: date | None, day: date) -> Cell:
    return Cell(last_day, tone="warn" if last_day is not None and last_day - day <= SOON else None)


def _last_day(credential: Credential, day: date) -> Cell:
    """The last day of what is good or may become so stands out when it is near; the end of what is over does not."""
    open_ = state_on(credential.state, credential.valid_until, day, credential.ended_on) in (
        CredentialState.VERIFIED,
        CredentialState.SUBMITTED,
    )
    return _ending(credential.valid_until, day) if open_ else Cell(credential.valid_until)


def _in_state(value: str, day: date) -> Any:
    if value not in set(CredentialState):
        return None
    over = (Credential.state == CredentialState.VERIFIED) & (Credential.valid_until < day) & ~queries.stopped_by(day)
    if value == CredentialState.EXPIRED:
        return (Credential.state == CredentialState.EXPIRED) | over
    if value == CredentialState.VERIFIED:
        return (Credential.state == CredentialState.VERIFIED) & queries.good_on(day)
    if value == CredentialState.WITHDRAWN:
        return (Credential.state == CredentialState.WITHDRAWN) | queries.stopped_by(day)
    return Credential.state == value


def _runs_out_by(value: str) -> Any:
    try:
        return Credential.valid_until <= date.fromisoformat(value)
    except ValueError:
        return None
