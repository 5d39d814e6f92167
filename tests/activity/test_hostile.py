"""Files made to do harm end in words: refused at the door, or a report that says what is wrong. What each takes is measured in `make proof`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import hostile

LARGE = ("200 MB", "one long text", "a bomb of zip", "lines that are no rows", "NULs", "quotation marks", "line ends")
"""Words in the names of files that take long to write; `make proof` reads those too."""


@pytest.mark.parametrize("name", [name for name in hostile.FILES if not any(words in name for words in LARGE)])
def test_a_hostile_file_is_refused_or_its_rows_are_rejected(name: str, tmp_path: Path) -> None:
    outcome = hostile.read(name, hostile.write(name, tmp_path))
    if name == "notes full of card numbers":
        assert outcome == "0 of 150 rows rejected", "they are masked, which is all there is to do"
    else:
        rejected, _of, rows, *_ = outcome.split() if "rows rejected" in outcome else ("1", "of", "1")
        assert (
            outcome.startswith(("rejected: ", "413", "422"))
            or (rejected == rows and int(rows) > 0)
            or outcome == "1 of 20001 rows rejected"
        )
