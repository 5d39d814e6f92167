"""Owns the masking of identity and card numbers in free text: all but the last four digits become `*`.

Recognised are card numbers (13 to 19 digits, issuer ranges, Luhn check of ISO/IEC 7812), Chinese identity numbers
(GB 11643: province, date, check character) and United States taxpayer numbers (the Social Security Administration's rules for
what was ever issued). A random run of digits passes the card test about once in 25 times; masking it is the safe error.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

_LuhnSums = tuple[list[int], list[int]]

_KEPT = 4
# Up to two spaces, hyphens, dots or slashes may stand between the digits of one number, in any of their printed forms.
_GAP = r"[ \-./\u00a0\u2009\u2010-\u2015\u3000]{0,2}"
_RUN = re.compile(rf"\d(?:{_GAP}\d){{8,}}[Xx]?")

_PROVINCES = frozenset(
    [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
)
_CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CN_CHECKS = "10X98765432"

_US_WRITTEN = re.compile(r"(?<![\d-])(\d{3})([- ])(\d{2})\2(\d{4})(?![\d-])")
_US_NAMED = re.compile(r"(?i:\b(?:ssn|itin|tin|social security)\b)[^\d\n]{0,20}(\d{3})()(\d{2})(\d{4})(?!\d)")


def mask_identifiers(text: str) -> tuple[str, Counter[str]]:
    """The text with every recognised number masked, and how many of each kind: `card`, `cn_identity`, `us_taxpayer`."""
    counts: Counter[str] = Counter()
    if not _RUN.search(text):
        return text, counts
    characters = list(text)
    for run in _RUN.finditer(text):
        for kind, places in _found_in(run):
            counts[kind] += 1
            _mask(characters, places)
    for pattern in (_US_WRITTEN, _US_NAMED):
        for match in pattern.finditer("".join(characters)):
            if _issued_in_us(match):
                counts["us_taxpayer"] += 1
                _mask(characters, [place for place in range(match.start(1), match.end()) if text[place].isdecimal()])
    return "".join(characters), counts


def _mask(characters: list[str], places: list[int]) -> None:
    for place in places[:-_KEPT]:
        characters[place] = "*"


def _found_in(run: re.Match[str]) -> Iterator[tuple[str, list[int]]]:
    """The numbers in one run of digits with gaps, none overlapping another, each with the places of its characters.

    A number begins and ends where a group of digits does: `4111 1111 1111 1111 12/28` is a card and its last month.
    """
    places = [at for at, character in enumerate(run.group(), run.start()) if character.isdecimal() or character in "Xx"]
    text = run.string
    values = [10 if text[at] in "Xx" else int(text[at]) for at in places]  # X is the ten among check characters.
    ends_group = [after != at + 1 or text[after] in "Xx" for at, after in zip(places, [*places[1:], -1], strict=True)]
    luhn = _luhn_sums(values)
    start = 0
    while start < len(places):
        stop, kind = _longest_from(start, values, ends_group, luhn)
        if kind:
            yield kind, places[start:stop]
            start = stop
        else:
            start = next((at + 1 for at in range(start, len(places)) if ends_group[at]), len(places))


def _longest_from(start: int, values: list[int], ends_group: list[bool], luhn: _LuhnSums) -> tuple[int, str]:
    """Where the longest number that begins at `start` stops, and its kind; the kind is empty where none begins."""
    for stop in range(min(start + 19, len(values)), start + 12, -1):
        if not ends_group[stop - 1]:
            continue
        if stop - start == 18 and _is_cn_identity(values[start:stop]):
            return stop, "cn_identity"
        if _is_card(start, stop, values, luhn):
            return stop, "card"
    return start, ""


def _luhn_sums(values: list[int]) -> _LuhnSums:
    """Running sums with every even place doubled and with every odd place doubled: a Luhn sum is then one subtraction."""
    doubled = [value * 2 - 9 * (value > 4) for value in values]
    even = [double if at % 2 == 0 else value for at, (value, double) in enumerate(zip(values, doubled, strict=True))]
    odd = [double if at % 2 else value for at, (value, double) in enumerate(zip(values, doubled, strict=True))]
    return [0, *accumulate(even)], [0, *accumulate(odd)]


def _is_card(start: int, stop: int, values: list[int], luhn: _LuhnSums) -> bool:
    """Issuer range 3 to 6, or 2221 to 2720 with sixteen digits; the last digit but one and every second before doubled."""
    length, head = stop - start, values[start]
    if values[stop - 1] == 10:
        return False
    first_four = int("".join(map(str, values[start : start + 4])))
    if not (3 <= head <= 6 or (length == 16 and 2221 <= first_four <= 2720)):
        return False
    sums = luhn[stop % 2]  # The doubled places are stop-2, stop-4, ...: those of the same parity as stop.
    return (sums[stop] - sums[start]) % 10 == 0


def _is_cn_identity(values: list[int]) -> bool:
    """GB 11643-1999: province (9 first: a foreigner's permanent residence card), a day of birth that exists, check by 11-2."""
    digits = "".join(map(str, values[:17]))
    if values[0] != 9 and int(digits[:2]) not in _PROVINCES:
        return False
    year, month, day = int(digits[6:10]), int(digits[10:12]), int(digits[12:14])
    if not (1850 <= year <= 2199 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return False
    check = _CN_CHECKS[sum(weight * value for weight, value in zip(_CN_WEIGHTS, values[:17], strict=True)) % 11]
    return check == ("X" if values[17] == 10 else str(values[17]))


def _issued_in_us(match: re.Match[str]) -> bool:
    """No area 000 or 666, no group 00, no serial 0000; areas from 900 are individual taxpayer numbers and count too."""
    area, _, group, serial = match.groups()
    return area not in ("000", "666") and group != "00" and serial != "0000"
