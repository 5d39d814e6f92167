"""Acts: the checklist of an agency's exit. Each step is done once, by whom the table says; the exit ends when all are.

What a higher floor knows (that no account is left, that the final statement is paid) it tells by calling `do_step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agencies.diligence import queries
from agencies.diligence.models import ExitStep
from agencies.events import EXIT_STEP_DONE
from agencies.models import Agency, AgencyStatus
from portal import access, audit, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Invalid
from portal.files import StoredFile
from portal.people import Role
from portal.permissions import Actor, Kind

DONE_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is called, who does it (no permission: the portal itself), whether it needs a document."""

    name: str
    label: str
    permission: str | None
    needs_evidence: bool = False


STEPS = {
    step.name: step
    for step in (
        Step("accounts", N_("Every account is back"), None),
        Step("statement", N_("The final statement is settled"), "agencies.manage"),
        Step("data", N_("The bank's data is returned"), "agencies.manage"),
        Step("destruction", N_("The certificate of destruction is here"), "exit.certify", needs_evidence=True),
        Step("access", N_("Access of its people and keys has ended"), "agencies.manage"),
    )
}


def begin(session: Session, actor: Actor, agency: Agency, *, at: datetime) -> None:
    """Ask both sides for their part."""
    link = f"/agencies/{agency.code}/exit"
    tasks.open_task(
        session, "exit.finish", f"agency:{agency.code}", N_("Lead %(agency)s through its exit"), link=link, role=Role.VENDOR_MANAGER,
        due_at=at + DONE_WITHIN, agency=agency.code,
    )  # fmt: skip
    tasks.open_task(
        session, "exit.certify", f"agency:{agency.code}", N_("Send in the certificate that the bank's data is destroyed"), link=link,
        role=Role.AGENCY_MANAGER, agency_id=agency.id, due_at=at + DONE_WITHIN,
    )  # fmt: skip


def do_step(
    session: Session,
    actor: Actor,
    agency: Agency,
    name: str,
    *,
    note: str,
    evidence: StoredFile | None = None,
    at: datetime,
) -> ExitStep:
    """Do one step. "access" ends the access of everybody of the agency and its keys at once.

    Raises Conflict where the agency is not leaving or the step is done, Invalid without note or document.
    """
    step = STEPS[name]
    session.refresh(agency, with_for_update=True)
    if agency.status is not AgencyStatus.EXITING:
        raise Conflict(N_("This agency is not leaving."))
    if actor.kind is not Kind.SYSTEM:
        if step.permission is None:
            raise Conflict(N_("The portal ticks this itself."))
        actor.must(step.permission)
    if not note.strip():
        message = N_("Write what was done.")
        raise Invalid(message, fields={"note": message})
    if step.needs_evidence and evidence is None:
        message = N_("Add the document that proves it.")
        raise Invalid(message, fields={"evidence": message})
    made = ExitStep(
        agency_id=agency.id, step=name, done_at=at, done_by=actor.label, note=note.strip(), evidence_id=evidence.id if evidence else None
    )  # fmt: skip
    with unique_or_conflict(session, N_("This step is done already.")):
        session.add(made)
    if name == "access":
        access.end_tenant(session, actor, agency.id, at=at)
    if name == "destruction":
        tasks.close_tasks(session, f"agency:{agency.code}", actor, kind="exit.certify")
    audit.record(
        session, actor, EXIT_STEP_DONE, f"agency:{agency.code}", step=name, note=note.strip(),
        sha256=evidence.sha256 if evidence else None,
    )  # fmt: skip
    return made


def require_all(session: Session, actor: Actor, agency: Agency) -> None:
    """Raise Conflict naming the first step that is not done. The system itself (taking over a panel) is no person and is let pass."""
    done = queries.exit_steps(session, agency.id)
    missing = next((step for name, step in STEPS.items() if name not in done), None)
    if missing is not None and actor.kind is not Kind.SYSTEM:
        raise Conflict(N_("A step of the exit is not done: %(step)s."), step=missing.label)
    tasks.close_tasks(session, f"agency:{agency.code}", actor, kind="exit.finish")
