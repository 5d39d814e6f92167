"""The questionnaires of due diligence: versioned data files (`catalogue/questionnaires`). A review keeps the version it began with."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "catalogue" / "questionnaires"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: from which depth on it is asked, how it is answered, whether the answer needs a document."""

    code: str  # company.1
    depth: int
    kind: str  # yes_no, number, text
    text: str
    text_zh: str
    good: str = ""  # the answer that raises no question; empty where a person has to read it
    evidence: bool = False

    def label(self, language: str) -> str:
        """The question in a language."""
        return self.text_zh if language.startswith("zh") else self.text


@dataclass(frozen=True, slots=True)
class Section:
    """Questions about one subject."""

    code: str
    name: str
    name_zh: str
    questions: tuple[Question, ...]

    def label(self, language: str) -> str:
        """The name in a language."""
        return self.name_zh if language.startswith("zh") else self.name


def sections(version: str, depth: int) -> tuple[Section, ...]:
    """The sections of a version with what is asked at this depth, those without a question left out. Raises KeyError."""
    asked = [
        Section(one.code, one.name, one.name_zh, tuple(q for q in one.questions if q.depth <= depth))
        for one in _all()[version]
    ]
    return tuple(one for one in asked if one.questions)


def questions(version: str, depth: int) -> dict[str, Question]:
    """Everything that is asked at this depth, by code."""
    return {question.code: question for section in sections(version, depth) for question in section.questions}


def current() -> str:
    """The version that a review begins with today."""
    return max(_all(), key=lambda version: [int(part) for part in version.split(".")])


@cache
def _all() -> dict[str, tuple[Section, ...]]:
    found = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            read = tomllib.load(file)
        found[str(read["version"])] = tuple(
            Section(one["code"], one["name"], one["name_zh"], tuple(Question(**q) for q in one["question"]))
            for one in read["section"]
        )
    return found
