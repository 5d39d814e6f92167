"""What a kind of rule is, the check it compiles to, and the finding a check reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from conduct.dossier import Record, Row
from conduct.timeline import CONTACTS, MONEY, mask

if TYPE_CHECKING:
    from conduct.rulebook import Rule, Rulebook
    from conduct.timeline import Timeline

Verdict = Literal["violation", "review"]
VIOLATION: Final = "violation"
REVIEW: Final = "review"
_DIRECTED: Final = CONTACTS | MONEY

# What a check is about: a person's rows and accounts, an agency as a whole, a question only a person can answer, or (a
# modifier) other rules, which run themselves.
ACCOUNT: Final = "account"
AGENCY: Final = "agency"
QUESTION: Final = "question"
MODIFIER: Final = "modifier"


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach, or one thing a person must look at.

    `row` is the row, complaint or payment in breach; None when the breach belongs to an account or agency fact.
    `why` holds `reason`, a code of `docs/conduct.md`, and the values a page needs to write the sentence in any language.
    """

    rule: Rule
    verdict: Verdict
    row: Record | None
    evidence: tuple[Record, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)
    account_ref: str | None = None
    agency: str | None = None


class Reporter:
    """Makes the findings of one rule and keeps them inside what the rule may say.

    A rule of status `review` says review at most; so does a rule about outbound rows of a row whose direction is unknown.
    """

    __slots__ = ("_directed", "_review_only", "rule")

    def __init__(self, rule: Rule, *, inbound: bool = False) -> None:
        self.rule = rule
        self._review_only = rule.status == "review"
        self._directed = not inbound

    def __call__(self, row: Record, verdict: str, reason: str, evidence: Iterable[Record] = (), **why: Any) -> Finding:
        """A finding on one row."""
        capped = self._review_only or (
            self._directed and isinstance(row, Row) and not row.way and row.kind in _DIRECTED
        )
        return Finding(
            rule=self.rule,
            verdict=VIOLATION if verdict == VIOLATION and not capped else REVIEW,
            row=row,
            evidence=tuple(evidence),
            why={"reason": reason, **why},
            account_ref=row.account.ref or row.account_ref,
            agency=row.acting if isinstance(row, Row) else row.sender,
        )

    def without_row(
        self, verdict: str, reason: str, *, account_ref: str | None = None, agency: str | None = None, **why: Any
    ) -> Finding:
        """A finding that belongs to an account or agency fact, not to a row."""
        return Finding(
            rule=self.rule,
            verdict=VIOLATION if verdict == VIOLATION and not self._review_only else REVIEW,
            row=None,
            why={"reason": reason, **why},
            account_ref=account_ref,
            agency=agency,
        )


@dataclass(frozen=True, slots=True)
class Check:
    """A compiled rule. It need not run on a history that lacks all row kinds of any mask in `wakes`."""

    rule: Rule
    run: Callable[[Timeline], Iterable[Finding]]
    wakes: tuple[int, ...] = ()
    level: str = ACCOUNT


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rule: the parameters it must and may have, with their types, and how it becomes a check."""

    compile: Callable[[Rule, Rulebook], Check]
    required: Mapping[str, type | tuple[type, ...]]
    optional: Mapping[str, type | tuple[type, ...]]

    def problem_with(self, params: Mapping[str, Any]) -> str | None:
        """What is wrong with a rule's parameters, in words for the person who wrote them; None when nothing is."""
        missing = set(self.required) - set(params)
        if missing:
            return f"parameter {', '.join(sorted(missing))} is missing"
        known: dict[str, Any] = {**self.optional, **self.required}
        unknown = set(params) - set(known)
        if unknown:
            return f"unknown parameter {', '.join(sorted(unknown))}"
        for name, value in params.items():
            wanted = known[name] if isinstance(known[name], tuple) else (known[name],)
            if not any(_is(value, one) for one in wanted):
                return f"parameter {name} is {value!r}, not {' or '.join(one.__name__ for one in wanted)}"
        return None


def _is(value: object, wanted: type) -> bool:
    return isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))


def wakes(*groups: Iterable[str]) -> tuple[int, ...]:
    """The masks of a check that needs at least one row of every group; a group of no kinds asks for nothing."""
    return tuple(found for found in map(mask, groups) if found)
