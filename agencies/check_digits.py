"""Rule: whether the check character of a number is right, for every rule that the credential catalogue names.

The rules are the issuers' own: GB 32100-2015 and GB 11714 (China), GB 11643 / ISO 7064 mod 11-2 (resident identity), ISO 7064 mod
97-10 (LEI), the Australian Business Register (ABN), ASIC (ACN), the German and Italian tax offices, INSEE (SIREN, Luhn), HMRC (VAT) and
the Indian tax authority (GSTIN). A number of another form than its rule expects does not fit it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

USCI = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # the alphabet of the Chinese credit code: no I, O, S, V, Z
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

DOUBTFUL = frozenset({"cn.usci", "cn.org_code"})
"""Credentials whose genuine early numbers may fail the check: a person looks, nothing is refused."""


def fits(rule: str, number: str) -> bool:
    """True if the number's check character is right by the rule of this name; True for the empty name: nothing is checked.

    Raises KeyError for a rule that nobody knows.
    """
    if not rule:
        return True
    try:
        return RULES[rule](number.strip().upper())
    except ValueError:  # a character that this kind of number does not have
        return False


def check_character(body: str, alphabet: str, base: int) -> str:
    """The check character of a weighted sum modulo the alphabet's length, weights the powers of `base` (GB 32100-2015)."""
    modulus = len(alphabet)
    total = sum(alphabet.index(character) * pow(base, place, modulus) for place, character in enumerate(body))
    return alphabet[-total % modulus]


def _usci(number: str) -> bool:
    return len(number) == 18 and check_character(number[:-1], USCI, 3) == number[-1]


def _organisation(number: str) -> bool:
    """GB 11714: eight characters with the weights 3, 7, 9, 10, 5, 8, 4, 2, then 0 to 9 or X for ten."""
    total = _weighted([BASE36.index(character) for character in number[:8]], (3, 7, 9, 10, 5, 8, 4, 2))
    return len(number) == 9 and "0123456789X0"[11 - total % 11] == number[-1]


def _resident(number: str) -> bool:
    """GB 11643 (ISO 7064 mod 11-2): weights are the powers of two from the right."""
    total = _weighted(_digits(number[:17]), [pow(2, 17 - place, 11) for place in range(17)])
    return len(number) == 18 and "10X98765432"[total % 11] == number[-1]


def _mod_97_10(number: str) -> bool:
    """ISO 7064 mod 97-10: letters count from ten, and the whole number leaves one."""
    return len(number) == 20 and int("".join(str(BASE36.index(character)) for character in number)) % 97 == 1


def _abn(number: str) -> bool:
    """Less one in the first place, the weighted sum is a multiple of 89."""
    first, *rest = _digits(number)
    return len(number) == 11 and _weighted([first - 1, *rest], (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) % 89 == 0


def _acn(number: str) -> bool:
    """Weights eight down to one; the complement to ten."""
    return len(number) == 9 and -_weighted(_digits(number[:8]), range(8, 0, -1)) % 10 == int(number[-1])


def _luhn(number: str) -> bool:
    doubled = [digit * (1 + place % 2) for place, digit in enumerate(reversed(_digits(number)))]
    return bool(number) and sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _mod_11_10(number: str) -> bool:
    """ISO 7064 mod 11,10: the product that is carried from digit to digit."""
    carried = 10
    for digit in _digits(number[:8]):
        carried = ((carried + digit) % 10 or 10) * 2 % 11
    return len(number) == 9 and (11 - carried) % 10 == int(number[-1])


def _vat_of_britain(number: str) -> bool:
    """Mod 97, with the two check digits as they are or 55 more (numbers given out since 2010)."""
    total = _weighted(_digits(number[:7]), range(8, 1, -1)) + int(number[7:])
    return len(number) == 9 and (total % 97 == 0 or (total + 55) % 97 == 0)


def _gstin(number: str) -> bool:
    """Weights one and two in turn over base 36; a product counts by its quotient and remainder."""
    total = 0
    for place, character in enumerate(number[:14]):
        whole, part = divmod(BASE36.index(character) * (1 + place % 2), 36)
        total += whole + part
    return len(number) == 15 and BASE36[-total % 36] == number[-1]


def _digits(text: str) -> list[int]:
    if not text.isascii() or not text.isdigit():
        raise ValueError(text)
    return [int(character) for character in text]


def _weighted(values: Sequence[int], weights: Sequence[int]) -> int:
    return sum(value * weight for value, weight in zip(values, weights, strict=False))


RULES: dict[str, Callable[[str], bool]] = {
    "GB32100-2015 mod 31": _usci,
    "GB 11714 mod 11": _organisation,
    "GB 11643 mod 11-2": _resident,
    "ISO 7064 mod 97-10": _mod_97_10,
    "ABN mod 89": _abn,
    "ACN mod 10": _acn,
    "Luhn": _luhn,
    "ISO 7064 mod 11,10": _mod_11_10,
    "mod 97 (old and 9755)": _vat_of_britain,
    "GSTIN mod 36": _gstin,
}
"""By the names of the catalogue's column `check_digit`."""
