"""A TCP proxy that harms links: between a program and its database it passes bytes on until it is told to do worse.

`cut` resets every link that is open, with RST, as a failing host does. `swallow` keeps them open and loses every byte from then on, as a
firewall does that forgot them; what goes out is acknowledged, so that no socket notices.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url

LINGER_NOT = struct.pack("ii", 1, 0)  # closing then sends RST and drops what is under way


class Proxy:
    """Listens on a free port of this machine and passes on to `target`; count of links and cuts."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.links = self.cuts = self.swallowed = 0
        self._lost: set[tuple[socket.socket, socket.socket]] = set()
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                _reset(near)
                continue
            far.settimeout(None)
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
                self.links += 1
            for source, sink in (pair, (far, near)):
                threading.Thread(target=self._pass_on, args=(source, sink, pair), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, pair: tuple[socket.socket, socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                if pair not in self._lost:
                    sink.sendall(block)
        if pair in self._lost:
            return  # the other end is not told that this one is gone
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> int:
        """Reset every open link; how many there were."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for end in pair:
                _reset(end)
        self.cuts += bool(pairs)
        return len(pairs)

    def swallow(self) -> int:
        """Lose whatever goes through the links that are open now, both ways and for good; how many there were. New ones are sound."""
        with self._lock:
            found = self._pairs - self._lost
            self._lost |= found
        self.swallowed += bool(found)
        return len(found)

    def stop(self) -> None:
        """Cut what is open and listen no more."""
        self._listener.close()
        self.cut()
        with self._lock:
            lost, self._lost = self._lost, set()
        for pair in lost:
            for end in pair:
                _reset(end)


@contextmanager
def through_proxy(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the database of this URL, and the URL that leads through it."""
    address = make_url(url)
    proxy = Proxy((str(address.host), int(address.port or 5432)))
    try:
        yield proxy, address.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    finally:
        proxy.stop()


def _reset(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        end.shutdown(socket.SHUT_RD)  # wakes the thread that waits in recv
        end.close()
