"""The words people read for states, roles and severities, each with the tone its badge is shown in.

The codes are the contract's (sections 2 and 5) and never change with the language; the words do. Templates reach these functions
as globals of the Jinja environment; anything else that shows a state to a person (mail, PDF) uses the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


class Tone(StrEnum):
    """How a thing stands, for the eye: at rest, under way, well, wanting attention, gone wrong."""

    NEUTRAL = "neutral"
    INFO = "info"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Word:
    """What a person reads for a code, in the reader's language, and the tone it is said in."""

    label: LazyString | str
    tone: Tone = Tone.NEUTRAL


STATES: dict[str, dict[str, Word]] = {
    "agency": {
        "applicant": Word(_("Applicant")),
        "in_review": Word(_("In review"), Tone.INFO),
        "approved": Word(_("Approved"), Tone.GOOD),
        "declined": Word(_("Declined"), Tone.BAD),
        "probation": Word(_("Probation"), Tone.WARN),
        "suspended": Word(_("Suspended"), Tone.BAD),
        "reinstated": Word(_("Reinstated"), Tone.GOOD),
        "exiting": Word(_("Exiting"), Tone.WARN),
        "exited": Word(_("Exited")),
    },
    "credential": {
        "requested": Word(_("Requested"), Tone.WARN),
        "submitted": Word(_("Submitted"), Tone.INFO),
        "verified": Word(_("Verified"), Tone.GOOD),
        "refused": Word(_("Refused"), Tone.BAD),
        "expired": Word(_("Expired"), Tone.BAD),
        "withdrawn": Word(_("Withdrawn")),
    },
    "disclosure": {
        "declared": Word(_("Not checked"), Tone.INFO),
        "accepted": Word(_("Accepted"), Tone.GOOD),
        "rejected": Word(_("Rejected"), Tone.BAD),
        "withdrawn": Word(_("Withdrawn")),
    },
    "review": {
        "open": Word(_("Being answered"), Tone.INFO),
        "handed_in": Word(_("Handed in"), Tone.INFO),
        "recommended": Word(_("Before the committee"), Tone.INFO),
        "approved": Word(_("Approved"), Tone.GOOD),
        "conditional": Word(_("Approved on conditions"), Tone.WARN),
        "declined": Word(_("Declined"), Tone.BAD),
    },
    "answer": {
        "answered": Word(_("Answered"), Tone.INFO),
        "accepted": Word(_("Accepted"), Tone.GOOD),
        "more": Word(_("More is asked"), Tone.WARN),
        "declined": Word(_("Declined"), Tone.BAD),
    },
    "condition": {
        "open": Word(_("Open"), Tone.WARN),
        "met": Word(_("Met"), Tone.GOOD),
        "waived": Word(_("Waived")),
    },
    "document_request": {
        "asked": Word(_("Asked"), Tone.WARN),
        "answered": Word(_("Answered"), Tone.INFO),
        "accepted": Word(_("Accepted"), Tone.GOOD),
        "cancelled": Word(_("Cancelled")),
    },
    "register": {
        "good": Word(_("In order"), Tone.GOOD),
        "ended": Word(_("Ended at the register"), Tone.BAD),
        "unclear": Word(_("To be judged"), Tone.WARN),
        "absent": Word(_("Not in the register"), Tone.WARN),
        "silent": Word(_("No answer"), Tone.WARN),
    },
    "screening": {
        "open": Word(_("To be decided"), Tone.WARN),
        "same": Word(_("The same"), Tone.BAD),
        "other": Word(_("Not the same"), Tone.GOOD),
    },
    "adverse": {
        "open": Word(_("To be acknowledged"), Tone.WARN),
        "acknowledged": Word(_("Acknowledged"), Tone.GOOD),
    },
    "plan": {
        "draft": Word(_("Draft")),
        "submitted": Word(_("Submitted"), Tone.INFO),
        "approved": Word(_("Approved"), Tone.GOOD),
        "returned": Word(_("Sent back"), Tone.WARN),
        "placed": Word(_("Placed"), Tone.GOOD),
        "cancelled": Word(_("Cancelled")),
    },
    "placement": {
        "placed": Word(_("Placed"), Tone.INFO),
        "acknowledged": Word(_("Acknowledged"), Tone.GOOD),
        "refused": Word(_("Refused"), Tone.BAD),
        "recall_pending": Word(_("Recall pending"), Tone.WARN),
        "kept": Word(_("Kept"), Tone.GOOD),
        "recalled": Word(_("Recalled")),
        "returned": Word(_("Returned")),
        "closed": Word(_("Closed")),
    },
    "request": {
        "asked": Word(_("Asked"), Tone.WARN),
        "answered": Word(_("Answered"), Tone.INFO),
        "granted": Word(_("Granted"), Tone.GOOD),
        "refused": Word(_("Refused"), Tone.BAD),
        "closed": Word(_("Closed")),
    },
    "arrangement": {
        "running": Word(_("Running"), Tone.INFO),
        "kept": Word(_("Kept"), Tone.GOOD),
        "broken": Word(_("Broken"), Tone.BAD),
        "cancelled": Word(_("Cancelled")),
    },
    "proposal": {
        "open": Word(_("Open"), Tone.WARN),
        "accepted": Word(_("Accepted"), Tone.GOOD),
        "dismissed": Word(_("Dismissed")),
    },
    "right": {
        "open": Word(_("Open"), Tone.WARN),
        "done": Word(_("Done"), Tone.GOOD),
        "refused": Word(_("Refused"), Tone.BAD),
    },
    "report": {
        "received": Word(_("Received"), Tone.INFO),
        "reading": Word(_("Reading"), Tone.INFO),
        "accepted": Word(_("Accepted"), Tone.GOOD),
        "partly_accepted": Word(_("Partly accepted"), Tone.WARN),
        "rejected": Word(_("Rejected"), Tone.BAD),
    },
    "breach": {
        "found": Word(_("Found"), Tone.WARN),
        "confirmed": Word(_("Confirmed"), Tone.BAD),
        "dismissed": Word(_("Dismissed")),
        "escalated": Word(_("Escalated"), Tone.BAD),
    },
    "complaint": {
        "open": Word(_("Open"), Tone.WARN),
        "answered": Word(_("Answered"), Tone.INFO),
        "closed": Word(_("Closed")),
    },
    "statement": {
        "draft": Word(_("Draft")),
        "issued": Word(_("Issued"), Tone.INFO),
        "disputed": Word(_("Disputed"), Tone.WARN),
        "agreed": Word(_("Agreed"), Tone.GOOD),
        "paid": Word(_("Paid"), Tone.GOOD),
    },
    "scorecard": {
        "draft": Word(_("Draft")),
        "in_review": Word(_("In review"), Tone.INFO),
        "signed": Word(_("Signed"), Tone.INFO),
        "published": Word(_("Published"), Tone.GOOD),
        "appealed": Word(_("Appealed"), Tone.WARN),
        "restated": Word(_("Restated")),
    },
    "break": {
        "open": Word(_("Open"), Tone.WARN),
        "resolved": Word(_("Cleared up"), Tone.GOOD),
    },
    "break_kind": {
        "claim_without_payment": Word(_("Claimed, not booked")),
        "payment_without_claim": Word(_("Booked, not claimed")),
        "amount_differs": Word(_("Amounts differ")),
        "balance_differs": Word(_("Balances differ")),
        "not_held": Word(_("Not placed there")),
        "missing_from_inventory": Word(_("Missing from the inventory")),
    },
    "credit": {
        "in_placement": Word(_("In the placement"), Tone.GOOD),
        "in_transit": Word(_("Under way before")),
        "tail": Word(_("Promised before the end"), Tone.GOOD),
        "not_placed": Word(_("Not placed")),
        "reversal": Word(_("Reversal"), Tone.WARN),
        "misplaced": Word(_("Misplaced")),
    },
    "activity": {
        "accepted": Word(_("Accepted"), Tone.GOOD),
        "replaced": Word(_("Corrected")),
        "evidence": Word(_("Evidence only"), Tone.WARN),
    },
    "promise": {
        "waiting": Word(_("Waiting"), Tone.INFO),
        "due": Word(_("Due"), Tone.WARN),
        "kept": Word(_("Kept"), Tone.GOOD),
        "broken": Word(_("Broken"), Tone.BAD),
        "unclear": Word(_("Unclear")),
    },
    "legal": {
        "open": Word(_("Open"), Tone.INFO),
        "met": Word(_("Met"), Tone.GOOD),
        "late": Word(_("Not in time"), Tone.BAD),
        "missed": Word(_("Missed"), Tone.BAD),
        "over": Word(_("Waiting time is over")),
    },
    "expected_file": {
        "awaited": Word(_("Awaited"), Tone.INFO),
        "overdue": Word(_("Overdue"), Tone.WARN),
        "on_time": Word(_("On time"), Tone.GOOD),
        "late": Word(_("Late"), Tone.WARN),
        "missing": Word(_("Missing"), Tone.BAD),
    },
    "feed": {
        "none": Word(_("No certificate"), Tone.BAD),
        "trial": Word(_("On trial"), Tone.INFO),
        "bronze": Word(_("Bronze"), Tone.GOOD),
        "silver": Word(_("Silver"), Tone.GOOD),
        "gold": Word(_("Gold"), Tone.GOOD),
    },
    "task": {
        "open": Word(_("Open"), Tone.WARN),
        "done": Word(_("Done"), Tone.GOOD),
        "cancelled": Word(_("Cancelled")),
    },
    "person": {
        "invited": Word(_("Invited"), Tone.INFO),
        "active": Word(_("Active"), Tone.GOOD),
        "disabled": Word(_("Disabled"), Tone.BAD),
    },
    "key": {
        "live": Word(_("Live"), Tone.GOOD),
        "expired": Word(_("Expired"), Tone.WARN),
        "revoked": Word(_("Revoked"), Tone.BAD),
    },
    "webhook": {
        "on": Word(_("On"), Tone.GOOD),
        "off": Word(_("Off"), Tone.BAD),
    },
    "delivery": {
        "waiting": Word(_("Waiting"), Tone.INFO),
        "delivered": Word(_("Delivered"), Tone.GOOD),
        "failed": Word(_("Failed"), Tone.BAD),
    },
    "run": {
        "running": Word(_("Running"), Tone.INFO),
        "ok": Word(_("Done"), Tone.GOOD),
        "failed": Word(_("Failed"), Tone.BAD),
    },
    "work": {
        "queued": Word(_("Queued")),
        "running": Word(_("Running"), Tone.INFO),
        "done": Word(_("Done"), Tone.GOOD),
        "failed": Word(_("Failed"), Tone.BAD),
    },
}

SEVERITIES: dict[str, Word] = {
    "info": Word(_("Info")),
    "low": Word(_("Low"), Tone.INFO),
    "medium": Word(_("Medium"), Tone.WARN),
    "high": Word(_("High"), Tone.BAD),
    "critical": Word(_("Critical"), Tone.BAD),
}

ROLES: dict[str, LazyString] = {
    "vendor_manager": _("Vendor manager"),
    "approver": _("Approver"),
    "compliance": _("Compliance"),
    "agency_manager": _("Agency manager"),
    "agency_user": _("Agency user"),
    "auditor": _("Auditor"),
    "admin": _("Administrator"),
}


def state_word(subject: str, state: str) -> Word:
    """The word for a state of a subject (`agency`, `plan`, …). KeyError for a subject or state that has no word."""
    return STATES[subject][state]


def severity_word(severity: str) -> Word:
    """The word for the severity of a rule or finding. KeyError if there is none."""
    return SEVERITIES[severity]


def role_name(role: str) -> LazyString:
    """What a role is called. KeyError for an unknown one."""
    return ROLES[role]
