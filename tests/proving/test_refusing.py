"""Which connections pass, and which names scratch databases get."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from otel2test.proving.inside import belongings, network

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "127.0.0.1", "PORT": "5433"}
MYSQL = {"ENGINE": "django.db.backends.mysql", "NAME": "shop", "HOST": ""}
SOCKET = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "/var/run/postgresql"}
REMOTE = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "db.example.com", "PORT": 5432}
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/home/me/shop.sqlite3"}

CONNECTIONS = [
    ("socket.connect", (None, ("127.0.0.1", 5433)), None),
    ("socket.connect", (None, ("::1", 5433, 0, 0)), None),
    ("socket.connect", (None, ("127.0.0.1", 3306)), None),
    ("socket.connect", (None, "/var/run/postgresql/.s.PGSQL.5432"), None),
    ("socket.connect", (None, "{scratch}/pymp-1/listener"), None),
    ("socket.getaddrinfo", ("localhost", 5433, 0, 0, 0), None),
    ("socket.getaddrinfo", (None, 0, 0, 0, 0), None),
    ("socket.getaddrinfo", ("203.0.113.7", 80, 0, 0, 0), None),
    ("open", ("/etc/hosts", "r", 0), None),
    ("socket.connect", (None, ("127.0.0.1", 6379)), "127.0.0.1:6379"),
    ("socket.connect", (None, ("203.0.113.7", 5433)), "203.0.113.7:5433"),
    ("socket.sendto", (None, ("203.0.113.7", 8125)), "203.0.113.7:8125"),
    ("socket.connect", (None, "/run/docker.sock"), "/run/docker.sock"),
    ("socket.getaddrinfo", ("db.example.com", 5432, 0, 0, 0), "db.example.com:5432"),
    ("socket.getaddrinfo", (b"api.example.com", "https", 0, 0, 0), "api.example.com:https"),
    ("socket.gethostbyname", ("api.example.com",), "api.example.com"),
]


@pytest.fixture
def hooks(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Refuse as in a worker; the hook isn't put into this process, as it could never be taken out."""
    added: list[Any] = []
    monkeypatch.setattr(sys, "addaudithook", added.append)
    monkeypatch.setattr(network._State, "folder", None)
    monkeypatch.setattr(network._State, "ports", frozenset())
    monkeypatch.setattr(network._State, "sockets", ())
    network.refuse(str(tmp_path))
    return added


@pytest.mark.parametrize(("event", "arguments", "refused"), CONNECTIONS, ids=str)
def test_connections(
    hooks: list[Any], tmp_path: Any, event: str, arguments: tuple[Any, ...], refused: str | None
) -> None:
    (hook,) = hooks
    network.allow([POSTGRESQL, MYSQL, SOCKET, REMOTE, SQLITE])
    filled = tuple(
        part.format(scratch=tmp_path) if isinstance(part, str) and "{" in part else part for part in arguments
    )

    if refused is None:
        hook(event, filled)
        assert network.take_refused() == ()
    else:
        with pytest.raises(ConnectionRefusedError, match=f"refuses the connection to {refused}"):
            hook(event, filled)
        assert network.take_refused() == (refused,)
        assert network.take_refused() == ()


def test_nothing_passes_before_the_settings_are_known(hooks: list[Any]) -> None:
    (hook,) = hooks

    with pytest.raises(ConnectionRefusedError):
        hook("socket.connect", (None, ("127.0.0.1", 5433)))
    network.take_refused()


@pytest.mark.parametrize(
    ("database", "name"),
    [
        (POSTGRESQL, "test_shop_w_0_12"),
        ({**MYSQL, "TEST": {"NAME": "ci"}}, "ci_w_0_12"),
        ({**POSTGRESQL, "NAME": "x" * 80}, f"test_{'x' * 51}_w_0_12"),
        (SQLITE, None),
        ({**SQLITE, "TEST": {"NAME": "/home/me/test.sqlite3"}}, None),
    ],
)
def test_names_of_scratch_databases(database: dict[str, Any], name: str | None) -> None:
    settings = dict(database)

    belongings.rename(settings, "w_0_12")

    assert settings["TEST"]["NAME"] == name
    assert name is None or len(name) <= 63
