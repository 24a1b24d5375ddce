"""What several tests of proving begin with."""

from pathlib import Path

import pytest

from tests.proving import planted


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project of planted faults, recorded in ``spans``; tests work on copies of it."""
    root = planted.make(tmp_path_factory.mktemp("planted"))
    planted.record(root)
    return root
