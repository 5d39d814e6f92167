"""Mail: it leaves after its act, in its reader's language, again after a failure, and nothing of it stays behind."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from sqlalchemy import select, update

from portal import clock, mail, work
from portal.config import BadSetting
from portal.db import Database
from portal.mail import OutboxMail, Postman
from portal.work import WorkItem, WorkState

LINK = "https://portal.example/invitation/abc"


@pytest.fixture
def postman(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets how mail leaves, for the running test."""

    def use(url: str) -> None:
        monkeypatch.setattr(
            mail, "_postman", Postman(url, "Placewell <portal@bank.example>", "Meridian Bank", "https://portal.example")
        )

    use("console:")
    return use


def invite(db: Database, to: str = "ann@bank.example", **values: str) -> None:
    with db.transaction() as session:
        mail.send(session, to, "Your access to Placewell", "invitation", **({"link": LINK} | values))


def outbox(db: Database) -> OutboxMail:
    with db.reading() as session:
        found = session.scalars(select(OutboxMail)).one()
        session.expunge(found)
        return found


def pass_time(db: Database) -> timedelta:
    """As if the wait were over; how long it was."""
    with db.transaction() as session:
        item = session.scalars(select(WorkItem).where(WorkItem.state == WorkState.QUEUED)).one()
        waited, item.due_at = item.due_at - clock.real_now(), clock.real_now() - timedelta(seconds=1)
        return waited


def test_mail_of_an_act_that_was_undone_is_not_sent(db: Database, postman: Callable[[str], None]) -> None:
    def fail() -> None:
        with db.transaction() as session:
            mail.send(session, "ann@bank.example", "x", "invitation", link=LINK)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert work.drain(db) == 0


def test_mail_is_sent_once_and_keeps_no_text(db: Database, postman: Callable[[str], None], tmp_path: Path) -> None:
    postman(f"file://{tmp_path}/mail")
    invite(db)
    assert LINK in outbox(db).text
    assert work.drain(db) == 1
    assert work.drain(db) == 0
    (file,) = (tmp_path / "mail").iterdir()
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert (message["To"], message["From"]) == ("ann@bank.example", "Placewell <portal@bank.example>")
    assert message["Subject"] == "Your access to Placewell"
    assert "Meridian Bank invites you" in message.get_content()
    assert LINK in message.get_content()
    assert (outbox(db).text, outbox(db).tries) == ("", 1)
    assert outbox(db).sent_at is not None


def test_the_console_shows_mail_on_stderr(
    db: Database, postman: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    invite(db)
    work.drain(db)
    shown = capfd.readouterr()
    assert LINK in shown.err
    assert LINK not in shown.out


def test_text_is_never_html_and_a_template_misses_nothing(db: Database, postman: Callable[[str], None]) -> None:
    invite(db, link="https://portal.example/?a=1&b=<2>")
    assert "?a=1&b=<2>" in outbox(db).text
    with pytest.raises(UndefinedError), db.transaction() as session:
        mail.send(session, "ann@bank.example", "x", "invitation")


@pytest.mark.parametrize("to", ["ann@bank.example\r\nBcc: all@bank.example", "ann@bank.example\nX: y"])
def test_an_address_cannot_smuggle_headers_in(
    db: Database, postman: Callable[[str], None], to: str, tmp_path: Path
) -> None:
    postman(f"file://{tmp_path}/mail")
    invite(db, to=to)
    work.drain(db)
    assert not (tmp_path / "mail").exists()


def test_a_mail_that_cannot_leave_is_tried_again_and_again_and_then_left(
    db: Database, postman: Callable[[str], None]
) -> None:
    postman("smtp://127.0.0.1:1")
    invite(db)
    for wait in mail.WAITS:
        work.drain(db)
        assert outbox(db).sent_at is None
        assert "ConnectionRefusedError" in (outbox(db).error or "")
        assert timedelta() <= wait - pass_time(db) < timedelta(seconds=30)
    work.drain(db)
    assert outbox(db).tries == len(mail.WAITS) + 1
    with db.reading() as session:
        assert not session.scalars(select(WorkItem).where(WorkItem.state != WorkState.DONE)).all()


def test_a_worker_killed_between_sending_and_saying_so_sends_the_same_mail_again(
    db: Database, postman: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: the repeated mail has the same Message-ID, so readers' programs can drop it (the folder holds one file)."""
    postman(f"file://{tmp_path}/mail")
    invite(db)
    real = mail._delivered

    def deliver_and_die(message: EmailMessage) -> str | None:
        real(message)
        raise KeyboardInterrupt

    monkeypatch.setattr(mail, "_delivered", deliver_and_die)
    with pytest.raises(KeyboardInterrupt):
        work.drain(db)
    monkeypatch.setattr(mail, "_delivered", real)
    with db.transaction() as session:
        session.execute(update(WorkItem).values(leased_until=clock.real_now() - timedelta(seconds=1)))
    assert work.drain(db) == 1
    assert len(list((tmp_path / "mail").iterdir())) == 1


# -- servers -------------------------------------------------------------------------------------------------------------


class _Smtp(socketserver.StreamRequestHandler):
    """Just enough of a mail server, without STARTTLS."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        data = False
        while line := self.rfile.readline():
            if data:
                self.server.mail.append(line)  # type: ignore[attr-defined]
                if line != b".\r\n":
                    continue
                data = False
            verb = line[:4].upper()
            data = verb == b"DATA"
            self.wfile.write({b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n"))


@pytest.fixture
def smtp() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.mail = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_mail_server_gets_the_mail(
    db: Database, postman: Callable[[str], None], smtp: socketserver.ThreadingTCPServer
) -> None:
    postman(f"smtp://127.0.0.1:{smtp.server_address[1]}")
    invite(db)
    assert work.drain(db) == 1
    assert LINK.encode() in b"".join(smtp.mail)  # type: ignore[attr-defined]
    assert outbox(db).sent_at is not None


def test_a_password_is_not_sent_in_the_clear(
    db: Database, postman: Callable[[str], None], smtp: socketserver.ThreadingTCPServer
) -> None:
    postman(f"smtp://portal:secret@127.0.0.1:{smtp.server_address[1]}")
    invite(db)
    work.drain(db)
    assert "STARTTLS" in (outbox(db).error or "")
    assert not smtp.mail  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "arrives"), [("console:", False), ("file:///tmp/x", False), ("smtp://h", True), ("smtps://h", True)]
)
def test_whether_mail_reaches_people(url: str, arrives: bool) -> None:
    assert Postman(url, "a@b", "", "").arrives is arrives


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "ftp://x"])
def test_a_wrong_mail_url_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(BadSetting):
        Postman(url, "a@b", "", "")
