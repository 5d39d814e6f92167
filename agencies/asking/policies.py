"""Acts: the bank publishes a policy, and every person of a working agency reads it and attests it under their own name.

An attestation keeps the hash of the text, so that it can be shown what exactly was attested. Another wording is another version, which
everybody reads anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from agencies.asking import queries
from agencies.asking.models import Attestation, Policy
from agencies.events import POLICY_ATTESTED, POLICY_PUBLISHED
from portal import audit, tasks
from portal.db import unique_or_conflict
from portal.errors import N_, Conflict, Invalid
from portal.permissions import Actor
from portal.tasks import Task, TaskState


@dataclass(frozen=True, slots=True)
class Wording:
    """A policy as somebody writes it down."""

    title: str
    version: str
    text: str
    due_on: date


def publish(session: Session, actor: Actor, wording: Wording, *, at: datetime) -> Policy:
    """Publish a policy, or its next version in the place of the one before. Raises Invalid or Conflict."""
    if wording.due_on < at.date():
        message = N_("Choose a day that is still to come.")
        raise Invalid(message, fields={"due_on": message})
    for older in queries.policies_titled(session, wording.title.strip()):
        older.replaced_at = at
        waiting = update(Task).where(
            Task.kind == "policy.attest", Task.link == _link(older), Task.state == TaskState.OPEN
        )
        session.execute(waiting.values(state=TaskState.CANCELLED, closed_at=at, closed_by=actor.label))
    made = Policy(
        title=wording.title.strip(), version=wording.version.strip(), text=wording.text, sha256=digest(wording.text),
        due_on=wording.due_on, published_at=at, published_by=actor.label,
    )  # fmt: skip
    with unique_or_conflict(
        session, N_("There is a version %(version)s of this policy already."), version=made.version
    ):
        session.add(made)
    remind(session, made.id, at=at)
    audit.record(
        session,
        actor,
        POLICY_PUBLISHED,
        f"policy:{made.ref}",
        title=made.title,
        version=made.version,
        sha256=made.sha256,
    )
    return made


def remind(session: Session, policy_id: int | None = None, *, at: datetime) -> int:
    """Put a policy (None: every one) into the work list of everybody who has to read it and has not; how many were put there."""
    found = queries.unread(session, policy_id)
    session.add_all(
        Task(
            kind="policy.attest", subject=_subject(policy, user.id), title=N_("Read a policy of the bank and attest it: %(policy)s"),
            params={"policy": policy.title}, link=_link(policy), role=user.role, agency_id=user.agency_id, owner_id=user.id,
            due_at=datetime.combine(policy.due_on + timedelta(days=1), time(), UTC), created_at=at,
        )
        for policy, user in found
    )  # fmt: skip
    session.flush()
    return len(found)


def attest(session: Session, actor: Actor, policy: Policy, name: str, *, at: datetime) -> Attestation:
    """Attest that one has read a policy and will keep it, under one's own name. Raises Invalid without a name, Conflict the second time."""
    if actor.user_id is None or actor.agency_id is None or policy.replaced_at is not None:
        raise Conflict(N_("There is nothing to attest."))
    if not name.strip():
        message = N_("Write your name.")
        raise Invalid(message, fields={"name": message})
    made = Attestation(
        policy_id=policy.id, user_id=actor.user_id, agency_id=actor.agency_id, name=name.strip(), sha256=policy.sha256, attested_at=at
    )  # fmt: skip
    with unique_or_conflict(session, N_("You have attested this already.")):
        session.add(made)
    tasks.close_tasks(session, _subject(policy, actor.user_id), actor)
    audit.record(session, actor, POLICY_ATTESTED, f"policy:{policy.ref}", name=made.name, sha256=policy.sha256)
    return made


def digest(text: str) -> str:
    """What a text is known by: the SHA-256 of its UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def _subject(policy: Policy, user_id: int) -> str:
    return f"policy:{policy.ref}.{user_id}"


def _link(policy: Policy) -> str:
    return f"/policies/{policy.ref}"
