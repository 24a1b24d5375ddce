"""What a request was for, in the words of a test's name; and names for pages that redirects lead to."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from otel2test.identifiers import plural, snake_case
from otel2test.reading.exchanges import Exchange

_ASPECTS: Final = frozenset({"detail", "form", "history", "index", "list", "page", "view"})
"""Words that say what is seen of a thing; other single words say what is done to it."""


class Pages:
    """Names for the pages of a recording by their paths, so that redirects can be named."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._by_path: dict[str, str] = {}
        self._by_route: list[tuple[re.Pattern[str], str]] = []
        for exchange in exchanges:
            if exchange.request.method == "GET" and exchange.view is not None:
                name = subject_of(exchange)
                self._by_path.setdefault(exchange.request.path, name)
                self._by_route.append((_route_pattern(exchange.view.route), name))

    def name(self, path: str) -> str:
        """Return what the page is called, or words of its path if nobody opened it."""
        if path in self._by_path:
            return self._by_path[path]
        for pattern, name in self._by_route:
            if pattern.fullmatch(path.lstrip("/")):
                return name
        return path_name(path).removeprefix("accounts_")


def _route_pattern(route: str) -> re.Pattern[str]:
    """Return a pattern for the paths of a route such as ``todos/<int:pk>/``."""
    parts = re.split(r"<[^>]*>", route)
    return re.compile("[^/]+".join(map(re.escape, parts)))


def subject_of(exchange: Exchange) -> str:
    """Return what was asked for: ``complete_todo``, ``todo_detail``, ``login``."""
    subject = _view_name(exchange)
    noun = main_model(exchange)
    if noun is None or "_" in subject or noun in subject or subject in plural(noun):
        return subject
    if subject in _ASPECTS:
        return f"{noun}_{subject}"
    return subject if exchange.request.method in {"GET", "HEAD"} else f"{subject}_{noun}"


def main_model(exchange: Exchange) -> str | None:
    """Return the model that the first query was for, but those that Django's own work needs."""
    models = {model.label: model for model in exchange.schema.models}
    for query in exchange.queries:
        model = models.get(query.model or "")
        if model is not None and not model.user and model.framework is None and not model.auto_created:
            return snake_case(model.name)
    return None


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
