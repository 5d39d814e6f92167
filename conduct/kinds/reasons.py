"""Every reason a finding can give in `why`, so that the pages can be held to a sentence for each (docs/conduct.md)."""

from __future__ import annotations

from typing import Final

REASONS: Final = frozenset(
    {
        # what was done, and must not be
        "against_preference", "amount_below", "amount_exceeded", "asked_again", "asked_to_pay", "charged_in_moratorium",
        "complaint_open", "contacted_after_death", "date_moved", "debtor_not_lost", "deleted_early", "deposited_early",
        "deposited_without_notice", "disclosed", "envelope_not_private", "fee_without_ground", "field_wrong", "flagged",
        "forbidden_act", "forbidden_fact", "forbidden_payment", "forbidden_since_event", "forbidden_since_fact",
        "handled_by_the_accused", "inside_moratorium", "inside_the_pause", "no_consent", "no_reason_to_approach",
        "not_entrusted", "objected_in_time", "order_lapsed", "outside_window", "over_the_cap", "state_holiday",
        "step_not_taken", "vulnerable", "wrong_court",
        # what was not done, or not in time
        "done_late", "due_soon", "fact_missing", "follow_up_missing", "incident_told_late", "late", "late_release",
        "letter_missing", "never_done", "never_released", "not_after", "not_contacted_in_time",
        "not_done_before_contract_end", "not_in_the_notice", "not_on_or_before", "nothing_before", "notice_not_in_time",
        "overdue", "ran_past_closing", "renewal_late", "too_soon_after", "too_soon_after_refusal",
        # what a document or a credential lacks
        "amount_depends_on_volume", "amount_too_small", "asked_conditionally", "check_character_wrong",
        "collector_not_on_roster", "conditions_unmet", "credential_missing", "credential_too_late", "credential_too_old",
        "elements_besides", "elements_missing", "number_malformed", "period_short", "sum_wrong", "too_small",
        # what cannot be told, and so is a question
        "asked", "collector_unknown", "conditions_unknown", "credential_unclear", "credentials_unknown",
        "disclosure_unknown", "elements_unknown", "field_unknown", "guarantee_not_shown", "language_unknown",
        "limit_unknown", "number_unknown", "period_unknown", "place_unknown", "purpose_unknown", "reason_unknown",
        "reference_unknown", "start_unknown", "zone_unknown",
    }
)  # fmt: skip
