"""Questions of the scorecards floor, by subject: what cards are made from, the cards themselves, the home page, an account's timeline.

`cohort`, `behaviour`, `reporting` and `lapses` own the rows behind the measures: a measure is summed from, and its evidence page
lists, the same select.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

Rows = Select[*tuple[Any, ...]]
"""A select of rows with several columns; its users name what the columns are."""
