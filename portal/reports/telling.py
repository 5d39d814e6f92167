"""Acts: who sent a file is told what became of it: the person by mail, its people by one task for each kind of file to be mended."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from portal import clock, mail, tasks
from portal.errors import N_
from portal.people import Role, User
from portal.permissions import SYSTEM
from portal.reports.models import Report, ReportState
from portal.reports.queries import file_of

TO_MEND_WITHIN = timedelta(days=2)
STATES = {
    ReportState.ACCEPTED: N_("All its rows are in."),
    ReportState.PARTLY_ACCEPTED: N_("The sound rows are in; the others wait for you to mend them."),
    ReportState.REJECTED: N_("Nothing of it was taken. Mend what the page lists and send it again."),
}


def tell(session: Session, report: Report) -> None:
    """Say what became of a file that was read to its end."""
    _keep_task(session, report)
    person = session.get(User, report.sent_by_id) if report.sent_by_id else None
    if person is None or not person.active:
        return
    mail.send(
        session,
        person.email,
        N_("Your file %(file)s was read"),
        "report_read",
        language=person.language,
        file=file_of(session, report).name,
        outcome=STATES[report.state],
        accepted=report.accepted,
        duplicate=report.duplicate,
        rejected=report.rejected,
        masked=report.masked_numbers,
        link=f"/reports/{report.ref}",
    )


def _keep_task(session: Session, report: Report) -> None:
    """Open as long as the sender's newest files of this kind have rows to be mended; a file without any closes it."""
    subject = f"reports:{report.kind}:{report.sender}"
    if report.state is ReportState.ACCEPTED:
        tasks.close_tasks(session, subject, SYSTEM, kind="report.mend")
        return
    tasks.open_task(
        session,
        "report.mend",
        subject,
        N_("Mend what was rejected of a report of %(what)s, and send it again"),
        link=f"/reports/{report.ref}",
        role=Role.AGENCY_MANAGER if report.agency_id else Role.VENDOR_MANAGER,
        due_at=clock.now() + TO_MEND_WITHIN,
        agency_id=report.agency_id,
        what=report.kind,
    )
