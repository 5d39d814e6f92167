"""What the agencies floor tells others, and how the audit trail names its acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from agencies.models import AgencyStatus

AGENCY_ADDED = "agencies.agency.added"
AGENCY_CHANGED = "agencies.agency.changed"
STATUS_MOVED = "agencies.agency.moved"
STANDING_SET = "agencies.standing.set"
CREDENTIAL_REQUESTED = "agencies.credential.requested"
CREDENTIAL_SUBMITTED = "agencies.credential.submitted"
CREDENTIAL_TAKEN_OVER = "agencies.credential.taken_over"
CREDENTIAL_VERIFIED = "agencies.credential.verified"
CREDENTIAL_REFUSED = "agencies.credential.refused"
CREDENTIAL_WITHDRAWN = "agencies.credential.withdrawn"
CREDENTIAL_STOPPED = "agencies.credential.stopped"
CREDENTIAL_FREED = "agencies.credential.freed"
CREDENTIAL_EXPIRED = "agencies.credential.expired"
CREDENTIAL_NOTICED = "agencies.credential.noticed"
CREDENTIAL_CONFIRMED = "agencies.credential.confirmed"
EXEMPTION_PROPOSED = "agencies.exemption.proposed"
EXEMPTION_APPROVED = "agencies.exemption.approved"
EXEMPTION_DECLINED = "agencies.exemption.declined"
EXEMPTION_ENDED = "agencies.exemption.ended"
COLLECTOR_LINKED = "agencies.collector.linked"
COLLECTOR_ENTERED = "agencies.collector.entered"
COLLECTOR_SHUT_OUT = "agencies.collector.shut_out"
FILE_EXPORTED = "agencies.file.exported"
CONTRACT_DRAFTED = "agencies.contract.drafted"
CONTRACT_DISCARDED = "agencies.contract.discarded"
CONTRACT_APPROVED = "agencies.contract.approved"
CONTRACT_ENDED = "agencies.contract.ended"
APPLICANT_INVITED = "agencies.application.invited"
PROFILE_SAVED = "agencies.profile.saved"
DISCLOSED = "agencies.disclosure.declared"
DISCLOSURE_WITHDRAWN = "agencies.disclosure.withdrawn"
DISCLOSURE_CHECKED = "agencies.disclosure.checked"
BANK_ACCOUNT_SHOWN = "agencies.disclosure.shown"
REVIEW_OPENED = "agencies.review.opened"
REVIEW_RATED = "agencies.review.rated"
REVIEW_HANDED_IN = "agencies.review.handed_in"
REVIEW_RECOMMENDED = "agencies.review.recommended"
REVIEW_DECIDED = "agencies.review.decided"
ANSWERED = "agencies.answer.given"
ANSWER_JUDGED = "agencies.answer.judged"
CONDITION_SET = "agencies.condition.set"
CONDITION_REPORTED = "agencies.condition.reported"
CONDITION_CLOSED = "agencies.condition.closed"
VISIT_PLANNED = "agencies.visit.planned"
VISIT_REPORTED = "agencies.visit.reported"
EXIT_STEP_DONE = "agencies.exit.step_done"
DOCUMENT_ASKED = "agencies.document.asked"
DOCUMENT_ANSWERED = "agencies.document.answered"
DOCUMENT_JUDGED = "agencies.document.judged"
DOCUMENT_CANCELLED = "agencies.document.cancelled"
POLICY_PUBLISHED = "agencies.policy.published"
POLICY_ATTESTED = "agencies.policy.attested"
REGISTER_ENTERED = "agencies.register.entered"
REGISTER_ASKED = "agencies.register.asked"
REGISTER_ANSWERED = "agencies.register.answered"
REGISTER_SEEN = "agencies.register.seen"
NAME_WATCHED = "agencies.screening.watched"
NAME_LET_GO = "agencies.screening.let_go"
LIST_SCREENED = "agencies.screening.run"
HIT_DECIDED = "agencies.screening.decided"
ADVERSE_ENTERED = "agencies.adverse.entered"
ADVERSE_ACKNOWLEDGED = "agencies.adverse.acknowledged"
COMPLAINTS_ACKNOWLEDGED = "agencies.complaints.acknowledged"


@dataclass(frozen=True)
class AgencyStatusChanged:
    """An agency moved from one state of its life to another."""

    agency_id: int
    code: str
    before: AgencyStatus
    after: AgencyStatus
    reason: str
    at: datetime


@dataclass(frozen=True)
class AgencySuspended:
    """From now on an agency receives nothing. Said after AgencyStatusChanged."""

    agency_id: int
    code: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class AgencyExiting:
    """An agency began to leave: it gives back everything it holds. Said after AgencyStatusChanged."""

    agency_id: int
    code: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class CredentialLapsed:
    """An agency no longer has a credential for a place, and none that takes over from it: expired or withdrawn."""

    agency_id: int
    credential_ref: str
    code: str
    jurisdiction: str
    first_day_without: date


@dataclass(frozen=True)
class CredentialGained:
    """A credential was verified, or an exemption approved: what was missing for this place may be there again."""

    agency_id: int
    code: str
    jurisdiction: str
    at: datetime


@dataclass(frozen=True)
class RosterLoaded:
    """A file of collectors was read to its end."""

    report_id: int | None  # none: entered on the page
    agency_id: int
