"""Requests to addresses that others chose (webhooks): they must never reach into our own network.

The name is resolved once, every address it has is judged, and the connection goes to that very address while TLS and the Host header
keep the name; so a name that resolves differently a moment later changes nothing. Redirects are not followed, the whole exchange has
a deadline, and no more than 64 KiB of the answer are read.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from portal.errors import N_

TIMEOUT_S = 15.0
BODY_CAP = 64 << 10
PORTS = frozenset({443, 8443})
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))  # IPv4 behind NAT64


class Refused(Exception):
    """This address may not be called; `reason` is a msgid that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Target:
    """Where a request goes: the name it is for and the very address it connects to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or the error that kept one from coming."""

    status: int | None
    error: str | None = None

    @property
    def taken(self) -> bool:
        """True for 2xx; everything else, redirects too, is a failure."""
        return self.status is not None and 200 <= self.status < 300


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    loopback: bool = False,
    timeout_s: float = TIMEOUT_S,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """POST once. Never raises for what the other side does or is."""
    try:
        return _exchange(target_of(url, loopback=loopback), body, headers, timeout_s, context)
    except Refused as refused:
        return Answer(None, refused.reason)
    except (OSError, http.client.HTTPException) as error:
        return Answer(None, f"{type(error).__name__}: {error}"[:500])


def target_of(url: str, *, loopback: bool = False) -> Target:
    """Where a URL leads. Raises Refused unless it is https to a public address; with `loopback`, this machine is allowed, also by http."""
    parts = check_shape(url, loopback=loopback)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(N_("The name of this address cannot be found.")) from error
    addresses = [str(entry[4][0]) for entry in found]
    local = all(_is_loopback(address) for address in addresses)
    if not (loopback and local) and (parts.scheme != "https" or not all(is_public(address) for address in addresses)):
        raise Refused(N_("This address is not on the public internet."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses[0])


def check_shape(url: str, *, loopback: bool = False) -> SplitResult:
    """The parts of a URL that could be called, before any name is looked up. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(N_("This is not an address.")) from error
    if any(character.isspace() or ord(character) < 32 or character == "\\" for character in url) or not parts.hostname:
        raise Refused(N_("This is not an address."))
    if parts.scheme != "https" and not (loopback and parts.scheme == "http"):
        raise Refused(N_("The address must begin with https://"))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused(N_("The address may hold no user name, password or #fragment."))
    if port is not None and port not in PORTS and not loopback:
        raise Refused(N_("The address may use the ports 443 and 8443 only."))
    return parts


def is_public(text: str) -> bool:
    """True for an address of the public internet; False for anything private, local, reserved or wrapped around such."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if inner := address.ipv4_mapped:
            return is_public(str(inner))
        if (
            address.sixtofour
            or address.teredo
            or address.is_site_local
            or any(address in network for network in TRANSLATED)
        ):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_loopback(text: str) -> bool:
    return ipaddress.ip_address(text.partition("%")[0]).is_loopback


def _exchange(
    target: Target, body: bytes, headers: Mapping[str, str], timeout_s: float, context: ssl.SSLContext | None
) -> Answer:
    plain = socket.create_connection((target.address, target.port), timeout=timeout_s)
    late, handle = threading.Event(), plain.dup()

    def cut() -> None:  # a receiver that sends a byte now and then would outlast every single timeout
        late.set()
        with contextlib.suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    watchdog = threading.Timer(timeout_s, cut)
    watchdog.daemon = True
    watchdog.start()
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # it must never connect by itself: the name could lead elsewhere by now
    try:
        connection.sock = _secured(plain, target, context)
        connection.request("POST", target.path, body, dict(headers))
        response = connection.getresponse()
        response.read(BODY_CAP)
        return Answer(response.status)
    except (OSError, http.client.HTTPException):
        if late.is_set():
            return Answer(None, "TimeoutError: no answer in time")
        raise
    finally:
        watchdog.cancel()
        for opened in (connection, plain, handle):
            opened.close()


def _secured(plain: socket.socket, target: Target, context: ssl.SSLContext | None) -> socket.socket:
    """The connection as it is used: under TLS it introduces itself with the name, whatever address it has."""
    if target.scheme == "http":
        return plain
    return (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=target.host)
