"""The two languages of pages and mail, and which of them somebody gets who asks for another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.config import ROOT

TRANSLATIONS = ROOT / "translations"
DEFAULT = "en"


@dataclass(frozen=True)
class Language:
    """A language: its code, what its switch says, what it is called."""

    code: str
    label: str
    name: str


LANGUAGES = (Language("en", "EN", "English"), Language("zh_Hans_CN", "中文", "简体中文"))
CODES = tuple(language.code for language in LANGUAGES)
BY_TONGUE = {"en": "en", "zh": "zh_Hans_CN"}  # whatever kind of English or Chinese somebody asks for


def asked(tags: Iterable[str]) -> str:
    """The first of the languages asked for, best first (such as en-GB, zh-Hant), that we have; otherwise English."""
    return next((BY_TONGUE[tongue] for tag in tags if (tongue := tag.lower().partition("-")[0]) in BY_TONGUE), DEFAULT)


def known(code: str | None) -> str:
    """The code if it is one of our languages, otherwise English."""
    return code if code in CODES else DEFAULT
