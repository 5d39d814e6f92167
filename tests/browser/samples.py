"""Plausible values of the gallery: a bank, its agencies, a plan, scorecards. All invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from portal import charts
from portal.words_states import STATES
from tests.browser.chart_samples import AGENCIES, Say, breach_bars, gauges, intervals, plan_shares, trend

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
TODAY = NOW.date()


def sayer(language: str) -> Say:
    """A function that chooses between an English and a Chinese text."""
    return (lambda en, zh: zh) if language.startswith("zh") else (lambda en, zh: en)


def actor(language: str) -> SimpleNamespace:
    """The person signed in."""
    name = sayer(language)("Elena Marchetti", "林若溪")
    return SimpleNamespace(
        name=name, role="vendor_manager", agency_code=None, language=language, may=lambda permission: True
    )


def navigation(language: str, path: str) -> list[dict[str, Any]]:
    """The sections of the navigation, the item of this path active."""
    say = sayer(language)
    sections: list[tuple[str, list[tuple[str, str, str, int | None]]]] = [
        ("", [(say("Home", "首页"), "/", "house-door", None), (say("Work list", "待办"), "/parts", "inbox", 12)]),
        (
            say("Agencies", "机构"),
            [
                (say("Agencies", "合作机构"), "/agencies", "buildings", None),
                (say("Credentials", "资质"), "/agency", "patch-check", 3),
                (say("Collectors", "催收员"), "/form", "people", None),
            ],
        ),
        (
            say("Placements", "委案"),
            [
                (say("Plans", "派案方案"), "/plan", "diagram-3", 1),
                (say("Accounts", "账户"), "/nothing", "credit-card", None),
                (say("Recalls", "退案"), "/recalls", "arrow-return-left", None),
                (say("Requests", "申请"), "/requests", "chat-left-text", 5),
            ],
        ),
        (
            say("Oversight", "监督"),
            [
                (say("Reports", "作业报告"), "/report", "file-earmark-arrow-up", None),
                (say("Breaches", "违规"), "/breaches", "shield-exclamation", 8),
                (say("Complaints", "投诉"), "/complaints", "megaphone", None),
                (say("Scorecards", "评分卡"), "/scorecard", "award", None),
                (say("Statements", "对账单"), "/statements", "receipt", None),
            ],
        ),
    ]
    return [
        {
            "label": label,
            "items": [{"label": n, "url": u, "icon": i, "count": c, "active": u == path} for n, u, i, c in items],
        }
        for label, items in sections
    ]


def values(language: str) -> SimpleNamespace:
    """Everything the pages of the gallery show."""
    say = sayer(language)
    return SimpleNamespace(
        say=say,
        today=TODAY,
        now=NOW,
        agencies=agency_listing(say),
        tasks=task_rows(say),
        credentials=credential_rows(say),
        events=events(say),
        intervals=intervals(say),
        trend=trend(say),
        waterfall=breach_bars(say),
        shares=plan_shares(say),
        unplaced=unplaced(say),
        sparks=[
            charts.sparkline(line) for line in ([3, 4, 4, 6, 5, 7, 8], [9, 8, 8, 6, 7, 5, 4], [2, 2, 3, 2, 4, 3, 3])
        ],
        gauges=gauges(say),
        measures=measures(say),
        problems=problems(say),
        states=STATES,
    )


def _column(name: str, label: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    column = {"name": name, "label": label, "kind": kind, "sortable": True, "sorted": None, "sort_url": f"?sort={name}"}
    return {**column, **more}


def _cells(*row: Any) -> list[dict[str, Any]]:
    return [cell if isinstance(cell, dict) else {"value": cell} for cell in row]


def agency_listing(say: Say) -> dict[str, Any]:
    """The list of agencies, filtered, as the list macro takes it."""
    columns = [
        _column("name", say("Agency", "机构"), "link", sorted="asc"),
        _column("state", say("State", "状态"), "state", subject="agency"),
        _column("band", say("Band", "等级")),
        _column("accounts", say("Open accounts", "在案户数"), "count"),
        _column("balance", say("Balance placed", "委案余额"), "money"),
        _column("rate", say("Liquidation", "回收率"), "rate"),
        _column("expires", say("Next expiry", "最近到期"), "date", sortable=False),
        _column("seen", say("Last report", "最近报告"), "instant", sortable=False),
    ]
    choices = [
        ("approved", say("Approved", "已准入")),
        ("probation", say("Probation", "观察期")),
        ("suspended", say("Suspended", "停派")),
    ]
    return {
        "columns": columns,
        "rows": [_agency_cells(row, index, say) for index, row in enumerate(AGENCIES)],
        "filters": [
            {"name": "state", "label": say("State", "状态"), "kind": "choice", "value": "approved", "choices": choices},
            {"name": "country", "label": say("Country", "国家"), "kind": "text", "value": "", "choices": None},
            {"name": "expires", "label": say("Expires before", "到期早于"), "kind": "date", "value": "2027-03-31", "choices": None},
            {"name": "legal", "label": say("May litigate", "可诉讼"), "kind": "bool", "value": "", "choices": None},
        ],
        "search": "",
        "total": 100_342,
        "filtered": True,
        "first_url": None,
        "prev_url": None,
        "next_url": "?cursor=abc",
        "csv_url": "?format=csv",
        "saved_views": [
            {"name": say("All", "全部"), "url": "/agencies", "active": False, "delete_url": None},
            {"name": say("Expiring this quarter", "本季度到期"), "url": "?view=2", "active": True, "delete_url": None},
            {"name": say("On probation", "观察期机构"), "url": "?view=3", "active": False, "delete_url": None},
        ],
        "save_view_url": "/views",
        "empty": {"title": "", "text": "", "action": None},
    }  # fmt: skip


def _agency_cells(row: Sequence[Any], index: int, say: Say) -> list[dict[str, Any]]:
    code, name, name_zh, state, band, ratio, _, accounts, balance = row
    money = {"value": Decimal(balance), "currency": say("USD", "CNY")}
    expires = date(2026, 12, 6) + timedelta(days=41 * index)
    soon = (
        {"value": expires, "tone": "warn", "hint": say("in 12 days", "12 天后")} if index == 0 else {"value": expires}
    )
    seen = NOW - timedelta(hours=7 * index + 1, minutes=13 * index)
    named = {"value": say(name, name_zh), "url": "/agency", "hint": code}
    return _cells(named, state, band, accounts, money, 0.052 * ratio, soon, seen if accounts else None)


def task_rows(say: Say) -> dict[str, Any]:
    """The first rows of the work list."""
    columns = [
        _column("task", say("Task", "待办"), "link", sortable=False),
        _column("subject", say("Subject", "对象"), sortable=False),
        _column("due", say("Due", "截止"), "date", sortable=False),
    ]
    rows = [
        _cells({"value": say("Approve plan 41", "审批 41 号派案方案"), "url": "/plan"}, say("12,480 accounts, 7 agencies", "12,480 户，7 家机构"), {"value": TODAY, "tone": "bad", "hint": say("due today", "今日截止")}),
        _cells({"value": say("Verify licence of AGY03", "核验 AGY03 许可证"), "url": "/agency"}, "US-NY · DCWP", TODAY + timedelta(days=2)),
        _cells({"value": say("Answer settlement request", "答复协商结清申请"), "url": "/plan"}, "AC-2039-118 · AGY02", TODAY + timedelta(days=3)),
        _cells({"value": say("Judge breach of us.regf.call-frequency", "判定 us.regf.call-frequency 违规"), "url": "/report"}, "AGY04", TODAY + timedelta(days=5)),
    ]  # fmt: skip
    return {"columns": columns, "rows": rows}


def credential_rows(say: Say) -> dict[str, Any]:
    """Credentials of one agency."""
    columns = [
        _column("kind", say("Credential", "资质"), sortable=False),
        _column("place", say("Place", "地区"), sortable=False),
        _column("state", say("State", "状态"), "state", subject="credential", sortable=False),
        _column("until", say("Valid until", "有效期至"), "date", sortable=False),
        _column("held", say("On file", "已存档"), "bool", sortable=False),
    ]
    rows = [
        _cells({"value": say("Debt collection licence", "催收业务许可证"), "url": "#", "hint": "No. 2069-4471"}, say("New York City", "纽约市"), "verified", date(2027, 1, 31), True),
        _cells({"value": say("Surety bond", "履约保函"), "url": "#", "hint": "USD 50,000"}, say("Washington", "华盛顿州"), "submitted", date(2026, 12, 6), True),
        _cells({"value": say("Information security certificate", "信息安全管理体系认证"), "url": "#", "hint": "ISO 27001"}, say("Everywhere", "不限"), "expired", date(2026, 10, 30), False),
        _cells({"value": say("Professional liability insurance", "职业责任保险"), "url": "#"}, say("Everywhere", "不限"), "requested", None, False),
    ]  # fmt: skip
    return {"columns": columns, "rows": rows}


def events(say: Say) -> list[dict[str, Any]]:
    """What happened to an agency, newest first."""
    return [
        {"at": NOW, "text": say("Probation lifted", "解除观察期"), "actor": say("Maya Okafor, compliance", "周敏，合规"), "tone": "good"},
        {"at": NOW - timedelta(days=9), "text": say("Scorecard October published: 78.3, band B", "十月评分卡发布：78.3 分，B 级"), "actor": say("system", "系统"), "url": "/scorecard", "tone": "info"},
        {"at": NOW - timedelta(days=31), "text": say("Credential expired: information security certificate", "资质到期：信息安全管理体系认证"), "tone": "bad", "detail": say("New placements in 3 places stopped until it is renewed.", "更新之前，3 个地区暂停派案。")},
        {"at": NOW - timedelta(days=64), "text": say("Contract 7 in force, 18 % up to 90 days", "7 号合同生效，90 天内费率 18%"), "actor": say("Elena Marchetti", "林若溪")},
    ]  # fmt: skip


def unplaced(say: Say) -> dict[str, Any]:
    """Accounts a plan leaves out, and why."""
    columns = [
        _column("reason", say("Reason", "原因"), sortable=False),
        _column("accounts", say("Accounts", "户数"), "count", sortable=False),
        _column("balance", say("Balance", "余额"), "money", sortable=False, currency=say("USD", "CNY")),
    ]
    rows = [
        _cells(say("No agency is licensed there", "当地无持证机构"), 214, Decimal("311042.18")),
        _cells(say("Every eligible agency is full", "符合条件的机构均已满额"), 63, Decimal("98410.00")),
        _cells(say("On hold: dispute", "暂停：异议处理中"), 22, Decimal("41277.65")),
    ]
    return {"columns": columns, "rows": rows}


def measures(say: Say) -> dict[str, Any]:
    """The measures of a compliance score."""
    columns = [
        _column("name", say("Measure", "指标"), sortable=False),
        _column("value", say("Value", "数值"), "count", sortable=False),
        _column("range", say("95 % interval", "95% 区间"), "count", sortable=False),
        _column("points", say("Points", "得分"), "count", sortable=False),
        _column("weight", say("Weight", "权重"), "count", sortable=False),
    ]
    rows = [
        _cells({"value": say("Violations per 1,000 contacts", "每千次联系违规数"), "url": "/report"}, "1.52", "1.01 – 2.19", "84.8", "25"),
        _cells({"value": say("Audited calls without critical error", "抽检通话无重大差错率"), "url": "/report"}, "96.0 %", "90.8 – 99.0 %", "78.3", "20"),
        _cells({"value": say("Complaints against expectation", "投诉与预期之比"), "url": "/report", "hint": say("costs most points", "失分最多")}, "1.21", "0.70 – 1.93", {"value": "64.7", "tone": "warn"}, "20"),
        _cells({"value": say("Answered in time", "按时答复率"), "url": "/report"}, "93.0 %", "88.1 – 96.0 %", "70.0", "10"),
    ]  # fmt: skip
    return {"columns": columns, "rows": rows}


def problems(say: Say) -> dict[str, Any]:
    """Rows of a report that were refused."""
    columns = [
        _column("row", say("Row", "行"), "count", sortable=False),
        _column("column", say("Column", "列"), sortable=False),
        _column("problem", say("What to mend", "如何更正"), sortable=False),
        _column("value", say("As sent", "原值"), sortable=False),
    ]
    rows = [
        _cells(118, "occurred_at", say("Write the instant with its offset, such as 2026-01-31T14:05:00-05:00.", "时间须带时区偏移，例如 2026-01-31T14:05:00-05:00。"), "2026-11-20 14:05"),
        _cells(2041, "amount", say("Write the amount without a sign, in major units.", "金额不得带负号，单位为元。"), "-120.00"),
        _cells(7730, "outcome", say("Use one of the outcomes of the file manual.", "请使用文件手册中的结果码。"), "LM3"),
    ]  # fmt: skip
    return {"columns": columns, "rows": rows}
