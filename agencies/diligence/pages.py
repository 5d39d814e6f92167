"""How far a due diligence is, as values that a page draws: its steps, and the tally of a section's answers."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from agencies.diligence.models import Answer, AnswerState, Review, ReviewState
from agencies.diligence.readiness import Picture
from portal.words_states import state_word

ORDER = (ReviewState.OPEN, ReviewState.HANDED_IN, ReviewState.RECOMMENDED)


def progress(review: Review, picture: Picture | None, *, of_bank: bool) -> list[dict[str, str]]:
    """The steps of a review as the stepper takes them. Who recommended what is the bank's to know."""
    reached = ORDER.index(review.state) if review.state in ORDER else len(ORDER)
    hints = [
        _("%(given)s of %(asked)s answered", given=len(picture.given), asked=len(picture.asked)) if picture else "",
        _("by %(name)s", name=review.handed_in_by) if reached == 1 else "",
        _("by %(name)s", name=review.recommended_by) if review.recommended_by and of_bank else "",
        str(state_word("review", review.state.value).label) if review.decided_at else "",
    ]
    labels = (_("Application"), _("Review"), _("Committee"), _("Decision"))
    return [
        {
            "label": label,
            "state": "done" if place < reached or review.decided_at else "current" if place == reached else "next",
            "hint": hint,
        }
        for place, (label, hint) in enumerate(zip(labels, hints, strict=True))
    ]


def tally(answers: Iterable[Answer | None]) -> dict[str, int]:
    """How many questions there are, how many are answered, accepted, and sent back or declined."""
    all_of_them = list(answers)
    states = [one.state for one in all_of_them if one is not None]
    return {
        "asked": len(all_of_them),
        "answered": len(states),
        "accepted": states.count(AnswerState.ACCEPTED),
        "back": states.count(AnswerState.MORE) + states.count(AnswerState.DECLINED),
    }
