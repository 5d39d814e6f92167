"""OpenSanctions' match service, hosted or one's own (yente): who of many lists a name may mean, with the service's own score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agencies.registries.screening import Hit, Listed
from agencies.registries.statements import text_in
from agencies.registries.transport import Caller, Malformed

ALGORITHM, THRESHOLD = "best", "0.7"
SCHEMAS = {"company": "Company", "person": "Person"}
AT_ONCE = 50


def match(caller: Caller, names: Sequence[tuple[str, str, str]]) -> dict[str, list[Hit]]:
    """Who each of these (key, name, kind) may mean, by key, best first."""
    found: dict[str, list[Hit]] = {}
    for start in range(0, len(names), AT_ONCE):
        part = names[start : start + AT_ONCE]
        asked = {key: {"schema": SCHEMAS[kind], "properties": {"name": [name]}} for key, name, kind in part}
        headers = {"Authorization": f"ApiKey {caller.endpoint.key}"} if caller.endpoint.key else None
        parameters = {"algorithm": ALGORITHM, "threshold": THRESHOLD}
        answers = caller.post("", parameters, {"queries": asked}, headers=headers).json()
        answers = answers.get("responses") if isinstance(answers, dict) else None
        if not isinstance(answers, dict) or answers.keys() != asked.keys():
            raise Malformed("not an answer for every name")
        found |= {key: _hits(answer) for key, answer in answers.items()}
    return found


def _hits(answer: Any) -> list[Hit]:
    if not isinstance(answer, dict) or answer.get("status") != 200 or not isinstance(answer.get("results"), list):
        raise Malformed("a name without results")
    return [_hit(result) for result in answer["results"] if isinstance(result, dict) and result.get("match")]


def _hit(result: dict[str, Any]) -> Hit:
    properties = result.get("properties") or {}
    names = [text_in(result, "caption"), *(str(name) for name in properties.get("name", ()))]
    score = result.get("score")
    if not text_in(result, "id") or not names[0] or not isinstance(score, int | float):
        raise Malformed("a match without number, name or score")
    kind = "person" if result.get("schema") == "Person" else "company"
    listed = Listed(
        text_in(result, "id"), kind, tuple(dict.fromkeys(names)), ", ".join(map(str, result.get("datasets") or ())),
        ", ".join(map(str, properties.get("topics", ()))),
    )  # fmt: skip
    return Hit(listed, names[0], round(100 * score))
