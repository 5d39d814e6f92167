"""The demo: one story, told with the real acts and the real API, never by inserting rows past them.

A bank works with ten agencies. One is approved everywhere, one is licensed in a few states only, one let its licences lapse, one is suspended on the
way, one is new and on probation; in China one calls, one visits and one is a law firm. The real tapes are placed in twelve monthly waves over
the last year, every date of an account moved by one whole number of days so that its charge-off falls two weeks before its placement; agencies
report six weeks of activity through the API; the bank posts its ledger; conduct is tested, complaints come in, accounts are recalled, scorecards
are signed. The story ends yesterday. The clock is set to each moment of it, so that receipts and deadlines belong to the story.

Every step is keyed, so the story can be told again at any point: what was told already answers with its saved reply.
"""

from __future__ import annotations

from flask import Flask

from demo.cast import BANK as BANK
from demo.cast import PANEL, email_of
from demo.cast import PASSWORD as PASSWORD
from demo.story import Story
from portal import logs
from portal.config import Settings
from portal.people import Role


def load(app: Flask, accounts: int | None = None) -> None:
    """Tell the story once; what was told already is not told again. `accounts`: how many of the tapes' (None: all, 0: none)."""
    story = Story(app, accounts)
    if story.is_finished():
        return
    story.say("Loading the demo: one story over the real tapes, with all dates moved so that it ends yesterday.")
    with logs.of_faults_alone():
        story.is_told()
    story.say(f"The demo is loaded ({story.seconds():.0f} s).")


def sign_ins() -> list[tuple[str, str, str]]:
    """(role, e-mail, password) of everybody who may sign in to the demo."""
    rows = [(role.value, email, PASSWORD) for role, email, _, _ in BANK]
    for part in PANEL:
        rows += [(role.value, email_of(part, role), PASSWORD) for role in (Role.AGENCY_MANAGER, Role.AGENCY_USER)]
    return rows


def write_sign_ins(settings: Settings) -> list[str]:
    """Keep the sign-ins beside the database; the lines as they are printed."""
    lines = ["\t".join(row) for row in sign_ins()]
    settings.instance.mkdir(parents=True, exist_ok=True)
    (settings.instance / "demo-sign-ins.tsv").write_text("\n".join(lines) + "\n")
    return lines
