"""Rate limits: token buckets in the database, so that all processes share them.

A process takes tokens in small lots, which spares the database a write per request and can let a key exceed its rate by at most one
lot per process for a moment.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.db import Base, Database
from portal.errors import N_, TooMany

LOT = 10
KEEP_S = 1.0  # a lot not used within this time is forgotten


class Bucket(Base):
    """What is left of one caller's allowance."""

    __tablename__ = "rate_bucket"

    name: Mapped[str] = mapped_column(primary_key=True)
    tokens: Mapped[float] = mapped_column(Float)
    filled_at: Mapped[datetime]


@dataclass
class _Lot:
    left: int
    until: float


@dataclass(frozen=True)
class Allowance:
    """For the RateLimit headers: the limit, what is left, and the seconds until the bucket is full again."""

    limit: int
    remaining: int
    reset_s: int


class Limiter:
    """Buckets of `burst` tokens that refill at `rate` per second."""

    def __init__(self, db: Database, rate: float, burst: int) -> None:
        self.db, self.rate, self.burst = db, rate, burst
        self._lots: dict[str, _Lot] = {}
        self._left: dict[str, float] = {}
        self._lock = threading.Lock()

    def spend(self, name: str, cost: int = 1) -> Allowance:
        """Spend tokens of one caller's bucket. Raises TooMany with the seconds to wait."""
        with self._lock:
            lot = self._lots.get(name)
            if lot and lot.left >= cost and lot.until > time.monotonic():
                lot.left -= cost
                return self._allowance(name)
            wanted = max(cost, min(LOT, self.burst // 4 or 1))
            got, left = self._take(name, wanted, cost)
            self._left[name] = left
            if got < cost:
                wait = max(1, round((cost - left) / self.rate + 0.5))
                raise TooMany(N_("Too many requests. Try again in %(wait)s s."), retry_after=wait, wait=wait)
            self._lots[name] = _Lot(got - cost, time.monotonic() + KEEP_S)
            if len(self._lots) > 10_000:
                self._lots.clear()
            return self._allowance(name)

    def _allowance(self, name: str) -> Allowance:
        left = int(self._left.get(name, 0) + self._lots[name].left)
        return Allowance(self.burst, max(0, left), max(0, round((self.burst - left) / self.rate)))

    def _take(self, name: str, wanted: int, least: int) -> tuple[int, float]:
        try:
            return self._taken(name, wanted, least)
        except IntegrityError:  # two first requests at once
            return self._taken(name, wanted, least)

    def _taken(self, name: str, wanted: int, least: int) -> tuple[int, float]:
        now = clock.real_now()
        with self.db.transaction() as session:
            bucket = session.get(Bucket, name, with_for_update=True)
            if bucket is None:
                bucket = Bucket(name=name, tokens=float(self.burst), filled_at=now)
                session.add(bucket)
            elapsed = max(0.0, (now - bucket.filled_at).total_seconds())
            tokens = min(float(self.burst), bucket.tokens + elapsed * self.rate)
            got = wanted if tokens >= wanted else int(tokens) if tokens >= least else 0
            bucket.tokens, bucket.filled_at = tokens - got, now
            return got, bucket.tokens
