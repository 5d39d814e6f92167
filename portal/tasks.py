"""One Task behind every queue: an approval, a verification, a breach to judge, a request to answer.

A task names its subject, who should do it (a person, or anybody with a role, at the bank or at one agency), by when, and the page
where it is done. The work list is all of mine by due date.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal import clock
from portal.db import Base
from portal.people import Role
from portal.permissions import Actor
from portal.types import Choice, one_of


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class Task(Base):
    """Something a person has to do."""

    __tablename__ = "task"
    __table_args__ = (
        one_of("state", TaskState),
        Index(
            "uq_task_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_task_queue", "state", "role", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # plan.approve, breach.judge, credential.verify ...
    subject: Mapped[str]  # kind:reference, as in the audit trail
    title: Mapped[str]  # English msgid
    params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # of the title
    link: Mapped[str]  # the page where it is done
    role: Mapped[Role] = mapped_column(Choice(Role))
    agency_id: Mapped[int | None] = mapped_column(ForeignKey("agency.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"), index=True)
    not_by_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))  # four eyes: whose own act it is
    due_at: Mapped[datetime]
    state: Mapped[TaskState] = mapped_column(Choice(TaskState), default=TaskState.OPEN)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]


def open_task(
    session: Session,
    kind: str,
    subject: str,
    title: str,
    *,
    link: str,
    role: Role,
    due_at: datetime,
    agency_id: int | None = None,
    owner_id: int | None = None,
    not_by_id: int | None = None,
    **params: Any,
) -> Task:
    """Open a task, or return the one that is open for this kind and subject already."""
    found = session.scalars(
        select(Task).where(Task.kind == kind, Task.subject == subject, Task.state == TaskState.OPEN)
    ).first()
    if found:
        return found
    task = Task(
        kind=kind,
        subject=subject,
        title=title,
        params=params,
        link=link,
        role=role,
        agency_id=agency_id,
        owner_id=owner_id,
        not_by_id=not_by_id,
        due_at=due_at,
        created_at=clock.now(),
    )
    session.add(task)
    return task


def close_tasks(
    session: Session, subject: str, actor: Actor, *, kind: str | None = None, cancelled: bool = False
) -> None:
    """Close the open tasks of a subject, because it was done, or with `cancelled` because it need not be."""
    session.flush()
    wanted = update(Task).where(Task.subject == subject, Task.state == TaskState.OPEN)
    if kind:
        wanted = wanted.where(Task.kind == kind)
    state = TaskState.CANCELLED if cancelled else TaskState.DONE
    session.execute(wanted.values(state=state, closed_at=clock.now(), closed_by=actor.label))


def open_subjects(session: Session, kind: str) -> set[str]:
    """The subjects on which a task of this kind is open."""
    session.flush()
    return set(session.scalars(select(Task.subject).where(Task.kind == kind, Task.state == TaskState.OPEN)))


def cancel_of_tenant(session: Session, tenant_id: int, actor: Actor) -> None:
    """Cancel everything that a tenant still had to do: nobody of it can any more."""
    session.flush()
    wanted = update(Task).where(Task.agency_id == tenant_id, Task.state == TaskState.OPEN)
    session.execute(wanted.values(state=TaskState.CANCELLED, closed_at=clock.now(), closed_by=actor.label))


def mine(actor: Actor) -> Any:
    """The select of the tasks this actor should do: own, or of the actor's role and agency, never the ones on own acts."""
    wanted = select(Task).where(Task.state == TaskState.OPEN, Task.role == actor.role)
    wanted = wanted.where(Task.agency_id == actor.agency_id if actor.agency_id else Task.agency_id.is_(None))
    wanted = wanted.where(or_(Task.owner_id.is_(None), Task.owner_id == actor.user_id))
    return wanted.where(or_(Task.not_by_id.is_(None), Task.not_by_id != actor.user_id)).order_by(Task.due_at, Task.id)
