"""Which numbers in free text are masked, and which are left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tables.masking import mask_identifiers


@pytest.mark.parametrize(
    ("text", "masked", "kind", "reason"),
    [
        ("card 4111 1111 1111 1111 ok", "card **** **** **** 1111 ok", "card", "sixteen digits in fours"),
        ("4111111111111111", "************1111", "card", "without gaps"),
        ("4111-1111-1111-1111", "****-****-****-1111", "card", "with hyphens"),
        ("4111–1111–1111–1111", "****–****–****–1111", "card", "with dashes as a word processor prints them"),
        ("３４１１", "３４１１", "", "four digits are no card"),
        ("４１１１ １１１１ １１１１ １１１１", "**** **** **** １１１１", "card", "full-width digits"),
        ("378282246310005", "***********0005", "card", "fifteen digits, issuer 37"),
        ("6222 0212 3456 7890 128", "**** **** **** ***0 128", "card", "nineteen digits, issuer 62"),
        ("2223003122003222", "************3222", "card", "sixteen digits, issuers 2221 to 2720"),
        ("4111 1111 1111 1111 12/28", "**** **** **** 1111 12/28", "card", "the last month behind it is no part of it"),
        ("ref 9 4111 1111 1111 1111", "ref 9 **** **** **** 1111", "card", "a digit before it is no part of it"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112", "", "the check digit is wrong"),
        ("1111 1111 1111 1117", "1111 1111 1111 1117", "", "no issuer begins with 1"),
        ("41111111111111111111111", "41111111111111111111111", "", "a longer run of digits is another number"),
        (
            "call +1 719 555 0144 at 9:05 on 2026-01-31",
            "call +1 719 555 0144 at 9:05 on 2026-01-31",
            "",
            "telephone and date",
        ),
        ("身份证11010519491231002X，已核对", "身份证**************002X，已核对", "cn_identity", "check character X"),
        ("id 11010519491231002x", "id **************002x", "cn_identity", "small x"),
        ("110105 19491231 002X", "****** ******** 002X", "cn_identity", "in its three parts"),
        ("440308199901101512", "**************1512", "cn_identity", "check digit"),
        ("440308199901101513", "440308199901101513", "", "the check digit is wrong"),
        ("990558197901196948", "**************6948", "cn_identity", "9 first: a foreigner's card"),
        ("160105194912310021", "160105194912310021", "", "there is no province 16"),
        ("SSN 123-45-6789", "SSN ***-**-6789", "us_taxpayer", "as printed on the card"),
        ("social security: 123456789", "social security: *****6789", "us_taxpayer", "named, without gaps"),
        ("ssn no. 123 45 6789", "ssn no. *** ** 6789", "us_taxpayer", "with spaces"),
        ("912-34-5678", "***-**-5678", "us_taxpayer", "areas from 900: an individual taxpayer number"),
        ("000-12-3456", "000-12-3456", "", "no area 000"),
        ("666-12-3456", "666-12-3456", "", "no area 666"),
        ("123-00-6789", "123-00-6789", "", "no group 00"),
        ("123-45-0000", "123-45-0000", "", "no serial 0000"),
        ("order 123456789", "order 123456789", "", "nine digits that nobody calls a taxpayer number"),
        ("2026-123-45-6789", "2026-123-45-6789", "", "part of a longer number"),
        ("", "", "", "nothing"),
    ],
)
def test_identity_and_card_numbers_keep_their_last_four_digits(text: str, masked: str, kind: str, reason: str) -> None:
    assert mask_identifiers(text) == (masked, {kind: 1} if kind else {}), reason


def test_several_numbers_are_masked_and_counted_by_kind() -> None:
    text = "4111 1111 1111 1111, 5500-0000-0000-0004; 123-45-6789; 440308199901101512"
    assert mask_identifiers(text) == (
        "**** **** **** 1111, ****-****-****-0004; ***-**-6789; **************1512",
        {"card": 2, "us_taxpayer": 1, "cn_identity": 1},
    )


@given(st.text(alphabet="0123456789０1 -/.xX,a", max_size=120))
def test_masking_twice_is_masking_once_and_never_moves_a_character(text: str) -> None:
    masked, _ = mask_identifiers(text)
    assert len(masked) == len(text)
    assert all(
        after == before or (after == "*" and before.isdecimal()) for before, after in zip(text, masked, strict=True)
    )
    assert mask_identifiers(masked)[0] == masked


@pytest.mark.parametrize("piece", ["4", "4 ", "4-", "41 ", "4111 1111 1111 1112 ", "ssn", "123-45-"])
def test_a_long_text_made_to_be_slow_is_not_slow(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    begun = time.process_time()
    mask_identifiers(text)
    assert time.process_time() - begun < 2
