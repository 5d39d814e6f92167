"""An activity report of any size for benchmarks: a generated one, repeated under other record ids, written piece by piece.

Repeated rows and bad rows keep their shares. `python -m benchmarks.feed OUT ROWS` writes OUT.
"""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from samples.activity import generate
from samples.panel import PlacedAccount, Profile
from samples.tape import read_tape

FIRST, LAST = date(2026, 1, 5), date(2026, 6, 30)
PLACED_AT = datetime(2026, 1, 4, tzinfo=UTC)
PIECE = 100_000


def tape() -> list[dict[str, str]]:
    """The accounts that may be worked."""
    return [row for row in read_tape("us") if row["hold"] in ("", "none")]


def write(out: Path, rows: int) -> None:
    """Write so many rows: 10 % repeated, 1 % bad."""
    placed = [PlacedAccount.from_tape(row, PLACED_AT.date()) for row in tape()]
    piece = min(rows, PIECE)
    profile = Profile(rows=piece, pace=4.0, repeat_share=0.10, bad_share=0.01)
    lines = generate(placed, agency="AGY01", seed=1, first_day=FIRST, last_day=LAST, profile=profile).lines
    header, *body = csv.reader(lines)
    ids = [header.index("record_id"), header.index("corrects")]
    with out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for copy in range(-(-rows // piece)):
            for cells in body[: rows - copy * piece]:
                writer.writerow([f"{copy}{cell}" if at in ids and cell else cell for at, cell in enumerate(cells)])


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps({"bytes": Path(sys.argv[1]).stat().st_size}))
