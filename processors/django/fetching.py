"""Rows on their way from a driver's cursor to the program, copied as they pass.

Mixed into a class of cursors, Django's or a driver's: what the program fetches is kept on the statement
that the cursor executed last. Nothing is read ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from otel2test.processors.django import executions
from otel2test.processors.guard import guard

if TYPE_CHECKING:
    from otel2test.processors.django.statements import Statement


_FETCHING: Final = ("fetchone", "fetchmany", "fetchall", "close")


class FetchingCursor:
    """Mixed into a class of cursors."""

    _otel2test_left: frozenset[str] = frozenset()
    """What no class has: wrappers leave the fetching methods to ``__getattr__``."""
    _self_otel2test_statement: Statement | None = None
    """Named as what a proxy keeps for itself, instead of what it stands for."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        behind = cls.__mro__[cls.__mro__.index(FetchingCursor) + 1 :]
        cls._otel2test_left = frozenset(
            name for name in _FETCHING if not any(name in vars(base) for base in behind)
        )

    def fetchone(self) -> Any:
        """Fetch as the driver does."""
        row = self._otel2test_fetch("fetchone")()
        with guard("django: row"):
            statement = self._otel2test_result()
            if statement is not None:
                if row is None:
                    statement.exhausted = True
                else:
                    statement.add_row(row)
        return row

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Fetch as the driver does."""
        rows = self._otel2test_fetch("fetchmany")(*args, **kwargs)
        with guard("django: rows"):
            statement = self._otel2test_result()
            if statement is not None:
                statement.add_rows(rows)
                asked = args[0] if args else kwargs.get("size", 1)
                statement.exhausted = statement.exhausted or len(rows) < asked
        return rows

    def fetchall(self) -> Any:
        """Fetch as the driver does."""
        rows = self._otel2test_fetch("fetchall")()
        with guard("django: rows"):
            statement = self._otel2test_result()
            if statement is not None:
                statement.add_rows(rows)
                statement.exhausted = True
        return rows

    def __iter__(self) -> Iterator[Any]:
        inherited: Any = super()
        rows = inherited.__iter__()
        while True:
            try:
                row = next(rows)  # a cursor that is its own iterator would be asked for one by "for"
            except StopIteration:
                break
            with guard("django: row"):
                statement = self._otel2test_result()
                if statement is not None:
                    statement.add_row(row)
            yield row
        with guard("django: row"):
            statement = self._otel2test_result()
            if statement is not None:
                statement.exhausted = True

    def close(self) -> Any:
        """Close as the driver does."""
        try:
            return self._otel2test_fetch("close")()
        finally:
            executions.let_go(self._self_otel2test_statement)

    def _otel2test_fetch(self, name: str) -> Any:
        inherited: Any = super()
        # super() doesn't ask __getattr__.
        return inherited.__getattr__(name) if name in self._otel2test_left else getattr(inherited, name)

    def _otel2test_result(self) -> Statement | None:
        statement = self._self_otel2test_statement
        if statement is not None and statement.columns is None:
            # psycopg2's named cursors have no description before the first row.
            statement.columns = executions.columns_of(self._otel2test_wrapper())
        return statement

    def _otel2test_run(
        self, statement: Statement, execute: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Call ``execute``; what is fetched afterwards is the result of ``statement``."""
        executions.let_go(self._self_otel2test_statement)
        self._self_otel2test_statement = statement
        try:
            result = executions.executing(statement, execute, *args, **kwargs)
        except BaseException as error:
            executions.executed(statement, error=error)
            raise
        wrapper = self._otel2test_wrapper()
        executions.executed(statement, wrapper)
        return result

    def _otel2test_wrapper(self) -> Any:
        """Return what has the driver's cursor as its ``cursor``, as Django's wrappers do."""
        return self


def noted(statement: Statement, param_list: Any) -> Any:
    """Return the parameters of ``executemany`` to be passed on: noted, or noted as they are read."""
    with guard("parameters"):
        # type(), as isinstance() asks the object for its class.
        if not issubclass(type(param_list), (list, tuple)):
            return statement.tee_many(param_list)
        for _ in statement.tee_many(param_list):
            pass
    return param_list
