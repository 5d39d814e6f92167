"""Owns what people read about a problem: for each repair one instruction that says what to write instead.

The instructions are English msgids with named places; `message` fills them in and takes the translation as a function, so
that a page, the API and the command line each speak their reader's language.
"""

from __future__ import annotations

from collections.abc import Callable

from portal.errors import N_
from portal.tables.faults import Problem

REPAIRS: dict[str, str] = {
    # cells
    "missing": N_("Fill in %(column)s: every row needs it."),
    "text": N_(
        "Remove control characters and unreadable letters from %(column)s, and keep it on one line unless it is a note."
    ),
    "choice": N_("Write one of these in %(column)s: %(allowed)s."),
    "money": N_(
        "Write %(column)s with digits and at most two decimals after a point, without currency or grouping, such as 1250.00."
    ),
    "negative": N_("Write %(column)s without a minus: it cannot be below zero."),
    "count": N_("Write %(column)s as a whole number in digits, such as 12."),
    "flag": N_("Write yes or no in %(column)s."),
    "day": N_("Write %(column)s as year, month and day, such as 2026-01-31."),
    "missing_offset": N_("Write %(column)s with its offset from UTC, such as 2026-01-31T14:05:00-05:00."),
    "unreadable_date": N_("Write %(column)s as date, time and offset, such as 2026-01-31T14:05:00-05:00."),
    "impossible_date": N_("Correct %(column)s: no calendar or clock shows this day, hour or offset."),
    "future": N_("Correct %(column)s: it lies in the future. Check the sender's clock and the offset."),
    "currency": N_("Write %(column)s as an ISO 4217 code in capitals, such as USD."),
    "country": N_("Write %(column)s as an ISO 3166-1 code of two capitals, such as US."),
    "region": N_("Write %(column)s as an ISO 3166-2 code without the country, such as CA for US-CA."),
    "language": N_("Write %(column)s as a language tag, such as en or zh-Hans."),
    "zone": N_("Write %(column)s as the name of a time zone, such as America/New_York."),
    "zones": N_(
        "Write %(column)s as names of time zones with ; between them, such as America/New_York;America/Chicago."
    ),
    "object": N_('Write %(column)s as a JSON object with each key once, such as {"written": true}.'),
    "too_long": N_("Shorten %(column)s to %(limit)s characters."),
    # rules over a row
    "missing_reverses": N_("Name in reverses the payment that this negative amount takes back."),
    "bad_reverses": N_("Leave reverses empty, or write the amount that is taken back as a negative number."),
    # what only the portal can know
    "unknown_account": N_("Report accounts that were placed with you on that day; check account_ref and the date."),
    "unknown_reference": N_("Name in %(column)s a record that you sent before and that was accepted."),
    "account_currency": N_("Write the currency of the account, which is %(currency)s, or leave it empty."),
    "taken_back": N_("Take back at most what is left of the payment: %(left)s."),
    "taken_back_already": N_(
        "Correct a payment of which nothing was taken back; otherwise reverse it and post the right one."
    ),
    # rows
    "cells": N_(
        "Give this row as many cells as the header: it has %(found)s, the header %(expected)s. Quote texts that hold a comma."
    ),
    "quotes": N_("Close the quotation marks in this row, and double those inside a text."),
    "encoding": N_("Save the file as UTF-8, or declare its encoding."),
    "nul": N_("Remove the NUL characters from this row."),
    "row_length": N_("Shorten this row: it is longer than any row may be."),
    "json": N_("Write this row as one JSON object with each key once, no NaN, and no deep nesting."),
    # the file
    "unknown_column": N_("Remove the column %(column)s or give it a name that a file of %(kind)s has."),
    "similar_column": N_("Rename the column %(column)s: is it %(similar)s?"),
    "repeated_column": N_("Send the column %(column)s once."),
    "missing_column": N_("Add the column %(column)s: every row needs it."),
    "no_header": N_("Put the names of the columns in the first row: the file is empty."),
    "charset": N_("Send the file in one of these encodings: %(allowed)s."),
    "quotes_everywhere": N_("Write the file again with closed quotation marks: too many rows leave one open."),
    "array": N_("Send one JSON array of objects, with commas between them and nothing behind it."),
    "array_cut": N_("Send the whole file again: it ends in the middle of the JSON array."),
    "gzip_cut": N_("Send the whole file again: it ends in the middle of the gzip data."),
    "gzip_damaged": N_("Send the file again: its gzip data is damaged."),
    "packed_too_tight": N_("Send the file unpacked: it grows to more than %(limit)s times its size."),
    "too_many_bytes": N_("Split the file: it holds more than %(limit)s bytes."),
    "too_many_rows": N_("Split the file: it holds more than %(limit)s rows."),
    "too_many_columns": N_("Send only the columns asked for: the file has more than %(limit)s."),
    "workbook_undeclared": N_(
        "Send the workbook as one: with the ending .xlsx, or its media type. This was announced as text."
    ),
    "no_workbook": N_("Save the file again as an Excel workbook (.xlsx), or as CSV: it is damaged or something else."),
    "old_workbook": N_(
        "Save the workbook as .xlsx without a password: it is protected, or in the format from before 2007."
    ),
    "macros": N_("Save the workbook without macros, as .xlsx."),
    "external_links": N_("Break the workbook's links to other files, and save it with their values."),
    "entities": N_("Save the file again as an Excel workbook: its XML declares entities, which no spreadsheet does."),
    "workbook_parts": N_("Send a workbook with one plain sheet: this one has more than %(limit)s parts."),
    "workbook_ratio": N_(
        "Delete the empty rows and columns of the sheet: it grows to more than %(limit)s times its size."
    ),
    "workbook_empty": N_("Delete the empty rows and columns of the sheet: it goes on and on without a filled cell."),
    "workbook_texts": N_("Split the workbook, or send CSV: it holds more text than is read at once."),
    "workbook_row": N_("Shorten the sheet's longest row: it is longer than any row may be."),
    "too_costly": N_("Split the file, or send it as plain CSV: reading it takes more memory or time than a file may."),
    "blank_lines": N_("Remove the blank lines: there are more than %(limit)s of them."),
    "row_columns": N_("Write this row with the columns asked for: it has more than %(limit)s."),
    "hopeless": N_("Check what kind of file this is: none of its first %(limit)s rows has a cell that can be read."),
    "gave_up": N_("Write to us and name this report: the file stopped its reader again and again, so it was given up."),
    "control_rows": N_("Check the file and the number of rows announced: %(announced)s announced, %(found)s found."),
    "control_amount": N_("Check the file and the amount announced: %(announced)s announced, %(found)s found."),
    "control_currencies": N_("Announce an amount for a file in one currency only: this one holds %(found)s."),
    "bad": N_("Correct %(column)s."),
}


def message(problem: Problem, translate: Callable[[str], str] = str) -> str:
    """The instruction for a problem, in English or as `translate` says the msgid."""
    repair = problem.repair or problem.code
    if repair not in REPAIRS:  # Codes that carry a column's name, from where only the code was kept.
        family = repair.partition("_")[0]
        repair = family if family in REPAIRS else "bad"
    return translate(REPAIRS[repair]) % {"column": problem.column, **problem.params}
