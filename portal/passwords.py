"""Passwords: what one must be like, and its argon2id hash.

Length is the rule, not composition (NIST 800-63B, ASVS 6.2): 12 to 128 characters after NFC, and none that everybody tries first.
Every check of a password costs one hash, also when there is nobody to compare with, so that time tells nothing.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.errors import N_, Invalid, TooMany

SHORTEST, LONGEST = 12, 128
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
AT_ONCE = 4  # each hash takes 19 MB: more at once would be a way to exhaust the machine
PATIENCE_S = 15
_slots = threading.BoundedSemaphore(AT_ONCE)


def hashed(password: str) -> str:
    """The hash to keep."""
    with _slot():
        return HASHER.hash(normal(password))


def matches(kept: str | None, password: str) -> bool:
    """True if the password belongs to the kept hash. Takes as long for no hash at all, and is then False."""
    with _slot():
        try:
            return HASHER.verify(kept or _decoy(HASHER), normal(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """True if the hash was made with other parameters than today's and should be made anew at the next sign-in."""
    return HASHER.check_needs_rehash(kept)


def check(password: str, *, names: Iterable[str] = ()) -> None:
    """Raises Invalid for a password that is too short, too long, too common, or part of one of `names`."""
    plain = normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        _refuse(N_("Choose a password of 12 to 128 characters."))
    core = _core(plain)
    if not _common().isdisjoint((plain.casefold(), core, _letters(core))) or len(set(core)) < 4:
        _refuse(
            N_("This password is among the first that anybody would try. Choose another, such as four random words.")
        )
    if any(_letters(core) in _letters(name) for name in names):
        _refuse(N_("Do not use the name of the bank, the agency or yourself as the password."))


def normal(password: str) -> str:
    """The form that is hashed: Unicode NFC, cut nowhere."""
    return unicodedata.normalize("NFC", password)


def _refuse(message: str) -> None:
    raise Invalid(message, fields={"password": message})


def _core(text: str) -> str:
    """What is left of a word without the digits and signs that people put around it."""
    return text.casefold().strip("0123456789 !@#$%^&*()-_=+.,;:?/\\|'\"<>[]{}~`")


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if line and not line.startswith("#"))


@cache
def _decoy(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody has this password")


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=PATIENCE_S):
        raise TooMany(N_("Many people are signing in at this moment. Try again in a few seconds."), retry_after=5)
    try:
        yield
    finally:
        _slots.release()
