"""Documents tell the truth: words, settings, jobs, permissions, measures."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from portal.db import Base
from portal.jobs import JOBS
from portal.permissions import TABLE

ROOT = Path(__file__).resolve().parents[2]


def read(path: str) -> str:
    return (ROOT / path).read_text()


def test_every_model_stands_in_the_words(app: Flask) -> None:
    words = read("docs/words.md")
    models = [mapper.class_.__name__ for mapper in Base.registry.mappers]
    assert not [model for model in models if f"| {model} |" not in words]


def test_every_setting_stands_in_the_example(app: Flask) -> None:
    used = set(re.findall(r'env(?:\.get\(|, )"([A-Z][A-Z_]+)"', read("portal/config.py")))
    assert not sorted(name for name in used if not re.search(rf"^#? ?{name}=", read(".env.example"), re.M))


def test_every_job_stands_in_the_timetable(app: Flask) -> None:
    jobs = read("docs/jobs.md")
    ours = [job for job in JOBS.values() if not job.run.__module__.startswith("tests.")]
    assert not [job.name for job in ours if f"`{job.name}`" not in jobs or (job.cron and job.cron not in jobs)]


def test_every_permission_stands_in_the_roles(app: Flask) -> None:
    roles = read("docs/roles.md")
    assert not [name for name in TABLE if f"`{name}`" not in roles]


def test_no_template_imports_a_macro_it_does_not_use() -> None:
    unused = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        for statement in re.findall(r"\{%-? from '[^']+' import ([^%]+?) -?%\}", text):
            for name in (part.split(" as ")[-1].strip() for part in statement.removesuffix(" with context").split(",")):
                if len(re.findall(rf"\b{name}\b", text)) < 2:
                    unused.append(f"{path.relative_to(ROOT)}: {name}")
    assert not unused


def test_nothing_loads_from_elsewhere() -> None:
    """Pages load nothing from other hosts, and templates hold no inline style, script or handler: the CSP would refuse them."""
    found = []
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        for pattern in (
            r"\bstyle=",
            r"<style",
            r"<script(?![^>]*\bsrc=)",
            r"\son[a-z]+=",
            r"(?:src|href)=[\"']https?://",
            r"\|\s*safe\b",
        ):
            found += [f"{path.relative_to(ROOT)}: {match.group(0)}" for match in re.finditer(pattern, text)]
    assert not found
