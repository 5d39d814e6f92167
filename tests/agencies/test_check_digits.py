"""Check characters: public examples pass, one wrong character fails, and every rule of the catalogue is known."""

from __future__ import annotations

import pytest

from agencies.catalogue import credential_types
from agencies.check_digits import RULES, fits
from agencies.papers import checked
from portal.errors import Invalid

EXAMPLES = [
    ("any.lei", "HWUPKR0MPOU8FGXBT394", "a public record of the GLEIF"),
    ("any.lei", "MINO79WLOO247M1IL051", "another"),
    ("any.lei", "529900T8BM49AURSDO55", "another"),
    ("any.lei", "984500I2ABE9B792FF06", "another"),
    ("cn.usci", "91110000600037341L", "the credit code of a listed company"),
    ("cn.org_code", "600037341", "positions 9 to 17 of that credit code"),
    ("cn.resident_id", "11010519491231002X", "the example of the standard itself"),
    ("au.abn", "51824753556", "the example of the register"),
    ("au.abn", "83914571673", "the tax office's own"),
    ("au.acn", "004085616", "the example of the regulator"),
    ("au.acn", "000000019", "the smallest"),
    ("it.vat", "00743110157", "an Italian company"),
    ("fr.siren", "732829320", "a French company"),
    ("de.vat", "136695976", "a German company"),
    ("gb.vat", "980780684", "old check digits"),
    ("gb.vat", "100190874", "check digits 55 more"),
    ("in.gstin", "27AAPFU0939F1ZV", "the example that software is tested with"),
]
DOUBTFUL = {"cn.usci", "cn.org_code"}


@pytest.mark.parametrize(("code", "number", "why"), EXAMPLES)
def test_public_examples_pass(code: str, number: str, why: str) -> None:
    kind = credential_types()[code]
    assert fits(kind.check_digit, number), why
    assert checked(code, _place(code), number) == number


@pytest.mark.parametrize(("code", "number", "why"), EXAMPLES)
def test_every_single_wrong_digit_at_the_end_fails(code: str, number: str, why: str) -> None:
    rule = credential_types()[code].check_digit
    others = [f"{number[:-1]}{digit}" for digit in "0123456789" if digit != number[-1]]
    # A British number may close with either of two endings, so only most of the others are wrong.
    assert sum(fits(rule, other) for other in others) <= (1 if code == "gb.vat" else 0)


@pytest.mark.parametrize(
    ("code", "number"), [("any.lei", "HWUPKR0MPOU8FGXBT395"), ("au.abn", "51824753557"), ("fr.siren", "732829321")]
)
def test_a_wrong_check_character_is_refused(code: str, number: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(code, _place(code), number)
    assert "number" in refused.value.fields


def test_a_credit_code_that_fails_is_a_question_for_a_person_and_no_refusal() -> None:
    """Some genuine early codes fail (conduct/README, trap 13)."""
    assert checked("cn.usci", "CN", "91110000600037341A") == "91110000600037341A"


def test_the_catalogue_names_only_rules_that_are_known() -> None:
    named = {kind.check_digit for kind in credential_types().values() if kind.check_digit}
    assert named == set(RULES)


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("number", ["", "?", "A", "1", "ÄÖÜ", "0" * 50, "٣٣٣٣٣٣٣٣٣"])
def test_nonsense_never_fits_and_never_breaks(rule: str, number: str) -> None:
    if (rule, number) != ("Luhn", "0" * 50):  # nothing but noughts is right by Luhn; its form is refused elsewhere
        assert not fits(rule, number)


def _place(code: str) -> str:
    kind = credential_types()[code].jurisdiction
    return "US" if kind == "any" else kind
