"""What the registers of the demo know: its agencies' licences, some complaints, somebody on a list. Everything in it is made up.

`furnish` fills a stand-in from what the agencies hold; `turn` is what became different the night after.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from samples.register_stub import Stub

LEI = "9845EXAMPLECOLLECT55"
PEERS = {
    "ASHDOWN RECEIVABLES LLC": 41, "BIRKETT & CALLOWAY INC.": 29, "DENHOLM CREDIT SERVICES, INC.": 18, "EVERARD PORTFOLIO GROUP": 12, "FAIRLIE LAW OFFICES": 7,
    "GARROW RECOVERY CORP.": 4, "HATHERSAGE MEDICAL BILLING": 3,
}  # fmt: skip
COMPLAINED_OF = {
    "AGY01": ("NORTHGATE RECOVERY PARTNERS, LLC", 3),
    "AGY09": ("CALDER REVENUE GROUP, INC.", 5),
    "AGY10": ("MERIDIAN COLLECT LLC", 8),
}
"""The bureau's name for an agency, and about how many complaints it gets a month."""

ISSUES = (
    ("Attempts to collect debt not owed", "Debt is not yours"), ("Written notification about debt", "Didn't receive notice of right to dispute"),
    ("Communication tactics", "Frequent or repeated calls"), ("False statements or representation", "Attempted to collect wrong amount"),
)  # fmt: skip
LIST_OWNER, LIST_COMPANY = "Maxim Orlov", "Vostok Meridian Trading"


def furnish(stub: Stub, held: Iterable[tuple[str, str, str, date]], today: date) -> None:
    """Fill the stand-in. `held`: name, place, number and last day of every licence of the demo's agencies."""
    stub.nyc, stub.illinois = [], []
    for name, place, number, until in held:
        if place == "US-NY-NYC":
            stub.nyc.append({
                "license_nbr": number, "business_name": name, "business_category": "Debt Collection Agency", "license_status": "Active",
                "license_creation_date": "2019-01-09T00:00:00.000", "lic_expir_dd": f"{until}T00:00:00.000", "address_city": "NEW YORK",
            })  # fmt: skip
        elif place == "US-IL":
            stub.illinois.append({
                "description": "LICENSED COLLECTION AGENCY", "license_number": number, "license_status": "ACTIVE", "business_name": name,
                "effective_date": "06/01/2024", "expiration_date": f"{until:%m/%d/%Y}", "ever_disciplined": "N",
            })  # fmt: skip
    record = copy.deepcopy(stub.leis[LEI])
    record["data"]["attributes"]["entity"]["legalName"]["name"] = "Meridian Collect LLC"
    record["data"]["attributes"]["registration"]["nextRenewalDate"] = f"{today + timedelta(days=200)}T00:00:00Z"
    stub.leis = {LEI: record}
    stub.complaints = list(_complaints(today))


def turn(stub: Stub, licence: str) -> None:
    """The city lets this licence expire, and nobody renews the identifier."""
    for row in stub.nyc:
        if row["license_nbr"] == licence:
            row["license_status"] = "Expired"
    stub.leis[LEI]["data"]["attributes"]["registration"]["status"] = "LAPSED"


def _complaints(today: date) -> Iterable[dict[str, Any]]:
    dice, number = random.Random(11), 9_000_000
    for company, a_month in {**PEERS, **dict(COMPLAINED_OF.values())}.items():
        for back in range(395):
            day = today - timedelta(days=back + 1)
            for _ in range(sum(dice.random() < a_month / 90 for _ in range(3))):
                number += 1
                issue, sub_issue = dice.choice(ISSUES)
                yield {
                    "complaint_id": str(number), "company": company, "product": "Debt collection", "sub_product": dice.choice(("Credit card debt", "Other debt")),
                    "issue": issue, "sub_issue": sub_issue, "state": dice.choice(("CA", "TX", "OH", "NY", "IL")), "date_received": f"{day}T12:00:00-05:00",
                    "date_sent_to_company": f"{day}T15:00:00.000Z", "timely": "No" if dice.random() < 0.05 else "Yes",
                    "company_response": dice.choice(("Closed with explanation", "Closed with explanation", "Closed with non-monetary relief")),
                }  # fmt: skip
