"""Where the easy way goes wrong: a recording and golden tests for each case, and all of them pass.

The list is that of the cases which have broken generators of this kind on real applications. As
for the other golden files, ``--accept-golden`` takes over what is generated now.
"""

import os
import re
from io import BytesIO
from pathlib import Path
from textwrap import indent
from typing import Final

import pytest

from otel2test import pipeline
from otel2test.settings import Settings
from samples.generating import Framework, run_tests
from samples.hard_cases import ANY_ORDER, CASES, HARD_SPANS, PROJECT, Case, postgresql_answers
from tests.endtoend.harness import passed
from tests.test_golden import FRAMEWORKS, count_tests

GOLDEN: Final = Path(__file__).parent / "golden" / "hard"

IN_ANOTHER_ORDER: Final = """
from django.db import connection
from cases import models

if connection.vendor == "sqlite":
    connection.cursor().execute("PRAGMA reverse_unordered_selects = ON")
for model in (models.Member, models.Shelf, models.Book):
    first = model.objects.order_by("pk").first()
    if first is not None:
        model.objects.filter(pk=first.pk).update(id=first.pk)  # to where PostgreSQL finds it last
        assert list(model.objects.order_by())[0] != first
"""
ACT: Final = re.compile(r"^( +)# Act$", re.MULTILINE)

GOES_WRONG: Final = (
    "one fixture per SELECT instead of per entity",
    "the same row read twice, half and whole",
    "rows read back after the request's own INSERT arranged as if they had been there before",
    "many-to-many links",
    "generic relations",
    "foreign keys to rows that no query returned",
    "content-type ids",
    "a custom user model",
    "session rows inserted as rows",
    "select_related over a nullable key",
    ".only()/.defer()/.values()",
    "prefetch's extra columns",
    "annotations beside real columns",
    "self-joins and their aliases",
    "rows made by signal handlers",
    "rows streamed by .iterator()",
    "mutual foreign keys",
    "tree columns",
    "multi-table inheritance",
    "proxy and unmanaged models",
    "db_column ≠ field name",
    "UUID, Decimal, duration, JSON, binary columns",
    "array, range columns",
    "aware and naive datetimes, SQLite's texts for them",
    "bulk inserts",
    "batched IN lists",
    "upserts, ON CONFLICT",
    "UPDATE … CASE WHEN (bulk_update)",
    "select_for_update, savepoints",
    "several databases",
    "multipart uploads",
    "repeated query and form keys",
    'JSON null, [], ""',
    "non-ASCII and quotes in every place where text can stand",
    "names that collide with keywords, builtins or each other",
    "two traces of one view in one file",
    "N traces of one session",
    "what is done for each of several rows that come in any order",
)


def golden(case: Case, framework: Framework) -> Path:
    server = "postgresql" if case.postgresql else "sqlite"
    return GOLDEN / server / framework / f"test_{case.name.replace('-', '_')}.py"


def test_every_case_is_shown() -> None:
    assert {about for case in CASES for about in case.about} >= set(GOES_WRONG)


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_generated(case: Case, framework: Framework, request: pytest.FixtureRequest) -> None:
    recording = str(HARD_SPANS / f"{case.name}.json")
    generated = pipeline.generate([recording], (), Settings(framework=framework, join=case.join), BytesIO())
    assert generated.module is not None
    assert generated.problems == ()
    file = golden(case, framework)
    if request.config.getoption("--accept-golden"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(generated.module.text, encoding="utf-8")

    assert generated.module.text == file.read_text(encoding="utf-8")


def test_there_is_a_golden_file_for_each_case_and_no_other() -> None:
    wanted = {golden(case, framework) for case in CASES for framework in FRAMEWORKS}

    assert set(GOLDEN.rglob("*.py")) == wanted
    assert {file.stem for file in HARD_SPANS.glob("*.json")} == {case.name for case in CASES}


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_golden_tests_pass(server: str, framework: Framework, tmp_path: Path) -> None:
    env = {"HARD_FOLDER": str(tmp_path)}
    if server == "postgresql":
        if not postgresql_answers():
            pytest.skip("no PostgreSQL server answers at 127.0.0.1")
        env["HARD_POSTGRESQL"] = f"otel2test_{os.getpid()}"
    folder = GOLDEN / server / framework

    done = run_tests(framework, folder, env, project=PROJECT)

    assert done.returncode == 0, done.stdout
    assert passed(framework, done.stdout) == sum(map(count_tests, folder.glob("*.py")))


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("server", ["sqlite", "postgresql"])
def test_what_comes_in_any_order_may_come_in_another(
    server: str, framework: Framework, tmp_path: Path
) -> None:
    env = {"HARD_FOLDER": str(tmp_path)}
    if server == "postgresql":
        if not postgresql_answers():
            pytest.skip("no PostgreSQL server answers at 127.0.0.1")
        env["HARD_POSTGRESQL"] = f"otel2test_{os.getpid()}"
    cases = [each for each in CASES if ANY_ORDER in each.about and each.postgresql == (server != "sqlite")]
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in (golden(case, framework) for case in cases):
        text, acts = ACT.subn(_in_another_order, file.read_text(encoding="utf-8"))
        assert acts == count_tests(file)
        (moved / file.name).write_text(text, encoding="utf-8")

    done = run_tests(framework, moved, env, project=PROJECT)

    assert done.returncode == 0, done.stdout
    assert passed(framework, done.stdout) == sum(map(count_tests, moved.glob("*.py")))


def _in_another_order(act: re.Match[str]) -> str:
    return indent(IN_ANOTHER_ORDER, act[1]) + act[0]
