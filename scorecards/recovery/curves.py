"""Liquidation curves and net-back: what came back of what was placed, month by month and after fees.

Month 1 is the first thirty days after placement. A reversal is a negative payment in the month of the payment it
reverses, so that a bounced payment never dresses up a curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

LEAST_SHARE_AT_RISK = 0.10
LEAST_ACCOUNTS_AT_RISK = 30


def liquidation_curves(
    *,
    placed: Sequence[float],
    exit_month: Sequence[int | None],
    payments: Sequence[tuple[int, int, float]],
    months: int,
) -> dict[str, list[float]]:
    """Cumulative share recovered after each month: `gross` over all placed, `mcf` over what was still at risk.

    `placed` and `exit_month` are by account; a payment is (account, month, amount). mcf is the mean cumulative function
    with money as its mark (Nelson 2003): sum of paid_k / at_risk_k, an account counting one half in the month the bank
    recalled it and not at all after. A month with nothing at risk adds nothing. Raises ValueError if nothing is placed.
    """
    total = sum(placed)
    if not total > 0:
        raise ValueError("nothing is placed")
    paid = [sum(x for _, month, x in payments if month == m) for m in range(1, months + 1)]
    at_risk = [sum(b * _weight(m, out) for b, out in _by_account(placed, exit_month)) for m in range(1, months + 1)]
    return {
        "gross": list(accumulate(x / total for x in paid)),
        "mcf": list(accumulate(x / r if r > 0 else 0.0 for x, r in zip(paid, at_risk, strict=True))),
    }


def shown_months(*, placed: Sequence[float], exit_month: Sequence[int | None], months: int) -> list[bool]:
    """For each month, whether its point of the mcf is worth showing: at least 10 % of the money and 30 accounts at risk."""
    least = LEAST_SHARE_AT_RISK * sum(placed)
    shown = []
    for month in range(1, months + 1):
        held = [(b, _weight(month, out)) for b, out in _by_account(placed, exit_month)]
        accounts = sum(weight > 0 for _, weight in held)
        shown.append(accounts >= LEAST_ACCOUNTS_AT_RISK and sum(b * weight for b, weight in held) >= least)
    return shown


def net_back(
    *,
    payments: Sequence[float],
    fee_rate: float,
    direct: Sequence[float],
    direct_fee_rate: float,
    cost: float,
    placed: float,
) -> dict[str, float]:
    """What the bank keeps: payments less fees less cost, and its share of what was placed.

    `direct` are payments made to the bank itself, with their own fee rate. Reversals are negative and claw their fee
    back. Raises ValueError on a fee rate outside 0 to 1 or without placed money.
    """
    if not (0 <= fee_rate <= 1 and 0 <= direct_fee_rate <= 1):
        raise ValueError("a fee rate lies between 0 and 1")
    if not placed > 0:
        raise ValueError("nothing is placed")
    gross = sum(payments) + sum(direct)
    fee = fee_rate * sum(payments) + direct_fee_rate * sum(direct)
    net = gross - fee - cost
    return {"gross": gross, "fee": fee, "net": net, "net_back_rate": net / placed}


def discounted_net_back(*, net_by_month: Sequence[float], annual_rate: float) -> dict[str, float]:
    """Present value at placement of the net of months 1, 2, ...: sum of net_m (1 + r)^(-m/12)."""
    return {"pv": sum(net * (1 + annual_rate) ** (-m / 12) for m, net in enumerate(net_by_month, start=1))}


def _by_account(placed: Sequence[float], exit_month: Sequence[int | None]) -> list[tuple[float, int | None]]:
    return list(zip(placed, exit_month, strict=True))


def _weight(month: int, exit_month: int | None) -> float:
    if exit_month is None or month < exit_month:
        return 1.0
    return 0.5 if month == exit_month else 0.0
