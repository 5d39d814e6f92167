"""Every state, severity and role of the contract has a word and a tone."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from portal.people import Role
from portal.words_states import ROLES, STATES, Tone, role_name, severity_word, state_word

CONTRACT = {
    "agency": "applicant in_review approved declined probation suspended exiting reinstated exited",
    "credential": "requested submitted verified refused expired withdrawn",
    "plan": "draft submitted approved returned placed cancelled",
    "placement": "placed acknowledged refused recall_pending kept recalled returned closed",
    "request": "asked answered granted refused closed",
    "breach": "found confirmed dismissed escalated",
    "complaint": "open answered closed",
    "statement": "draft issued disputed agreed paid",
    "scorecard": "draft in_review signed published appealed restated",
    "report": "received reading accepted partly_accepted rejected",
}


@pytest.mark.parametrize("subject", CONTRACT)
def test_every_state_of_the_contract_has_a_word_and_no_other(subject: str) -> None:
    assert set(STATES[subject]) == set(CONTRACT[subject].split())


@pytest.mark.parametrize(("subject", "state", "tone"), [
    ("agency", "suspended", Tone.BAD),
    ("credential", "expired", Tone.BAD),
    ("placement", "recall_pending", Tone.WARN),
    ("plan", "draft", Tone.NEUTRAL),
    ("statement", "paid", Tone.GOOD),
])  # fmt: skip
def test_the_tone_says_how_it_stands(subject: str, state: str, tone: Tone) -> None:
    assert state_word(subject, state).tone is tone


def test_a_returned_plan_and_a_returned_placement_are_not_the_same_word() -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context(), force_locale("en"):
        assert str(state_word("plan", "returned").label) == "Sent back"
        assert str(state_word("placement", "returned").label) == "Returned"


def test_an_unknown_state_is_a_mistake_that_shows() -> None:
    with pytest.raises(KeyError):
        state_word("plan", "sideways")
    with pytest.raises(KeyError):
        severity_word("dreadful")


def test_every_role_has_a_name() -> None:
    assert set(ROLES) == {role.value for role in Role}
    assert role_name(Role.ADMIN) is ROLES["admin"]
