"""With ``--assert-queries`` the samples' tests count queries, and the counts hold in a test."""

from io import BytesIO
from pathlib import Path

import pytest

from otel2test import pipeline
from otel2test.settings import Settings
from samples.generating import Framework, run_tests
from samples.record import SPANS
from tests.endtoend.harness import passed

COUNTED = {"pytest": "django_assert_num_queries(", "unittest": "self.assertNumQueries("}


@pytest.mark.xdist_group("golden")
@pytest.mark.parametrize("framework", COUNTED)
def test_counted_queries_hold(framework: Framework, tmp_path: Path) -> None:
    settings = Settings(framework=framework, assert_queries=True)
    recordings = sorted(SPANS.glob("*.json"))
    counts = 0
    for recording in recordings:
        module = pipeline.generate([str(recording)], (), settings, BytesIO()).module
        assert module is not None
        counts += module.text.count(COUNTED[framework])
        (tmp_path / f"test_{recording.stem.replace('-', '_')}.py").write_text(module.text, encoding="utf-8")

    done = run_tests(framework, tmp_path)

    assert done.returncode == 0, done.stdout
    assert passed(framework, done.stdout) >= counts >= len(recordings) - 2
