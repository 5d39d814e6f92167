"""Permissions of the agencies floor, and what the foundation may ask about tenants: an agency is the portal's tenant."""

from __future__ import annotations

from agencies import queries
from portal import tenants
from portal.permissions import AGENCY, AM, AP, BANK, CO, VM, Permission

PERMISSIONS = (
    Permission("agencies.view", "See agencies, their credentials, contracts and collectors.", BANK | {AM}),
    Permission(
        "agencies.manage", "Add agencies, hand them in for review, begin and finish their exit.", frozenset({VM})
    ),
    Permission("agencies.decide", "Approve or decline agencies that another person handed in.", frozenset({AP})),
    Permission("agencies.suspend", "Suspend an agency and reinstate it.", frozenset({CO})),
    Permission("credentials.submit", "Send in credentials of an agency with their evidence.", frozenset({AM, VM})),
    Permission("credentials.request", "Ask an agency for a credential.", frozenset({VM, CO})),
    Permission(
        "credentials.verify", "Verify, refuse and withdraw credentials that another person sent in.", frozenset({CO})
    ),
    Permission(
        "exemptions.record", "Propose why an agency need not hold what a place asks for, and end it.", frozenset({CO})
    ),
    Permission("exemptions.approve", "Approve exemptions that another person proposed.", frozenset({AP})),
    Permission("exemptions.decline", "Decline exemptions that were proposed, or take them back.", frozenset({CO, AP})),
    Permission("collectors.enter", "Enter collectors of an agency and link their portal accounts.", frozenset({AM})),
    Permission("agencies.export", "Export an agency's whole file for an examiner.", BANK),
    Permission("registers.view", "See what registers, sanctions lists and others say of agencies.", BANK),
    Permission(
        "registers.ask",
        "Have registers asked, add names to look for, and enter what is told of an agency.",
        frozenset({VM, CO}),
    ),
    Permission(
        "registers.judge",
        "Decide on what registers and sanctions lists say, and acknowledge what is told of an agency.",
        frozenset({CO}),
    ),
    Permission("contracts.draft", "Draft contracts with their fee terms, and end them.", frozenset({VM})),
    Permission("contracts.approve", "Approve contracts that another person drafted.", frozenset({AP})),
    Permission(
        "diligence.fill", "Fill in an agency's application, its disclosures and its due diligence.", frozenset({AM, VM})
    ),
    Permission(
        "agencies.review",
        "Check disclosures, judge answers, visit sites, set conditions, recommend a decision.",
        frozenset({CO}),
    ),
    Permission("exit.certify", "Send in the certificate that the bank's data is destroyed.", frozenset({AM, VM})),
    Permission(
        "documents.ask", "Ask an agency for a document by a day, and withdraw the request.", frozenset({VM, CO})
    ),
    Permission("documents.answer", "Answer requests for documents and attest them.", frozenset({AM, VM})),
    Permission("documents.accept", "Accept documents, or ask again.", frozenset({CO})),
    Permission("policies.view", "Read the bank's policies for agencies.", BANK | AGENCY),
    Permission("policies.publish", "Publish the bank's policies for agencies.", frozenset({CO})),
    Permission("policies.attest", "Attest that one has read a policy of the bank.", AGENCY),
    Permission("exceptions.view", "See what agencies owe the bank, and what is overdue.", BANK),
)

tenants.register(find=queries.id_of_code, code=queries.code_of_id, shut=queries.has_left, limits=queries.limits_of)
