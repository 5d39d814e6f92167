"""Owns the row model of an agency's collectors (contract 4.3). It stands alone, because the kit for agencies carries it away."""

from __future__ import annotations

from portal.tables.cells import day, flag, ref, text
from portal.tables.model import Column, Table

COLLECTORS = Table(
    "collectors",
    (
        Column("collector_id", ref(unique=True), True, "Your own id of this person."),
        Column("full_name", text(), True, "The person's name."),
        Column("active_from", day(), True, "The first day they may work for the bank."),
        Column("active_to", day(), False, "The last such day; empty while they stay."),
        Column("background_check_on", day(), False, "The day their background was checked."),
        Column("training_on", day(), False, "The day they were last trained."),
        Column("training_until", day(), False, "The last day that training counts."),
        Column("licence_number", ref(), False, "Their own licence, where a place asks for one."),
        Column("licence_from", day(), False, "The first day of that licence."),
        Column("licence_until", day(), False, "The last day of that licence."),
        Column("languages", text(), False, "The languages they speak, with ; between them."),
        Column("field_visits", flag(), False, "Whether they may visit people."),
    ),
)
