"""Owns the row models of what agencies report (contract 4.2 and 4.3) and the codes their columns take.

The API, the pages, the command line and the kit for agencies all read and describe files by these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agencies.roster_rows import COLLECTORS
from portal.tables.cells import (
    choice,
    count,
    currency,
    day,
    flag,
    instant,
    json_object,
    money,
    prose,
    ref,
    refs,
    text,
    zones,
)
from portal.tables.model import Column, Table

CONTACT_KINDS = ("call", "voicemail", "sms", "email", "letter", "chat", "social", "visit")
TOLD_KINDS = (
    "dispute",
    "cease_request",
    "opt_out",
    "attorney_notice",
    "hardship",
    "bankruptcy_notice",
    "deceased_notice",
    "identity_theft",
    "military_service",
    "moratorium",
    "consent",
    "preference",
)
MONEY_KINDS = ("promise", "plan")
PAPER_KINDS = ("validation_notice", "transfer_notice", "visit_notice", "verification", "optout_notice")
LEGAL_KINDS = ("payment_order", "lawsuit", "arbitration", "judgment", "enforcement", "limitation_event")
OTHER_KINDS = ("skip_trace", "credit_report")
KINDS = CONTACT_KINDS + TOLD_KINDS + MONEY_KINDS + PAPER_KINDS + LEGAL_KINDS + OTHER_KINDS

DIRECTIONS = ("out", "in")
OUTCOMES = (
    "conversation",
    "no_answer",
    "busy",
    "voicemail_left",
    "voicemail_no_message",
    "not_in_service",
    "wrong_party",
    "answered_dropped",
    "refused",
    "delivered",
    "bounced",
    "met",
    "not_home",
)
PARTIES = (
    "consumer",
    "spouse",
    "co_debtor",
    "guarantor",
    "attorney",
    "executor",
    "representative",
    "relative",
    "employer",
    "neighbour",
    "emergency_contact",
    "creditor",
    "other",
)
ENDPOINT_TYPES = ("home", "mobile", "work", "other")
DIALERS = ("manual", "autodial", "prerecorded", "ai_voice")
PURPOSES = ("collect", "locate", "reply", "service", "legal")

PAID_TO = ("agency", "creditor")
METHODS = ("cash", "cheque", "transfer", "direct_debit", "card", "wallet", "payroll", "other")
METHOD_ALIASES = {"ach": "direct_debit", "check": "cheque", "money_order": "other"}
"""What ledgers in the United States call the same things."""

INVENTORY_STATUSES = ("active", "promise", "plan", "dispute", "hold", "legal", "closed")

COMPLAINT_CHANNELS = ("phone", "letter", "email", "web", "social", "regulator", "in_person")
COMPLAINT_CATEGORIES = (
    "conduct",
    "threats",
    "frequency",
    "hours",
    "third_party",
    "amount",
    "not_mine",
    "paid",
    "privacy",
    "identity",
    "credit_report",
    "service",
    "other",
)
COMPLAINT_OUTCOMES = ("upheld", "partly_upheld", "rejected")

ACTIVITY = Table(
    "activity",
    (
        Column("record_id", ref(unique=True), True, "Your own id of this row; no other row of yours has it."),
        Column("corrects", ref(unique=True), False, "The record_id of an earlier row that this one replaces."),
        Column("account_ref", ref(), True, "The account, by the bank's reference."),
        Column("person_ref", ref(), False, "Which person; empty means the consumer."),
        Column("occurred_at", instant(), True, "When it happened, with the offset from UTC."),
        Column("kind", choice(KINDS), True, "What happened."),
        Column("direction", choice(DIRECTIONS), False, "Who began it: out is you, in is the person."),
        Column("outcome", choice(OUTCOMES), False, "How the contact ended."),
        Column("party", choice(PARTIES), False, "Who was reached or spoke, in relation to the debt."),
        Column("endpoint", text(254, remembered=65536), False, "The number or address used, or its hash."),
        Column("endpoint_type", choice(ENDPOINT_TYPES), False, "What sort of number or address it is."),
        Column("time_zones", zones(), False, "The zones the person may be in; empty means those of the account."),
        Column("collector_id", ref(), False, "Who acted, as in your roster of collectors."),
        Column("duration_s", count(), False, "How long it lasted, in seconds."),
        Column("recording_ref", ref(unique=True), False, "Your reference of the recording."),
        Column("template_ref", ref(), False, "Your reference of the text that was used."),
        Column("dialer", choice(DIALERS), False, "How the call was placed."),
        Column("opt_out_notice", flag(), False, "Whether the message told how to opt out."),
        Column("disclosed_debt", flag(), False, "Whether the debt was mentioned."),
        Column("identified_caller", flag(), False, "Whether the caller said who they are."),
        Column("consent_ref", ref(), False, "Your reference of the consent relied upon."),
        Column("purpose", choice(PURPOSES), False, "What the contact was for."),
        Column("accounts_discussed", refs(), False, "Other accounts that were raised, with ; between them."),
        Column("amount", money(), False, "The amount of a promise or plan, in major units."),
        Column("currency", currency(), False, "The currency of the amount."),
        Column("due_on", day(), False, "The day a promise or the first instalment is due."),
        Column("instalments", count(), False, "How many instalments a plan has."),
        Column("reference", ref(), False, "The case number of a legal step."),
        Column("filed_on", day(), False, "The day a legal step was filed."),
        Column("served_on", day(), False, "The day it was served."),
        Column("court", text(), False, "The court or tribunal."),
        Column("note", prose(), False, "Free text; identity and card numbers in it are masked when it arrives."),
        Column("details", json_object(), False, "What a rule needs and no column holds."),
    ),
    amount="amount",
)


def reversal_names_its_payment(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """A negative amount takes back the payment it names; an amount that takes nothing back names none (contract 4.3)."""
    if row["amount"] < 0 and not row["reverses"]:
        return "reverses", "missing_reverses"
    if row["amount"] >= 0 and row["reverses"]:
        return "reverses", "bad_reverses"
    return None


PAYMENTS = Table(
    "payments",
    (
        Column("record_id", ref(unique=True), True, "Your own id of this payment."),
        Column("account_ref", ref(), True, "The account, by the bank's reference."),
        Column("paid_on", day(), True, "The day the money was paid."),
        Column("amount", money(negative=True), True, "In major units; negative where a payment is taken back."),
        Column("currency", currency(), False, "The currency; empty means the account's."),
        Column("paid_to", choice(PAID_TO), True, "Who received the money."),
        Column("method", choice(METHODS, METHOD_ALIASES), False, "How it was paid."),
        Column("remitted_on", day(), False, "The day it was passed on to the bank."),
        Column("reverses", ref(unique=True), False, "The record_id of the payment that a negative amount takes back."),
        Column("note", prose(), False, "Free text; identity and card numbers in it are masked when it arrives."),
        Column("corrects", ref(unique=True), False, "The record_id of an earlier row that this one replaces."),
    ),
    checks=(reversal_names_its_payment,),
    amount="amount",
)

INVENTORY = Table(
    "inventory",
    (
        Column("account_ref", ref(unique=True), True, "An account you believe you hold."),
        Column("balance", money(), True, "What you believe is owed on it, in major units."),
        Column("status", choice(INVENTORY_STATUSES), True, "How it stands with you."),
        Column("last_activity_on", day(), False, "The day you last worked on it."),
        Column("arrangement", prose(200), False, "What was agreed with the person."),
    ),
    amount="balance",
)

COMPLAINTS = Table(
    "complaints",
    (
        Column("record_id", ref(unique=True), True, "Your own id of this complaint; its newest row counts."),
        Column("account_ref", ref(), False, "The account it is about, if it is about one."),
        Column("received_at", instant(), True, "When it arrived, with the offset from UTC."),
        Column("channel", choice(COMPLAINT_CHANNELS), False, "The way it came."),
        Column("category", choice(COMPLAINT_CATEGORIES), True, "What it is about."),
        Column("about_collector", ref(), False, "The collector it names, as in your roster."),
        Column("summary", prose(), True, "What the person says, in short; identity and card numbers are masked."),
        Column("regulator", flag(), False, "Whether it came through a regulator."),
        Column("first_response_at", instant(), False, "When it was first answered."),
        Column("resolved_at", instant(), False, "When it was settled."),
        Column("outcome", choice(COMPLAINT_OUTCOMES), False, "How it was settled."),
        Column("details", json_object(), False, "What a rule needs and no column holds."),
    ),
)

REPORTS: Mapping[str, Table] = {table.kind: table for table in (ACTIVITY, PAYMENTS, INVENTORY, COMPLAINTS, COLLECTORS)}
"""What agencies may send, by the kind in the address (contract, section 3)."""
