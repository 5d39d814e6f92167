"""The pages of this floor together: their blueprints, and their entries of the navigation."""

from __future__ import annotations

from agencies import tabs
from placements.pages import accounts, blueprint, endings, placed, plans, recalls, requests, strategy_views, unlicensed
from portal.errors import N_
from portal.navigation import Item

PAGES = (accounts, plans, placed, recalls)  # of the floor's own blueprint: they are imported so that it has them
BLUEPRINTS = (blueprint, strategy_views.blueprint, requests.blueprint, endings.blueprint, unlicensed.blueprint)
NAVIGATION: tuple[Item, ...] = (
    *strategy_views.NAVIGATION,
    {"section": N_("Placing"), "label": N_("Accounts"), "endpoint": "placements.accounts", "icon": "person-lines-fill", "permission": "accounts.view", "order": 20},
    {"section": N_("Placing"), "label": N_("Portfolios"), "endpoint": "placements.portfolios", "icon": "collection", "permission": "accounts.view", "order": 21},
    {"section": N_("Placing"), "label": N_("Plans"), "endpoint": "placements.plans", "icon": "diagram-3", "permission": "plans.view", "order": 22},
    {"section": N_("Placing"), "label": N_("Placements"), "endpoint": "placements.placements", "icon": "briefcase", "permission": "placements.view", "order": 23},
    {"section": N_("Placing"), "label": N_("Recalls"), "endpoint": "placements.recalls", "icon": "arrow-return-left", "permission": "recalls.view", "order": 24},
    {"section": N_("Placing"), "label": N_("Requests"), "endpoint": "requests.index", "icon": "chat-left-text", "permission": "requests.view", "order": 25},
    {"section": N_("Placing"), "label": N_("Deliveries"), "endpoint": "endings.deliveries", "icon": "truck", "permission": "placements.view", "order": 26},
    {"section": N_("Placing"), "label": N_("Returned"), "endpoint": "endings.returned", "icon": "box-arrow-in-left", "permission": "returned.view", "order": 27},
    {"section": N_("Placing"), "label": N_("Deletions"), "endpoint": "endings.deletions", "icon": "eraser", "permission": "deletions.view", "order": 28},
)  # fmt: skip
tabs.declare((tabs.Tab("placements.of_agency", N_("Placements"), "placements.view", 20),))
