"""Owns the row model of the bank's own ledger file: the columns of a payments report, with the bank's entry as `record_id`."""

from __future__ import annotations

from dataclasses import replace

from activity.schemas import PAYMENTS

LEDGER = replace(PAYMENTS, kind="ledger")
