"""Owns the row model of the bank's account tape (contract 4.1) and the codes its columns take."""

from __future__ import annotations

from portal.tables.cells import choice, count, country, currency, day, money, pattern, ref, text, zone
from portal.tables.model import Column, Table

PRODUCTS = (
    "credit_card",
    "personal_loan",
    "auto_loan",
    "student_loan",
    "mortgage",
    "utility",
    "medical",
    "other",
)
TAPE_HOLDS = ("none", "dispute", "hardship", "bankruptcy", "deceased", "litigation", "fraud", "cease")
ITEMIZATION_DATES = ("last_statement", "charge_off", "last_payment", "transaction", "judgment")
"""The five dates from which a debt may be itemized (12 CFR 1006.34(b)(3))."""

ACCOUNTS = Table(
    "accounts",
    (
        Column("account_ref", ref(unique=True), True, "The account, by the bank's own reference."),
        Column("consumer_ref", ref(unique=True), True, "The person who owes, the same on all their accounts."),
        Column("portfolio", text(), True, "The name under which these accounts are placed and measured."),
        Column("product", choice(PRODUCTS), True, "What kind of debt it is."),
        Column("currency", currency(), True, "The currency of every amount in this row."),
        Column("balance", money(), True, "What is owed in all, in major units."),
        Column("principal", money(), False, "The part of the balance that was lent."),
        Column("interest", money(), False, "The part of the balance that is interest."),
        Column("fees", money(), False, "The part of the balance that is fees."),
        Column("credit_limit", money(), False, "The limit of a credit card."),
        Column("as_of", day(), False, "The day on which these figures stand."),
        Column("opened_on", day(), False, "The day the account was opened."),
        Column("defaulted_on", day(), False, "The day of the first payment missed."),
        Column("charged_off_on", day(), False, "The day it was written off."),
        Column("days_past_due", count(), False, "How many days payment is late."),
        Column("last_payment_on", day(), False, "The day of the last payment."),
        Column("last_payment_amount", money(), False, "Its amount, in major units."),
        Column("country", country(), True, "Where the person lives, ISO 3166-1."),
        Column(
            "region",
            pattern("region", "[A-Z0-9]{1,3}"),
            False,
            "The state or province, ISO 3166-2 without the country.",
        ),
        Column("city", text(), False, "The city."),
        Column("postal_code", text(20), False, "The postal code."),
        Column("time_zone", zone(), False, "The person's time zone."),
        Column("language", pattern("language", "[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"), False, "The language they read."),
        Column("score", count(), False, "The bank's score of the account."),
        Column("full_name", text(), True, "The person's name."),
        Column("id_number", text(50, remembered=0), False, "Their identity or taxpayer number."),
        Column("birth_date", day(), False, "Their day of birth."),
        Column("phone", text(50, remembered=0), False, "Their telephone number."),
        Column("email", text(254, remembered=0), False, "Their e-mail address."),
        Column("address", text(500, remembered=0), False, "Street and house."),
        Column("itemization_date_type", choice(ITEMIZATION_DATES), False, "Which date the debt is itemized from."),
        Column("itemization_date", day(), False, "That date."),
        Column("itemization_amount", money(), False, "What was owed then."),
        Column("interest_since", money(), False, "Interest added since."),
        Column("fees_since", money(), False, "Fees added since."),
        Column("payments_since", money(), False, "Payments made since."),
        Column("credits_since", money(), False, "Credits given since."),
        Column("limitation_on", day(), False, "The last day a claim may be brought to court."),
        Column("hold", choice(TAPE_HOLDS), False, "Why nobody may collect now; none or empty where anybody may."),
    ),
    amount="balance",
)
