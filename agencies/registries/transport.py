"""The one way out to registers: careful requests, every answer recorded word for word.

A `Caller` is made for one conversation with one register. It keeps the register's pace, waits at most so long, tries again where that
may help, reads no more than it can use, follows no redirect, never calls into our own network, and remembers everything that was
answered: `record` is the evidence. Answers to the same question within a minute are not asked for twice.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError

from portal.config import Endpoint
from portal.errors import N_
from portal.webhooks import outbound

CONNECT_S, READ_S, WHOLE_S = 5.0, 20.0, 90.0
ATTEMPTS = 3
BACKOFF_S = 1.0  # the first pause, at most; each is twice the one before
LONGEST_WAIT_S = 20.0  # a register that asks for more patience is asked again later, by the queue
KEPT_S, MOST_KEPT, LARGEST_KEPT = 60.0, 200, 1 << 20
AGENT = "Placewell-Registers/1.0"
ACCEPT = "application/json, text/csv;q=0.9, */*;q=0.5"


class RegisterError(Exception):
    """A register gave no answer that says anything; `reason` is a msgid."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason, self.detail = reason, detail[:500]


class Unreachable(RegisterError):
    """It cannot be reached, or was silent too long, or is out of order."""


class Refused(RegisterError):
    """It does not let us ask, or not this: a missing key, a bad question."""


class Malformed(RegisterError):
    """What came is not what the register's description promises."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(N_("The answer is not in the register's own form."), detail)


class Throttled(RegisterError):
    """It asks us to wait; `after_s` seconds, if it said so."""

    def __init__(self, after_s: float | None) -> None:
        super().__init__(N_("The register asks us to wait."))
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer as it came."""

    method: str
    url: str
    status: int
    body: bytes

    def text(self) -> str:
        """The body as text; a byte that is none is replaced. The mark that begins some files is left out."""
        return self.body.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises Malformed."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Malformed(str(error)) from error


@dataclass
class Pace:
    """How often one register may be asked, over all threads of this process."""

    interval_s: float
    next_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> float:
        """Take the next turn; how many seconds until it comes."""
        with self.lock:
            now = time.monotonic()
            begins, self.next_at = max(now, self.next_at), max(now, self.next_at) + self.interval_s
            return begins - now


_kept: dict[tuple[str, str, bytes], tuple[float, Fetched]] = {}


def forget() -> None:
    """Forget every answer that was kept (for tests)."""
    _kept.clear()


class Caller:
    """One conversation with one register. `heard` is everything it answered, in order."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        pace: Pace,
        largest: int = 4 << 20,
        read_s: float = READ_S,
        whole_s: float = WHOLE_S,
    ) -> None:
        self.endpoint, self.pace, self.largest = endpoint, pace, largest
        self.read_s, self.ends_at = read_s, time.monotonic() + whole_s
        self.heard: list[Fetched] = []

    def get(
        self,
        path: str = "",
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        expected: frozenset[int] = frozenset(),
    ) -> Fetched:
        """Ask. Answers below 400 come back, and those whose status is `expected`; every other raises a RegisterError."""
        url = f"{self.endpoint.url}{path}" + (f"?{urlencode(params)}" if params else "")
        return self._ask("GET", url, b"", headers or {}, auth, expected)

    def post(
        self, path: str, params: Mapping[str, str | int], body: Any, *, headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """Ask a question that has a body (JSON)."""
        url = f"{self.endpoint.url}{path}" + (f"?{urlencode(params)}" if params else "")
        sent = json.dumps(body, ensure_ascii=False).encode()
        return self._ask("POST", url, sent, {"Content-Type": "application/json", **(headers or {})}, None, frozenset())

    def record(self) -> bytes:
        """Everything that was answered, as JSON, without keys. The same answers are the same bytes."""
        told = [{"method": one.method, "url": one.url, "status": one.status, "body": one.text()} for one in self.heard]
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        auth: tuple[str, str] | None,
        expected: frozenset[int],
    ) -> Fetched:
        key = (method, url, body)
        kept = _kept.get(key)
        if kept and kept[0] > time.monotonic():
            self.heard.append(kept[1])
            return kept[1]
        found = self._patiently(method, url, body, headers, auth)
        self.heard.append(found)
        if found.status >= 400 and found.status not in expected:
            raise _refusal(found)
        if found.status >= 300 and found.status not in expected:
            raise Refused(N_("The register sends us elsewhere; its address in the settings is out of date."))
        if len(found.body) <= LARGEST_KEPT:
            if len(_kept) >= MOST_KEPT:
                _kept.clear()
            _kept[key] = (time.monotonic() + KEPT_S, found)
        return found

    def _patiently(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None
    ) -> Fetched:
        """Ask until there is an answer, at most ATTEMPTS times, each pause longer than the one before."""
        attempt = 0
        while True:
            attempt += 1
            self._wait(self.pace.turn())
            try:
                found, after_s = self._once(method, url, body, headers, auth)
                if found.status == 429:
                    raise Throttled(after_s)
                if found.status < 500:
                    return found
                fault: RegisterError = Unreachable(N_("The register is out of order."), f"status {found.status}")
            except Throttled as throttled:
                fault = throttled
                if throttled.after_s is not None and throttled.after_s > LONGEST_WAIT_S:
                    raise
            except Unreachable as unreachable:
                fault = unreachable
            if attempt == ATTEMPTS:
                raise fault
            asked = fault.after_s if isinstance(fault, Throttled) else None
            self._wait(asked if asked is not None else BACKOFF_S * 2 ** (attempt - 1) * (0.5 + random.random() / 2))

    def _once(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None
    ) -> tuple[Fetched, float | None]:
        try:
            outbound.target_of(url, loopback=self.endpoint.loopback)
            with requests.Session() as http:
                http.trust_env = False  # no proxy or password of the machine's surroundings
                response = http.request(
                    method,
                    url,
                    data=body or None,
                    headers={"User-Agent": AGENT, "Accept": ACCEPT, **headers},
                    auth=auth,
                    timeout=(CONNECT_S, self.read_s),
                    allow_redirects=False,
                    stream=True,
                )
                with response:
                    return Fetched(method, url, response.status_code, self._read(response)), _seconds(response)
        except outbound.Refused as refused:
            raise Unreachable(refused.reason) from refused
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unreachable(N_("The register cannot be reached."), f"{type(error).__name__}: {error}") from error

    def _read(self, response: requests.Response) -> bytes:
        """The body, as far as the cap and the time allow; a byte now and then does not hold us up."""
        read, size = [], 0
        while block := response.raw.read1(1 << 16, decode_content=True):
            size += len(block)
            if size > self.largest:
                raise Malformed(f"more than {self.largest} bytes")
            if time.monotonic() > self.ends_at:
                raise Unreachable(N_("The register did not finish its answer in time."))
            read.append(block)
        return b"".join(read)

    def _wait(self, seconds: float) -> None:
        if time.monotonic() + seconds > self.ends_at:
            raise Throttled(seconds)
        if seconds > 0:
            time.sleep(seconds)


def _seconds(response: requests.Response) -> float | None:
    """How long the answer asks us to wait, where it says so in whole seconds."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else None


def _refusal(found: Fetched) -> RegisterError:
    if found.status in (401, 403):
        return Refused(N_("The register does not accept our key."), f"status {found.status}")
    return Refused(N_("The register does not understand the question."), f"status {found.status}")
