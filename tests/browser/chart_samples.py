"""Plausible agencies and the charts about them, for the gallery. All invented."""

from __future__ import annotations

from collections.abc import Callable

from portal import charts

Say = Callable[[str, str], str]

AGENCIES = (
    ("AGY01", "Northgate Recovery Partners", "恒信达资产服务有限公司", "approved", "A", 1.127, 0.075, 48_211, "61204388.15"),
    ("AGY02", "Harbor & Vale Credit Services", "中诚联合信用管理（深圳）有限公司", "approved", "B", 1.064, 0.062, 39_874, "52870114.90"),
    ("AGY03", "Calder Revenue Group", "华睿商务咨询有限公司", "probation", "C", 0.981, 0.058, 12_020, "15022871.43"),
    ("AGY04", "Larkfield Associates", "远达数据科技有限公司", "approved", "B", 1.043, 0.071, 30_118, "40113906.00"),
    ("AGY05", "Blue Ridge Receivables Management of Greater Appalachia", "广东众信金融外包服务股份有限公司华南分公司", "suspended", "E", 0.842, 0.094, 0, "0.00"),
    ("AGY06", "Summit Peak Legal", "北京衡正律师事务所", "approved", "B", 1.018, 0.128, 4_406, "22418650.77"),
    ("AGY07", "Meridian Collect", "安诺信息咨询有限公司", "in_review", None, 0.937, 0.083, 0, "0.00"),
)  # fmt: skip


BANDS = ((0, "E"), (40, "D"), (55, "C"), (70, "B"), (85, "A"))


def gauges(say: Say) -> list[tuple[str, charts.Gauge]]:
    """Headline, recovery and compliance of one agency."""
    scores = [
        (say("Headline", "综合"), 78.3, 71.6, 84.2),
        (say("Recovery", "回收"), 78.3, 71.6, 84.2),
        (say("Compliance", "合规"), 81.4, 77.0, 85.1),
    ]
    return [(name, charts.gauge(v, BANDS, low=low, high=high, write="{:.1f}".format)) for name, v, low, high in scores]


def intervals(say: Say) -> charts.IntervalPlot:
    """Recovery against expectation, best first, in groups that cannot be told apart."""
    best_first = sorted(AGENCIES, key=lambda row: -row[5])
    groups = ["1", "1", "1", "2", "2", "2", "3"]
    rows = [
        charts.Interval(
            say(row[1], row[2]), row[5], row[5] - row[6], row[5] + row[6], group=g, url="/agency", own=row[0] == "AGY02"
        )
        for row, g in zip(best_first, groups, strict=True)
    ]
    return charts.interval_plot(rows, reference=1.0, write="{:.2f}".format)


def trend(say: Say) -> charts.LineChart:
    """Scores over twelve months, one month missing."""
    months = [
        say(m, f"{n} 月")
        for n, m in zip(
            (12, *range(1, 12)),
            ["Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"],
            strict=True,
        )
    ]
    recovery: list[float | None] = [64.0, 66.5, 65.1, 68.8, 70.2, None, 73.9, 72.4, 75.0, 76.8, 77.1, 78.3]
    compliance: list[float | None] = [88.0, 87.2, 85.9, 86.4, 84.0, 83.8, 85.1, 82.6, 80.2, 81.9, 80.8, 81.4]
    spread = [5.5 - 0.15 * n for n in range(12)]
    series = [
        charts.Series(
            say("Recovery", "回收"),
            recovery,
            lows=[None if v is None else v - s for v, s in zip(recovery, spread, strict=True)],
            highs=[None if v is None else v + s for v, s in zip(recovery, spread, strict=True)],
        ),
        charts.Series(say("Compliance", "合规"), compliance),
    ]
    return charts.line_chart(months, series, reference=70, write="{:.0f}".format)


def breach_bars(say: Say) -> charts.BarChart:
    """Breaches by kind."""
    rows = [(say("Call frequency", "拨打频次"), 41), (say("Quiet hours", "禁止时段"), 17), (say("Third-party disclosure", "向第三人泄露"), 6), (say("Contact after cease request", "要求停止后仍联系"), 2)]  # fmt: skip
    return charts.bar_chart([charts.Bar(label, value, url="/report") for label, value in rows])


def plan_shares(say: Say) -> tuple[charts.SharePart, ...]:
    """Balances of a plan by agency."""
    return charts.share_bar(
        [charts.Share(say(r[1], r[2]), float(r[8]), url="/agency") for r in AGENCIES if r[7]], write="{:,.0f}".format
    )
