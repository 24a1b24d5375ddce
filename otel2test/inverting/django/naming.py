"""A test's name: what was asked for, and what came of it."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from otel2test.identifiers import plural, snake_case
from otel2test.inverting.django.subjects import Pages, main_model
from otel2test.reading.exchanges import Exchange, Model

_LONGEST_KEY: Final = 24
"""A longer key, such as a UUID, tells a reader nothing."""


def names(
    exchange: Exchange,
    subject: str,
    created: tuple[Model, ...],
    shown: tuple[Model, ...],
    form_errors: bool,
    pages: Pages,
) -> tuple[str, ...]:
    """Return the name of an exchange's plan and longer ones, the best first.

    ``pages`` are the names of paths that the recording knows, for redirects.
    """
    outcome = _outcome(exchange, created, shown, form_errors, pages, subject)
    short = f"{subject}_{outcome}"
    return tuple(dict.fromkeys([short, *_longer(exchange, subject, outcome)]))


def _longer(exchange: Exchange, subject: str, outcome: str) -> Iterator[str]:
    method = exchange.request.method.lower()
    if exchange.request.query_string:
        asked = [part.partition("=")[0] for part in exchange.request.query_string.split("&")]
        by = snake_case("_and_".join(dict.fromkeys(asked)))
        if by:
            yield f"{subject}_by_{by}_{outcome}"
    yield f"{subject}_{method}_{outcome}"
    if exchange.user is not None and exchange.user.authenticated:
        yield f"{subject}_{outcome}_when_logged_in"
    else:
        yield f"{subject}_{outcome}_anonymously"
    which = (
        snake_case("_".join(str(value) for value in exchange.view.kwargs.values())) if exchange.view else ""
    )
    if 0 < len(which) <= _LONGEST_KEY:
        yield f"{subject}_{which}_{outcome}"


def _outcome(
    exchange: Exchange,
    created: tuple[Model, ...],
    shown: tuple[Model, ...],
    form_errors: bool,
    pages: Pages,
    subject: str,
) -> str:
    response = exchange.response
    if exchange.exception is not None and (response is None or response.status >= 500):
        return f"raises_{snake_case(exchange.exception.type.rpartition('.')[2]) or 'an_error'}"
    if response is None:
        return "is_requested"
    location = next((value for name, value in response.headers if name == "Location"), None)
    if 300 <= response.status < 400 and location is not None:
        path = urlsplit(location).path
        target = pages.name(path)
        return f"redirects_to_{target}" if target != subject else "redirects_to_itself"
    if response.status >= 400:
        return _refusal(response.status)
    if form_errors:
        return "shows_form_errors"
    return _success(exchange, created, shown)


def _refusal(status: int) -> str:
    known = {
        400: "is_rejected",
        401: "requires_authentication",
        403: "is_forbidden",
        404: "is_not_found",
        405: "is_not_allowed",
        409: "conflicts",
        410: "is_gone",
        422: "is_rejected",
        429: "is_throttled",
    }
    return known.get(status, f"answers_{status}")


def _success(exchange: Exchange, created: tuple[Model, ...], shown: tuple[Model, ...]) -> str:
    method, response = exchange.request.method, exchange.response
    if method in {"PUT", "PATCH"}:
        return "is_updated"
    if method == "DELETE":
        return "is_deleted"
    if created:
        return f"creates_{snake_case(created[0].name)}"
    if response is not None and response.body.kind == "json" and method == "GET":
        return "returns_json"
    return _page(exchange, shown) if method in {"GET", "HEAD"} else "succeeds"


def _page(exchange: Exchange, shown: tuple[Model, ...]) -> str:
    main = main_model(exchange)
    nouns = [snake_case(model.name) for model in shown]
    noun = main if main in nouns else next(iter(nouns), None)
    if noun is not None:
        return f"shows_{plural(noun) if nouns.count(noun) > 1 else noun}"
    if main is not None and _found_none(exchange, main):
        return f"shows_no_{plural(main)}"
    return "is_shown"


def _found_none(exchange: Exchange, noun: str) -> bool:
    models = {model.label: snake_case(model.name) for model in exchange.schema.models}
    return any(
        models.get(query.model or "") == noun and query.exhausted and not query.rows
        for query in exchange.queries
    )
