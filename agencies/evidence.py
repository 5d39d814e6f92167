"""Rule: which files are taken as evidence: documents that people can open, told by their first bytes and not by their name."""

from __future__ import annotations

LARGEST = 20 << 20  # bytes
HEAD = 16
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def content_type(head: bytes) -> str | None:
    """The media type of a document that begins with these bytes; None for anything that is not taken."""
    return next((media_type for beginning, media_type in KINDS.items() if head.startswith(beginning)), None)
