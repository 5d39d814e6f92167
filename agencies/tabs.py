"""The tabs of an agency's page. Each is a page of its own; a higher floor adds its tabs with `declare` and serves them itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.errors import N_


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: `endpoint` takes the agency's `code`; `label` is a msgid; floors stand ten apart in `order`."""

    endpoint: str
    label: str
    permission: str
    order: int


TABS: dict[str, Tab] = {}


def declare(tabs: Iterable[Tab]) -> None:
    """Add tabs (once per package, where its views are made)."""
    TABS.update({tab.endpoint: tab for tab in tabs})


def in_order() -> list[Tab]:
    """All tabs as they stand on the page."""
    return sorted(TABS.values(), key=lambda tab: tab.order)


declare((
    Tab("agencies.page", N_("Overview"), "agencies.view", 10),
    Tab("agencies.credentials", N_("Credentials"), "agencies.view", 11),
    Tab("agencies.contracts", N_("Contracts"), "agencies.view", 12),
    Tab("collectors.index", N_("Collectors"), "agencies.view", 13),
    Tab("diligence.page", N_("Due diligence"), "agencies.view", 14),
    Tab("asking.requests_page", N_("Requests"), "agencies.view", 15),
    Tab("registries.registers", N_("Registers"), "registers.view", 16),
    Tab("registries.screening", N_("Sanctions screening"), "registers.view", 17),
    Tab("registries.adverse", N_("Adverse events"), "registers.view", 18),
))  # fmt: skip
