"""Links to PostgreSQL that notice when they are dead.

A firewall that forgot a link, or a proxy in between, swallows what is sent and closes nothing: the operating system sees a healthy
socket, and a statement may lawfully take minutes, so no time limit tells the two apart. A link that has been quiet for a while
therefore asks the server over a second link what the session at its other end does. Busy: it waits on. Twice not busy, while we wait
for its answer: the link is dead. Its session is ended, so that its locks are free at once, and the wait ends with an error from
which transactions are tried again (portal/db.may_heal).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

Result = TypeVar("Result")

QUIET_S = 15.0  # seconds without a byte after which a link is asked about, and again each time
CONNECT_S = 10
KEEPALIVE = {"tcp_user_timeout": 15_000, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""What the operating system is told besides: a peer that does not even acknowledge is gone after 15 s, or a minute when idle."""

# A server that waits for its client waits for us, who wait for it; where activity is not tracked, nobody can tell.
BUSY = (
    "SELECT state = 'disabled' OR state = 'active' AND wait_event_type IS DISTINCT FROM 'Client' "
    "FROM pg_stat_activity WHERE pid = %s"
)
log = logging.getLogger(__name__)


class DeadLink(psycopg.OperationalError):
    """The link no longer leads anywhere; whether the last statement was done is not known."""


class WatchedConnection(psycopg.Connection[Any]):
    """A connection whose waits end when its link is dead."""

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Wait as psycopg does, in steps of `interval` seconds. Raises DeadLink, and closes, where the server is found not to work for us."""
        return super().wait(self._watched(gen), interval, timeout)

    def _watched(self, gen: PQGen[Result]) -> Generator[Any, Any, Result]:
        quiet_since, idle = time.monotonic(), 0
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    quiet_since, idle = time.monotonic(), 0
                elif time.monotonic() - quiet_since >= QUIET_S:
                    idle = 0 if self._is_busy() else idle + 1
                    quiet_since = time.monotonic()
                    if idle == 2:  # once may be an answer that was just on its way
                        self._give_up()
                wanted = gen.send(ready)
        except StopIteration as done:
            found: Result = done.value
            return found

    def _is_busy(self) -> bool:
        """True if the session at the other end works. False too where the server cannot be asked: it is as far away as the link."""
        try:
            with self._second() as other:
                found = other.execute(BUSY, (self.info.backend_pid,)).fetchone()
        except psycopg.OperationalError:
            return False
        return bool(found and found[0])

    def _give_up(self) -> None:
        with suppress(psycopg.Error), self._second() as other:
            other.execute("SELECT pg_terminate_backend(%s)", (self.info.backend_pid,))
        log.error("a link to the database was dead and is given up")
        self.pgconn.finish()
        raise DeadLink("the link to the database is dead: no answer, and the server is not working on one")

    def _second(self) -> psycopg.Connection[Any]:
        """Another link with the same address, person and password. Its own waits are bounded by the operating system and the clock."""
        address: dict[str, Any] = {**self.info.get_parameters(), "options": "-c statement_timeout=5000"}
        if self.info.password:
            address["password"] = self.info.password
        return psycopg.connect(**address | {"connect_timeout": CONNECT_S}, autocommit=True)
