"""Options of the test suite, and what holds for all of it."""

import signal

import pytest

pytest_plugins = ["tests.grouping"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what it puts in the background so, and what the tests start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept-golden",
        action="store_true",
        help="write what is generated now to tests/golden/ instead of comparing with it",
    )
