"""What excuses a row from a ban: its purpose, its party, or a word it gives as its reason.

A word excuses when the row names it as `details.exception`, `details.permitted_notice` or `details.step`, or says yes to
it by its own name (`details.required_by_law`).
"""

from __future__ import annotations

from collections.abc import Collection

from conduct.dossier import Row
from conduct.facts import is_yes, items

_REASONS = ("exception", "permitted_notice", "step")

# Exceptions that are mechanisms of a kind, not words a row could give as its reason.
_MECHANISMS = frozenset(
    {"one_optout_confirmation", "one_reply_in_that_medium", "reply_on_same_contact", "later_preference_replaces"}
)


class Exceptions:
    """The exceptions of one rule."""

    def __init__(self, tokens: Collection[str]) -> None:
        self._purposes = frozenset(token.partition(":")[2] for token in tokens if token.startswith("purpose:"))
        self._parties = frozenset(token.partition(":")[2] for token in tokens if token.startswith("party:"))
        self._words = frozenset(token for token in tokens if ":" not in token) - _MECHANISMS

    def excuse(self, row: Row) -> bool:
        """True when the row is excused."""
        if row.purpose in self._purposes or row.who in self._parties:
            return True
        return bool(row.details) and bool(self._words) and self._gives_a_reason(row)

    def _gives_a_reason(self, row: Row) -> bool:
        given = {str(word) for key in _REASONS for word in items(row.details.get(key))}
        return bool(given & self._words) or any(is_yes(row.details.get(word)) for word in self._words)
