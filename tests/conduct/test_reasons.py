"""Every finding gives a reason that the pages know, and the document names it truly."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from conduct.cases import read_cases
from conduct.engine import judge_by
from conduct.kinds.reasons import REASONS
from conduct.rulebook import standard

ROOT = Path(__file__).parents[2]
CASES = [case for path in sorted((ROOT / "samples" / "conduct").rglob("*.jsonl")) for _, case in read_cases(path)]


def test_every_reason_given_by_any_case_is_listed() -> None:
    given = {
        finding.why["reason"]
        for case in CASES
        for rule in standard().versions(case.rule)
        for finding in judge_by(rule, case.dossier, standard())
    }
    assert given <= REASONS
    assert len(given) > len(REASONS) * 0.8


def test_every_listed_reason_stands_in_the_code() -> None:
    sources = [path for path in (ROOT / "conduct" / "kinds").glob("*.py") if path.name != "reasons.py"]
    words = {
        node.value
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    composed = {reason for reason in REASONS if reason.startswith("not_")}  # f"not_{must_be}"
    assert REASONS - composed <= words


def test_the_document_names_only_reasons_and_kinds_that_exist() -> None:
    text = (ROOT / "docs" / "conduct.md").read_text("utf-8")
    why = text[text.index("## Why") : text.index("## What no rule")]
    named = {
        word
        for line in why.splitlines()
        if line.startswith("| `")
        for word in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    }
    assert named <= REASONS
    kinds = text[text.index("## The kinds") : text.index("Conditions (")]
    assert {rule.kind for rule in standard().rules} == set(re.findall(r"^\| `([a-z_]+)`", kinds, re.MULTILINE))
