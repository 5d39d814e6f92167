"""What the frameworks compile anew for every application, compiled once: the tests make thousands of the same one.

Two thirds of the time of a test that asks for a page went into compiling the same templates and the same addresses again.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class _Templates(BytecodeCache):
    """Compiled templates in memory, by name and by what their text is."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = _Templates()


def share_templates(app: Flask) -> Flask:
    """Let an application use the templates that others have compiled."""
    app.jinja_env.bytecode_cache = TEMPLATES
    return app


def share_addresses() -> None:
    """Let werkzeug compile how an address is built once per address: the function depends on nothing but the rule's parts."""
    kept: dict[Any, Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (tuple(rule._trace), repr(sorted((rule.defaults or {}).items())), append_unknown)
        if key not in kept:
            kept[key] = compile_builder(rule, append_unknown)
        return kept[key]

    Rule._compile_builder = once  # type: ignore[method-assign]
