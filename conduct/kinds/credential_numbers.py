"""Whether a credential's number is well formed and its check character right.

Part of the kind `credential_required`. A number that cannot be one is a breach; a well-formed one whose check character
is wrong is a question, because some genuine early Chinese codes fail it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agencies.check_digits import check_character
from conduct.dossier import Agency
from conduct.facts import is_given
from conduct.kinds.check import AGENCY, REVIEW, Check, Finding, Reporter

if TYPE_CHECKING:
    from conduct.rulebook import Rule
    from conduct.timeline import Timeline


def compile_(rule: Rule) -> Check:
    """A check of the numbers of every credential of some codes, whatever its status."""
    params = rule.params
    settings = params["check_digit"]
    shape = re.compile(settings["format"])
    report = Reporter(rule)

    def run(timeline: Timeline) -> Iterator[Finding]:
        for agency in timeline.agencies.values():
            for code in params["codes"]:
                for credential in (agency.credentials or {}).get(code, ()):
                    yield from judge(agency, credential.number)

    def judge(agency: Agency, number: Any) -> Iterator[Finding]:
        if not is_given(number):
            yield report.without_row(REVIEW, "number_unknown", agency=agency.code)
            return
        tidy = unicodedata.normalize("NFKC", str(number)).strip().upper()
        if not shape.fullmatch(tidy):
            yield report.without_row(params["missing"], "number_malformed", agency=agency.code, number=tidy)
        elif tidy[-1] != check_character(tidy[:-1], settings["alphabet"], settings["base"]):
            yield report.without_row(REVIEW, "check_character_wrong", agency=agency.code, number=tidy)

    return Check(rule, run, level=AGENCY)
