"""The application: settings, database, blueprints, error pages, the event table, the commands.

With demo the only room that sees every floor. `flask --app app …` finds `create_app` here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from types import ModuleType
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import ScriptInfo
from flask_bootstrap import Bootstrap5
from werkzeug.middleware.proxy_fix import ProxyFix

from activity import feed
from activity.calendar import BankDays
from activity.events import ReportAccepted
from agencies.events import AgencyExiting, AgencySuspended, CredentialGained, CredentialLapsed, RosterLoaded
from agencies.registries import table as registers
from agencies.roster import on_roster_loaded
from conduct import jobs as conduct_jobs
from ledger import jobs as ledger_jobs
from ledger import reconciliation
from placements import endings, lapse, recall, returning_all
from placements.events import BalanceDiffers, PlacementsEnded, PlanPlaced
from portal import (
    api,
    clock,
    db,
    events,
    files,
    invitations,
    limits,
    login,
    logs,
    mail,
    metrics,
    navigation,
    page_context,
    permissions,
    sealing,
    serving,
    web,
)
from portal.config import ROOT, Settings
from portal.db import Database
from portal.files import FileStore
from portal.webhooks import delivery as webhook_delivery

FLOORS = ("agencies", "placements", "activity", "ledger", "conduct", "scorecards")
VERSION = "0.1.0"


def create_app(settings: Settings | None = None, *, floors: Sequence[str] = FLOORS) -> Flask:
    """One WSGI application. `settings` for tests; the environment otherwise. `floors` above the foundation, bottom first."""
    settings = settings or Settings.from_environ()
    logs.configure(settings.log_level)
    app = Flask("placewell", root_path=str(ROOT), instance_path=str(settings.instance))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        MAX_CONTENT_LENGTH=settings.upload_limit_mb << 20,
        MAX_FORM_MEMORY_SIZE=1 << 20,
        MAX_FORM_PARTS=1000,
        BOOTSTRAP_SERVE_LOCAL=True,
        VERSION=VERSION,
    )
    app.extensions["settings"] = settings
    files.use(FileStore(settings.upload_dir))
    sealing.use(sealing.Keyring(settings.data_keys))
    mail.use(mail.Postman(settings.mail_url, settings.mail_from, settings.bank_name, settings.base_url))
    lapse.use(settings.lapse_policy)
    feed.use(BankDays(settings.bank_zone, settings.bank_holidays))
    webhook_delivery.use(loopback=settings.webhook_allow_http)
    registers.use(settings.registers)
    database = Database(settings.database_url)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    Bootstrap5(app)
    page_context.init_app(app, settings)
    web.init_app(app, login.resolve)
    api.init_app(app, limits.Limiter(database, settings.api_rate, settings.api_burst))
    login.init_app(app, settings)
    metrics.init_app(app)
    db.init_app(app, database)
    for package in ("portal", *floors):
        _install(app, package)
    events.wire(EVENTS)
    app.cli.add_command(load_demo)
    app.cli.add_command(serve)
    return app


def _install(app: Flask, package: str) -> None:
    """Take in what a package has at its edges: permissions, jobs, file kinds, pages, navigation, API calls, commands."""
    for name in (
        "rights",
        "jobs",
        "housekeeping",
        "kinds_of_file",
        "views",
        "connections",
        "admin",
        "login",
        "metrics",
        "api",
        "openapi",
        "commands",
    ):
        module = _module(f"{package}.{name}")
        if module is None:
            continue
        permissions.declare(getattr(module, "PERMISSIONS", ()))
        navigation.declare(getattr(module, "NAVIGATION", ()))
        for blueprint in getattr(module, "BLUEPRINTS", ()):
            app.register_blueprint(blueprint)
        for command in getattr(module, "COMMANDS", ()):
            app.cli.add_command(command)


def _module(name: str) -> ModuleType | None:
    package, _, edge = name.partition(".")
    return import_module(name) if os.path.exists(ROOT / package / f"{edge}.py") else None


# Which listener of which floor hears what, in order. Read it once and you know everything that happens by itself.
EVENTS: list[tuple[type, events.Listener]] = [
    (AgencySuspended, recall.recall_all_from),
    (PlacementsEnded, endings.follow_end),
    (PlanPlaced, endings.follow_placing),
    (AgencyExiting, recall.recall_all_from),
    (AgencyExiting, returning_all.note_exit),
    (PlacementsEnded, returning_all.note_ends),
    (BalanceDiffers, reconciliation.note_balance),
    (ReportAccepted, ledger_jobs.on_report),
    (ReportAccepted, conduct_jobs.on_report),
    (CredentialLapsed, lapse.on_lapsed),
    (CredentialLapsed, conduct_jobs.on_credential_lapsed),
    (CredentialGained, lapse.on_gained),
    (PlacementsEnded, lapse.on_ended),
    (RosterLoaded, on_roster_loaded),
]


@click.command("demo")
@click.option(
    "--accounts", type=int, default=None, help="How many accounts of the tapes; 0: bank, people and agencies only."
)
@click.pass_obj
def load_demo(script: ScriptInfo, accounts: int | None) -> None:
    """Load the demo; does nothing where it is loaded."""
    import demo

    app = script.load_app()
    demo.load(app, accounts)
    for line in demo.write_sign_ins(app.extensions["settings"]):
        click.echo(line)


@click.command("serve")
@click.pass_obj
def serve(script: ScriptInfo) -> None:
    """Serve the portal with its jobs process beside it; with DEMO=1 load the demo first, otherwise offer a first administrator."""
    app = script.load_app()
    settings: Settings = app.extensions["settings"]
    if settings.demo:
        import demo

        demo.load(app)
        lines = demo.write_sign_ins(settings)
    else:
        lines = invitations.first_administrator(app.extensions["database"], settings.base_url, at=clock.now())
    click.echo(f"\nPlacewell is at {settings.base_url}\n")
    for line in lines:
        click.echo(line)
    port = int(os.environ.get("PORT") or urlsplit(settings.base_url).port or 5000)
    with _registers_of_the_demo(app, settings):
        raise SystemExit(serving.serve("127.0.0.1", port))


def _registers_of_the_demo(app: Flask, settings: Settings) -> AbstractContextManager[object]:
    """With DEMO=1 a stand-in answers for the registers, unless the settings name some."""
    if not settings.demo or settings.registers:
        return nullcontext()
    from demo import registers

    return registers.standing_in(app, turned=True)
