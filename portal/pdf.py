"""PDF documents: a Typst template of ours filled with data, which never becomes markup.

Fonts come from PDF_FONT_DIR or the system. Where none of them has Chinese characters, `has_chinese` is false and a document says so
itself instead of showing boxes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from portal.config import ROOT

TEMPLATES = ROOT / "templates" / "pdf"
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Serif CJK SC",
    "SimSun",
    "PingFang SC",
)
"""Families with Chinese characters, the preferred one first."""


def render(template: str, data: Mapping[str, Any], font_dir: str = "") -> bytes:
    """The PDF of a template of `templates/pdf`. `data` is JSON that the template reads; nothing in it is taken for markup."""
    told = {**data, "fonts": [*chinese_families(font_dir)[:1]]}
    source = (TEMPLATES / template).read_bytes()
    compiler: Any = typst  # its types name only some of the inputs that it takes
    paths = [font_dir] if font_dir else []
    made: bytes = compiler.compile(
        source, root=str(TEMPLATES), font_paths=paths, sys_inputs={"data": json.dumps(told, ensure_ascii=False)}
    )
    return made


def has_chinese(font_dir: str = "") -> bool:
    """True if a font with Chinese characters is there."""
    return bool(chinese_families(font_dir))


@cache
def chinese_families(font_dir: str) -> tuple[str, ...]:
    """The families with Chinese characters that are there, the preferred one first."""
    there = set(typst.Fonts(font_paths=[Path(font_dir)] if font_dir else []).families())
    return tuple(family for family in CHINESE if family in there)
