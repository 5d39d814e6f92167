"""Owns the guess at how a sender writes, from a few rows of a file: the beginning of a mapping, which a person then puts right.

Nothing is decided here: a guess fills in a form, and the form shows what becomes of the sample before it is saved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from portal.tables.mappings import DateOrder, SenderMapping
from portal.tables.model import Column, Table

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "record_id": ("id", "activityid", "callid", "transactionid", "txnid", "序号", "记录编号"),
    "account_ref": (
        "account",
        "accountno",
        "accountnumber",
        "acct",
        "acctno",
        "accountid",
        "loanid",
        "账号",
        "账户",
        "合同号",
    ),
    "occurred_at": ("datetime", "timestamp", "calldate", "calltime", "activitydate", "date", "时间", "催收时间"),
    "kind": ("type", "activitytype", "action", "channel", "类型", "催收方式"),
    "outcome": ("result", "disposition", "resultcode", "结果"),
    "endpoint": ("phone", "phonenumber", "number", "email", "电话"),
    "duration_s": ("duration", "talktime", "seconds", "时长"),
    "collector_id": ("agent", "agentid", "collector", "user", "催收员"),
    "note": ("notes", "comment", "comments", "remarks", "备注"),
    "paid_on": ("paymentdate", "date", "paydate", "还款日期"),
    "amount": ("paymentamount", "paid", "sum", "金额", "还款金额"),
    "paid_to": ("payee", "receivedby"),
    "balance": ("currentbalance", "outstanding", "余额"),
    "received_at": ("date", "receiveddate", "投诉时间"),
    "summary": ("description", "text", "complaint", "内容"),
    "full_name": ("name", "agentname", "姓名"),
    "active_from": ("startdate", "hiredate", "入职日期"),
}
_SAME_CODES: Mapping[str, Mapping[str, str]] = {
    "kind": {"phone": "call", "outboundcall": "call", "inboundcall": "call", "text": "sms", "mail": "letter", "ptp": "promise", "电话": "call", "短信": "sms", "外访": "visit", "信函": "letter"},
    "outcome": {"rpc": "conversation", "contact": "conversation", "na": "no_answer", "noanswer": "no_answer", "lm": "voicemail_left", "wrongnumber": "wrong_party", "接通": "conversation", "无人接听": "no_answer"},
    "direction": {"outbound": "out", "inbound": "in", "o": "out", "i": "in"},
    "paid_to": {"client": "creditor", "bank": "creditor", "us": "agency"},
    "status": {"open": "active", "ptp": "promise", "disputed": "dispute"},
}  # fmt: skip
_DAY = re.compile(r"([0-9]{1,4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,4})")
_MONEY = re.compile(r"-?[0-9][0-9 ,.'\u00a0\u202f]*")
_NO_SIGN = re.compile(r"[\W_]+")


def guess(table: Table, header: Sequence[str], rows: Sequence[Sequence[str]]) -> SenderMapping:
    """The likeliest mapping of a file with this header and these first rows."""
    columns = _columns(table, header)
    at = {columns.get(name, name): place for place, name in enumerate(header)}
    cells = {
        column.name: [row[at[column.name]].strip() for row in rows if row[at[column.name]].strip()]
        for column in table.columns
        if column.name in at
    }
    money = [cell for column in table.columns if column.type.name == "money" for cell in cells.get(column.name, ())]
    decimal, group = _number_style(money)
    dates = [
        cell
        for column in table.columns
        if column.type.name in ("day", "instant")
        for cell in cells.get(column.name, ())
    ]
    return SenderMapping(
        columns=columns,
        codes={column.name: codes for column in table.columns if (codes := _codes(column, cells.get(column.name, ())))},
        date_order=_date_order(dates),
        decimal_mark=decimal,  # type: ignore[arg-type]
        group_mark=group,  # type: ignore[arg-type]
    )


def _columns(table: Table, header: Sequence[str]) -> dict[str, str]:
    """Which of our columns each foreign name stands for; a column is given away once, to the best of its names."""
    free = [name for name in table.names if name not in header]
    found: dict[str, str] = {}
    for judge in (_says_the_same, _is_another_name, _looks_alike):
        for name in header:
            if name in table.names or name in found:
                continue
            if ours := judge(_plain(name), free):
                found[name] = ours
                free.remove(ours)
    return found


def _says_the_same(name: str, free: Sequence[str]) -> str | None:
    return next((ours for ours in free if _plain(ours) == name), None)


def _is_another_name(name: str, free: Sequence[str]) -> str | None:
    return next((ours for ours in free if name in _OTHER_NAMES.get(ours, ())), None)


def _looks_alike(name: str, free: Sequence[str]) -> str | None:
    plain = {_plain(ours): ours for ours in free}
    return plain[close[0]] if (close := get_close_matches(name, plain, 1, 0.8)) else None


def _codes(column: Column, cells: Sequence[str]) -> dict[str, str]:
    """What the sender's codes stand for, of a column that takes codes: those that are written otherwise or known by another name."""
    allowed = column.type.schema.get("enum", ()) if column.type.name in ("choice", "flag") else ()
    plain = {_plain(code): code for code in allowed if isinstance(code, str)}
    if column.type.name == "flag":
        plain |= {"y": "yes", "1": "yes", "true": "yes", "是": "yes", "n": "no", "0": "no", "false": "no", "否": "no"}
    others = _SAME_CODES.get(column.name, {})
    found = {cell: plain.get(_plain(cell)) or others.get(_plain(cell)) for cell in dict.fromkeys(cells)}
    return {cell: code for cell, code in found.items() if code and code != cell}


def _date_order(cells: Sequence[str]) -> DateOrder | None:
    """The order of day, month and year; None where all dates are in our own form or nothing can be told."""
    matches = [match for cell in cells if (match := _DAY.match(cell))]
    if not matches or all(re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])", match.string) for match in matches):
        return None
    if all(len(match[1]) == 4 for match in matches):
        return "ymd"
    if any(int(match[1]) > 12 for match in matches):
        return "dmy"
    return "mdy" if any(int(match[2]) > 12 for match in matches) else "dmy"


def _number_style(cells: Sequence[str]) -> tuple[str, str]:
    """The mark before the decimals and the one between groups of three digits."""
    marks = [
        [character for character in cell if not character.isdigit() and character != "-"]
        for cell in cells
        if _MONEY.fullmatch(cell)
    ]
    last = {found[-1] for found in marks if found}
    comma = "," in last and any(re.search(r",[0-9]{1,2}$", cell) for cell in cells)
    decimal = "," if comma and "." not in last else "."
    groups = {mark for found in marks for mark in found if mark != decimal}
    return decimal, next((" " if mark in "\u00a0\u202f" else mark for mark in sorted(groups)), "")


def _plain(name: str) -> str:
    """A name without capitals, blanks and signs, as people mix them."""
    return _NO_SIGN.sub("", name).lower()
