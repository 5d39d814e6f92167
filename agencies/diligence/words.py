"""The words people read for the codes of due diligence, as msgids."""

from __future__ import annotations

from agencies.diligence.models import DisclosureKind, ReviewKind
from portal.errors import N_

DISCLOSURES: dict[DisclosureKind, str] = {
    DisclosureKind.PRINCIPAL: N_("Principals"),
    DisclosureKind.SITE: N_("Sites"),
    DisclosureKind.SUBCONTRACTOR: N_("Subcontractors"),
    DisclosureKind.SYSTEM: N_("Systems"),
    DisclosureKind.POLICY: N_("Policies of its own"),
    DisclosureKind.REFERENCE: N_("References"),
    DisclosureKind.BANK_ACCOUNT: N_("Bank account"),
}
ADD: dict[DisclosureKind, str] = {
    DisclosureKind.PRINCIPAL: N_("Add a principal"),
    DisclosureKind.SITE: N_("Add a site"),
    DisclosureKind.SUBCONTRACTOR: N_("Add a subcontractor"),
    DisclosureKind.SYSTEM: N_("Add a system"),
    DisclosureKind.POLICY: N_("Add a policy"),
    DisclosureKind.REFERENCE: N_("Add a reference"),
    DisclosureKind.BANK_ACCOUNT: N_("Add a bank account"),
}
DETAILS: dict[DisclosureKind, str] = {
    DisclosureKind.PRINCIPAL: N_("Position"),
    DisclosureKind.SITE: N_("Address, and what is done there"),
    DisclosureKind.SUBCONTRACTOR: N_("What it does for the agency"),
    DisclosureKind.SYSTEM: N_("What it is used for, and what data it holds"),
    DisclosureKind.POLICY: N_("What it rules, and where the procedure to it stands"),
    DisclosureKind.REFERENCE: N_("Whom to ask, and how to reach them"),
    DisclosureKind.BANK_ACCOUNT: N_("Account holder"),
}
LOOKED_AT: dict[DisclosureKind, str] = {
    DisclosureKind.PRINCIPAL: N_("Look into background, liens, actions and fines."),
    DisclosureKind.SITE: N_("Compare with leases and the visit."),
    DisclosureKind.SUBCONTRACTOR: N_("Accepting it is the bank's consent; without it no account may be passed on."),
    DisclosureKind.SYSTEM: N_("Compare with the report on security."),
    DisclosureKind.POLICY: N_("There has to be a policy, and a procedure to it."),
    DisclosureKind.REFERENCE: N_("Ask the creditor and write down the answer."),
    DisclosureKind.BANK_ACCOUNT: N_("Call back on a number known before and compare the whole account number."),
}
REVIEWS: dict[ReviewKind, str] = {
    ReviewKind.INITIAL: N_("First due diligence"),
    ReviewKind.PERIODIC: N_("Periodic review"),
}
TIERS: dict[str, str] = {"low": N_("Low risk"), "medium": N_("Medium risk"), "high": N_("High risk")}
