"""Tenants: whose rows a person or a key may see. What a tenant is belongs to the floor above, which registers here how to ask.

The foundation knows a tenant by its opaque id alone. The floor that owns tenants calls `register` once, when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.errors import N_, NotFound


@dataclass(frozen=True)
class Registry:
    """How to ask about tenants: the id of a code, the code of an id, whether nobody of a tenant may enter now, and to what its people are limited."""

    find: Callable[[Session, str], int | None]
    code: Callable[[Session, int], str | None]
    shut: Callable[[Session, int], bool]
    limits: Callable[[Session, int], tuple[str | None, frozenset[str] | None]] | None = None


_registry = Registry(
    find=lambda session, code: None, code=lambda session, tenant: None, shut=lambda session, tenant: False
)


def register(
    find: Callable[[Session, str], int | None],
    code: Callable[[Session, int], str | None],
    shut: Callable[[Session, int], bool] = lambda session, tenant: False,
    limits: Callable[[Session, int], tuple[str | None, frozenset[str] | None]] | None = None,
) -> None:
    """Say how tenants are asked about. While `shut` is true for one, its people and its keys are answered 401.

    `limits` gives a tenant's code and, while its people may do little only, the permissions that are left (None: no limit).
    """
    global _registry
    _registry = Registry(find, code, shut, limits)


def lookup(session: Session, code: str) -> int | None:
    """The id of the tenant with this code, or None."""
    return _registry.find(session, code)


def id_of(session: Session, code: str) -> int:
    """The id of the tenant with this code. Raises NotFound."""
    found = lookup(session, code)
    if found is None:
        raise NotFound(N_("There is no agency with the code %(code)s."), code=code)
    return found


def code_of(session: Session, tenant_id: int) -> str | None:
    """The code of a tenant, or None."""
    return _registry.code(session, tenant_id)


def limits_of(session: Session, tenant_id: int) -> tuple[str | None, frozenset[str] | None]:
    """The code of a tenant, and the permissions to which its people are limited meanwhile (None: no limit)."""
    return _registry.limits(session, tenant_id) if _registry.limits else (code_of(session, tenant_id), None)


def is_shut(session: Session, tenant_id: int) -> bool:
    """True while nobody of this tenant may enter."""
    return _registry.shut(session, tenant_id)
