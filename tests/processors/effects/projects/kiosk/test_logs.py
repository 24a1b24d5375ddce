"""What the program logs at WARNING and above."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import Http404, HttpRequest
from django.test.utils import CaptureQueriesContext

from tests.processors.effects.projects.kiosk import models
from tests.processors.effects.projects.kiosk.harness import MAX_EFFECTS

Effects = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def logger() -> logging.Logger:
    """A logger without parents, which pytest would listen to."""
    made = logging.Logger("kiosk")  # noqa: LOG001
    made.addHandler(logging.NullHandler())
    return made


def test_a_warning(effects: Effects, logger: logging.Logger) -> None:
    def view(request: HttpRequest) -> None:
        logger.warning("%s of %d tickets sold", "all", 7)
        logger.error("no change")
        logger.info("not told")

    first, second = effects("logs", view)

    assert first["where"].startswith("tests/processors/effects/projects/kiosk/test_logs.py:")
    assert (first["logger"], first["level"]) == ("kiosk", "WARNING")
    assert first["message"] == "all of 7 tickets sold"
    assert (second["level"], second["message"]) == ("ERROR", "no change")


def test_an_exception(effects: Effects, logger: logging.Logger) -> None:
    def view(request: HttpRequest) -> None:
        try:
            [].pop()
        except IndexError:
            logger.exception("cannot pay back")

    (told,) = effects("logs", view)

    assert told["exception"]["type"] == "builtins.IndexError"
    assert "test_logs.py:" in told["exception"]["where"]


def test_the_text_is_the_one_that_a_handler_made(effects: Effects, logger: logging.Logger) -> None:
    texts: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            texts.append(self.format(record))

    class Word:
        said = 0

        def __str__(self) -> str:
            self.said += 1
            return f"word {self.said}"

    logger.handlers = [Handler()]

    (told,) = effects("logs", lambda request: logger.warning("a %s", Word()))

    assert told["message"] == "a word 1"
    assert texts == ["a word 1"]


def test_arguments_that_nobody_formatted_are_named_only(effects: Effects, logger: logging.Logger) -> None:
    queries = []

    def view(request: HttpRequest) -> None:
        with CaptureQueriesContext(connection) as captured:
            logger.warning("found %s and %r", models.Stub.objects.all(), [models.Stub(title="x")])
            logger.warning("%(what)d of %(all)s", {"what": models.Stub(), "all": 3})
        queries.append(len(captured))

    first, second = effects("logs", view)

    assert queries == [0]
    stub = "tests.processors.effects.projects.kiosk.models.Stub"
    assert first["message"] == f"found <django.db.models.query.QuerySet> and [<{stub}>]"
    assert second["message"] == f"<{stub}> of 3"


def test_messages_that_do_not_fit_their_arguments(effects: Effects, logger: logging.Logger) -> None:
    text = "%s and %s"

    def view(request: HttpRequest) -> None:
        logger.warning(text, 1)
        logger.warning(LookupError("an object"))

    first, second = effects("logs", view)

    assert first["message"] == "1 and %s"
    assert second["message"] == "<LookupError>"


def test_secrets_are_replaced(effects: Effects, logger: logging.Logger) -> None:
    (told,) = effects("logs", lambda request: logger.warning("key %s", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"))

    assert "4eC39" not in told["message"]


def test_what_repeats_the_response_is_left_out(effects: Effects) -> None:
    def missing(request: HttpRequest) -> None:
        raise Http404("no such ticket")

    def broken(request: HttpRequest) -> None:
        raise LookupError("no change")

    assert effects("logs", missing) == []
    assert effects("logs", broken) == []


def test_a_handler_that_raises_is_the_programs_affair(effects: Effects, logger: logging.Logger) -> None:
    class Handler(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:
            raise LookupError("no disk")

    logger.handlers = [Handler()]

    def view(request: HttpRequest) -> str:
        try:
            logger.warning("going down")
        except LookupError as error:
            return str(error)
        return "logged"

    (told,) = effects("logs", view)

    assert told["message"] == "going down"


def test_only_so_many_are_kept(effects: Effects, logger: logging.Logger) -> None:
    def view(request: HttpRequest) -> None:
        for _ in range(MAX_EFFECTS + 2):
            logger.warning("again")

    assert effects("logs", view)[-1] == {"dropped": 2}


def test_arguments_that_resist(effects: Effects, logger: logging.Logger) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("hands off")

        __repr__ = __str__

    (told,) = effects("logs", lambda request: logger.warning("%s", Hostile()))

    assert told["message"].endswith("Hostile>")


def test_a_record_that_lacks_everything(effects: Effects, logger: logging.Logger) -> None:
    def view(request: HttpRequest) -> None:
        record = logging.makeLogRecord({"levelno": logging.ERROR})
        del record.lineno
        logger.handle(record)

    assert effects("logs", view, faulty=True) == []


def test_nothing_is_recorded_outside_of_a_request(logger: logging.Logger) -> None:
    logger.warning("nobody is here")
