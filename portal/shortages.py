"""What is neither the caller's fault nor the work's: no room is left, or the database is away. It passes, and is asked again.

An answer says so with 507 or 503 and when to try again; work that ran into one waits without losing a try (portal/work).
"""

from __future__ import annotations

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from portal.errors import N_, DomainError

WAIT_S = 30
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
SQLITE_NO_ROOM = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,  # a write beyond a limit on the size of files
    sqlite3.SQLITE_IOERR_SHMSIZE,  # no room for the index of the log
}
POSTGRES_NO_ROOM = "53100"
POSTGRES_AWAY = {"57P01", "57P02", "57P03", "53300"}  # shutting down, crashed, starting, no connection left


class Shortage(DomainError):
    """Something that this machine lacks for a while; `retry_after` in whole seconds."""

    retry_after = WAIT_S


class NoRoom(Shortage):
    """A disk is full."""

    status = 507
    title = N_("No room is left")


class Away(Shortage):
    """The database does not answer."""

    status = 503
    title = N_("Not available at the moment")


def shortage_of(error: BaseException | None) -> Shortage | None:
    """The shortage behind an error, or None if it is something else. Looks at the error itself, not at what caused it."""
    if isinstance(error, Shortage):
        return error
    if _is_no_room(error):
        return NoRoom(N_("No room is left to store this. Nothing of it was kept; send it again later."))
    if _is_away(error):
        return Away(
            N_("The database cannot be reached just now. Send the request again, with the same key if it has one.")
        )
    return None


def is_surely_undone(error: BaseException) -> bool:
    """True unless a commit may have arrived although this error was raised: after a lost link nobody knows."""
    return not (isinstance(error, DBAPIError) and error.connection_invalidated)


def _is_no_room(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    if not isinstance(error, DBAPIError):
        return False
    return (
        getattr(error.orig, "sqlite_errorcode", None) in SQLITE_NO_ROOM
        or getattr(error.orig, "sqlstate", None) == POSTGRES_NO_ROOM
    )


def _is_away(error: BaseException | None) -> bool:
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in POSTGRES_AWAY or state is None
