"""The judge: all rules of a place, one finding a row and rule, history that is only counted, agencies once a day."""

from __future__ import annotations

from datetime import date

from conduct.dossier import Account, Agency
from conduct.engine import judge, judge_agency, judge_by
from conduct.rulebook import standard
from tests.conduct.histories import book, entry, history, row, rule


def found(findings: list[object]) -> set[tuple[str, str | None]]:
    return {(one.rule.id, one.row and one.row.handle) for one in findings}  # type: ignore[attr-defined]


def test_every_rule_of_the_place_is_tested_and_every_breach_told() -> None:
    """The stricter of two rules applies, but each one that is broken is reported."""
    late = row("a", "call", "2026-06-10 21:30", endpoint="m-1", endpoint_type="home", sender="AG1")
    told = found(judge(history(late, jurisdiction="US-FL"), standard()))
    assert {("us.regf.time-of-day", "a"), ("us.fl.night-window", "a")} <= told


def test_a_finding_tells_why_with_values_a_page_can_use() -> None:
    calls = [row(f"c{day}", "call", f"2026-06-0{day} 10:00") for day in range(1, 8)] + [
        row("x", "call", "2026-06-07 11:00")
    ]
    (finding,) = judge_by(rule("us.regf.call-frequency"), history(*calls), standard())
    assert finding.row is calls[-1]
    assert finding.evidence == tuple(calls)
    assert finding.why == {
        "reason": "over_the_cap", "counted": 8, "max": 7, "window": "rolling_days", "window_days": 7, "date": "2026-06-07",
    }  # fmt: skip
    assert finding.account_ref == "A1"


def test_a_row_carries_only_the_worst_finding_of_a_rule() -> None:
    twice = row("a", "visit", "2026-06-10 10:00", details={"flags": ["threat"]}, purpose="collect")
    findings = judge_by(
        rule("uk.conc.visit_conduct"),
        history(twice, jurisdiction="GB", vulnerable="yes", vulnerable_since="2026-01-01"),
        standard(),
    )
    assert [(one.verdict, one.why["reason"]) for one in findings] == [("violation", "vulnerable")]


def test_rows_outside_the_batch_are_counted_and_not_judged() -> None:
    calls = [row(f"c{number}", "call", f"2026-06-01 {number + 8:02d}:00") for number in range(1, 10)]
    everything = judge(history(*calls), standard())
    assert {("us.regf.call-frequency", "c8"), ("us.regf.call-frequency", "c9")} <= found(everything)
    batch = found(judge(history(*calls), standard(), only_rows={"c9"}))
    assert ("us.regf.call-frequency", "c9") in batch
    assert {handle for _, handle in batch} <= {"c9", None}


def test_accounts_in_two_states_are_each_judged_by_their_own() -> None:
    other = Account("A2", "US-WA", {"time_zone": "America/New_York"})
    rows = [row(f"o{day}", "letter", f"2026-06-0{day} 10:00") for day in range(1, 5)]
    rows += [row(f"w{day}", "letter", f"2026-06-0{day} 11:00", account_ref="A2") for day in range(1, 5)]
    told = found(judge(history(*rows, accounts=[other]), standard()))
    assert {handle for rule_id, handle in told if rule_id == "us.wa.contact-3-per-week"} == {"w4"}


def test_a_rule_that_is_off_runs_only_by_name() -> None:
    threat = row("a", "call", "2026-06-10 10:00", details={"flags": ["threat"], "confirmed": True})
    assert "us.regf.abuse-content" not in {rule_id for rule_id, _ in found(judge(history(threat), standard()))}
    assert judge_by(rule("us.regf.abuse-content"), history(threat), standard())[0].verdict == "violation"


def test_a_rule_under_review_never_says_more_than_review() -> None:
    night = row("a", "call", "2026-06-10 23:00", zone="Europe/Paris")
    (finding,) = judge(history(night, jurisdiction="FR", time_zone="Europe/Paris"), book(entry(status="review")))
    assert finding.verdict == "review"


def test_each_version_judges_the_rows_of_its_own_time() -> None:
    old = entry(effective_to=date(2025, 12, 31))
    new = entry(effective_from=date(2026, 1, 1), params={**entry()["params"], "windows": {"all": ["09:00", "20:00"]}})
    rows = [
        row("a", "call", "2025-12-31 08:30", zone="Europe/Paris"),
        row("b", "call", "2026-01-01 08:30", zone="Europe/Paris"),
    ]
    findings = judge(history(*rows, jurisdiction="FR", time_zone="Europe/Paris"), book(old, new))
    assert [(one.row and one.row.handle, one.rule.first_day) for one in findings] == [
        ("b", date(2026, 1, 1).toordinal())
    ]


def test_duties_of_an_agency_are_judged_once_and_not_with_every_person() -> None:
    agency = Agency(
        "AG1", {"contract_from": "2024-01-01", "inspections": [], "evaluations": [], "contract_elements": []}
    )
    calm = history(row("a", "letter", "2026-06-10 10:00", zone="Asia/Shanghai", sender="AG1"), jurisdiction="CN", time_zone="Asia/Shanghai",
                   agencies=[agency], today=date(2026, 6, 20))  # fmt: skip
    duties = {"cn.cba2026.inspect_yearly", "cn.gbt45251.agency_eval", "cn.pipl.entrust_terms", "cn.pipl.pia"}
    assert not duties & {rule_id for rule_id, _ in found(judge(calm, standard()))}
    told = judge_agency(agency, ["CN"], standard(), today=date(2026, 6, 20))
    assert duties <= {one.rule.id for one in told}
    assert {one.agency for one in told} == {"AG1"}


def test_questions_for_an_audit_are_asked_of_nobodys_rows() -> None:
    told = judge(history(row("a", "call", "2026-06-10 10:00")), standard())
    assert "us.bank.debt-sale" not in {one.rule.id for one in told}
