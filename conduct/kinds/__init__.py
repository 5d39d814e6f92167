"""The kinds of rules: one mechanism a kind, compiled from a rule's parameters to a check of a person's timeline.

A kind knows no rule by name. What two rules of a kind do differently stands in their parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conduct.kinds import (
    amount_limit,
    cooldown_after,
    credential_required,
    deadline_after_event,
    document_content,
    forbidden_act,
    forbidden_after_event,
    forbidden_party,
    frequency_cap,
    legal_timing,
    manual_review,
    modifier,
    periodic_duty,
    required_before,
    required_field,
    retention,
    time_window,
)
from conduct.kinds.check import Kind

KINDS: Final[Mapping[str, Kind]] = {
    "amount_limit": amount_limit.KIND,
    "cooldown_after": cooldown_after.KIND,
    "credential_required": credential_required.KIND,
    "deadline_after_event": deadline_after_event.KIND,
    "document_content": document_content.KIND,
    "forbidden_act": forbidden_act.KIND,
    "forbidden_after_event": forbidden_after_event.KIND,
    "forbidden_party": forbidden_party.KIND,
    "frequency_cap": frequency_cap.KIND,
    "legal_timing": legal_timing.KIND,
    "manual_review": manual_review.KIND,
    "modifier": modifier.KIND,
    "periodic_duty": periodic_duty.KIND,
    "required_before": required_before.KIND,
    "required_field": required_field.KIND,
    "retention": retention.KIND,
    "time_window": time_window.KIND,
}
