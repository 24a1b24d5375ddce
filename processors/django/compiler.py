"""What the ORM knows of the SQL that it makes: the model, and the field behind each column.

``SQLCompiler.execute_sql`` is wrapped to note, for as long as it runs, the compiler at work
and the SQL texts it made. The cursor that then executes one of these texts asks for its
:class:`~.statements.Origin`; SQL that the program wrote itself has none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar, Token
from itertools import groupby
from typing import Any, Final, NamedTuple

from otel2test.attributes import ColumnPayload, ColumnsPayload, names_of
from otel2test.processors.django.concealing import telling
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.django.statements import Origin
from otel2test.processors.guard import guard, guarded
from otel2test.processors.raw_sql import LONGEST_REMEMBERED
from otel2test.processors.redaction import redactor


class _Work:
    """A compiler while it makes and executes its SQL."""

    __slots__ = ("compiler", "texts")

    def __init__(self, compiler: Any) -> None:
        self.compiler = compiler
        self.texts: list[str] = []
        as_sql = compiler.as_sql

        def noting(*args: Any, **kwargs: Any) -> Any:
            made = as_sql(*args, **kwargs)
            with guard("django: compiler"):
                # Inserts are a list of statements, everything else is one.
                self.texts.extend(sql for sql, _ in (made if isinstance(made, list) else [made]))
            return made

        # Only the instance's own: compilers of subqueries are at work at the same time.
        compiler.as_sql = noting

    def end(self) -> None:
        """Leave the compiler as it was."""
        vars(self.compiler).pop("as_sql", None)


_work: Final[ContextVar[_Work | None]] = ContextVar("otel2test_compiler", default=None)


def install(module: Any, is_recording: Callable[[], bool]) -> None:
    """Wrap the compilers of ``django.db.models.sql.compiler``."""

    def make(execute_sql: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
            begun = _begin(self, is_recording)
            if begun is None:
                return execute_sql(self, *args, **kwargs)
            try:
                return execute_sql(self, *args, **kwargs)
            finally:
                _end(begun)

        return recorded

    replace_method(module.SQLCompiler, "execute_sql", make)
    replace_method(module.SQLInsertCompiler, "execute_sql", make)
    # Django 6.0 and later: save() reads generated columns back.
    replace_method(module.SQLUpdateCompiler, "execute_returning_sql", make)


@guarded("django: compiler", None)
def _begin(compiler: Any, is_recording: Callable[[], bool]) -> Token[_Work | None] | None:
    return _work.set(_Work(compiler)) if is_recording() else None


@guarded("django: compiler", None)
def _end(begun: Token[_Work | None]) -> None:
    work = _work.get()
    _work.reset(begun)
    if work is not None:
        work.end()


def origin_of(sql: str, params: object) -> Origin | None:
    """Return the origin of ``sql`` if the compiler at work in this context made it."""
    work = _work.get()
    if work is None or sql not in work.texts:
        return None
    with guard("django: columns"):
        return _origin(work.compiler, sql, params)
    return None


def _origin(compiler: Any, sql: str, params: object) -> Origin | None:
    query = compiler.query
    if query.model is None:  # an expression that Django has the database evaluate
        return None
    key = query.model, sql, redactor.generation
    result = _results.get(key)
    if result is None:
        result = _result(compiler)
        if len(_results) >= _MOST_RESULTS:
            _results.clear()
        # What holds literals may never come by again, and may hold secrets.
        if len(sql) <= LONGEST_REMEMBERED and "'" not in sql.replace(_ESCAPE, ""):
            _results[key] = result
    return Origin(
        model=query.model._meta.label,
        sources=result.sources,
        width=result.width,
        names=result.names,
        secret_columns=result.secret_columns,
        secrets=frozenset(telling(_secret_params(query, params))),
    )


class _Result(NamedTuple):
    """What one SQL text of a model gives, each time it is executed."""

    sources: tuple[ColumnPayload | ColumnsPayload | None, ...]
    width: int
    names: list[str] | None
    secret_columns: tuple[int, ...]


_MOST_RESULTS: Final = 512
_ESCAPE: Final = r"ESCAPE '\'"
"""What Django writes after each LIKE on some databases; no literal of the program's."""
_results: Final[dict[tuple[Any, str, int], _Result]] = {}


def _result(compiler: Any) -> _Result:
    columns = list(_result_columns(compiler))
    sources = tuple(_joined(source for source, _ in columns))
    return _Result(
        sources=sources,
        width=len(columns),
        names=names_of(sources),
        secret_columns=tuple(position for position, (_, secret) in enumerate(columns) if secret),
    )


def _joined(
    sources: Iterable[ColumnPayload | None],
) -> Iterator[ColumnPayload | ColumnsPayload | None]:
    """Yield neighbours from one table as one."""
    for (model, alias), group in groupby(sources, _table):
        if model is None:
            yield from group
            continue
        joined: ColumnsPayload = {
            "model": model,
            "fields": [source["field"] for source in group if source is not None],
        }
        if alias is not None:
            joined["alias"] = alias
        yield joined


def _table(source: ColumnPayload | None) -> tuple[str | None, str | None]:
    if source is None or "annotation" in source or "field" not in source:
        return None, None
    return source.get("model"), source.get("alias")


def _result_columns(compiler: Any) -> Iterator[tuple[ColumnPayload | None, bool]]:
    """Yield the source of each column of the result, and whether it is a secret."""
    query = compiler.query
    returning = getattr(compiler, "returning_fields", None)
    if returning:
        for returned in returning:
            yield _field_source(getattr(returned, "target", returned), None, None)
        return
    named = set(query.annotation_select) | set(query.extra_select)
    if compiler.select is None:  # an aggregate over a subquery
        for name in query.annotation_select:
            yield {"annotation": name}, False
        return
    names = {
        position: name for name, position in (compiler.annotation_col_map or {}).items() if name in named
    }
    for position, (expression, _, _) in enumerate(compiler.select):
        # Composite primary keys stand for several columns.
        parts = expression.get_cols() if hasattr(expression, "get_cols") else [expression]
        for part in parts:
            yield _source(part, names.get(position))


def _source(expression: Any, annotation: str | None) -> tuple[ColumnPayload | None, bool]:
    target = getattr(expression, "target", None)
    if target is not None and hasattr(expression, "alias"):
        return _field_source(target, expression.alias, annotation)
    return (None if annotation is None else {"annotation": annotation}), False


def _field_source(field: Any, alias: str | None, annotation: str | None) -> tuple[ColumnPayload, bool]:
    label = field.model._meta.label
    source: ColumnPayload = {"model": label, "field": field.attname}
    if alias is not None and alias != field.model._meta.db_table:
        source["alias"] = alias
    if annotation is not None:
        source["annotation"] = annotation
    return source, redactor.is_secret_field(label, field.attname)


def _secret_params(query: Any, params: object) -> Iterator[object]:
    """Yield the parameters that are compared with, or written to, a secret column."""
    if hasattr(query, "objs") and isinstance(params, Sequence):
        yield from _inserted(query, params)
    elif hasattr(query, "related_updates"):
        for field, _, value in query.values:
            if _is_secret_field(field):
                yield value
    yield from _compared(query.where)


def _is_secret_field(field: Any) -> bool:
    return redactor.is_secret_field(field.model._meta.label, field.attname)


def _inserted(query: Any, params: Sequence[object]) -> Iterator[object]:
    fields, rows = query.fields, len(query.objs)
    for position, field in enumerate(fields):
        if not _is_secret_field(field):
            continue
        if len(params) == len(fields) * rows:
            yield from params[position :: len(fields)]
        elif len(params) == len(fields):  # PostgreSQL's UNNEST takes an array for each column
            yield params[position]


def _compared(node: Any) -> Iterator[object]:
    for child in getattr(node, "children", ()):
        if hasattr(child, "children"):
            yield from _compared(child)
            continue
        field = getattr(getattr(child, "lhs", None), "target", None)
        if field is not None and _is_secret_field(field):
            yield child.rhs
