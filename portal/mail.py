"""Mail: written into an outbox in the act's transaction, sent by the jobs process afterwards.

Templates are plain texts in templates/mail, rendered in the recipient's language when the act happens. What was sent loses its text:
a link in it must not outlive its mail. Sending is at least once; a repeated mail has the same Message-ID.
"""

from __future__ import annotations

import smtplib
import ssl
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock, languages, work
from portal.config import ROOT, BadSetting
from portal.db import Base
from portal.work import Work

TEMPLATES = ROOT / "templates" / "mail"
WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 1440)
)  # after the first failure, the second …
TIMEOUT_S = 30
SCHEMES = ("console", "file", "smtp", "smtps")


class OutboxMail(Base):
    """One mail, waiting or sent."""

    __tablename__ = "outbox_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)  # empty once it is sent
    language: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


def send(session: Session, to: str, subject: str, template: str, *, language: str = "en", **context: Any) -> OutboxMail:
    """Put a mail into the outbox, in this transaction. `subject` is a msgid with %(named)s parameters of `context`.

    `template` names a file of templates/mail without its ending; it knows the context, `bank` and `base_url`.
    """
    text = _translations(language).gettext(subject)
    known = {"bank": postman().bank, "base_url": postman().base_url, **context}
    mail = OutboxMail(
        recipient=to, subject=text % known, text=_environment(language).get_template(f"{template}.txt").render(known),
        language=language, created_at=clock.now(),
    )  # fmt: skip
    session.add(mail)
    session.flush()
    work.enqueue(session, "mail.send", mail.id)
    return mail


@work.worker("mail.send", max_tries=len(WAITS) + 5, outward=True)
def send_one(item: Work) -> None:
    """Send one mail of the outbox; after a failure it waits its turn again, longer each time, and in the end stays as it is."""
    with item.step() as session:
        mail = session.get(OutboxMail, int(item.subject))
        if mail is None or mail.sent_at is not None:
            return
        message = _message(mail)
    error = _delivered(message)
    with item.step(last=True) as session:
        mail = session.get_one(OutboxMail, int(item.subject))
        mail.tries, mail.error = mail.tries + 1, error
        if error is None:
            mail.sent_at, mail.text = clock.now(), ""
        elif mail.tries <= len(WAITS):
            work.enqueue(session, "mail.send", mail.id, after=WAITS[mail.tries - 1])


def _delivered(message: EmailMessage) -> str | None:
    """None if it was taken, otherwise why it was not."""
    try:
        postman().deliver(message)
    except (OSError, smtplib.SMTPException) as error:
        return f"{type(error).__name__}: {error}"[:1000]
    return None


def _message(mail: OutboxMail) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = postman().sender, mail.recipient, mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = (
        f"<outbox-{mail.id}-{mail.created_at:%Y%m%d%H%M%S%f}@{postman().sender.rpartition('@')[2].rstrip('>')}>"
    )
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language.replace("_", "-")
    message.set_content(mail.text)
    return message


@dataclass(frozen=True)
class Postman:
    """How mail leaves: `console:` prints to stderr, `file:///folder` writes one .eml each, `smtp://` and `smtps://` hand it to a server."""

    url: str
    sender: str
    bank: str
    base_url: str

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in SCHEMES:
            raise BadSetting("MAIL_URL starts with console:, file:///folder, smtp:// or smtps://.")

    @property
    def arrives(self) -> bool:
        """True if mail reaches people, and not only a console or a folder."""
        return urlsplit(self.url).scheme.startswith("smtp")

    def deliver(self, message: EmailMessage) -> None:
        """Send one message now. Raises OSError or SMTPException if it was not taken."""
        parts = urlsplit(self.url)
        if parts.scheme == "console":
            sys.stderr.write(f"{message}\n")
        elif parts.scheme == "file":
            folder = Path(unquote(parts.path))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{message['Message-ID'].strip('<>')}.eml").write_bytes(bytes(message))
        else:
            self._hand_over(message)

    def _hand_over(self, message: EmailMessage) -> None:
        parts = urlsplit(self.url)
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                parts.hostname or "", parts.port or 465, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(parts.hostname or "", parts.port or 587, timeout=TIMEOUT_S)
        with server:
            server.ehlo()
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif parts.scheme == "smtp" and parts.username:
                raise smtplib.SMTPException("The server offers no STARTTLS, and a password is not sent in the clear.")
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)


_postman: Postman | None = None


def use(postman: Postman) -> None:
    """Set how this process's mail leaves (once, by create_app)."""
    global _postman
    _postman = postman


def postman() -> Postman:
    """How mail leaves. Raises RuntimeError before create_app set it."""
    if _postman is None:
        raise RuntimeError("No postman yet: create_app() sets it.")
    return _postman


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), extensions=["jinja2.ext.i18n"], undefined=StrictUndefined, trim_blocks=True,
        autoescape=False, keep_trailing_newline=True,  # noqa: S701 - plain text, never HTML
    )  # fmt: skip
    made.install_gettext_translations(_translations(language), newstyle=True)  # type: ignore[attr-defined]
    return made


@cache
def _translations(language: str) -> Any:
    return Translations.load(str(languages.TRANSLATIONS), [languages.known(language)])
