"""GET /metrics: what the portal measures about itself, as Prometheus text.

Requests are counted in the process that served them. With several web processes set PROMETHEUS_MULTIPROC_DIR (a folder, emptied when
the server starts) and the counts are those of all of them; without it they are those of the process that happens to answer. Queue, jobs,
mail and webhooks are asked of the database at each scrape and so are the same from every process.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from portal import clock, db, queries, web
from portal.db import Database
from portal.web import public

blueprint = Blueprint("metrics", __name__)
BLUEPRINTS = (blueprint,)
SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "placewell_requests_total", "Requests answered.", ("endpoint", "method", "status"), registry=REGISTRY
)
DURATION = Histogram(
    "placewell_request_seconds", "Time to answer a request.", ("endpoint",), buckets=SLOW, registry=REGISTRY
)


def init_app(app: Flask) -> None:
    """Count every request that is answered."""

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        REQUESTS.labels(endpoint, request.method, str(response.status_code)).inc()
        if "started" in g:
            DURATION.labels(endpoint).observe(time.perf_counter() - g.started)
        return response


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """The figures, for who has METRICS_TOKEN if that is set."""
    token = web.settings().metrics_token
    if token and not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return Response(
            "Send Authorization: Bearer and the METRICS_TOKEN.\n",
            401,
            {"WWW-Authenticate": "Bearer"},
            content_type="text/plain; charset=utf-8",
        )
    stored = CollectorRegistry()
    stored.register(Stored(db.database()))
    return Response(generate_latest(_counted()) + generate_latest(stored), content_type=CONTENT_TYPE_LATEST)


def _counted() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    every = CollectorRegistry()
    MultiProcessCollector(every)  # type: ignore[no-untyped-call]
    return every


class Stored(Collector):
    """What the database knows."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def collect(self) -> Iterator[Metric]:
        with self.database.reading() as session:
            load = queries.load(session, now=clock.real_now())
        work = GaugeMetricFamily(
            "placewell_work_items", "Items of the work queue by kind and state.", labels=("kind", "state")
        )
        for kind, state, number in load.work:
            work.add_metric((kind, state), number)
        yield work
        yield GaugeMetricFamily(
            "placewell_work_oldest_waiting_seconds",
            "How long the oldest item that is due has waited.",
            load.oldest_waiting_s,
        )
        jobs = GaugeMetricFamily(
            "placewell_job_last_run_ok", "Whether the last finished run of a job ended well.", labels=("job",)
        )
        since = GaugeMetricFamily(
            "placewell_job_last_run_seconds", "Seconds since a job last finished.", labels=("job",)
        )
        for job, ok, age_s in load.jobs:
            jobs.add_metric((job,), int(ok))
            since.add_metric((job,), age_s)
        yield jobs
        yield since
        yield GaugeMetricFamily("placewell_mail_waiting", "Mails not sent yet.", load.mail_waiting)
        yield GaugeMetricFamily("placewell_webhooks_waiting", "Webhook deliveries not done yet.", load.webhooks_waiting)
        yield GaugeMetricFamily("placewell_sessions", "Sessions on the server.", load.sessions)
