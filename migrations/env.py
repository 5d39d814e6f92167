"""Alembic's environment: runs the migrations against the URL it is given. Only `portal.schema` and `make migration` call it."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from alembic import context
from sqlalchemy import create_engine, pool
from sqlalchemy.types import TypeDecorator

import portal
from portal.db import Base

PLAIN = {"Money": "sa.BigInteger()", "Rate": "sa.Integer()", "UTCDateTime": "INSTANT", "Choice": "sa.String()"}


def know_all_models() -> None:
    """Import every module that may hold a model, so that autogenerate forgets none."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        import_module(module.name)
    for package in ("agencies", "placements", "activity", "ledger", "conduct", "scorecards"):
        import_module(f"{package}.models")
    import_module("agencies.registries.models")


def render_item(kind, item, autogen_context):
    """Write our column types into a migration as the plain types beneath them: a migration imports nothing of ours."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return PLAIN.get(type(item).__name__, False)
    return False


if context.config.attributes.get("autogenerate"):
    know_all_models()
engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
