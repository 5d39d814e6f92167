"""Webhooks: what is signed and sent to whom, what a failing receiver brings, and where they must never reach."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from portal import clock, work
from portal.db import Database
from portal.errors import Invalid
from portal.people import Role
from portal.permissions import Actor
from portal.webhooks import delivery as webhook_delivery
from portal.webhooks import outbound
from portal.webhooks import publishing as webhooks
from portal.webhooks.models import EVENTS, DeliveryState, WebhookDelivery, WebhookEndpoint
from portal.work import WorkItem, WorkState
from tests import factories
from tests.clients import PageClient


@dataclass
class Receiver:
    """A receiver on this machine: what it answers next, and what it got."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(made.delay_s)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}/hook?x=1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(webhook_delivery, "_loopback", True)
    found: Database = app.extensions["database"]
    return found


def manager(database: Database) -> Actor:
    with database.transaction() as session:
        return factories.make_actor(session, Role.AGENCY_MANAGER)


def add(database: Database, who: Actor, url: str, *events: str) -> tuple[WebhookEndpoint, str]:
    with database.transaction() as session:
        return webhooks.add(session, who, url, events or ("recall.final",), at=clock.now(), loopback=True)


def publish(database: Database, agency_id: int | None, event: str = "recall.final", **data: Any) -> int:
    with database.transaction() as session:
        return webhooks.publish(session, event, agency_id, data or {"recall": "rcl_1"})


def deliveries(database: Database) -> list[WebhookDelivery]:
    with database.reading() as session:
        found = list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
        session.expunge_all()
        return found


def endpoint_of(database: Database) -> WebhookEndpoint:
    with database.reading() as session:
        found = session.scalars(select(WebhookEndpoint)).one()
        session.expunge(found)
        return found


def pass_time(database: Database) -> timedelta:
    """As if the wait for the next try were over; how long it was from now."""
    past = clock.real_now() - timedelta(seconds=1)
    with database.transaction() as session:
        item = session.scalars(select(WorkItem).where(WorkItem.state == WorkState.QUEUED)).one()
        waited, item.due_at = item.due_at - clock.real_now(), past
        session.execute(update(WebhookDelivery).values(next_at=past))
        session.execute(update(WebhookEndpoint).values(rests_until=None))
        return waited


# -- sending -------------------------------------------------------------------------------------------------------------


def test_what_arrives_is_signed_and_thin(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    _, secret = add(database, who, receiver.url)
    assert publish(database, who.agency_id, recall="rcl_1", accounts=3) == 1
    work.drain(database)
    ((headers, body),) = receiver.got
    assert Webhook(secret).verify(body, headers) == json.loads(body)
    assert json.loads(body)["type"] == "recall.final"
    assert json.loads(body)["data"] == {"recall": "rcl_1", "accounts": 3}
    assert datetime.fromisoformat(json.loads(body)["timestamp"]).tzinfo is not None
    (sent,) = deliveries(database)
    assert (sent.state, sent.tries, sent.last_status) == (DeliveryState.DELIVERED, 1, 200)
    with pytest.raises(WebhookVerificationError):
        Webhook(webhooks._new_secret()).verify(body, headers)


def test_an_event_of_an_act_that_was_undone_is_not_sent(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    add(database, who, receiver.url)

    def fail() -> None:
        with database.transaction() as session:
            webhooks.publish(session, "recall.final", who.agency_id, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    work.drain(database)
    assert not receiver.got


def test_an_agency_hears_its_own_events_and_the_bank_hears_all(database: Database, receiver: Receiver) -> None:
    one, other = manager(database), manager(database)
    with database.transaction() as session:
        admin = factories.make_actor(session, Role.ADMIN)
    mine, _ = add(database, one, receiver.url)
    add(database, other, receiver.url)
    banks, _ = add(database, admin, receiver.url)
    publish(database, one.agency_id)
    publish(database, None)
    assert [sent.endpoint_id for sent in deliveries(database)] == [mine.id, banks.id, banks.id]


def test_only_the_events_that_were_asked_for_are_sent(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    add(database, who, receiver.url, "recall.final", "statement.issued")
    assert [
        publish(database, who.agency_id, event) for event in ("recall.final", "recall.requested", "statement.issued")
    ] == [1, 0, 1]


def test_an_event_that_the_contract_does_not_name_is_a_mistake(database: Database) -> None:
    with pytest.raises(KeyError):
        publish(database, None, "account.deleted")


def test_a_body_that_is_not_thin_is_a_mistake(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    add(database, who, receiver.url)
    with pytest.raises(ValueError, match="too large"):
        publish(database, who.agency_id, refs=["plc_0123456789abcdef"] * 1000)


def test_the_events_are_those_of_the_contract_and_the_hold_on_a_placement() -> None:
    assert " ".join(EVENTS) == (
        "placement.created placement.held recall.requested recall.final request.answered report.processed scorecard.published credential.expiring "
        "statement.issued complaint.assigned"
    )


def test_for_a_day_after_a_new_secret_both_sign(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    endpoint, old = add(database, who, receiver.url)
    with database.transaction() as session:
        new = webhooks.renew_secret(session, who, session.get_one(WebhookEndpoint, endpoint.id), at=clock.now())
    publish(database, who.agency_id)
    work.drain(database)
    ((headers, body),) = receiver.got
    for secret in (old, new):
        Webhook(secret).verify(body, headers)
    assert webhooks.secrets_of(endpoint_of(database), at=clock.now() + timedelta(hours=25)) == [new]


def test_the_secret_is_sealed(database: Database, receiver: Receiver) -> None:
    _, secret = add(database, manager(database), receiver.url)
    assert secret.startswith("whsec_")
    assert secret.encode() not in endpoint_of(database).secret_sealed


# -- failing -------------------------------------------------------------------------------------------------------------


def test_a_failing_receiver_is_tried_ten_times_on_the_schedule(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    add(database, who, receiver.url)
    publish(database, who.agency_id)
    receiver.status = 500
    waits = []
    for _ in range(9):
        work.drain(database)
        waits.append(pass_time(database).total_seconds())
    work.drain(database)
    schedule = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert all(wait - 2 <= waited <= wait * 1.1 for wait, waited in zip(schedule, waits, strict=True)), waits
    (sent,) = deliveries(database)
    assert (sent.state, sent.tries, sent.last_status) == (DeliveryState.FAILED, 10, 500)
    assert len(receiver.got) == 10
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1, "the receiver drops repetitions by the id"
    with database.reading() as session:
        assert not session.scalars(select(WorkItem).where(WorkItem.state == WorkState.QUEUED)).all()


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 502])
def test_everything_but_2xx_is_a_failure_and_redirects_are_not_followed(
    database: Database, receiver: Receiver, status: int
) -> None:
    who = manager(database)
    add(database, who, receiver.url)
    publish(database, who.agency_id)
    receiver.status, receiver.headers = status, {"Location": receiver.url}
    work.drain(database)
    assert len(receiver.got) == 1
    assert deliveries(database)[0].state is DeliveryState.WAITING


def test_gone_switches_the_webhook_off(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    add(database, who, receiver.url)
    publish(database, who.agency_id)
    receiver.status = 410
    work.drain(database)
    assert not endpoint_of(database).active
    assert publish(database, who.agency_id) == 0


def test_a_dead_receiver_costs_one_try_and_not_one_for_all_that_waits(database: Database, receiver: Receiver) -> None:
    who = manager(database)
    add(database, who, receiver.url)
    for _ in range(5):
        publish(database, who.agency_id)
    receiver.status = 500
    work.drain(database)
    publish(database, who.agency_id)
    work.drain(database)
    assert len(receiver.got) == 1, "it rests"
    receiver.status = 200
    pass_time(database)
    work.drain(database)
    assert [sent.state for sent in deliveries(database)] == [DeliveryState.DELIVERED] * 6
    assert endpoint_of(database).failures == 0


def test_one_dead_receiver_does_not_hold_up_another(database: Database, receiver: Receiver) -> None:
    dead, alive = manager(database), manager(database)
    add(database, dead, "http://127.0.0.1:1/")
    add(database, alive, receiver.url)
    publish(database, dead.agency_id)
    publish(database, alive.agency_id)
    work.drain(database)
    assert len(receiver.got) == 1


def test_a_slow_receiver_is_cut_off(receiver: Receiver) -> None:
    receiver.delay_s = 3
    begun = time.monotonic()
    answer = outbound.post(receiver.url, b"{}", {}, loopback=True, timeout_s=0.3)
    assert answer.status is None
    assert "Timeout" in (answer.error or "")
    assert time.monotonic() - begun < 1.5


def test_a_receiver_that_drips_is_cut_off_too() -> None:
    """A byte now and then outlasts every single timeout of a socket; the whole exchange has a deadline."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                for _ in range(100):
                    time.sleep(0.05)
                    try:
                        connection.send(b"H")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        begun = time.monotonic()
        answer = outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, loopback=True, timeout_s=0.4)
    assert answer.status is None
    assert time.monotonic() - begun < 2


def test_a_huge_answer_is_not_read(receiver: Receiver) -> None:
    receiver.body = b"x" * (8 << 20)
    assert outbound.post(receiver.url, b"{}", {}, loopback=True).taken


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 2xx\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"]
)
def test_a_receiver_that_speaks_no_http_is_a_failure_and_no_crash(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def respond() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.send(answer)

        threading.Thread(target=respond, daemon=True).start()
        assert not outbound.post(
            f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, loopback=True, timeout_s=2
        ).taken


# -- where they must never reach -----------------------------------------------------------------------------------------

FORBIDDEN = """
https://127.0.0.1/ https://127.1/ https://127.0.0.1.:443/ https://2130706433/ https://0x7f000001/ https://0177.0.0.1/ https://0x7f.1/
https://0/ https://0.0.0.0/ https://localhost/ https://LOCALHOST/ https://localhost./ https://[::1]/ https://[::]/
https://[0:0:0:0:0:0:0:1]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/ https://[::ffff:10.0.0.1]/ https://[::ffff:0:127.0.0.1]/
https://[64:ff9b::7f00:1]/ https://[64:ff9b:1::a00:1]/ https://[2002:7f00:1::]/ https://[2002:a00:1::1]/ https://[2001:0:7f00:1::1]/
https://[fe80::1]/ https://[fec0::1]/ https://[fc00::1]/ https://[fd12:3456::1]/ https://[ff02::1]/ https://[2001:db8::1]/ https://[100::1]/
https://10.0.0.1/ https://10.255.255.255/ https://172.16.0.1/ https://172.31.255.255/ https://192.168.1.1/ https://169.254.169.254/latest/meta-data/
https://169.254.1.1/ https://100.64.0.1/ https://100.127.255.254/ https://192.0.0.1/ https://192.0.2.1/ https://198.18.0.1/ https://198.51.100.1/
https://203.0.113.1/ https://224.0.0.1/ https://239.255.255.255/ https://240.0.0.1/ https://255.255.255.255/ https://3232235777/
http://93.184.215.14/ ftp://93.184.215.14/ file:///etc/passwd gopher://93.184.215.14/ //93.184.215.14/ 93.184.215.14 https:// https:///path
https://user@93.184.215.14/ https://user:pw@93.184.215.14/ https://93.184.215.14@127.0.0.1/ https://93.184.215.14:22/ https://93.184.215.14:80/
https://93.184.215.14:99999/ https://93.184.215.14:x/ https://93.184.215.14/#x https://93.184.215.14\\@127.0.0.1/ https://[::1 https://[127.0.0.1]/
https://no-such-name.invalid/ javascript:alert(1) data:text/plain,x
"""


@pytest.mark.parametrize(
    "url",
    [
        *FORBIDDEN.split(),
        "https://93.184.215.14/ x",
        "https://93.184.215.14/\r\nHost: evil",
        "https://93.184.215.14/\x00",
        "",
    ],
)
def test_nothing_of_our_own_network_is_ever_called(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail(f"{url} was called"))
    with pytest.raises(outbound.Refused):
        outbound.target_of(url)
    assert outbound.post(url, b"{}", {}).status is None


@pytest.mark.parametrize(("addresses", "allowed"), [
    (["93.184.215.14"], True), (["2606:4700::1111"], True), (["93.184.215.14", "127.0.0.1"], False), (["127.0.0.1", "93.184.215.14"], False),
    (["10.1.2.3"], False), (["::ffff:192.168.0.1"], False),
])  # fmt: skip
def test_a_name_is_judged_by_every_address_it_has(
    addresses: list[str], allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (address, 443)) for address in addresses]
    )
    if allowed:
        assert outbound.target_of("https://hooks.example/").address == addresses[0]
    else:
        with pytest.raises(outbound.Refused):
            outbound.target_of("https://hooks.example/")


def test_a_name_that_changes_its_address_in_between_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the connection goes to the address that was judged, and the name is not looked up again."""
    asked: list[str] = []
    called: list[tuple[str, int]] = []

    def resolve(host: str, *_a: Any, **_k: Any) -> list[Any]:
        asked.append(host)
        return [(0, 0, 0, "", ("93.184.215.14" if len(asked) == 1 else "127.0.0.1", 443))]

    def connect(address: tuple[str, int], **_k: Any) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    outbound.post("https://hooks.example/", b"{}", {})
    assert (asked, called) == (["hooks.example"], [("93.184.215.14", 443)])


def test_loopback_is_for_development_and_for_nothing_else(receiver: Receiver) -> None:
    assert outbound.post(receiver.url, b"{}", {}, loopback=True).taken
    assert not outbound.post(receiver.url, b"{}", {}).taken
    for url in ("http://10.0.0.1/", "https://192.168.1.1/", "http://93.184.215.14/"):
        with pytest.raises(outbound.Refused):
            outbound.target_of(url, loopback=True)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hooks.example, its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def test_under_tls_the_name_is_kept_though_the_address_is_called(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate is checked against the name, the Host header says it, and an untrusted certificate is a failure."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    hosts: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_a, **_k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        )
        url = f"https://hooks.example:{port}/x"
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert outbound.post(url, b"{}", {}, loopback=True, context=trusting).status == 204
        assert not outbound.post(url, b"{}", {}, loopback=True).taken, "nobody vouches for this certificate"
        assert not outbound.post(f"https://other.example:{port}/", b"{}", {}, loopback=True, context=trusting).taken, (
            "it is another's"
        )
        server.shutdown()
    assert asked[0] == "hooks.example"
    assert hosts == [f"hooks.example:{port}"]


@pytest.mark.parametrize(
    "address", ["http://hooks.example/", "https://u:p@hooks.example/", "nonsense", "https://hooks.example:22/"]
)
def test_such_an_address_cannot_even_be_added(database: Database, address: str) -> None:
    with database.transaction() as session, pytest.raises(Invalid):
        webhooks.add(session, factories.make_actor(session, Role.ADMIN), address, ("recall.final",), at=clock.now())


@pytest.mark.parametrize("events", [(), ("nonsense",), ("recall.final", "nonsense")])
def test_only_events_that_there_are_can_be_asked_for(database: Database, events: tuple[str, ...]) -> None:
    with database.transaction() as session, pytest.raises(Invalid):
        webhooks.add(
            session, factories.make_actor(session, Role.ADMIN), "https://hooks.example/", events, at=clock.now()
        )


# -- pages ---------------------------------------------------------------------------------------------------------------


def test_a_manager_adds_tests_and_switches_a_webhook(
    client: PageClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_delivery, "_loopback", True)
    client.sign_in_as(Role.AGENCY_MANAGER)
    client.get("/settings/webhooks", title="Webhooks", queries=6)
    page = client.post("/settings/webhooks", {"url": receiver.url, "events": ["recall.final"]}, 200)
    secret = next(word for word in page.text.split() if word.startswith("whsec_"))
    assert "whsec_" not in client.get("/settings/webhooks").text, "it is shown once"
    here = f"/settings/webhooks/{endpoint_of(client.database).ref}"
    for event in EVENTS:
        client.post(f"{here}/test", {"event": event})
    work.drain(client.database)
    bodies = [Webhook(secret).verify(body, headers) for headers, body in receiver.got]
    assert {body["type"] for body in bodies} == set(EVENTS)
    assert all(body["data"]["test"] is True for body in bodies)
    page = client.get(here, title=receiver.url, queries=9)
    assert "Delivered" in page.text
    client.post(f"{here}/test", {"event": "nonsense"}, 422)
    client.post(f"{here}/switch/off")
    assert "Off" in client.get("/settings/webhooks").text
    client.post(f"{here}/switch/on")
    assert "whsec_" in client.post(f"{here}/secret", status=200).text


def test_a_message_that_was_given_up_can_be_sent_again(
    client: PageClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_delivery, "_loopback", True)
    database, user = client.database, client.sign_in_as(Role.AGENCY_MANAGER)
    with database.reading() as session:
        who = factories.actor_of(session, user)
    endpoint, _ = add(database, who, receiver.url)
    publish(database, who.agency_id)
    with database.transaction() as session:
        session.execute(update(WebhookDelivery).values(state=DeliveryState.FAILED, tries=10))
    page = client.get(f"/settings/webhooks/{endpoint.ref}")
    (again,) = [action for action in page.forms if action.endswith("/again")]
    client.post(again)
    work.drain(database)
    assert deliveries(database)[0].state is DeliveryState.DELIVERED


def test_nobody_sees_or_touches_another_sides_webhooks(client: PageClient, receiver: Receiver) -> None:
    endpoint, _ = add(client.database, manager(client.database), receiver.url)
    for role in (Role.AGENCY_MANAGER, Role.ADMIN):
        client.sign_in_as(role)
        assert receiver.url not in client.get("/settings/webhooks").text
        hidden = client.get(f"/settings/webhooks/{endpoint.ref}", 404)
        assert hidden.response.get_data() == client.get("/settings/webhooks/whk_nothing", 404).response.get_data()
        for verb in ("test", "switch/off", "secret"):
            client.post(f"/settings/webhooks/{endpoint.ref}/{verb}", {"event": "recall.final"}, 404)
    client.sign_in_as(Role.AGENCY_USER)
    client.get("/settings/webhooks", 404)


def test_an_address_that_cannot_be_is_told_beside_its_field(client: PageClient) -> None:
    client.sign_in_as(Role.AGENCY_MANAGER)
    page = client.post("/settings/webhooks", {"url": "http://hooks.example", "events": ["recall.final"]}, 422)
    assert "The address must begin with https://" in page.text
    assert (
        "Choose at least one of the events."
        in client.post("/settings/webhooks", {"url": "https://hooks.example"}, 422).text
    )
