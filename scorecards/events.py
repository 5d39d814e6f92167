"""How the audit trail names the acts of the scorecards floor."""

from __future__ import annotations

SCORED = "scorecards.period.scored"
SUBMITTED = "scorecards.scorecard.submitted"
SIGNED = "scorecards.scorecard.signed"
RETURNED = "scorecards.scorecard.returned"
PUBLISHED = "scorecards.scorecard.published"
RESTATED = "scorecards.scorecard.restated"
