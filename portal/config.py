"""Settings: read once from the environment, checked, and frozen.

Every name here stands in `.env.example`; a house test compares the two.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from portal.webhooks.outbound import Refused, check_shape

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


REGISTERS = (
    "fca",
    "companies_house",
    "gleif",
    "nyc",
    "illinois",
    "cfpb",
    "ofac",
    "uk_sanctions",
    "opensanctions",
)
"""Registers and lists that can be asked: each by REGISTER_<NAME>_URL, where it wants that with _USER and _KEY."""


class BadSetting(Exception):
    """A setting that the portal refuses to start with; the text says how to mend it."""


@dataclass(frozen=True)
class Endpoint:
    """Where a register is asked, and as whom."""

    url: str
    user: str = ""
    key: str = field(default="", repr=False)
    loopback: bool = False  # it may be this machine (a stand-in for tests and the demo), also by http


@dataclass(frozen=True)
class Settings:
    """What the operator decides. `from_environ` is the only way in."""

    instance: Path
    database_url: str
    secret_key: str
    secret_key_fallbacks: tuple[str, ...]
    data_keys: str
    upload_dir: Path
    base_url: str
    mail_url: str
    mail_from: str
    trusted_proxies: int
    demo: bool
    allow_backdating: bool
    bank_name: str
    bank_zone: ZoneInfo
    bank_holidays: frozenset[date]
    upload_limit_mb: int
    api_rate: int
    api_burst: int
    session_idle_minutes: int
    log_level: str
    metrics_token: str
    webhook_allow_http: bool
    lapse_policy: str
    public_pages: bool
    public_checks_per_minute: int
    pdf_font_dir: str
    open_applications: bool
    registers: Mapping[str, Endpoint]  # those that are asked; a register without an address is off

    @property
    def sqlite(self) -> bool:
        """True with the embedded database."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check every setting. Raises BadSetting naming the variable and the repair."""
        env = os.environ if environ is None else environ
        instance = Path(env.get("INSTANCE_DIR") or ROOT / "instance").absolute()
        url = env.get("DATABASE_URL") or f"sqlite:///{instance / 'portal.db'}"
        if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
            url = f"sqlite:///{(ROOT / url.removeprefix('sqlite:///')).absolute()}"
        embedded = url.startswith("sqlite")
        demo, allow_http = _flag(env, "DEMO"), _flag(env, "WEBHOOK_ALLOW_HTTP")
        base_url = (env.get("BASE_URL") or f"http://127.0.0.1:{env.get('PORT') or 5000}").rstrip("/")
        if demo and urlsplit(base_url).hostname not in LOOPBACK:
            raise BadSetting(
                "DEMO=1 signs people in with a password alone, so it is refused with a public BASE_URL. Unset DEMO."
            )
        if allow_http and urlsplit(base_url).hostname not in LOOPBACK:
            raise BadSetting(
                "WEBHOOK_ALLOW_HTTP=1 lets webhooks reach this machine, so it is refused with a public BASE_URL. Unset it."
            )
        return cls(
            instance=instance,
            database_url=url,
            secret_key=_secret(env, "SECRET_KEY", instance, embedded),
            secret_key_fallbacks=tuple(k for k in (env.get("SECRET_KEY_FALLBACKS") or "").split(",") if k),
            data_keys=_secret(env, "DATA_KEYS", instance, embedded),
            upload_dir=Path(env.get("UPLOAD_DIR") or instance / "uploads").absolute(),
            base_url=base_url,
            mail_url=env.get("MAIL_URL") or "console:",
            mail_from=env.get("MAIL_FROM") or "placewell@localhost",
            trusted_proxies=_whole(env, "TRUSTED_PROXIES", 0),
            demo=demo,
            allow_backdating=_flag(env, "ALLOW_BACKDATING"),
            bank_name=env.get("BANK_NAME") or ("Harbour National Bank" if demo else "Your bank"),
            bank_zone=_zone(env, "BANK_TIME_ZONE", "UTC"),
            bank_holidays=_days(env, "BANK_HOLIDAYS"),
            upload_limit_mb=_whole(env, "UPLOAD_LIMIT_MB", 1024),
            api_rate=_whole(env, "API_RATE_PER_SECOND", 50),
            api_burst=_whole(env, "API_BURST", 200),
            session_idle_minutes=_whole(env, "SESSION_IDLE_MINUTES", 15 if not demo else 480),
            log_level=env.get("LOG_LEVEL") or "INFO",
            metrics_token=env.get("METRICS_TOKEN") or "",
            webhook_allow_http=allow_http,
            lapse_policy=_one_of(env, "LAPSE_POLICY", ("list", "hold", "recall")),
            public_pages=demo or _flag(env, "PUBLIC_PAGES"),
            public_checks_per_minute=_whole(env, "PUBLIC_CHECKS_PER_MINUTE", 10),
            pdf_font_dir=env.get("PDF_FONT_DIR") or "",
            open_applications=_flag(env, "OPEN_APPLICATIONS"),
            registers=_registers(env, loopback=urlsplit(base_url).hostname in LOOPBACK),
        )


def _registers(env: Mapping[str, str], *, loopback: bool) -> Mapping[str, Endpoint]:
    """The registers that have an address. One on this machine is refused with a public BASE_URL."""
    found = {}
    for name in REGISTERS:
        prefix = f"REGISTER_{name.upper()}"
        url = (env.get(f"{prefix}_URL") or "").rstrip("/")
        if not url:
            continue
        try:
            check_shape(url, loopback=loopback and urlsplit(url).hostname in LOOPBACK)
        except (Refused, ValueError) as error:
            raise BadSetting(f"{prefix}_URL is {url!r}: {error} See .env.example.") from error
        found[name] = Endpoint(url, env.get(f"{prefix}_USER") or "", env.get(f"{prefix}_KEY") or "", loopback)
    return found


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name) or "0"
    if value not in ("0", "1"):
        raise BadSetting(f"{name} is {value!r}: write 1 or 0.")
    return value == "1"


def _one_of(env: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """One of a few words, the first of them if nothing is said."""
    value = env.get(name) or known[0]
    if value not in known:
        raise BadSetting(f"{name} is {value!r}: write one of {', '.join(known)}.")
    return value


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdigit():
        raise BadSetting(f"{name} is {value!r}: write a whole number.")
    return int(value)


def _days(env: Mapping[str, str], name: str) -> frozenset[date]:
    value = env.get(name) or ""
    try:
        return frozenset(date.fromisoformat(day.strip()) for day in value.split(",") if day.strip())
    except ValueError as error:
        raise BadSetting(f"{name} is {value!r}: write days as 2026-12-25, parted by commas.") from error


def _zone(env: Mapping[str, str], name: str, default: str) -> ZoneInfo:
    value = env.get(name) or default
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise BadSetting(
            f"{name} is {value!r}: write a zone of the time-zone database, such as Asia/Shanghai."
        ) from error


def _secret(env: Mapping[str, str], name: str, instance: Path, embedded: bool) -> str:
    """A secret from the environment, or with the embedded database one made once and kept beside it.

    Several machines must share secrets, so with PostgreSQL they have to be given.
    """
    if given := env.get(name):
        if name == "SECRET_KEY" and len(given) < 32:
            raise BadSetting("SECRET_KEY is shorter than 32 characters. Make one with: openssl rand -base64 48")
        return given
    if not embedded:
        raise BadSetting(
            f"{name} is not set. With PostgreSQL every process must be given the same one; see .env.example."
        )
    path = instance / name.lower()
    instance.mkdir(parents=True, exist_ok=True)
    fresh = secrets.token_urlsafe(48) if name == "SECRET_KEY" else fresh_data_keys()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(fresh + "\n")
    return fresh


def fresh_data_keys() -> str:
    """A new value for DATA_KEYS: one key that seals (`k1`) and one for blind indexes (`blind`), 256 bits each."""

    def key() -> str:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()

    return f"k1={key()};blind={key()}"
