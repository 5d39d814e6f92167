"""The words people read for the codes of this floor, as msgids. The codes are the contract's and never change with the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from placements.models import HoldKind, ObjectionReason, Product, RecallReason, RefusalReason, ReturnReason
from portal.errors import N_

PRODUCTS: Final[Mapping[str, str]] = {
    Product.CREDIT_CARD: N_("Credit card"),
    Product.PERSONAL_LOAN: N_("Personal loan"),
    Product.AUTO_LOAN: N_("Car loan"),
    Product.STUDENT_LOAN: N_("Student loan"),
    Product.MORTGAGE: N_("Mortgage"),
    Product.UTILITY: N_("Utility bill"),
    Product.MEDICAL: N_("Medical bill"),
    Product.OTHER: N_("Other debt"),
}
HOLDS: Final[Mapping[str, str]] = {
    HoldKind.DISPUTE: N_("Dispute"),
    HoldKind.CEASE: N_("Asked us to stop"),
    HoldKind.ATTORNEY: N_("Represented by an attorney"),
    HoldKind.HARDSHIP: N_("Hardship"),
    HoldKind.BANKRUPTCY: N_("Bankruptcy"),
    HoldKind.DECEASED: N_("Deceased"),
    HoldKind.LITIGATION: N_("Litigation"),
    HoldKind.FRAUD: N_("Fraud"),
    HoldKind.IDENTITY_THEFT: N_("Identity theft"),
    HoldKind.MILITARY: N_("Military service"),
    HoldKind.MORATORIUM: N_("Moratorium"),
    HoldKind.LICENCE: N_("Licence missing"),
    HoldKind.OPT_OUT: N_("Opted out of a channel"),
}
RECALL_REASONS: Final[Mapping[str, str]] = {
    RecallReason.TERM_END: N_("The placement's term is over"),
    RecallReason.STRATEGY: N_("Change of strategy"),
    RecallReason.PORTFOLIO_SALE: N_("Sale of the portfolio"),
    RecallReason.SETTLED_WITH_BANK: N_("Settled with the bank"),
    RecallReason.COMPLAINT: N_("Complaint"),
    RecallReason.CREDENTIAL_LAPSE: N_("A credential lapsed"),
    RecallReason.AGENCY_EXIT: N_("The agency is suspended or leaves"),
    RecallReason.MISPLACED: N_("Placed by mistake (leaves statistics)"),
    RecallReason.NO_ACTIVITY: N_("No activity"),
    RecallReason.LEGAL: N_("Legal reasons"),
}
RETURN_REASONS: Final[Mapping[str, str]] = {
    ReturnReason.UNCOLLECTABLE: N_("Uncollectable"),
    ReturnReason.BANKRUPT: N_("Bankrupt"),
    ReturnReason.DECEASED: N_("Deceased"),
    ReturnReason.DISPUTED: N_("Disputed"),
    ReturnReason.FRAUD: N_("Fraud"),
    ReturnReason.NOT_FOUND: N_("Person not found"),
    ReturnReason.CEASE: N_("Asked us to stop"),
    ReturnReason.PAID: N_("Paid"),
    ReturnReason.OTHER: N_("Other"),
}
OBJECTION_REASONS: Final[Mapping[str, str]] = {
    ObjectionReason.ACTIVE_PROMISE: N_("A promise is open"),
    ObjectionReason.PLAN_RUNNING: N_("A payment plan is running"),
    ObjectionReason.PAYMENT_PENDING: N_("A payment is on its way"),
    ObjectionReason.LEGAL_RUNNING: N_("Legal steps are running"),
    ObjectionReason.OTHER: N_("Other"),
}
REFUSAL_REASONS: Final[Mapping[str, str]] = {
    RefusalReason.CONFLICT: N_("Conflict of interest"),
    RefusalReason.NO_LICENCE: N_("No licence for it"),
    RefusalReason.CAPACITY: N_("No capacity"),
    RefusalReason.WRONG_DATA: N_("Wrong data"),
    RefusalReason.OTHER: N_("Other"),
}
