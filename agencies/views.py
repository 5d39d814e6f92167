"""The pages of this floor together: their blueprints, and their entries of the navigation."""

from __future__ import annotations

from agencies.asking import views as asking
from agencies.diligence import views as diligence
from agencies.pages import agencies, blueprint, catalogue, collectors, contracts, credentials, export, public
from agencies.registries.views import blueprint as registries
from portal.errors import N_
from portal.navigation import Item

PAGES = (agencies, credentials, contracts)  # of the floor's own blueprint: they are imported so that it has them
BLUEPRINTS = (
    blueprint,
    *(page.blueprint for page in (catalogue, collectors, export, public)),
    *diligence.BLUEPRINTS,
    *asking.BLUEPRINTS,
    registries,
)
NAVIGATION: tuple[Item, ...] = (
    {"section": N_("Panel"), "label": N_("Agencies"), "endpoint": "agencies.index", "icon": "buildings", "permission": "agencies.view", "order": 10},
    *catalogue.NAVIGATION,
    *asking.NAVIGATION,
)  # fmt: skip
