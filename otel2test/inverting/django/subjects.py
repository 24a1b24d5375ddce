"""What a request was for, in the words of a test's name; and names for pages that redirects lead to."""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

from otel2test.identifiers import plural, snake_case
from otel2test.reading.exchanges import Exchange

_WRITES: Final = re.compile(r"\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+[\"`]?(\w+)", re.IGNORECASE)
_VIEW_SET: Final = "ViewSet"
_NAMELESS: Final = frozenset({"inner", "view", "wrapped", "wrapped_view", "wrapper"})
"""What functions are called that decorators and factories return."""
_OF_ALL_ROWS: Final = ("_detail", "_list")
"""How routes of view sets end that every one of them has."""

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
    is_read = exchange.request.method in {"GET", "HEAD"}
    return f"{subject}_{noun}" if not is_read and noun in _objects(exchange) else subject


def _objects(exchange: Exchange) -> Iterator[str]:
    """Yield the names of the models of which rows were written, or were asked for by what the URL says."""
    models = {model.label: model for model in exchange.schema.models}
    tables = {model.table: model for model in exchange.schema.models}
    named = {str(value) for value in exchange.view.kwargs.values()} if exchange.view is not None else set()
    for query in exchange.queries:
        written = _WRITES.match(query.sql)
        asked = named.intersection(map(str, query.params)) if isinstance(query.params, tuple) else set()
        model = tables.get(written[1]) if written else models.get(query.model or "") if asked else None
        if model is not None:
            yield snake_case(model.name)


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
    named = snake_case(view.url_name.rpartition(":")[2]) if view.url_name else ""
    if "." not in function and "<" not in function and function.strip("_") not in _NAMELESS:
        own = _without_suffix(function)
        is_action = function.endswith(_VIEW_SET) and named.startswith(f"{own}_")
        # To its standard routes, what a view set is asked for other than by GET is told by what comes of it.
        plain = named.endswith(_OF_ALL_ROWS) and exchange.request.method not in {"GET", "HEAD"}
        return named if is_action and not plain else own
    return named or path_name(exchange.request.path)


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
