"""The navigation: composed from what each package's views declare as `NAVIGATION`, cut down to what the reader may open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import TypedDict

from flask import current_app, request, url_for
from flask_babel import gettext as _

from portal.errors import N_
from portal.permissions import Actor


class Item(TypedDict):
    """One entry. `section` and `label` are msgids; entries stand in `order`, sections where their first entry stands.

    The foundation uses 0 to 9 for the reader's own and from 90 for administration; the floors are in between, ten apart.
    """

    section: str
    label: str
    endpoint: str
    icon: str
    permission: str
    order: int


ITEMS: dict[str, Item] = {}


def declare(items: Iterable[Item]) -> None:
    """Add a package's entries (app.py, once per package)."""
    ITEMS.update({item["endpoint"]: item for item in items})


def of(actor: Actor, *, counts: dict[str, int] | None = None) -> list[SimpleNamespace]:
    """The sections this actor sees, as templates/base.html draws them. `counts`: what waits behind an endpoint."""
    sections: dict[str, list[SimpleNamespace]] = {}
    for item in _visible(actor):
        url = url_for(item["endpoint"])
        entry = SimpleNamespace(
            label=_(item["label"]),
            url=url,
            icon=item["icon"],
            active=_active(url),
            count=(counts or {}).get(item["endpoint"]),
        )
        sections.setdefault(item["section"], []).append(entry)
    return [SimpleNamespace(label=_(label) if label else "", items=entries) for label, entries in sections.items()]


SETTINGS = (
    ("portal.settings", N_("Profile"), "portal.home"),
    ("connections.own_keys", N_("API keys"), "keys.own"),
    ("connections.endpoints", N_("Webhooks"), "webhooks.manage"),
)


def settings_tabs(actor: Actor) -> list[SimpleNamespace]:
    """The tabs of the settings that this actor may open; none if there is but one."""
    tabs = [
        SimpleNamespace(label=_(label), url=url_for(endpoint), active=request.endpoint == endpoint)
        for endpoint, label, permission in SETTINGS if actor.may(permission)
    ]  # fmt: skip
    return tabs if len(tabs) > 1 else []


def _visible(actor: Actor) -> Iterator[Item]:
    for item in sorted(ITEMS.values(), key=lambda item: item["order"]):
        if item["endpoint"] in current_app.view_functions and actor.may(item["permission"]):
            yield item


def _active(url: str) -> bool:
    """True for the entry whose page this is, or a page beneath it."""
    return request.path == url or (url != "/" and request.path.startswith(url.rstrip("/") + "/"))
