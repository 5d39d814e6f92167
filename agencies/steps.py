"""The moves of an agency's life as people take them: what each leads to, who may take it, and what is asked before. A table, no web."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agencies import vetting
from agencies.models import MOVES, Agency, AgencyStatus
from portal.errors import N_
from portal.permissions import Actor


@dataclass(frozen=True, slots=True)
class Step:
    """One move: its act, its name in addresses, its button and the question before it as msgids."""

    name: str
    act: Callable[..., Agency]
    after: AgencyStatus
    permission: str
    label: str
    question: str
    tone: str = "secondary"


STEPS = {
    step.name: step
    for step in (
        Step(
            "submit",
            vetting.submit,
            AgencyStatus.IN_REVIEW,
            "agencies.manage",
            N_("Hand in for review"),
            N_("An approver who had no hand in it decides on the agency."),
            "primary",
        ),
        Step(
            "approve",
            vetting.approve,
            AgencyStatus.APPROVED,
            "agencies.decide",
            N_("Approve the agency"),
            N_("The agency may receive accounts wherever its papers and its contract allow it."),
            "primary",
        ),
        Step(
            "probation",
            vetting.put_on_probation,
            AgencyStatus.PROBATION,
            "agencies.decide",
            N_("Put on probation"),
            N_("The agency may receive accounts up to the number you write here."),
        ),
        Step(
            "decline",
            vetting.decline,
            AgencyStatus.DECLINED,
            "agencies.decide",
            N_("Decline the agency"),
            N_("The application ends here. This cannot be taken back."),
            "danger",
        ),
        Step(
            "reinstate",
            vetting.reinstate,
            AgencyStatus.REINSTATED,
            "agencies.suspend",
            N_("Reinstate the agency"),
            N_("The agency may receive accounts again."),
        ),
        Step(
            "suspend",
            vetting.suspend,
            AgencyStatus.SUSPENDED,
            "agencies.suspend",
            N_("Suspend the agency"),
            N_("No new account goes to the agency from now on."),
            "danger",
        ),
        Step(
            "exit",
            vetting.begin_exit,
            AgencyStatus.EXITING,
            "agencies.manage",
            N_("Begin the exit"),
            N_("The agency receives nothing more and gives back what it holds."),
            "danger",
        ),
        Step(
            "finish",
            vetting.finish_exit,
            AgencyStatus.EXITED,
            "agencies.manage",
            N_("Finish the exit"),
            N_("Nobody of the agency may enter the portal any more. This cannot be taken back."),
            "danger",
        ),
    )
}


def open_to(actor: Actor, agency: Agency, *, had_a_hand: bool) -> list[Step]:
    """The moves this actor may make now. Who had a hand in an application is not offered to let it in."""
    barred = {AgencyStatus.APPROVED, AgencyStatus.PROBATION} if had_a_hand else set()
    possible = MOVES[agency.status] - barred
    return [step for step in STEPS.values() if step.after in possible and actor.may(step.permission)]
