"""What a test may not do: which connections pass, which files and programs; names of scratch databases."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import django.db
import pytest
import wrapt

from otel2test.proving.inside import belongings, drivers, files, network, programs, refusing
from otel2test.proving.inside.frameworks import StartError

POSTGRES = "django.db.backends.postgresql"
POSTGRESQL = {"ENGINE": POSTGRES, "NAME": "shop", "HOST": "127.0.0.1", "PORT": "5433"}
MYSQL = {"ENGINE": "django.db.backends.mysql", "NAME": "shop", "HOST": ""}
SOCKET = {"ENGINE": POSTGRES, "NAME": "shop", "HOST": "/var/run/postgresql"}
REMOTE = {"ENGINE": POSTGRES, "NAME": "shop", "HOST": "db.example.com", "PORT": 5432}
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
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, tuple[Any, ...]], None]]:
    """Return what a worker's hook does; it isn't put into this process, as it could never be taken out."""
    added: list[Any] = []
    monkeypatch.setattr(sys, "addaudithook", added.append)
    monkeypatch.setattr(refusing._State, "hooked", False)
    monkeypatch.setattr(refusing._State, "rules", {})
    monkeypatch.setattr(network._State, "folder", None)
    monkeypatch.setattr(network._State, "ports", frozenset())
    monkeypatch.setattr(network._State, "sockets", ())
    monkeypatch.setattr(network._State, "hosts", frozenset())
    monkeypatch.setattr(drivers._State, "servers", frozenset())
    monkeypatch.setattr(drivers._State, "indirect", frozenset())
    monkeypatch.setattr(drivers, "guard", lambda: None)
    network.refuse(str(tmp_path))
    (found,) = added
    yield found
    refusing.take_refused()


@pytest.mark.parametrize(("event", "arguments", "refused"), CONNECTIONS, ids=str)
def test_connections(
    hook: Callable[..., None], tmp_path: Path, event: str, arguments: tuple[Any, ...], refused: str | None
) -> None:
    network.allow({"default": POSTGRESQL, "shop": MYSQL, "old": SOCKET, "test": SQLITE})
    filled = tuple(
        part.format(scratch=tmp_path) if isinstance(part, str) and "{" in part else part for part in arguments
    )

    if refused is None:
        hook(event, filled)
        assert refusing.take_refused() == ()
    else:
        with pytest.raises(ConnectionRefusedError, match=f"refuses the connection to {refused}"):
            hook(event, filled)
        assert refusing.take_refused() == (f"the connection to {refused}",)
        assert refusing.take_refused() == ()


def test_nothing_passes_before_the_settings_are_known(hook: Callable[..., None]) -> None:
    with pytest.raises(ConnectionRefusedError):
        hook("socket.connect", (None, ("127.0.0.1", 5433)))


def test_a_database_elsewhere_is_named_by_the_user(
    hook: Callable[..., None], surroundings: pytest.MonkeyPatch
) -> None:
    def found(host: str, _port: object) -> list[Any]:
        return [(None, None, None, "", ("203.0.113.7", 0))] if host == "db.example.com" else []

    surroundings.setattr(socket, "getaddrinfo", found)
    databases: dict[str, dict[str, Any]] = {"default": {**POSTGRESQL}, "other": {**REMOTE}}

    with pytest.raises(StartError, match=r"the database 'other' is on db\.example\.com") as refused:
        network.allow(databases, ())
    assert refused.value.remedy.endswith("--database-host db.example.com")

    network.allow(databases, ("DB.example.com",))
    hook("socket.getaddrinfo", ("db.example.com", 5432, 0, 0, 0))
    hook("socket.connect", (None, ("203.0.113.7", 5432)))
    drivers.check_postgresql({"host": "db.example.com"})
    with pytest.raises(ConnectionRefusedError):
        hook("socket.connect", (None, ("203.0.113.8", 5432)))


@pytest.mark.parametrize(
    ("database", "environment", "refused"),
    [
        ({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}, {"PGHOST": "far.away"}, False),
        ({"ENGINE": POSTGRES}, {"PGHOST": "far.away"}, True),
        (
            {"ENGINE": POSTGRES, "HOST": "/var/run"},
            {"PGHOST": "far.away"},
            False,
        ),
        ({"ENGINE": POSTGRES, "HOST": "localhost,203.0.113.7"}, {}, True),
        ({"ENGINE": "django.db.backends.mysql", "HOST": "127.0.0.1"}, {}, False),
        ({"ENGINE": "django.db.backends.mysql", "OPTIONS": {"read_default_file": "{folder}/far"}}, {}, True),
        (
            {"ENGINE": "django.db.backends.mysql", "OPTIONS": {"read_default_file": "{folder}/near"}},
            {},
            False,
        ),
        ({"ENGINE": POSTGRES, "OPTIONS": {"service": "far"}}, {"PGSERVICEFILE": "{folder}/services"}, True),
        ({"ENGINE": POSTGRES, "OPTIONS": {"service": "near"}}, {"PGSERVICEFILE": "{folder}/services"}, False),
        ({"ENGINE": POSTGRES, "OPTIONS": {"service": "gone"}}, {"PGSERVICEFILE": "{folder}/services"}, True),
    ],
)
def test_where_the_settings_have_a_database(
    hook: Callable[..., None],
    surroundings: pytest.MonkeyPatch,
    tmp_path: Path,
    database: dict[str, Any],
    environment: dict[str, str],
    refused: bool,
) -> None:
    (tmp_path / "far").write_text("[client]\nhost = db.example.com\n", encoding="utf-8")
    (tmp_path / "near").write_text("[client]\nuser = me\n", encoding="utf-8")
    services = "[far]\nhost=db.example.com\n[near]\nhost=localhost\nport=5433\n"
    (tmp_path / "services").write_text(services, encoding="utf-8")
    for name, value in environment.items():
        surroundings.setenv(name, value.format(folder=tmp_path))
    told = {name: value.format(folder=tmp_path) for name, value in database.get("OPTIONS", {}).items()}
    database = {**database, "OPTIONS": told}

    if refused:
        with pytest.raises(StartError, match="on this machine only"):
            network.allow({"default": database}, ())
    else:
        network.allow({"default": database}, ())
        with pytest.raises(ConnectionRefusedError):
            hook("socket.connect", (None, ("203.0.113.8", 5432)))


# --- drivers that connect in C --------------------------------------------------------------------

LIBPQ: list[tuple[dict[str, Any], str | None]] = [
    ({"host": "127.0.0.1", "port": 5433}, None),
    ({"host": "localhost", "port": "5433", "dbname": "other"}, None),
    ({"host": "/var/run/postgresql"}, None),
    ({}, None),
    ({"host": "db.example.com"}, None),
    ({"host": "DB.example.com", "port": "5432"}, None),
    ({"service": "ci"}, None),
    ({"host": "127.0.0.1", "port": "5434"}, "127.0.0.1:5434"),
    ({"host": "db.example.com", "port": "5433"}, "db.example.com:5433"),
    ({"host": "203.0.113.7"}, "203.0.113.7:5432"),
    ({"host": "localhost", "hostaddr": "203.0.113.7"}, "203.0.113.7:5432"),
    ({"host": "localhost,203.0.113.7"}, "203.0.113.7:5432"),
    ({"service": "live"}, "the service live"),
]


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in drivers._ENVIRONMENT.values():
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize(("told", "refused"), LIBPQ, ids=str)
def test_connections_of_libpq(
    surroundings: pytest.MonkeyPatch, told: dict[str, Any], refused: str | None
) -> None:
    service = {"ENGINE": POSTGRES, "NAME": "shop", "OPTIONS": {"service": "ci"}}
    drivers.allow([POSTGRESQL, SOCKET, REMOTE, SQLITE, service])

    if refused is None:
        drivers.check_postgresql(told)
        surroundings.setenv("PGHOSTADDR", "203.0.113.9")
        if "service" not in told:
            with pytest.raises(ConnectionRefusedError, match=r"203\.0\.113\.9"):
                drivers.check_postgresql({**told, "host": ""})
    else:
        with pytest.raises(ConnectionRefusedError, match=f"refuses the connection to {refused}"):
            drivers.check_postgresql(told)


@pytest.mark.usefixtures("hook", "surroundings")
def test_without_a_database_on_a_server_no_driver_connects() -> None:
    drivers.allow([SQLITE])

    with pytest.raises(ConnectionRefusedError):
        drivers.check_postgresql({"host": "localhost"})


@pytest.mark.usefixtures("hook", "surroundings")
def test_while_a_test_is_on_only_scratch_databases_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = SimpleNamespace(settings_dict={"NAME": "test_shop_otel2test_0"})
    monkeypatch.setattr(django.db, "connections", {"default": scratch})
    drivers.allow([POSTGRESQL])
    told = {"host": "127.0.0.1", "port": "5433", "dbname": "shop"}

    drivers.check_postgresql(told)
    with refusing.around_test():
        drivers.check_postgresql({**told, "dbname": "test_shop_otel2test_0"})
        with pytest.raises(ConnectionRefusedError, match="the database shop, which is none of the scratch"):
            drivers.check_postgresql(told)


@pytest.mark.usefixtures("hook", "surroundings")
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_what_the_drivers_are_told_is_looked_at(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = pytest.importorskip(driver)
    if driver == "psycopg":
        for cls in (module.Connection, module.AsyncConnection):
            monkeypatch.setattr(cls, "connect", cls.__dict__["connect"])
        monkeypatch.setattr(module, "connect", module.connect)
        drivers._guard_psycopg(module)
        with pytest.raises(ConnectionRefusedError):
            module.AsyncConnection.connect("host=203.0.113.7")
    else:
        monkeypatch.setattr(module, "_connect", module._connect)
        drivers._guard_psycopg2(module)

    for arguments, named in (
        (("host=203.0.113.7 port=1",), {}),
        (("postgresql://203.0.113.7:1/x",), {}),
        ((), {"host": "203.0.113.7", "port": 1, "connect_timeout": 1}),
    ):
        with pytest.raises(ConnectionRefusedError, match=r"the connection to 203\.0\.113\.7:1"):
            module.connect(*arguments, **named)


MYSQL_CALLS: list[tuple[tuple[Any, ...], dict[str, Any], str | None]] = [
    ((), {}, None),
    (("127.0.0.1", "me", "", "shop", 3306), {}, None),
    ((), {"unix_socket": "/run/mysqld/mysqld.sock"}, None),
    ((), {"read_default_file": "{folder}/my.cnf"}, None),
    (("203.0.113.7",), {}, "203.0.113.7:3306"),
    ((), {"host": "127.0.0.1", "port": 3307}, "127.0.0.1:3307"),
    ((), {"read_default_file": "{folder}/other.cnf"}, "what .*other.cnf says"),
]


@pytest.mark.usefixtures("hook")
@pytest.mark.parametrize(("arguments", "named", "refused"), MYSQL_CALLS, ids=str)
def test_what_mysqlclient_is_told_is_looked_at(
    tmp_path: Path, arguments: tuple[Any, ...], named: dict[str, Any], refused: str | None
) -> None:
    made: list[object] = []

    class Connection:
        """Has what is wrapped, where the driver itself may not be installed."""

        def __init__(self, *args: object, **kwargs: object) -> None:
            made.append((args, kwargs))

    module = ModuleType("MySQLdb.connections")
    module.Connection = Connection  # type: ignore[attr-defined]
    drivers._guard_mysqldb(module)
    (tmp_path / "my.cnf").write_text("[client]\nhost = db.example.com\nssl\n", encoding="utf-8")
    told = {
        name: value.format(folder=tmp_path) if isinstance(value, str) else value
        for name, value in named.items()
    }
    file = {**MYSQL, "OPTIONS": {"read_default_file": f"{tmp_path}/my.cnf"}}
    drivers.allow([MYSQL, file])

    if refused is None:
        Connection(*arguments, **told)
        assert made == [(arguments, told)]
    else:
        with pytest.raises(ConnectionRefusedError, match=refused):
            Connection(*arguments, **told)
        assert made == []


# --- files ----------------------------------------------------------------------------------------

READ, WRITE = os.O_RDONLY, os.O_WRONLY | os.O_CREAT
TOUCHING: list[tuple[str, tuple[Any, ...], str | None]] = [
    ("open", ("{mine}/a.txt", "w", WRITE), "writing to {mine}/a.txt"),
    ("open", ("{mine}/new.txt", None, WRITE), "writing to {mine}/new.txt"),
    ("open", ("{mine}/a.txt", "r+", os.O_RDWR), "writing to {mine}/a.txt"),
    ("open", (b"a.txt", "a", WRITE), "writing to {mine}/a.txt"),
    ("open", ("{scratch}/to_mine/a.txt", "w", WRITE), "writing to {mine}/a.txt"),
    ("open", ("{scratch}/../mine/a.txt", "w", WRITE), "writing to {mine}/a.txt"),
    ("open", ("{mine}/a.txt", "r", READ), None),
    ("open", ("{mine}/a.txt", "x", WRITE | os.O_EXCL), None),
    ("open", ("{mine}/a.txt", None, READ | os.O_CREAT), None),
    ("open", ("{mine}/gone.txt", "r+", os.O_RDWR), None),
    ("open", ("{scratch}/a.txt", "w", WRITE), None),
    ("open", (7, "w", WRITE), None),
    ("open", ("/dev/null", "w", WRITE), None),
    ("open", ("/proc/{pid}/comm", "w", WRITE), None),
    ("open", ("{mine}/__pycache__/a.cpython-311.pyc.1", "w", WRITE), None),
    ("open", ("{mine}/.coverage.host.12", "w", WRITE), None),
    ("os.remove", ("{mine}/a.txt", -1), "removing {mine}/a.txt"),
    ("os.remove", ("a.txt", "{descriptor}"), "removing {mine}/a.txt"),
    ("os.remove", ("{mine}/gone.txt", -1), None),
    ("os.remove", ("{scratch}/to_mine", -1), None),
    ("os.remove", ("{scratch}/one.txt", -1), None),
    ("os.rename", ("{mine}/a.txt", "{scratch}/a.txt", -1, -1), "moving {mine}/a.txt"),
    ("os.rename", ("{scratch}/one.txt", "{mine}/b.txt", -1, -1), "moving {mine}/b.txt"),
    ("os.rename", ("{scratch}/one.txt", "{scratch}/two.txt", -1, -1), None),
    ("os.mkdir", ("{mine}/new", 0o777, -1), "making {mine}/new"),
    ("os.mkdir", ("{mine}", 0o777, -1), None),
    ("os.mkdir", ("{scratch}/new", 0o777, -1), None),
    ("os.rmdir", ("{mine}", -1), "removing {mine}"),
    ("os.truncate", ("{mine}/a.txt", 0), "writing to {mine}/a.txt"),
    ("os.truncate", ("{descriptor of a file}", 0), "writing to {mine}/a.txt"),
    ("os.chmod", ("{mine}/a.txt", 0, -1), "changing {mine}/a.txt"),
    ("os.chown", ("{scratch}/to_mine", 0, 0, -1), "changing {mine}"),
    ("os.utime", ("{mine}/a.txt", None, None, -1), "changing {mine}/a.txt"),
    ("os.link", ("{mine}/a.txt", "{scratch}/a.txt", -1, -1), "linking {mine}/a.txt"),
    ("os.symlink", ("{mine}/a.txt", "{scratch}/link", -1), None),
    ("os.symlink", ("{scratch}/one.txt", "{mine}/link", -1), "making {mine}/link"),
    ("sqlite3.connect", ("{mine}/shop.sqlite3",), "writing to the database {mine}/shop.sqlite3"),
    ("sqlite3.connect", ("file:{mine}/shop.sqlite3",), "writing to the database {mine}/shop.sqlite3"),
    (
        "sqlite3.connect",
        ("file:///{mine}/shop.sqlite3?mode=rw",),
        "writing to the database {mine}/shop.sqlite3",
    ),
    ("sqlite3.connect", ("file:{mine}/shop.sqlite3?mode=ro",), None),
    ("sqlite3.connect", ("file:memorydb_default?mode=memory&cache=shared",), None),
    ("sqlite3.connect", (":memory:",), None),
    ("sqlite3.connect", ("{scratch}/shop.sqlite3",), None),
]


@pytest.fixture
def guarded(
    hook: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Return the hook in a folder of the user's, beside one of ours."""
    mine, scratch = tmp_path / "mine", tmp_path / "scratch"
    mine.mkdir()
    scratch.mkdir()
    (mine / "a.txt").touch()
    (scratch / "one.txt").touch()
    (scratch / "to_mine").symlink_to(mine)
    monkeypatch.chdir(mine)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    files.guard([str(scratch)])
    return hook


@pytest.mark.parametrize(("event", "arguments", "refused"), TOUCHING, ids=str)
def test_what_is_done_to_files(
    guarded: Callable[..., None],
    tmp_path: Path,
    event: str,
    arguments: tuple[Any, ...],
    refused: str | None,
) -> None:
    mine, scratch = os.path.realpath(tmp_path / "mine"), os.path.realpath(tmp_path / "scratch")

    def filled(part: Any) -> Any:
        if not isinstance(part, str):
            return part
        if part.startswith("{descriptor"):
            return descriptors[part]
        return part.format(mine=mine, scratch=scratch, pid=os.getpid())

    descriptors = {
        "{descriptor}": os.open(mine, os.O_RDONLY),
        "{descriptor of a file}": os.open(f"{mine}/a.txt", os.O_RDONLY),
    }
    given = tuple(map(filled, arguments))
    try:
        guarded(event, given)  # no test is on
        with refusing.around_test():
            if refused is None:
                guarded(event, given)
            else:
                with pytest.raises(PermissionError) as caught:
                    guarded(event, given)
                assert str(caught.value) == f"otel2test prove refuses {filled(refused)}"
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


def test_every_event_of_a_file_is_told_as_it_is_looked_at(
    guarded: Callable[..., None], tmp_path: Path
) -> None:
    """What the table says of events is so: in a process of its own, Python itself tells of them."""
    calls = (
        "open('a.txt', 'w')",
        "os.open('a.txt', os.O_RDWR)",
        "pathlib.Path('a.txt').write_bytes(b'')",
        "pathlib.Path('a.txt').touch()",
        "os.remove('a.txt')",
        "pathlib.Path('a.txt').unlink()",
        "os.rename('a.txt', 'b.txt')",
        "os.replace('a.txt', 'b.txt')",
        "os.mkdir('new')",
        "os.makedirs('new/newer')",
        "os.rmdir('folder')",
        "os.truncate('a.txt', 0)",
        "os.chmod('a.txt', 0)",
        "os.chown('a.txt', -1, -1)",
        "os.utime('a.txt')",
        "os.link('a.txt', 'b.txt')",
        "os.symlink('a.txt', 'b.txt')",
        "os.setxattr('a.txt', 'user.a', b'1')",
        "shutil.copyfile('a.txt', 'b.txt')",
        "shutil.copytree('folder', 'other')",
        "shutil.move('folder', 'other')",
        "shutil.rmtree('folder')",
        "shutil.make_archive('a', 'zip', 'folder')",
        "sqlite3.connect('b.sqlite3')",
        "logging.FileHandler('a.log')",
        "dbm.dumb.open('d', 'c')",
    )
    folder = tmp_path / "mine"
    (folder / "folder").mkdir()
    (folder / "folder" / "c.txt").touch()
    before = sorted(path.name for path in folder.rglob("*"))
    program = f"""
import dbm.dumb, logging, os, pathlib, shutil, sqlite3, sys, tempfile
from otel2test.proving.inside import files, refusing
tempfile.tempdir = {str(tmp_path / "scratch")!r}
files.guard([])
refusing.begin()
for call in {[call for call in calls if "xattr" not in call or hasattr(os, "setxattr")]!r}:
    try:
        eval(call)
    except PermissionError as error:
        assert "otel2test prove refuses" in str(error), (call, error)
    else:
        print(call)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )

    assert (ran.stdout, ran.stderr) == ("", "")
    assert sorted(path.name for path in folder.rglob("*")) == before


# --- programs -------------------------------------------------------------------------------------

PROGRAMS: list[tuple[str, tuple[Any, ...], str]] = [
    ("subprocess.Popen", ("git", ["git", "push", "a b"], None, None), "git push 'a b'"),
    ("subprocess.Popen", ("/bin/sh", ["/bin/sh", "-c", "rm -r x"], None, None), "/bin/sh -c 'rm -r x'"),
    ("subprocess.Popen", (None, "git", None, None), "git"),
    ("os.system", (b"rm -r x",), "rm -r x"),
    ("os.exec", ("/bin/rm", ("rm", "x"), None), "/bin/rm x"),
    ("os.posix_spawn", ("/bin/rm", ["rm", "x" * 90], {}), f"/bin/rm {'x' * 72}…"),
]


@pytest.fixture
def programmed(hook: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(wrapt, "register_post_import_hook", lambda *_: None)
    programs.guard()
    return hook


@pytest.mark.parametrize(("event", "arguments", "command"), PROGRAMS, ids=str)
def test_no_program_is_started_while_a_test_is_on(
    programmed: Callable[..., None], event: str, arguments: tuple[Any, ...], command: str
) -> None:
    programmed(event, arguments)
    with refusing.around_test(), pytest.raises(PermissionError, match="refuses the program"):
        programmed(event, arguments)

    assert refusing.take_refused() == (f"the program {command}",)


def test_what_the_standard_library_asks_passes() -> None:
    program = """
import ctypes.util, os, multiprocessing, platform, subprocess
from otel2test.proving.inside import programs, refusing
programs.guard()
before = ctypes.util.find_library("c")
refusing.begin()
assert ctypes.util.find_library("c") == before != None
assert platform.uname().processor is not None
assert refusing.take_refused() == ()
for start in (
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.popen("true"),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
):
    try:
        start()
    except PermissionError:
        continue
    raise AssertionError(start)
multiprocessing.get_context("spawn").Lock()
assert len(refusing.take_refused()) == 4, refusing.take_refused()
"""

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")


# --- names ----------------------------------------------------------------------------------------


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
