"""Rule: what still keeps a due diligence from being handed in, recommended and decided. Values in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agencies.diligence.models import AnswerState, DisclosureKind, DisclosureState, ReviewState
from agencies.diligence.questionnaires import Question
from agencies.diligence.scheme import Rating
from portal.errors import N_


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as far as this rule asks."""

    value: str
    has_evidence: bool
    state: AnswerState


@dataclass(frozen=True)
class Picture:
    """All that a review rests on, loaded by `queries.picture`."""

    rating: Rating
    has_profile: bool
    asked: Mapping[str, Question]
    given: Mapping[str, Given]
    disclosed: Mapping[DisclosureKind, tuple[DisclosureState, ...]]
    documents: frozenset[str]  # kinds accepted within the year
    visit_passed: bool
    lifted: frozenset[str]  # declined answers that a condition lets pass
    open_conditions: int
    recommended: ReviewState | None


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing: a msgid, how often, and for a document its kind."""

    text: str
    count: int = 1
    document: str = ""


def least(picture: Picture) -> dict[DisclosureKind, int]:
    """How many disclosures of each kind an application needs at least. Subcontractors there may be none."""
    kinds = dict.fromkeys(DisclosureKind, 1)
    return kinds | {DisclosureKind.SUBCONTRACTOR: 0, DisclosureKind.REFERENCE: picture.rating.tier.references}


TOO_FEW: dict[DisclosureKind, str] = {
    DisclosureKind.PRINCIPAL: N_("Name the principals: %(count)s more."),
    DisclosureKind.SITE: N_("Name the sites: %(count)s more."),
    DisclosureKind.SYSTEM: N_("Name the systems: %(count)s more."),
    DisclosureKind.POLICY: N_("Name the policies: %(count)s more."),
    DisclosureKind.REFERENCE: N_("Name references: %(count)s more."),
    DisclosureKind.BANK_ACCOUNT: N_("Name the bank account: %(count)s more."),
}


def before_hand_in(picture: Picture) -> list[Missing]:
    """What the agency still owes before its application or review can be handed in."""
    found = [] if picture.has_profile else [Missing(N_("The company profile is missing."))]
    if picture.has_profile and not picture.rating.is_complete:
        found.append(Missing(N_("The questions about risk are not all answered.")))
    for kind, number in least(picture).items():
        held = sum(state is not DisclosureState.REJECTED for state in picture.disclosed[kind])
        if held < number:
            found.append(Missing(TOO_FEW[kind], number - held))
    unanswered = len(picture.asked) - len(picture.given)
    if unanswered:
        found.append(Missing(N_("%(count)s questions are not answered."), unanswered))
    unproven = sum(picture.asked[code].evidence and not one.has_evidence for code, one in picture.given.items())
    if unproven:
        found.append(Missing(N_("%(count)s answers lack their document."), unproven))
    return found


def before_recommending(picture: Picture, outcome: ReviewState) -> list[Missing]:
    """What the reviewer still has to look at before recommending this outcome. Declining is possible at any time."""
    if outcome is ReviewState.DECLINED:
        return []
    found = before_hand_in(picture)
    for state, text in (
        (AnswerState.ANSWERED, N_("%(count)s answers wait for the reviewer.")),
        (AnswerState.MORE, N_("%(count)s answers were sent back for more.")),
    ):
        if number := sum(one.state is state for one in picture.given.values()):
            found.append(Missing(text, number))
    declined = {code for code, one in picture.given.items() if one.state is AnswerState.DECLINED}
    if unlifted := declined - picture.lifted:
        found.append(Missing(N_("%(count)s declined answers have no condition that lets them pass."), len(unlifted)))
    if unchecked := sum(s is DisclosureState.DECLARED for states in picture.disclosed.values() for s in states):
        found.append(Missing(N_("%(count)s disclosures are not checked."), unchecked))
    for document in picture.rating.tier.documents:
        if document not in picture.documents:
            found.append(Missing(N_("A document was not accepted yet: %(document)s."), document=document))
    if picture.rating.tier.site_visit and not picture.visit_passed:
        found.append(Missing(N_("The site has not been visited with good result.")))
    return [*found, *_fits(picture, outcome)]


def before_deciding(picture: Picture) -> list[Missing]:
    """What keeps the committee from letting the agency in: everything above, and the reviewer's recommendation."""
    outcome = ReviewState.CONDITIONAL if picture.open_conditions else ReviewState.APPROVED
    found = before_recommending(picture, outcome)
    if picture.recommended is None:
        found.append(Missing(N_("Nobody has recommended a decision yet.")))
    return found


def _fits(picture: Picture, outcome: ReviewState) -> list[Missing]:
    """An approval with open conditions is a conditional one, and the other way round."""
    if outcome is ReviewState.APPROVED and picture.open_conditions:
        return [Missing(N_("There are open conditions, so the approval is a conditional one."))]
    if outcome is ReviewState.CONDITIONAL and not picture.open_conditions:
        return [Missing(N_("Set the conditions first."))]
    return []
