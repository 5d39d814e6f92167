"""GET /metrics: Prometheus text, for who has the token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from portal import clock, jobs, work
from portal.people import Role
from portal.work import WorkItem
from tests.clients import PageClient

ROOT = Path(__file__).resolve().parents[2]


def figures(client: PageClient, **headers: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels."""
    answer = client.http.get("/metrics", base_url="https://localhost", headers=headers)
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_requests_are_counted_by_endpoint_and_status(client: PageClient) -> None:
    labels = (("endpoint", "login.sign_in"), ("method", "GET"), ("status", "200"))
    before = figures(client).get(("placewell_requests_total", labels), 0)
    client.get("/sign-in")
    after = figures(client)
    assert after["placewell_requests_total", labels] == before + 1
    assert after["placewell_request_seconds_count", (("endpoint", "login.sign_in"),)] >= 1


def test_addresses_that_are_none_of_ours_make_no_label_of_their_own(client: PageClient) -> None:
    """Otherwise anybody could fill the memory with labels."""
    for number in range(20):
        client.get(f"/nothing/{number}", 404)
    endpoints = {dict(labels)["endpoint"] for name, labels in figures(client) if name == "placewell_requests_total"}
    assert not any("nothing" in endpoint for endpoint in endpoints)


def test_queue_jobs_mail_and_webhooks_come_from_the_database(client: PageClient) -> None:
    client.sign_in_as(Role.ADMIN)
    with client.database.transaction() as session:
        work.enqueue(session, "test.metrics", 1)
        session.flush()
        session.scalars(select(WorkItem)).one().due_at = clock.real_now() - timedelta(minutes=10)
    jobs.run(client.database, "people.forget")
    found = figures(client)
    assert found["placewell_work_items", (("kind", "test.metrics"), ("state", "queued"))] == 1
    assert found["placewell_work_oldest_waiting_seconds", ()] >= 600
    assert found["placewell_job_last_run_ok", (("job", "people.forget"),)] == 1
    assert found["placewell_job_last_run_seconds", (("job", "people.forget"),)] < 60
    assert found["placewell_sessions", ()] == 1
    assert found["placewell_mail_waiting", ()] == found["placewell_webhooks_waiting", ()] == 0


@pytest.mark.parametrize(
    ("sent", "status"), [(None, 401), ("Bearer wrong", 401), ("Bearer ", 401), ("secret", 401), ("Bearer secret", 200)]
)
def test_with_a_token_set_only_who_has_it_sees_them(
    make_app: Callable[..., Flask], sent: str | None, status: int
) -> None:
    app = make_app(metrics_token="secret")
    answer = app.test_client().get("/metrics", headers={"Authorization": sent} if sent else {})
    assert answer.status_code == status


def test_several_processes_are_counted_together_in_a_common_folder(tmp_path: Path) -> None:
    """Two processes serve a request each; the third reports both."""
    serve = "from portal import metrics; metrics.REQUESTS.labels('x', 'GET', '200').inc()"
    report = "from portal import metrics; from prometheus_client import generate_latest; print(generate_latest(metrics._counted()).decode())"
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    for code in (serve, serve):
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True)
    shown = subprocess.run(
        [sys.executable, "-c", report], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert 'placewell_requests_total{endpoint="x",method="GET",status="200"} 2.0' in shown
