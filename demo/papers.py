"""The papers that agencies of the story show, and what they are printed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from agencies.asked import Asked, asked_in, places
from agencies.cycles import longest_until
from agencies.verifying import Paper
from demo.cast import Part


def papers_of(part: Part, waves: Sequence[date], end: date) -> Iterator[Paper]:
    """What an agency shows: for each place it works in, everything that place asks for."""
    begin, later = waves[0] - timedelta(days=400), end + timedelta(days=400)
    lapse = waves[len(waves) // 2] + timedelta(days=9)
    seen = set()
    for place in places():
        if not place.startswith(part.country) or (part.states is not None and place.split("-")[1] not in part.states):
            continue
        for asked in asked_in(place):
            if (asked.code, asked.jurisdiction) in seen:
                continue
            seen.add((asked.code, asked.jurisdiction))
            number = NUMBERS.get(asked.code, lambda code, place=place: f"{code}-{place}-{len(seen):03d}")(part.code)
            until = lapse if part.lapses and place in ("US-CA", "US-IL", "US-NC") else later
            if longest_until(asked.code, begin) is None:
                yield Paper(asked.code, asked.jurisdiction, number, begin, until, amount=asked.least)
            else:
                yield from _renewed(asked, number, waves[0] - timedelta(days=60), end)


def _renewed(asked: Asked, number: str, begin: date, end: date) -> Iterator[Paper]:
    """A document that counts for a short time only: one after the other, the last one begun on the last day of the story."""
    first = begin
    while first < end:
        last = min(longest_until(asked.code, first) or end, end - timedelta(days=1))
        yield Paper(asked.code, asked.jurisdiction, number, first, last)
        first = last + timedelta(days=1)
    yield Paper(asked.code, asked.jurisdiction, number, end)


NUMBERS = {"cn.usci": lambda code: _credit_code(code), "us.ein": lambda code: f"99-00000{code[-2:]}"}
"""Numbers of the right form that belong to nobody; all others are free text."""


def _credit_code(code: str) -> str:
    """A unified social credit code with a right check character (GB 32100), that belongs to nobody."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = f"91990000MA{int(code[-2:]):07d}"  # 17 characters
    total = sum(alphabet.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + alphabet[(31 - total % 31) % 31]


def a_pdf(text: str) -> bytes:
    """A one-page PDF with one line, written out by hand."""
    stream = f"BT /F1 14 Tf 60 780 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places_of = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places_of.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(
        b"%010d 00000 n \n" % place for place in places_of
    )
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
