"""Acts on saved views: a person's own names for a list's filters. Nobody else sees them, so they leave no audit entry."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from sqlalchemy.orm import Session

from portal import queries
from portal.errors import N_, Invalid, NotFound
from portal.people import SavedView
from portal.permissions import Actor

LONGEST_NAME, LONGEST_QUERY, MOST = 60, 2000, 50
PASSING = frozenset(
    {"cursor", "format", "csrf_token"}
)  # where in a list, and how it is given out, is no part of a view


def save(session: Session, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Save filters under a name, replacing a view of that name. Raises Invalid for an empty or too long one, or too many."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or len(query) > LONGEST_QUERY or not page:
        raise Invalid(N_("Give the view a name of at most 60 characters."))
    kept = urlencode([(key, value) for key, value in parse_qsl(query) if key not in PASSING])
    mine = queries.saved_views_of(session, actor.user_id, page)
    view = next((view for view in mine if view.name == name), None)
    if view is None:
        if len(mine) >= MOST:
            raise Invalid(N_("There are 50 saved views of this list already. Delete one first."))
        view = SavedView(user_id=actor.user_id, page=page[:100], name=name, query=kept)
        session.add(view)
    view.query = kept
    return view


def delete(session: Session, actor: Actor, view_id: int) -> None:
    """Delete one of the actor's own views. Raises NotFound for anybody else's."""
    view = session.get(SavedView, view_id)
    if view is None or view.user_id != actor.user_id:
        raise NotFound
    session.delete(view)
