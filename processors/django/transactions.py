"""Beginning and end of transactions, where the driver is told of them by other means than SQL.

What Django sends through a cursor (SAVEPOINT, BEGIN on SQLite) is a statement like any other.
Hooked are the methods of ``BaseDatabaseWrapper`` that every back end inherits; a connection
that is closed inside a transaction rolls back what it did.
"""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from django.db.backends.base.base import BaseDatabaseWrapper

from otel2test.processors.django import executions
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard, guarded

_Kind: TypeAlias = Literal["statement", "commit", "rollback"]


def install() -> None:
    """Put the hooks in place."""
    replace_method(BaseDatabaseWrapper, "connect", _connecting)
    replace_method(BaseDatabaseWrapper, "_commit", _ending("commit"))
    replace_method(BaseDatabaseWrapper, "_rollback", _ending("rollback"))
    replace_method(BaseDatabaseWrapper, "close", _closing)
    replace_method(BaseDatabaseWrapper, "set_autocommit", _beginning)


def _connecting(connect: Callable[..., Any]) -> Callable[..., Any]:
    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Before, as what Django sends at once is sent on the new connection.
        executions.connected(self)
        return connect(self, *args, **kwargs)

    return noted


def _ending(kind: _Kind) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Record the end of a transaction, which is no SQL text to Django."""

    def make(end: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
            if self.connection is None or not executions.is_recording():
                return end(self, *args, **kwargs)
            return _recorded(self, kind.upper(), kind, end, *args, **kwargs)

        return recorded

    return make


def _closing(close: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if executions.is_recording() and _is_in_transaction(self):
            return _recorded(self, "ROLLBACK", "rollback", close, *args, **kwargs)
        return close(self, *args, **kwargs)

    return recorded


def _is_in_transaction(connection: Any) -> bool:
    with guard("django: closing"):
        return (
            connection.connection is not None
            and not connection.closed_in_transaction
            and (connection.in_atomic_block or not connection.autocommit)
        )
    return False


def _beginning(set_autocommit: Callable[..., Any]) -> Callable[..., Any]:
    """Record the beginning of a transaction where the driver sends no BEGIN through a cursor."""

    def recorded(self: Any, autocommit: bool, *args: Any, **kwargs: Any) -> Any:
        if not _begins(self, autocommit) or not executions.is_recording():
            return set_autocommit(self, autocommit, *args, **kwargs)
        return _recorded(self, "BEGIN", "statement", set_autocommit, autocommit, *args, **kwargs)

    return recorded


@guarded("django: transaction", False)
def _begins(connection: Any, autocommit: bool) -> bool:
    begins = not autocommit and connection.autocommit
    return bool(begins) and not hasattr(connection, "_start_transaction_under_autocommit")


def _recorded(
    connection: Any, sql: str, kind: _Kind, act: Callable[..., Any], *args: Any, **kwargs: Any
) -> Any:
    statement = executions.begun(connection, sql, None)
    if statement is None:
        return act(connection, *args, **kwargs)
    statement.kind = kind
    try:
        result = executions.executing(statement, act, connection, *args, **kwargs)
    except BaseException as error:
        executions.executed(statement, error=error)
        raise
    executions.executed(statement)
    return result
