"""Public references of records: random, so that they tell nothing about how many there are."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread

_OURS = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET.encode())  # from the alphabet of RFC 4648


def new_ref(prefix: str) -> str:
    """A reference such as `rpt_7c0k…`: 16 characters, 80 random bits."""
    return f"{prefix}_{_spell(secrets.token_bytes(10))}"


def derived_ref(prefix: str, *parts: object) -> str:
    """The reference that these parts always give, for rows made in bulk that must be the same when made again."""
    return f"{prefix}_{_spell(hashlib.sha256('|'.join(map(str, parts)).encode()).digest()[:10])}"


def _spell(raw: bytes) -> str:
    return b32encode(raw).translate(_OURS).decode()
