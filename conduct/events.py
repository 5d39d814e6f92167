"""How the audit trail names the acts of the conduct floor."""

from __future__ import annotations

REPORT_CHECKED = "conduct.report.checked"
BREACHES_RECHECKED = "conduct.breaches.rechecked"
BREACH_WITHDRAWN = "conduct.breach.withdrawn"
BREACH_CONFIRMED = "conduct.breach.confirmed"
BREACH_DISMISSED = "conduct.breach.dismissed"
BREACH_ESCALATED = "conduct.breach.escalated"
COMPLAINT_OPENED = "conduct.complaint.opened"
COMPLAINT_UPDATED = "conduct.complaint.updated"
COMPLAINT_ANSWERED = "conduct.complaint.answered"
COMPLAINT_CLOSED = "conduct.complaint.closed"
LEGAL_FOLLOWED = "conduct.legal.followed"
