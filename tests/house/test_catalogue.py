"""Every text of pages and messages has its Chinese words, and what is served is compiled from them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages"
KEYWORDS: dict[str, Any] = {
    "_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "_l": None, "lazy_gettext": None, "npgettext": ((1, "c"), 2, 3)
}  # fmt: skip


def _chinese() -> Catalog:
    with CATALOGUE.with_suffix(".po").open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def _asked_for() -> set[str]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)

    def ours(folder: str) -> bool:
        return not Path(folder).name.startswith(".") and Path(folder).name != "tests"

    found = extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=ours)
    return {text[0] if isinstance(text, tuple) else text for _, _, text, _, _ in found}


def test_every_text_has_its_chinese_words() -> None:
    words = {message.id[0] if isinstance(message.id, (tuple, list)) else message.id: message for message in _chinese()}
    missing = [text for text in _asked_for() if text not in words or not all(words[text].string or ("",))]
    assert not missing, "run `make translations` and fill in the empty ones"


def test_what_is_served_is_compiled_from_the_words() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, _chinese())
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `pybabel compile -d translations`"


def test_the_words_fill_in_as_the_texts_do() -> None:
    """A lone % or a name that the text does not give would be an error on the page, in Chinese alone."""
    wrong = []
    for message in _chinese():
        texts, words = (
            list(each) if isinstance(each, (tuple, list)) else [each] for each in (message.id, message.string)
        )
        given = set(re.findall(r"%\((\w+)\)", " ".join(texts)))
        if any(set(re.findall(r"%\((\w+)\)", word)) != given for word in words):
            wrong.append(words[0])
        if not set(re.findall(r"%(?!\()%?", " ".join(words))) <= set(re.findall(r"%(?!\()%?", " ".join(texts))):
            wrong.append(words[0])
    assert not wrong
