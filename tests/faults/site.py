"""The web server of the trials: the whole application, with a lease on keyed calls so short that a trial need not wait a minute.

gunicorn takes this file as its configuration too: its master imports the application, so that a killed worker is back at once.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import create_app
from portal import idempotency

idempotency.LEASE = timedelta(seconds=1)


def application() -> Flask:
    """The application on the database that the environment names."""
    return create_app()
