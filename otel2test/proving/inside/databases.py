"""The scratch databases around forks.

One in memory is copied with the process. Of one on a server nothing is connected while a process
is forked, so that each makes connections of its own; a test that commits there, or is killed, may
leave something behind, and the databases are made anew.
"""

from __future__ import annotations

from django.db import connections


def disconnect() -> None:
    """Close what a fork must not share. Those in memory stay: Django doesn't close them."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        close_pool = getattr(connection, "close_pool", None)
        if close_pool is not None:
            close_pool()


def are_shared() -> bool:
    """Return whether forked processes use the same databases, one after the other."""
    return any(connection.vendor != "sqlite" for connection in connections.all())
