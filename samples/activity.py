"""An agency's activity report (contract 4.2) of any size over placed accounts, with its ground truth beside it.

    python -m samples.activity --tape samples/accounts_us.csv.gz --rows 100000 --agency AGY01 --seed 7 --out activity.csv

writes the report, OUT.manifest.json (what a correct reader accepts, calls duplicate, refuses and finds in breach) and
OUT.collectors.csv (the roster). The standard library only; the same arguments give the same bytes. README.md explains the manifest.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any, get_args

from samples import breaches, faults, traffic
from samples.panel import Desk, Person, PlacedAccount, Profile, people
from samples.sheet import CONTENT_TYPES, HEADER, Form, Sheet, major
from samples.tape import fingerprint, read_csv

__all__ = ["Generated", "PlacedAccount", "Profile", "generate", "last_full_day"]


@dataclass(frozen=True)
class Generated:
    """A report and its truth: the file's lines (CSV with its header line), the collectors' file, the manifest."""

    form: Form
    lines: list[str]
    roster_csv: bytes
    manifest: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The report as it is sent, UTF-8."""
        return "".join(self.lines).encode()

    @property
    def content_type(self) -> str:
        """The media type of `body`."""
        return CONTENT_TYPES[self.form]


def last_full_day(now: datetime) -> date:
    """The newest day that is over wherever a consumer of the tapes lives: Honolulu, last of all, is ten hours behind UTC.

    Rows of a day that is not over everywhere might lie in the future, which a reader refuses.
    """
    return (now.astimezone(UTC) - timedelta(hours=10)).date() - timedelta(days=1)


def generate(
    placed: Sequence[PlacedAccount],
    *,
    agency: str,
    seed: int | str,
    first_day: date,
    last_day: date,
    profile: Profile | None = None,
    form: Form = "csv",
) -> Generated:
    """One agency's report on `placed` from `first_day` to `last_day`, both included, by each person's local date.

    Only opening papers may lie before `first_day`: they follow the placement. Record ids hold agency and seed, so every report
    of an agency needs its own seed. Raises ValueError if no account can be worked, or not so many rows fit into these days.
    """
    profile = profile or Profile()
    crowd = people(placed, first_day, last_day, f"{agency}|{seed}")
    if not crowd:
        raise ValueError("no account can be worked: none placed, or none with telephone, time zone and days enough")
    desk = Desk.of(agency, profile.collectors)
    draw = random.Random(f"activity|{agency}|{seed}").random
    habits = traffic.Habits.of(desk, profile, draw, last_day)
    sheet = Sheet(f"{agency}-{seed}", form)

    contacts = sum(person.opportunities() for person in crowd)
    expected = profile.rows or round(contacts * profile.pace / 6)
    found = breaches.stage(
        crowd, round(expected * profile.breach_share * profile.misconduct), expected // 2, sheet, habits
    )
    bad, repeats = round(expected * profile.bad_share), round(expected * profile.repeat_share)
    _work(crowd, sheet, habits, contacts, profile.rows and profile.rows - bad - repeats)

    file = faults.assemble(sheet.in_order(), faults.bad_rows(crowd, bad, sheet, habits), repeats, draw)
    manifest = {
        "agency": agency, "seed": str(seed), "form": form, "first_day": str(first_day), "last_day": str(last_day),
        "accounts_worked": sum(len(person.placements) for person in crowd if person.papers_sent),
        "accounts_left_out": len(placed) - sum(len(person.placements) for person in crowd),
        "registered_numbers": [desk.line],
        **_truth(sheet, file, found),
    }  # fmt: skip
    roster = desk.roster(first_day, all(person.placements[0].account.country == "CN" for person in crowd))
    return Generated(form, [HEADER, *file.lines] if form == "csv" else file.lines, roster, manifest)


def _work(crowd: Sequence[Person], sheet: Sheet, habits: traffic.Habits, contacts: float, wanted: int | None) -> None:
    """Let everybody live at the profile's pace; with `wanted`, at the pace it takes, and stop at that many sound rows.

    Rows of a person come in order of time, so stopping anywhere leaves a lawful life.
    """
    pace = max(habits.profile.pace / 6, 1.5 * wanted / contacts if wanted else 0)
    for person in crowd:
        chance = min(1.0, pace * (0.7 + 0.6 * habits.draw()))
        papers = () if person.papers_sent else traffic.opening_papers(person, habits)
        for entry in chain(papers, traffic.Life(person, habits, chance).days()):
            if sheet.rows == wanted:
                return
            sheet.write(entry)
    if wanted and sheet.rows < wanted:
        raise ValueError(f"only {sheet.rows} of {wanted} sound rows fit lawfully: give more accounts or more days")


def _truth(sheet: Sheet, file: faults.Assembled, found: dict[str, list[str]]) -> dict[str, Any]:
    """What a correct reader finds in the file."""
    return {
        "rows": {
            "total": len(file.lines), "accepted": sheet.rows, "duplicate": len(file.duplicates), "rejected": len(file.problems),
        },
        "problems": file.problems,
        "duplicates": file.duplicates,
        "accepted_by_kind": dict(sorted(sheet.kinds.items())),
        "calls_by_outcome": dict(sorted(sheet.outcomes.items())),
        "amount_accepted": {currency: major(units) for currency, units in sorted(sheet.amounts.items())},
        "notes_to_mask": sheet.notes_to_mask,
        "rules_complete": sorted(found),
        "breaches": found,
        "breach_rows": len({record_id for ids in found.values() for record_id in ids}),
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a report over a tape whose accounts are placed the day before, for benchmarks and trials by hand."""
    args = _parser().parse_args(arguments)
    part, parts = (int(number) for number in args.part.split("/"))
    rows = [row for row in read_csv(args.tape) if fingerprint("part", row["consumer_ref"]) % parts == part % parts]
    placed = [
        PlacedAccount.from_tape(row, args.first - timedelta(days=1)) for row in rows if row["hold"] in ("", "none")
    ]
    days = args.days or max(28, ceil(1.6 * args.rows / len(placed) / args.pace * 7))
    profile = Profile(
        rows=args.rows, pace=args.pace, bad_share=args.bad_share, repeat_share=args.repeat_share,
        breach_share=args.breach_share,
    )  # fmt: skip
    report = generate(
        placed, agency=args.agency, seed=args.seed, first_day=args.first, last_day=args.first + timedelta(days=days - 1),
        profile=profile, form=args.format,
    )  # fmt: skip
    with args.out.open("w", encoding="utf-8", newline="") as out:
        out.writelines(report.lines)
    _beside(args.out, ".collectors.csv").write_bytes(report.roster_csv)
    manifest = json.dumps(report.manifest, ensure_ascii=False, indent=1) + "\n"
    _beside(args.out, ".manifest.json").write_text(manifest, encoding="utf-8")
    counts = report.manifest["rows"]
    print(
        f"{counts['total']} rows: {counts['accepted']} accepted, {counts['duplicate']} duplicate, {counts['rejected']} rejected; "
        f"{report.manifest['breach_rows']} in breach; {report.manifest['first_day']} to {report.manifest['last_day']}"
    )


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m samples.activity", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tape", type=Path, required=True, help="account tape, CSV or CSV.gz")
    parser.add_argument("--rows", type=int, default=10_000, help="data rows in all, bad and repeated ones included")
    parser.add_argument("--agency", default="AGY01")
    parser.add_argument("--seed", default="1", help="goes into the record ids: another for each report of one agency")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--format", choices=get_args(Form), default="csv")
    parser.add_argument(
        "--first",
        type=date.fromisoformat,
        default=date(2026, 1, 5),
        help="first day of the report; see that the last one is past",
    )
    parser.add_argument("--days", type=int, default=0, help="0: as many as the accounts need at this pace, at least 28")
    parser.add_argument("--pace", type=float, default=4.0, help="contacts a person and week, at most 6")
    parser.add_argument(
        "--part", default="0/1", help="I/N: the I-th of N parts of the tape, whole consumers, for several agencies"
    )
    parser.add_argument("--bad-share", type=float, default=0.01)
    parser.add_argument("--repeat-share", type=float, default=0.003)
    parser.add_argument("--breach-share", type=float, default=0.002)
    return parser


if __name__ == "__main__":
    main()
