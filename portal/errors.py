"""Domain errors: what an act may answer instead of doing it.

A message is an English msgid with %(named)s parameters, marked with `N_` so that it is found for translation; the edges
(portal/web, portal/api, the commands) translate it. Rules and acts therefore need no framework to speak two languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def N_(text: str) -> str:  # noqa: N802 (the name gettext's tools look for)
    """Mark a message for translation where it is written; it is translated where it is shown."""
    return text


class DomainError(Exception):
    """Base of everything that is answered, not crashed on. `status` is what an edge answers over HTTP."""

    status = 400
    title = N_("The request was refused")

    def __init__(self, message: str, /, **params: Any) -> None:
        super().__init__(message % params if params else message)
        self.message = message
        self.params = params


class NotFound(DomainError):
    """There is no such thing, or the actor may not see it: the two are never told apart."""

    status = 404
    title = N_("Not found")

    def __init__(
        self, message: str = N_("There is nothing here, or it is not yours to see."), /, **params: Any
    ) -> None:
        super().__init__(message, **params)


class Forbidden(DomainError):
    """The actor may see it but not do this."""

    status = 403
    title = N_("Not allowed")


class Conflict(DomainError):
    """The thing is in a state that does not allow the act, or somebody else was faster."""

    status = 409
    title = N_("In conflict with the present state")

    def __init__(
        self, message: str, /, *, location: str | None = None, extra: Mapping[str, Any] | None = None, **params: Any
    ) -> None:
        super().__init__(message, **params)
        self.location = location
        self.extra = dict(extra or {})


class Invalid(DomainError):
    """Values that cannot be accepted. `fields` maps a field's name to the message that belongs beside it."""

    status = 422
    title = N_("Some values cannot be accepted")

    def __init__(self, message: str, /, *, fields: Mapping[str, str] | None = None, **params: Any) -> None:
        super().__init__(message, **params)
        self.fields = dict(fields or {})


class TooMany(DomainError):
    """Asked too often; `retry_after` in whole seconds."""

    status = 429
    title = N_("Too many requests")

    def __init__(self, message: str, /, *, retry_after: int, **params: Any) -> None:
        super().__init__(message, **params)
        self.retry_after = retry_after
