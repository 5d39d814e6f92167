"""The matrix: every route asked as agency A, in B's names and in names that nothing has. It returns what is wrong, in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal import clock, jobs, work
from portal.keys import AGENCY_SCOPES
from portal.people import Role
from portal.permissions import TABLE
from tests.clients import ORIGIN, ApiClient, PageClient
from tests.isolation.addresses import (
    FILTERS,
    PARAMETERS,
    SILENT,
    STATIC,
    UNALIKE,
    WORDS_OF_B,
    Names,
    Parameters,
    bodies_of,
    form_of,
    missing_names,
    names_of_b,
    own_names,
    path_of,
    query_of,
)
from tests.isolation.world import MARKS, NOW, World, photograph

NOTHING: Names = {}


@dataclass
class Asker:
    """Agency A as one of its people or its key, asking in B's names, in its own, or in names that nothing has."""

    app: Flask
    world: World
    who: str  # manager, user, key

    def __post_init__(self) -> None:
        self.pages = PageClient(self.app)
        self.api = ApiClient(self.app, self.world.a.key)
        self.count = 0

    @property
    def is_key(self) -> bool:
        """True for the agency's program."""
        return self.who == "key"

    def may(self, permission: str) -> bool:
        """True if the role, and for the key its scopes, allow it."""
        if permission == "public":
            return True
        asked = TABLE[permission]
        role = Role.AGENCY_USER if self.who == "user" else Role.AGENCY_MANAGER
        return role in asked.roles and (not self.is_key or bool(set(asked.scopes) & set(AGENCY_SCOPES)))

    def come_in(self) -> None:
        """Sign in afresh: what was asked before may have ended the session."""
        self.pages.sign_in(self.world.a.user if self.who == "user" else self.world.a.manager)

    def ask(self, method: str, path: str, names: Names, **more: Any) -> TestResponse:
        """One request; a POST carries everything a form or a body could name."""
        self.count += 1
        if self.is_key:
            headers = {
                "Authorization": f"Bearer {self.api.key}",
                "Idempotency-Key": f"k{self.count}",
                "Prefer": "wait=10",
                **more.pop("headers", {}),
            }
            return self.api.http.open(path, method=method, base_url=ORIGIN, headers=headers, buffered=True, **more)
        if method == "POST":
            more = {"data": {"csrf_token": self.pages.csrf_token(), **form_of(names, self.who)}, **more}
        return self.pages.http.open(path, method=method, base_url=ORIGIN, buffered=True, **more)


# -- the matrix ------------------------------------------------------------------------------------------------------------


def matrix(app: Flask, world: World, only: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong: answers that differ, marks that came out, rows of B that changed.

    First all is read, then everything posted; then A's own pages once more, because what was posted may have brought something of B there.
    """
    database = app.extensions["database"]
    askers = [Asker(app, world, who) for who in ("manager", "user", "key")]
    wrong: list[str] = []
    with clock.set_to(NOW + timedelta(hours=1)):
        _work_off(app, "before")
        with database.reading() as session:
            before = photograph(session, world.b)
        for trial, method in ((_read, "GET"), (_compared, "POST"), (_read_again, "GET")):
            for asker in askers:
                for rule in rules(app, asker, method, only):
                    asker.come_in()
                    wrong += [
                        found
                        for parameters in PARAMETERS[rule.endpoint]
                        for found in trial(asker, rule, method, parameters)
                    ]
            _work_off(app, method)
    with database.reading() as session:
        after = photograph(session, world.b)
    return [*wrong, *(f"B's rows of {table} were changed" for table in before if before[table] != after[table])]


def _work_off(app: Flask, when: str) -> None:
    """What happens by itself: the queue, and the comparing of both sides' figures."""
    work.drain(app.extensions["database"], outward=False)
    jobs.run(app.extensions["database"], "find-breaks", f"{when} {clock.real_now()}")


def rules(app: Flask, asker: Asker, method: str, only: Sequence[str]) -> list[Rule]:
    """The routes that this asker tries: a key the API, a person the pages."""
    found = [
        rule for rule in app.url_map.iter_rules() if rule.endpoint not in STATIC and method in (rule.methods or ())
    ]
    mine = [
        rule
        for rule in found
        if rule.rule.startswith("/api/v1/") == asker.is_key and (not only or rule.endpoint in only)
    ]
    return sorted(mine, key=lambda rule: rule.rule)


def _read(asker: Asker, rule: Rule, method: str, parameters: Parameters) -> list[str]:
    """A page in B's names and in missing ones, and of A's own things with every filter and order."""
    return [
        *_compared(asker, rule, method, parameters),
        *_own_page(asker, rule, parameters),
        *_own_list(asker, rule, parameters),
    ]


def _read_again(asker: Asker, rule: Rule, _method: str, parameters: Parameters) -> list[str]:
    """A page of A's own things after all the posting; what A itself wrote there in B's names is no leak."""
    return _own_page(asker, rule, parameters, wrote=names_of_b(asker.world))


def _compared(asker: Asker, rule: Rule, method: str, parameters: Parameters) -> list[str]:
    world, view = asker.world, asker.app.view_functions[rule.endpoint]
    answers: list[list[TestResponse]] = []
    for names in (missing_names(world), names_of_b(world)):
        path = path_of(rule, parameters, names)
        bodies = (
            bodies_of(rule, path, names)
            if asker.is_key and method == "POST"
            else iter([query_of(rule, names) if method == "GET" else {}])
        )
        answers.append(
            [
                answer
                for body in bodies
                for answer in _with_problems(asker, asker.ask(method, path, names, **body), names)
            ]
        )
    wrong, what = [], f"{asker.who} {method} {rule.rule} {dict(parameters)}"
    for missing, of_b in zip(*answers, strict=True):
        if rule.endpoint not in UNALIKE and _bytes_of(missing, world) != _bytes_of(of_b, world):
            wrong.append(
                f"{what}: B's name is answered {of_b.status_code}, a missing one {missing.status_code}, or with other bytes"
            )
        wrong += [f"{what}: {leak!r}" for leak in leaks(of_b, names_of_b(world), world)]
        names_b = any(not name.startswith(("=", "own ")) for name in parameters.values())
        expected = {303} if rule.endpoint in SILENT else {404} if asker.may(view.permission) else {403, 404}
        if names_b and of_b.status_code not in expected:
            wrong.append(f"{what}: answered {of_b.status_code}")
        if of_b.status_code >= 500:
            wrong.append(f"{what}: broke")
    return wrong


def _with_problems(asker: Asker, answer: TestResponse, names: Names) -> list[TestResponse]:
    """A report's answer with the problems of its rows, and the answer alone for everything else."""
    links = (
        (answer.get_json(silent=True) or {}).get("links")
        if asker.is_key and answer.request.method == "POST" and answer.status_code == 200
        else None
    )
    return [answer, *([asker.ask("GET", links["problems"], names)] if links else [])]


def _own_page(asker: Asker, rule: Rule, parameters: Parameters, wrote: Names = NOTHING) -> list[str]:
    """A page of A's own things, which opens and has nothing of B."""
    path, names = path_of(rule, parameters, own_names(asker.world)), own_names(asker.world)
    answer, what = asker.ask("GET", path, names, **query_of(rule, names)), f"{asker.who} GET {path}"
    wrong = [f"{what}: {leak!r}" for leak in leaks(answer, wrote, asker.world)]
    if asker.may(asker.app.view_functions[rule.endpoint].permission) and answer.status_code not in (200, 303, 404):
        wrong.append(f"{what}: answered {answer.status_code}")
    return wrong


def _own_list(asker: Asker, rule: Rule, parameters: Parameters) -> list[str]:
    """A list of A's own things: whatever it is filtered, searched or ordered by, it neither shows nor betrays what B has."""
    if asker.who == "user":  # the lists are the manager's, who sees more of them
        return []
    world, path = asker.world, path_of(rule, parameters, own_names(asker.world))
    wrong, what = [], f"{asker.who} GET {path}"
    for name, token in _variations(asker.ask("GET", path, own_names(world))):
        answers = [
            asker.ask("GET", path, names, query_string={name: names.get(token, token)})
            for names in (missing_names(world), names_of_b(world))
        ]
        if _bytes_of(answers[0], world) != _bytes_of(answers[1], world):
            wrong.append(f"{what}?{name}={token}: answers otherwise when B has what it names")
        wrong += [f"{what}?{name}={token}: {leak!r}" for leak in leaks(answers[1], names_of_b(world), world)]
    return wrong


def _variations(answer: TestResponse) -> Iterator[tuple[str, str]]:
    """Every filter with a name of B, every word to search for, every order, the list as CSV: (parameter, name of a token or value)."""
    text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    toolbar = re.search(r'<form class="toolbar".*?</form>', text, re.DOTALL)
    for name in sorted(set(re.findall(r'name="([a-z_]+)"', toolbar[0]))) if toolbar else ():
        if name == "q":
            yield from ((name, word) for word in WORDS_OF_B)
        else:
            yield name, FILTERS.get(name, "agency")
    yield from (("sort", order) for order in sorted(set(re.findall(r"[?&;]sort=(-?[a-z_]+)", text))))
    if "format=csv" in text:
        yield "format", "csv"


# -- answers ---------------------------------------------------------------------------------------------------------------


VOLATILE = re.compile(
    r'<code>[0-9a-f]{16}</code>|name="csrf_token"[^>]*value="[^"]*"|\b(?:rpt|whk|msg)_[0-9a-z]{16}\b|"sha256": ?"[0-9a-f]{64}"|\b[0-9a-f]{64}\b|X{3,}'
)
HEADERS = ("Content-Type", "Location", "Allow", "Content-Disposition", "Cache-Control", "WWW-Authenticate")


def _bytes_of(answer: TestResponse, world: World) -> str:
    """An answer but for what differs between any two requests: status, headers and body, B's names and the missing ones alike."""
    head = [str(answer.status_code), *(f"{name}: {answer.headers.get(name)}" for name in HEADERS)]
    text = "\n".join(head) + "\n" + answer.get_data().decode("utf-8", "replace")
    if len(answer.request.path) > 1:
        text = text.replace(answer.request.path, "~")  # a form says where it stands
    for name in sorted((value for value in world.b.tokens.values() if isinstance(value, str)), key=len, reverse=True):
        text = text.replace(name, "X" * len(name))
    return VOLATILE.sub("~", text)


def leaks(answer: TestResponse, names: Names, world: World) -> list[str]:
    """B's marks in an answer, those left out that the request itself named."""
    text = answer.get_data().decode("utf-8", "replace") + str(answer.headers)
    for value in sorted((str(value) for value in names.values() if isinstance(value, str)), key=len, reverse=True):
        text = text.replace(value, "")
    return sorted(
        {
            text[max(0, found.start() - 60) : found.end() + 60]
            for mark in MARKS
            for found in re.finditer(re.escape(mark), text)
        }
    )
