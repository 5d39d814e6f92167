"""Rule: the fee of one payment, line by line.

A line is whole minor units: round half up (rate × credited net to date) minus the lines to date of that account, term and rate. So lines
never drift from the rate, however many payments there are. Where a whole payment comes back, its line is taken back exactly, which may
leave a cent over until the next line absorbs it; where a part comes back, its line follows the net like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal.types import round_money


@dataclass
class Running:
    """Credited net and lines to date of one account under one term and rate."""

    net: Decimal = Decimal(0)
    lines: Decimal = Decimal(0)

    def line_for(self, amount: Decimal, rate: Decimal) -> Decimal:
        """The fee line of an amount (a part taken back: below zero), which becomes part of what ran up to date."""
        line = round_money(rate * (self.net + amount)) - self.lines
        self.net += amount
        self.lines += line
        return line

    def take_back(self, amount: Decimal, line: Decimal) -> Decimal:
        """The line of a reversal of a whole payment: the exact negative of its payment's `line`. `amount` is the reversal's own, below zero."""
        self.net += amount
        self.lines -= line
        return -line
