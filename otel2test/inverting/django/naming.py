"""A test's name: what was asked for, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from otel2test.identifiers import plural, snake_case
from otel2test.reading.exchanges import Exchange, Model

_ASPECTS: Final = frozenset({"detail", "form", "history", "index", "list", "page", "view"})
"""Words that say what is seen of a thing; other single words say what is done to it."""


def names(
    exchange: Exchange,
    subject: str,
    created: tuple[Model, ...],
    shown: tuple[Model, ...],
    form_errors: bool,
    pages: Mapping[str, str],
) -> tuple[str, ...]:
    """Return the name of an exchange's plan and longer ones, the best first.

    ``pages`` are the names of paths that the recording knows, for redirects.
    """
    outcome = _outcome(exchange, created, shown, form_errors, pages, subject)
    short = f"{subject}_{outcome}"
    return tuple(dict.fromkeys([short, *_longer(exchange, subject, outcome)]))


def pages(exchanges: Iterable[Exchange]) -> dict[str, str]:
    """Return path → name for every page of the recording, so that redirects can be named."""
    found: dict[str, str] = {}
    for exchange in exchanges:
        if exchange.request.method == "GET" and exchange.view is not None:
            found.setdefault(exchange.request.path, subject_of(exchange))
    return found


def subject_of(exchange: Exchange) -> str:
    """Return what was asked for: ``complete_todo``, ``todo_detail``, ``login``."""
    subject = _view_name(exchange)
    noun = _main_model(exchange)
    if noun is None or "_" in subject or noun in subject or subject in plural(noun):
        return subject
    if subject in _ASPECTS:
        return f"{noun}_{subject}"
    return subject if exchange.request.method in {"GET", "HEAD"} else f"{subject}_{noun}"


def _main_model(exchange: Exchange) -> str | None:
    """Return the model that the first query was for, but those that Django's own work needs."""
    models = {model.label: model for model in exchange.schema.models}
    for query in exchange.queries:
        model = models.get(query.model or "")
        if model is not None and not model.user and model.framework is None and not model.auto_created:
            return snake_case(model.name)
    return None


def _longer(exchange: Exchange, subject: str, outcome: str) -> Iterator[str]:
    method = exchange.request.method.lower()
    if exchange.request.query_string:
        keys = [part.partition("=")[0] for part in exchange.request.query_string.split("&")]
        by = snake_case("_and_".join(dict.fromkeys(keys)))
        if by:
            yield f"{subject}_by_{by}_{outcome}"
    yield f"{subject}_{method}_{outcome}"
    if exchange.user is not None and exchange.user.authenticated:
        yield f"{subject}_{outcome}_when_logged_in"
    else:
        yield f"{subject}_{outcome}_anonymously"


def _view_name(exchange: Exchange) -> str:
    view = exchange.view
    if view is None:
        return path_name(exchange.request.path)
    function = view.qualname
    if "." not in function and "<" not in function and function not in {"view", "wrapper", "inner"}:
        return _without_suffix(function)
    if view.url_name:
        return snake_case(view.url_name.rpartition(":")[2]) or path_name(exchange.request.path)
    return path_name(exchange.request.path)


def _without_suffix(name: str) -> str:
    snake = snake_case(name)
    for suffix in ("_view_set", "_api_view", "_view"):
        if snake.endswith(suffix) and len(snake) > len(suffix):
            return snake.removesuffix(suffix)
    return snake or "request"


def path_name(path: str) -> str:
    """Return a name for a path: its last words that aren't keys; ``index`` for the root."""
    segments = [snake_case(part) for part in urlsplit(path).path.split("/")]
    words = [part for part in segments if part and not part[0].isdigit()]
    return "_".join(words[-2:]) or "index"


def _outcome(
    exchange: Exchange,
    created: tuple[Model, ...],
    shown: tuple[Model, ...],
    form_errors: bool,
    pages: Mapping[str, str],
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
        target = pages.get(path) or path_name(path).rpartition("accounts_")[2]
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
    if created:
        return f"creates_{snake_case(created[0].name)}"
    if response is not None and response.body.kind == "json" and method == "GET":
        return "returns_json"
    if method in {"PUT", "PATCH"}:
        return "is_updated"
    if method == "DELETE":
        return "is_deleted"
    if shown:
        noun = snake_case(shown[0].name)
        many = sum(1 for model in shown if model is shown[0]) > 1
        return f"shows_{plural(noun) if many else noun}"
    return "is_shown" if method in {"GET", "HEAD"} else "succeeds"
