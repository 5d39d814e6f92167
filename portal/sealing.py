"""Personal data at rest: sealed with AES-256-GCM, found through blind indexes, shown masked.

A sealed value carries the id of its key and is bound to the place it belongs to (`where`, such as "consumer:C652319"), so that a
ciphertext copied to another row does not open. Blind indexes use a key of their own; they leak equality, so columns with few
possible values get none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import unicodedata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class CannotOpen(Exception):
    """A sealed value does not open: its key is gone, or it was moved or changed."""


class Keyring:
    """The keys of DATA_KEYS (`name=base64;…;blind=base64`). The first named key seals; every one still opens."""

    def __init__(self, data_keys: str) -> None:
        keys = dict(part.split("=", 1) for part in data_keys.split(";") if part)
        raw = {name: base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)) for name, value in keys.items()}
        if "blind" not in raw or len(raw) < 2 or any(len(key) != 32 for key in raw.values()):
            raise ValueError("DATA_KEYS needs a sealing key and a key named blind, each 32 bytes in base64.")
        self._blind = raw.pop("blind")
        self._ciphers = {name: AESGCM(key) for name, key in raw.items()}
        self._current = next(iter(raw))

    def seal(self, value: Any, where: str) -> bytes:
        """Seal any JSON value for one place."""
        nonce = secrets.token_bytes(NONCE)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return self._current.encode() + b":" + nonce + self._ciphers[self._current].encrypt(nonce, text, where.encode())

    def open(self, sealed: bytes, where: str) -> Any:
        """The value again. Raises CannotOpen."""
        name, _, rest = sealed.partition(b":")
        cipher = self._ciphers.get(name.decode("ascii", "replace"))
        if cipher is None:
            raise CannotOpen(f"No key named {name!r} is among DATA_KEYS.")
        try:
            return json.loads(cipher.decrypt(rest[:NONCE], rest[NONCE:], where.encode()))
        except InvalidTag as error:
            raise CannotOpen(f"The value sealed for {where} was changed or belongs elsewhere.") from error

    def blind(self, value: str | None, purpose: str) -> bytes | None:
        """A 16-byte fingerprint to search by: equal values of one purpose have equal fingerprints. None for an empty value."""
        plain = normalise(value or "")
        if not plain:
            return None
        return hmac.new(self._blind, f"{purpose}|{plain}".encode(), hashlib.sha256).digest()[:16]


def normalise(text: str) -> str:
    """What two spellings of one name, number or address share: NFKC, lower case, letters and digits only."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def mask(text: str | None, keep: int = 4) -> str:
    """All but the last `keep` characters as dots; nothing of a text too short to hide."""
    if not text:
        return ""
    return "•" * 4 + (text[-keep:] if keep and len(text) > keep + 2 else "")


def mask_name(name: str | None) -> str:
    """The first letter of each word; for a Chinese name the family name alone."""
    if not name:
        return ""
    words = name.split()
    if len(words) == 1:
        return name[0] + "•" * min(2, max(1, len(name) - 1))
    return " ".join(word[0] + "•••" for word in words)


_keyring: Keyring | None = None


def use(keyring: Keyring) -> None:
    """Set the process's keys (once, by create_app)."""
    global _keyring
    _keyring = keyring


def keyring() -> Keyring:
    """The process's keys. Raises RuntimeError before create_app set them."""
    if _keyring is None:
        raise RuntimeError("No keys yet: create_app() sets them.")
    return _keyring
