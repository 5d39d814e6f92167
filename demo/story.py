"""The whole story."""

from __future__ import annotations

from demo.concluding import Concluding
from demo.placing import Placing
from demo.reporting import Reporting


class Story(Placing, Reporting, Concluding):
    """The demo, chapter by chapter."""

    def is_told(self) -> None:
        """All chapters; without accounts, the first two."""
        self.people_join()
        self.agencies_are_vetted()
        if self.accounts != 0:
            self.waves_are_placed()
            self.agencies_report()
            self.compliance_looks()
            self.scorecards_are_signed()
            self.registers_are_asked()
            self.strategy_is_approved()
            self.end()
