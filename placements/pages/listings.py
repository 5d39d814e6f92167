"""The list pages of requests, deliveries, proposals, next steps and deletions. `say` translates a msgid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from agencies.models import Agency
from placements import queries, words
from placements.ending_models import Deletion, NextStep, Proposal, ProposalLine, ProposalState, Step
from placements.models import Account, Placement, Plan
from placements.request_models import Request, RequestKind, RequestState
from portal import clock
from portal.errors import N_
from portal.lists import Cell, Column, Filter, ListSpec
from portal.people import Role
from portal.permissions import Actor
from portal.words_states import STATES, role_name

Say = Callable[[str], str]
YES_NO = (("yes", N_("Yes")), ("no", N_("No")))


def requests(actor: Actor, say: Say) -> ListSpec:
    """Requests, those that wait longest first: (request, account, agency)."""
    table, of_bank = Request.__table__, actor.agency_id is None
    agency = (Column("agency", N_("Agency"), lambda row: row[2].code, sort=Agency.__table__.c.code),)
    by_agency = (Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),)
    states = tuple((state.value, str(STATES["request"][state].label)) for state in RequestState)
    return ListSpec(
        page="requests", key=table.c.id, order="-asked",
        columns=(
            Column("request", N_("Request"), lambda row: Cell(say(words.REQUESTS[row[0].kind]), url=f"/requests/{row[0].ref}", hint=row[0].ref), sort=table.c.kind),
            Column("account", N_("Account"), lambda row: row[1].account_ref, sort=Account.__table__.c.account_ref),
            *(agency if of_bank else ()),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="request", sort=table.c.state),
            Column("amount", N_("Amount"), lambda row: Cell(row[0].amount if row[0].amount is not None else row[0].waived, currency=row[1].currency), kind="money", sort=table.c.amount),
            Column("delegated", N_("By"), lambda row: _decider(row[0], say)),
            Column("asked", N_("Asked"), lambda row: row[0].asked_at, kind="instant", sort=table.c.asked_at),
            Column("due", N_("Answer due"), lambda row: _due(row[0]), kind="instant", sort=table.c.due_at),
        ),
        filters=(
            Filter("kind", N_("Kind"), lambda value: Request.kind == value if value in set(RequestKind) else None, kind="choice",
                   choices=tuple((code.value, words.REQUESTS[code]) for code in RequestKind)),
            Filter("state", N_("State"), lambda value: Request.state == value if value in set(RequestState) else None, kind="choice", choices=states),
            *(by_agency if of_bank else ()),
        ),
        search=queries.matching,
        empty={"title": N_("No requests"), "text": N_("An agency asks on the page of a placement or through the API; what it asks for appears here with its answer.")},
    )  # fmt: skip


def _decider(found: Request, say: Say) -> str | None:
    return say(N_("The contract")) if found.delegated else found.decided_by


def _due(found: Request) -> Cell | None:
    if found.state is not RequestState.ASKED:
        return None
    return Cell(found.due_at, tone="bad" if found.due_at < clock.now() else None)


def asked(found: Request, say: Say) -> list[dict[str, Any]]:
    """The terms of a request as facts."""
    currency = found.account.currency
    told: list[dict[str, Any]] = [
        {"label": say(N_("Amount to be paid")), "value": found.amount, "kind": "money", "currency": currency},
        {"label": say(N_("Interest and fees to waive")), "value": found.waived, "kind": "money", "currency": currency},
        {"label": say(N_("Monthly instalments")), "value": found.instalments, "kind": "count"},
        {"label": say(N_("First payment due")), "value": found.first_due_on, "kind": "date"},
        {"label": say(N_("Days longer")), "value": found.days, "kind": "count"},
        {"label": say(N_("Does the person want to pay?")), "value": say(words.WILLINGNESS[found.willingness])},
        {"label": say(N_("Can the person pay?")), "value": say(words.ABILITY[found.ability])},
        *({"label": str(name), "value": str(value)} for name, value in found.further.items()),
    ]
    return [fact for fact in told if fact["value"] is not None]


def beyond(why: Mapping[str, Any], say: Say) -> str:
    """A limit that a request exceeds, in words."""
    told = {name: say(words.HOLDS[value]) if name == "kind" else value for name, value in why.items()}
    return say(words.BEYOND[why["code"]]) % told


def deliveries(actor: Actor, say: Say) -> ListSpec:
    """What each plan brought to each agency, newest first, with control totals and how far it was answered."""
    table, of_bank = Plan.__table__, actor.agency_id is None
    agency = (Column("agency", N_("Agency"), lambda row: row[1].code, sort=Agency.__table__.c.code),)
    return ListSpec(
        page="deliveries", key=table.c.id, order="-placed",
        columns=(
            Column("delivery", N_("Delivery"), lambda row: Cell(row[0].ref, url=f"/deliveries/{row[0].ref}/{row[1].code}.csv")),
            *(agency if of_bank else ()),
            Column("placed", N_("Placed"), lambda row: row[0].placed_at, kind="instant", sort=table.c.placed_at),
            Column("accounts", N_("Accounts"), lambda row: row[4], kind="count"),
            Column("balance", N_("Balance"), lambda row: Cell(row[5], currency=row[3]), kind="money"),
            Column("waiting", N_("Not acknowledged"), lambda row: Cell(row[6], tone="warn" if row[6] else None), kind="count"),
            Column("refused", N_("Refused"), lambda row: row[7], kind="count"),
            Column("differing", N_("Balances differ"), lambda row: Cell(row[8], tone="warn" if row[8] else None), kind="count"),
            Column("until", N_("Answer until"), lambda row: _until(row), kind="instant"),
        ),
        filters=((Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),) if of_bank else ()),
        empty={"title": N_("Nothing was delivered yet"), "text": N_("What a plan places with an agency appears here, with its control totals.")},
    )  # fmt: skip


def _until(row: Any) -> Cell | None:
    if row[0].placed_at is None:
        return None
    until: datetime = row[0].placed_at + timedelta(days=row[2])
    return Cell(until, tone="bad" if row[6] and until < clock.now() else None)


def proposals(say: Say) -> ListSpec:
    """Proposals to recall, newest first: (proposal, agency)."""
    table = Proposal.__table__
    return ListSpec(
        page="proposals", key=table.c.id, order="-proposed",
        columns=(
            Column("proposal", N_("Proposal"), lambda row: Cell(say(words.POLICIES[row[0].policy]), url=f"/recalls/proposals/{row[0].ref}", hint=row[0].ref), sort=table.c.policy),
            Column("agency", N_("Agency"), lambda row: row[1].code, sort=Agency.__table__.c.code),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="proposal", sort=table.c.state),
            Column("accounts", N_("Accounts"), lambda row: row[0].accounts, kind="count", sort=table.c.accounts),
            Column("proposed", N_("Proposed"), lambda row: row[0].proposed_at, kind="instant", sort=table.c.proposed_at),
            Column("decided_by", N_("Decided by"), lambda row: row[0].decided_by),
        ),
        filters=(
            Filter("state", N_("State"), lambda value: Proposal.state == value if value in set(ProposalState) else None, kind="choice",
                   choices=tuple((state.value, str(STATES["proposal"][state].label)) for state in ProposalState)),
            Filter("policy", N_("Policy"), lambda value: Proposal.policy == value, kind="choice", choices=tuple(words.POLICIES.items())),
        ),
        empty={"title": N_("Nothing is proposed"), "text": N_("Every night the policies look for accounts that should be recalled; a person decides.")},
    )  # fmt: skip


def proposed(say: Say) -> ListSpec:
    """The accounts of a proposal: (placement, account, line)."""
    table = Placement.__table__
    return ListSpec(
        page="proposed", key=table.c.id, order="account",
        columns=(
            Column("account", N_("Account"), lambda row: Cell(row[1].account_ref, url=f"/placements/{row[0].ref}", hint=row[0].ref), sort=Account.__table__.c.account_ref),
            Column("state", N_("State"), lambda row: row[0].state.value, kind="state", subject="placement", sort=table.c.state),
            Column("balance", N_("Balance"), lambda row: Cell(row[1].balance, currency=row[1].currency), kind="money", sort=Account.__table__.c.balance),
            Column("placed", N_("Placed"), lambda row: row[0].placed_at, kind="instant", sort=table.c.placed_at),
            Column("due_back", N_("Due back"), lambda row: row[0].due_back_on, kind="date", sort=table.c.due_back_on),
            Column("why", N_("Figures"), lambda row: _figures(row[2], say)),
        ),
        empty={"title": N_("No accounts"), "text": N_("None of these accounts is proposed any more.")},
    )  # fmt: skip


def _figures(line: ProposalLine, say: Say) -> str | None:
    why = line.why
    if "keep" in why:
        return say(N_("stays: %(keep)s, moves: %(move)s")) % why
    if "days" in why:
        return say(N_("%(days)s days without an attempt")) % why
    return ", ".join(str(one.get("credential", "")) for one in why.get("missing", ())) or None


def steps(say: Say) -> ListSpec:
    """What happens next to accounts that came back, the soonest first: (step, placement, account, agency, owner)."""
    table = NextStep.__table__
    done = {"yes": NextStep.done_at.is_not(None), "no": NextStep.done_at.is_(None)}
    return ListSpec(
        page="returned", key=table.c.placement_id, order="due",
        columns=(
            Column("account", N_("Account"), lambda row: Cell(row[2].account_ref, url=f"/accounts/{row[2].account_ref}", hint=row[1].ref), sort=Account.__table__.c.account_ref),
            Column("step", N_("Next step"), lambda row: say(words.STEPS[row[0].step]), sort=table.c.step),
            Column("role", N_("Whose"), lambda row: Cell(row[4] or str(role_name(row[0].role.value)), hint=str(role_name(row[0].role.value)) if row[4] else None), sort=table.c.role),
            Column("agency", N_("Came from"), lambda row: row[3].code, sort=Agency.__table__.c.code),
            Column("ended", N_("Ended"), lambda row: row[0].opened_at, kind="instant", sort=table.c.opened_at),
            Column("due", N_("Due"), lambda row: Cell(row[0].due_on, tone="bad" if not row[0].done_at and row[0].due_on < clock.today() else None), kind="date", sort=table.c.due_on),
            Column("done", N_("Done"), lambda row: Cell(row[0].done_at, hint=row[0].done_by), kind="instant", sort=table.c.done_at),
        ),
        filters=(
            Filter("step", N_("Next step"), lambda value: NextStep.step == value if value in set(Step) else None, kind="choice", choices=tuple((code.value, words.STEPS[code]) for code in Step)),
            Filter("role", N_("Whose"), lambda value: NextStep.role == value if value in set(Role) else None, kind="choice",
                   choices=tuple((role.value, str(role_name(role.value))) for role in (Role.VENDOR_MANAGER, Role.COMPLIANCE))),
            Filter("done", N_("Done"), done.get, kind="bool"),
        ),
        search=queries.matching,
        empty={"title": N_("Nothing came back"), "text": N_("An account whose placement ends appears here with its next step and whose it is.")},
    )  # fmt: skip


def deletions(actor: Actor, say: Say) -> ListSpec:
    """Proofs of deletion, the soonest first: (deletion, placement, account, agency)."""
    table, of_bank = Deletion.__table__, actor.agency_id is None
    proved = {"yes": Deletion.proved_at.is_not(None), "no": Deletion.proved_at.is_(None)}
    agency = (Column("agency", N_("Agency"), lambda row: row[3].code, sort=Agency.__table__.c.code),)
    by_agency = (Filter("agency", N_("Agency"), lambda value: Agency.code == value.upper()),)
    return ListSpec(
        page="deletions", key=table.c.placement_id, order="due",
        columns=(
            Column("account", N_("Account"), lambda row: Cell(row[2].account_ref, url=f"/accounts/{row[2].account_ref}" if of_bank else None, hint=row[1].ref), sort=Account.__table__.c.account_ref),
            *(agency if of_bank else ()),
            Column("ended", N_("Ended"), lambda row: row[1].ended_at, kind="instant", sort=Placement.__table__.c.ended_at),
            Column("due", N_("Due"), lambda row: Cell(row[0].due_on, tone="bad" if not row[0].proved_at and row[0].due_on < clock.today() else None), kind="date", sort=table.c.due_on),
            Column("deleted", N_("Deleted on"), lambda row: row[0].deleted_on, kind="date", sort=table.c.deleted_on),
            Column("proved", N_("Proved"), lambda row: Cell(row[0].proved_at, hint=row[0].proved_by), kind="instant", sort=table.c.proved_at),
            Column("method", N_("How"), lambda row: Cell(row[0].method or None, url=f"/deletions/{row[1].ref}/certificate" if row[0].certificate_id else None)),
        ),
        filters=(Filter("proved", N_("Proved"), proved.get, kind="bool"), *(by_agency if of_bank else ())),
        empty={"title": N_("No proofs are owed"), "text": N_("When a placement ends, its agency has thirty days to delete what it holds of the person and to prove it.")},
    )  # fmt: skip
