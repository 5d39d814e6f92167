"""What every address and body of the portal is filled with when one agency asks in another's name.

A route that is missing in PARAMETERS fails the matrix's own test, so a new one cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from werkzeug.routing import Rule

from tests.isolation.world import NOW, World

Names = Mapping[str, Any]
Parameters = Mapping[str, str]

STATIC = frozenset({"static", "bootstrap.static"})
PUBLIC = frozenset({
    "health.healthz", "health.readyz", "metrics.metrics", "login.sign_in", "login.code", "portal.invitation", "portal.invitation_code",
    "portal.set_language", "portal.sign_out", "panel.agencies", "panel.collector", "openapi_api.document", "openapi_api.docs",
    "feed.kit_file", "diligence.apply",
})  # fmt: skip
"""The routes that nobody has to sign in for. Any other answers a stranger 401 or sends them to the sign-in."""


def _of_code(**more: str) -> tuple[Mapping[str, str], ...]:
    """Under B's code and, where something of B's stands beside it, under A's own code too."""
    return ({"code": "agency", **more}, *([{"code": "own agency", **more}] if more else []))


def _of(**names: str) -> tuple[Mapping[str, str], ...]:
    return (names,)


def _each(**names: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    ((name, values),) = names.items()
    return tuple({name: value} for value in values)


PARAMETERS: Mapping[str, Sequence[Mapping[str, str]]] = {
    # endpoint: what to put into its address, by the names of tests/canaries._tokens; "=word" is the word itself, "own x" what A has
    "activity.original": _of(ref="report"), "activity.progress": _of(ref="report"), "activity.report": _of(ref="report"),
    "activity.reports_page": _of(), "activity.rows": _of(), "activity.send": _of(), "activity.to_mend": _of(ref="report"),
    "activity.masked": _of(),
    "activity_api.get_problems": _of(ref="report"), "activity_api.get_report": _of(ref="report"),
    "activity_api.preview_report": _each(kind=("=activity", "=payments", "=inventory", "=complaints", "=collectors", "=accounts")),
    "activity_api.send_report": _each(kind=("=ledger", "=activity", "=payments", "=inventory", "=complaints", "=collectors")),
    "admin.all_keys": _of(), "admin.change_role": _of(user_id="person"), "admin.disable": _of(user_id="person"), "admin.enable": _of(user_id="person"),
    "admin.end_sessions": _of(user_id="person"), "admin.invite": _of(), "admin.invite_again": _of(user_id="person"), "admin.job": _of(name="=work"),
    "admin.jobs_page": _of(), "admin.key": _of(key_id="key"), "admin.make_key": _of(), "admin.people": _of(), "admin.person": _of(user_id="person"),
    "admin.retry": _of(item_id="person"), "admin.revoke_key": _of(key_id="key"), "admin.trail": _of(), "admin.trail_entry": _of(seq="person"),
    "admin.verify_trail": _of(),
    "agencies.approve_contract": _of_code(contract_id="draft"), "agencies.ask": _of_code(), "agencies.amend_contract": _of_code(contract_id="contract"),
    "agencies.approve_exemption": _of_code(exemption_id="exemption"), "agencies.decline_exemption": _of_code(exemption_id="exemption"),
    "agencies.confirm": _of_code(ref="credential"), "agency_file.export": ({"code": "agency", "form": "=pdf"}, {"code": "agency", "form": "=zip"}),
    "catalogue.index": _of(), "catalogue.place": _of(place="=US-CA"),
    "collectors.index": _of_code(), "collectors.cleared": _of_code(), "collectors.new": _of_code(), "collectors.edit": _of_code(collector_id="roster"),
    "collectors.link": _of_code(collector_id="roster"),
    "lapses.index": _of(), "lapses.hold": ({"code": "agency", "jurisdiction": "=US-CA"},), "lapses.recall": ({"code": "agency", "jurisdiction": "=US-CA"},),
    "panel.agencies": _of(), "panel.collector": _of(),
    "mappings.build": _each(kind=("=ledger", "=activity", "=payments", "=inventory", "=complaints", "=collectors")),
    "mappings.index": _of(), "mappings.remove": _each(kind=("=ledger", "=activity", "=payments", "=inventory", "=complaints", "=collectors")),
    "agencies.contract": _of_code(contract_id="contract"), "agencies.contracts": _of_code(), "agencies.credential": _of_code(ref="credential"),
    "agencies.credentials": _of_code(), "agencies.discard_contract": _of_code(contract_id="draft"), "agencies.document": _of_code(ref="credential"),
    "agencies.draft": _of_code(), "agencies.edit": _of_code(), "agencies.end_contract": _of_code(contract_id="contract"),
    "agencies.end_exemption": _of_code(exemption_id="exemption"), "agencies.exempt": _of_code(), "agencies.index": _of(),
    "agencies.move": _of_code(step="=suspend"), "agencies.new": _of(), "agencies.page": _of_code(), "agencies.refuse": _of_code(ref="credential"),
    "agencies.submit": _of_code(), "agencies.verify": _of_code(ref="credential"), "agencies.withdraw": _of_code(ref="credential"),
    "asking.ask": _of_code(), "asking.cancel": _of_code(ref="document_request"), "asking.judge": _of_code(ref="document_request", verdict="=accept"),
    "asking.owed": _of(), "asking.policies_page": _of(), "asking.policy": _of(ref="=pol_shared"), "asking.publish": _of(),
    "asking.request_page": _of_code(ref="document_request"), "asking.requests_page": _of_code(),
    "diligence.apply": _of(), "diligence.check": _of_code(ref="disclosure", verdict="=accept"), "diligence.close_condition": _of_code(ref="condition", outcome="=met"),
    "diligence.decide": _of_code(ref="review"), "diligence.disclose": _of_code(kind="=site"), "diligence.do_exit_step": _of_code(step="=destruction"),
    "diligence.evidence": _of_code(file_id="proof"), "diligence.hand_in": _of_code(ref="review"), "diligence.invite": _of_code(),
    "diligence.judge": _of_code(ref="review", section="=company"), "diligence.leave": _of_code(), "diligence.new_condition": _of_code(),
    "diligence.new_visit": _of_code(), "diligence.page": _of_code(), "diligence.profile": _of_code(), "diligence.recommend": _of_code(ref="review"),
    "diligence.report_condition": _of_code(ref="condition"), "diligence.report_visit": _of_code(ref="visit"),
    "diligence.section": _of_code(ref="review", section="=company"), "diligence.show_account": _of_code(ref="disclosure"),
    "diligence.withdraw": _of_code(ref="disclosure"),
    "conduct.breach": _of(ref="breach"), "conduct.breaches": _of(), "conduct.complaint": _of(ref="complaint"), "conduct.complaint_list": _of(),
    "conduct.of_agency": _of_code(), "conduct.of_report": _of(ref="report"), "conduct.queue": _of(), "conduct.rule": _of(rule_id="=us.regf.time-of-day"),
    "conduct.rules": _of(), "conduct_api.get_breaches": _of(ref="report"),
    "connections.endpoint": _of(ref="webhook"), "connections.endpoints": _of(), "connections.own_key": _of(key_id="key"), "connections.own_keys": _of(),
    "connections.renew_secret": _of(ref="webhook"), "connections.revoke_own_key": _of(key_id="key"),
    "connections.send_again": ({"ref": "webhook", "message_id": "message"}, {"ref": "own webhook", "message_id": "message"}),
    "connections.send_test": _of(ref="webhook"), "connections.switch": _of(ref="webhook", to="=off"),
    "conduct.legal": _of(), "feed.expect": _of_code(), "feed.files": _of(), "feed.kit_file": _of(name="=client.py"), "feed.of_agency": _of_code(),
    "feed.relieve": _of_code(expectation_id="expectation"), "following.promises": _of(), "following.visits": _of(),
    "health.healthz": _of(), "health.readyz": _of(), "metrics.metrics": _of(),
    "ledger.breaks": _of(), "ledger.fees": _of(), "ledger.import_ledger": _of(), "ledger.one_break": _of(break_id="break"), "ledger.payments": _of(),
    "ledger_api.post_payments": _of(),
    "login.code": _of(), "login.sign_in": _of(), "openapi_api.docs": _of(), "openapi_api.document": _of(),
    "placements.account": _of(account_ref="account"), "placements.accounts": _of(), "placements.acknowledge": _each(ref=("new", "placement")),
    "placements.acknowledge_all": _of(), "placements.approve_plan": _of(ref="placement"), "placements.cancel_plan": _of(ref="placement"),
    "placements.close_hold": ({"account_ref": "account", "hold_id": "hold"}, {"account_ref": "own account", "hold_id": "hold"}),
    "placements.confirm_stop": _of(ref="recall"), "placements.give_back": _of(ref="placement"), "placements.import_accounts": _of(),
    "placements.inventory": _of(), "placements.keep": _of(objection_id="objection"), "placements.new_plan": _of(), "placements.new_recall": _of(),
    "placements.of_agency": _of_code(), "placements.one_recall": _each(ref=("recall", "=rcl_shared")), "placements.open_hold": _of(account_ref="account"),
    "placements.place_plan": _of(ref="placement"), "placements.placement": _each(ref=("placement", "new", "pending", "recalled")),
    "placements.placements": _of(), "placements.plan": _of(ref="placement"), "placements.plan_accounts": _of(ref="placement"),
    "placements.plan_left_out": _of(ref="placement"), "placements.plans": _of(), "placements.portfolios": _of(),
    "placements.raise_objection": _of(ref="pending"), "placements.recalls": _of(), "placements.redraft_plan": _of(ref="placement"),
    "placements.refuse": _of(ref="new"), "placements.refuse_objection": _of(objection_id="objection"), "placements.return_plan": _of(ref="placement"),
    "placements.search": _of(), "placements.submit_plan": _of(ref="placement"), "placements.unmask": _of(account_ref="account"),
    "placements.withdraw_recall": _of(ref="recall"),
    "placements_api.approve_plan": _of(ref="placement"), "placements_api.cancel_plan": _of(ref="placement"), "placements_api.get_placements": _of(),
    "placements_api.get_plan": _of(ref="placement"), "placements_api.get_recalls": _of(), "placements_api.place_plan": _of(ref="placement"),
    "placements_api.post_accounts": _of(), "placements_api.post_acknowledgements": _of(), "placements_api.post_confirmations": _of(),
    "placements_api.post_objections": _of(), "placements_api.post_placements": _of(), "placements_api.post_plans": _of(),
    "placements_api.post_recalls": _of(), "placements_api.post_returns": _of(), "placements_api.return_plan": _of(ref="placement"),
    "placements_api.submit_plan": _of(ref="placement"),
    "portal.change_password": _of(), "portal.choose_language": _of(), "portal.delete_view": _of(view_id="view"),
    "portal.end_session": _of(sign_in_id="sign_in"), "portal.invitation": _of(token="account"), "portal.invitation_code": _of(token="account"),
    "portal.save_view": _of(), "portal.set_language": _of(), "portal.settings": _of(), "portal.sign_out": _of(), "portal.work_list": _of(),
    "endings.accept": _of(ref="proposal"), "endings.certificate": _of(ref="recalled"), "endings.deletions": _of(), "endings.deliveries": _of(),
    "endings.delivery": _of(plan_ref="plan", code="agency"), "endings.dismiss": _of(ref="proposal"), "endings.done": _of(ref="recalled"),
    "endings.objection_evidence": _of(objection_id="objection"), "endings.proposal": _of(ref="proposal"), "endings.proposals": _of(),
    "endings.prove": _of(), "endings.returned": _of(), "endings.take": _of(ref="recalled"),
    "requests.ask": _of(ref="placement"), "requests.cancel": _of(ref="request"), "requests.close": _of(ref="request"), "requests.evidence": _of(ref="request"),
    "requests.grant": _of(ref="request"), "requests.index": _of(), "requests.page": _of(ref="request"), "requests.read": _of(ref="document"),
    "requests.refuse": _of(ref="request"), "requests.reply": _of(ref="request"), "requests.supply": _of(account_ref="account"),
    "requests.supply_for": _of(ref="request"),
    "placements_api.get_requests": _of(), "placements_api.post_requests": _of(),
    "rights.case": _of(ref="right"), "rights.erase": _of(ref="right"), "rights.evidence": _of(ref="account"), "rights.export": _of(ref="right"),
    "rights.index": _of(), "rights.new": _of(), "rights.refuse": _of(ref="right"),
    "registries.acknowledge": _of_code(ref="told"), "registries.acknowledge_complaints": _of_code(), "registries.adverse": _of_code(),
    "registries.adverse_document": _of_code(ref="told"), "registries.adverse_event": _of_code(ref="told"), "registries.answer": _of_code(ref="answer"),
    "registries.ask": _of_code(register="=fca"), "registries.decide": _of_code(ref="hit"), "registries.evidence": _of_code(ref="answer"),
    "registries.hit": _of_code(ref="hit"), "registries.hit_evidence": _of_code(ref="hit"), "registries.let_go": _of_code(name_id="watched"),
    "registries.number": _of_code(register="=cfpb"), "registries.registers": _of_code(), "registries.screening": _of_code(),
    "registries.see": _of_code(ref="answer"), "registries.tell": _of_code(), "registries.watch": _of_code(),
    "strategy.approve": _of(number="=1"), "strategy.draft": _of(), "strategy.index": _of(), "strategy.new_pool": _of(), "strategy.place_by_hand": _of(),
    "strategy.pool": _of(ref="placement"), "strategy.pools_page": _of(), "strategy.remove_pool": _of(ref="placement"),
    "strategy.send_back": _of(number="=1"), "strategy.submit": _of(number="=1"), "strategy.version": _of(number="=1"),
    "scorecards.card": _of(ref="scorecard"), "scorecards.home": _of(), "scorecards.index": _of(), "scorecards.of_agency": _of_code(),
    "scorecards.publish": _of(ref="scorecard"), "scorecards.publish_all": _of(), "scorecards.rows": _of(ref="scorecard", measure="=liquidation"),
    "scorecards.score": _of(), "scorecards.send_back": _of(ref="scorecard"), "scorecards.sign": _of(ref="scorecard"), "scorecards.sign_all": _of(),
    "scorecards.submit": _of(ref="scorecard"), "scorecards.submit_all": _of(), "scorecards.timeline": _of(ref="account"),
    "scorecards_api.get_scorecard": _of(ref="scorecard"), "scorecards_api.list_scorecards": _of(),
}  # fmt: skip

WORDS_OF_B = (
    "agency",
    "agency_name",
    "account",
    "consumer",
    "record",
    "collector",
    "placement",
    "report",
    "breach",
    "email",
    "complaint",
)
"""What a search field is tried with."""

FILTERS = {
    "agency": "agency",
    "account": "account",
    "collector": "collector",
    "portfolio": "agency_name",
    "kind": "record",
}
"""What a filter of this name is tried with; any other is tried with B's code."""

UNALIKE = frozenset(
    {"connections.own_keys", "connections.endpoints", "portal.change_password", "metrics.metrics", "asking.policy"}
)
"""Calls that count or make something of A's own, which the next answer shows: no two of their answers are the same bytes."""

SILENT = frozenset({"portal.end_session"})
"""Calls that say the same of what is not A's as of what is: nothing happens."""


# -- addresses -------------------------------------------------------------------------------------------------------------


def path_of(rule: Rule, parameters: Mapping[str, str], names: Names) -> str:
    path = rule.rule
    for name, token in parameters.items():
        value = token.removeprefix("=") if token.startswith("=") else str(names[token])
        path = re.sub(rf"<(?:[a-z]+(?:\([^)]*\))?:)?{name}>", value, path)
    assert "<" not in path, f"PARAMETERS says nothing for {path}"
    return path


def query_of(rule: Rule, names: Names) -> dict[str, Any]:
    """What pages take in their address besides."""
    found = {
        "conduct.queue": {"agency": names["agency"], "rule": "us.regf.time-of-day"}, "scorecards.index": {"period": "2026-04", "currency": "USD"},
        "placements.new_recall": {"agency": names["agency"]}, "placements.new_plan": {"portfolio": names["agency_name"]},
    }.get(rule.endpoint, {})  # fmt: skip
    return {"query_string": found} if found else {}


# -- names ------------------------------------------------------------------------------------------------------------------


def own_names(world: World) -> dict[str, Any]:
    """What A's own things are called."""
    return {**world.a.tokens, **{f"own {name}": value for name, value in world.a.tokens.items()}, "who": "x"}


def names_of_b(world: World) -> dict[str, Any]:
    """What B's things are called."""
    return {**own_names(world), **world.b.tokens}


def missing_names(world: World) -> dict[str, Any]:
    """Names as long as B's, that nothing has."""
    return {
        **own_names(world),
        **{name: "X" * len(value) if isinstance(value, str) else 987654321 for name, value in world.b.tokens.items()},
    }


# -- bodies -----------------------------------------------------------------------------------------------------------------


def form_of(names: Names, who: str) -> dict[str, Any]:
    """Fields of every form there is, naming B's things wherever something can be named."""
    file = (BytesIO(_file("activity", {**names, "who": f"{who}-page"}).encode()), "activity.csv")
    return {
        "agency": names["agency"], "account_refs": names["account"], "account_ref": names["account"], "placement_ref": names["placement"],
        "code": "us.licence", "jurisdiction": "US-CA", "number": names["agency_name"], "collector": names["collector"], "by": "name",
        "text": names["agency_name"], "kind": "activity", "mode": "partial", "file": file, "reason": "other", "note": "A note long enough.", "days": "9",
        "decision": "confirmed", "placements": names["recalled"], "deleted_on": "2026-05-19", "method": "wiped", "answer": "An answer.", "title": "t",
        "purpose": "suit", "consumer": names["consumer"], "received_on": "2026-05-19", "act": "answer", "outcome": "upheld", "resolution": "It is cleared up.", "event": "recall.requested", "name": "A name",
        "query": f"agency={names['agency']}", "events": "recall.requested", "url": "https://example.com/hook", "scopes": "reports:read",
        "last_day": "2026-05-21", "day": "2026-05-19", "period": "2026-04", "currency": "USD", "language": "en", "next": "/", "role": "admin",
        "email": names["email"], "password": "wrong wrong wrong", "present": "wrong wrong wrong", f"part-{names['agency']}": "1", "portfolio": names["agency_name"],
    }  # fmt: skip


FILES: Mapping[str, str] = {
    "activity": "record_id,account_ref,occurred_at,kind,direction,outcome,collector_id,corrects\n{who}-{account},{account},2026-05-10T15:00:00-04:00,call,out,no_answer,"
    "{collector},\n{record},{own account},2026-05-10T15:00:00-04:00,call,out,no_answer,,\n{who}-{record},{own account},2026-05-10T15:00:00-04:00,call,out,no_answer,,{record}\n",
    "payments": "record_id,account_ref,paid_on,amount,paid_to,reverses\n{who}-{account},{account},2026-05-01,5.00,agency,\n{who}-{record},{own account},2026-05-01,-5.00,agency,{record}\n",
    "inventory": "account_ref,balance,status\n{account},5.00,active\n{own account},5.00,active\n",
    "complaints": "record_id,account_ref,received_at,category,about_collector,summary\n{who}-{account},{account},2026-05-10T15:00:00-04:00,conduct,{collector},Loud\n"
    "{record},{own account},2026-05-10T15:00:00-04:00,conduct,{collector},Loud\n",
    "collectors": "collector_id,full_name,active_from\n{collector},Robin Doe,2026-01-01\n",
    "accounts": "account_ref,consumer_ref,portfolio,product,currency,balance,country,full_name\n{account},{consumer},P,other,USD,5.00,US,Robin Doe\n",
    "ledger": "record_id,account_ref,paid_on,amount,paid_to\n{record},{account},2026-05-01,5.00,agency\n",
}  # fmt: skip
"""Files of every kind that name B's accounts, records and collectors."""


def _file(kind: str, names: Names) -> str:
    return FILES[kind].format(**names)


ROWS: Mapping[str, Callable[[Names], Any]] = {
    "placements_api.post_acknowledgements": lambda names: [
        {"placement_ref": names["new"], "accepted": True, "balance": "1.00"}, {"placement_ref": names["placement"], "accepted": False, "reason": "capacity"},
    ],
    "placements_api.post_confirmations": lambda names: [{"placement_ref": names[which], "stopped_at": NOW.isoformat()} for which in ("pending", "recalled")],
    "placements_api.post_objections": lambda names: [{"placement_ref": names["pending"], "reason": "other", "note": "n"}],
    "placements_api.post_returns": lambda names: [{"placement_ref": names[which], "reason": "paid", "note": "n"} for which in ("placement", "new")],
    "placements_api.post_requests": lambda names: {"account_ref": names["account"], "kind": "hardship", "note": "n"},
    "placements_api.post_placements": lambda names: {"agency": names["agency"], "account_refs": [names["account"]], "reason": "r"},
    "placements_api.post_plans": lambda names: {"portfolio": names["agency_name"], "agencies": [names["agency"]]},
    "placements_api.post_recalls": lambda names: {"account_refs": [names["account"]], "reason": "strategy", "final_at": NOW.isoformat()},
}  # fmt: skip


def bodies_of(rule: Rule, path: str, names: Names) -> Iterator[dict[str, Any]]:
    """The bodies with which an API call is tried: rows as JSON and as CSV, files of the kind that the address names."""
    if (make := ROWS.get(rule.endpoint)) is not None:
        made = make(names)
        yield {"json": made}
        if isinstance(made, list):
            yield {"data": _as_csv(made), "content_type": "text/csv"}
    elif rule.endpoint in (
        "activity_api.send_report",
        "activity_api.preview_report",
        "placements_api.post_accounts",
        "ledger_api.post_payments",
    ):
        kind = {"placements_api.post_accounts": "accounts", "ledger_api.post_payments": "ledger"}.get(
            rule.endpoint
        ) or path.split("/")[4]
        yield {"data": _file(kind, {**names, "who": "key"}), "content_type": "text/csv"}
    else:
        yield {"json": {}}


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return (
        "\n".join([",".join(columns), *(",".join(str(row.get(name, "")) for name in columns) for row in rows)]) + "\n"
    )
