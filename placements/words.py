"""The words people read for the codes of this floor, as msgids. The codes are the contract's and never change with the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from placements import strategy
from placements.ending_models import Step
from placements.models import HoldKind, ObjectionReason, Product, RecallReason, RefusalReason, ReturnReason
from placements.request_models import Ability, PaperKind, RequestKind, Willingness
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
REQUESTS: Final[Mapping[str, str]] = {
    RequestKind.SETTLEMENT: N_("Settlement"),
    RequestKind.INSTALMENT: N_("Instalment plan"),
    RequestKind.EXTENSION: N_("Extension of the placement"),
    RequestKind.WAIVER: N_("Waiver of interest and fees"),
    RequestKind.HARDSHIP: N_("Hardship"),
    RequestKind.DOCUMENTS: N_("Documents"),
    RequestKind.LEGAL_ACTION: N_("Legal action"),
    RequestKind.RECALL: N_("Recall of the account"),
    RequestKind.QUERY: N_("Question"),
}
WILLINGNESS: Final[Mapping[str, str]] = {
    Willingness.WILLING: N_("Wants to pay"),
    Willingness.UNWILLING: N_("Does not want to pay"),
    Willingness.UNKNOWN: N_("Not known"),
}
ABILITY: Final[Mapping[str, str]] = {
    Ability.ABLE: N_("Can pay"),
    Ability.LATER: N_("Cannot pay now, will be able to"),
    Ability.UNABLE: N_("Cannot pay"),
    Ability.UNKNOWN: N_("Not known"),
}
TREATMENTS: Final[Mapping[str, str]] = {
    "hold": N_("Leave the person alone while the hold is on"),
    "care": N_("Hardship care"),
    "pay_in_full": N_("Payment in full"),
    "instalments": N_("Instalments"),
    "reduced_interest": N_("Reduced interest"),
    "legal": N_("Court"),
    "settlement": N_("Settlement"),
    "warehouse": N_("Keep and wait"),
    "find_out": N_("Find out whether they want to and can pay"),
}
BEYOND: Final[Mapping[str, str]] = {
    "on_hold": N_("The account is on hold: %(kind)s."),
    "not_delegated": N_("Only the bank decides on this."),
    "other_terms": N_("It names terms that only a person can read."),
    "settlement_no_authority": N_("The contract allows no settlement without asking."),
    "settlement_too_low": N_("%(asked)s is below %(limit)s, the least the contract allows."),
    "instalments_no_authority": N_("The contract allows no instalments without asking."),
    "instalments_too_much": N_("%(asked)s instalments are more than %(limit)s, the most the contract allows."),
    "extension_no_authority": N_("The contract allows no extension without asking."),
    "extension_too_much": N_("%(asked)s days are more than %(limit)s, the most the contract allows."),
    "waiver_no_authority": N_("The contract allows no waiver without asking."),
    "waiver_too_much": N_("%(asked)s is more than %(limit)s, the most the contract allows."),
}
PAPERS: Final[Mapping[str, str]] = {
    PaperKind.CONTRACT: N_("Contract"),
    PaperKind.STATEMENT: N_("Statement of account"),
    PaperKind.JUDGMENT: N_("Judgment"),
    PaperKind.ASSIGNMENT: N_("Assignment of the debt"),
    PaperKind.NOTICE: N_("Notice"),
    PaperKind.CORRESPONDENCE: N_("Correspondence"),
    PaperKind.OTHER: N_("Other"),
}
STEPS: Final[Mapping[str, str]] = {
    Step.PLACE_AGAIN: N_("Place again"),
    Step.WAREHOUSE: N_("Keep and wait"),
    Step.LEGAL_REVIEW: N_("Look whether to sue"),
    Step.DISPUTE_REVIEW: N_("Clear up the dispute"),
    Step.HARDSHIP_CARE: N_("Hardship care"),
    Step.ESTATE: N_("Turn to the estate"),
    Step.INSOLVENCY: N_("File in the insolvency"),
    Step.FRAUD_REVIEW: N_("Look into the fraud"),
    Step.MEND_DATA: N_("Mend the data"),
    Step.CLOSE: N_("Close the account"),
}
POLICIES: Final[Mapping[str, str]] = {
    "term_end": N_("Past the end of its term"),
    "no_activity": N_("Nobody works it"),
    "value": N_("Worth more with the next tier"),
    "credential_lapse": N_("A credential of the place lapsed"),
    "agency_exit": N_("The agency leaves the panel"),
}
TIERS: Final[Mapping[str, str]] = {
    strategy.PRIMARY: N_("Primary"),
    strategy.SECONDARY: N_("Secondary"),
    strategy.WAREHOUSE: N_("Warehouse"),
    strategy.LEGAL: N_("Legal"),
}
STRATEGY_TREATMENTS: Final[Mapping[str, str]] = {
    strategy.STANDARD: N_("Ordinary collection"),
    strategy.INSTALMENTS: N_("Instalments first"),
    strategy.RELIEF: N_("Relief first: less interest, more time"),
    strategy.TO_COURT: N_("To court"),
}
SIDES: Final[Mapping[str, str]] = {
    strategy.CHAMPION: N_("Champion"),
    strategy.CHALLENGER: N_("Challenger"),
    strategy.HELD_BACK: N_("Held back"),
}
WAYS: Final[Mapping[str, str]] = {
    strategy.EQUAL: N_("Equal parts"),
    strategy.FIXED: N_("Fixed parts"),
    strategy.PERFORMANCE: N_("By performance, as scorecards measured it"),
    strategy.OPTIMISED: N_("Optimised: most net-back within all limits"),
}
