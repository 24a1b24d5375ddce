"""Install mysqlclient into an environment: ``python -m scripts.mysqlclient .venv/bin/python``.

It has to be built, for which a machine needs a C compiler and the headers of MySQL or MariaDB. Where
only these lack, Debian's packages of them are unpacked into ``.cache/mysqlclient/``, which takes no
root, and it is built with them. Elsewhere (no apt-get, no network, no compiler) the environment is
left without it, and its tests are skipped: one line says why, and the exit code is 0 all the same.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "mysqlclient"
PACKAGES = ("libmariadb-dev", "libmariadb3")
"""The headers, and the library: it is linked to where it was unpacked, whatever the system has."""


def install(python: Path, folder: Path = FOLDER) -> bool:
    """Install it for this interpreter; return whether it can be imported there.

    ``folder`` keeps what was downloaded and built, for the next environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if flags(folder) is None and _install(python):
            return True
        if flags(folder) is None and shutil.which("apt-get"):
            unpack(folder)
        found = flags(folder)
        # A cache of its own, as uv would hand out what is linked to this folder to other checkouts.
        return found is not None and _install(python, {**found, "UV_CACHE_DIR": str(folder / "uv")})


def flags(folder: Path) -> dict[str, str] | None:
    """Return how to build with what was unpacked, None where it wasn't."""
    libraries = [path.parent for path in (folder / "unpacked").glob("usr/lib/*/libmariadb.so")]
    if not libraries:
        return None
    return {
        "MYSQLCLIENT_CFLAGS": f"-I{folder / 'unpacked' / 'usr' / 'include' / 'mariadb'}",
        "MYSQLCLIENT_LDFLAGS": f"-L{libraries[0]} -lmariadb -Wl,-rpath,{libraries[0]}",
    }


def unpack(folder: Path) -> None:
    """Download and unpack the packages, if that is possible."""
    downloads, unpacking = folder / "packages", folder / "unpacking"
    for old in (downloads, unpacking):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir()
    if not _done(("apt-get", "download", *PACKAGES), downloads):
        # The system's lists may be old, or none; only root may renew those.
        own = ("apt-get", *(f"--option=Dir::{part}={folder / 'apt'}" for part in ("State", "Cache")))
        (folder / "apt" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        if not all(_done((*own, *what), downloads) for what in (("update",), ("download", *PACKAGES))):
            return
        shutil.rmtree(folder / "apt")
    if all(_done(("dpkg", "-x", package, unpacking), downloads) for package in downloads.glob("*.deb")):
        unpacking.rename(folder / "unpacked")


def _install(python: Path, environ: Mapping[str, str] | None = None) -> bool:
    uv = (find_uv_bin(), "pip")
    if not _done((*uv, "install", "--python", python, "mysqlclient"), ROOT, environ):
        return False
    if _done((python, "-c", "import MySQLdb"), ROOT):
        return True
    _done((*uv, "uninstall", "--python", python, "mysqlclient"), ROOT)
    return False


def _done(command: tuple[str | Path, ...], folder: Path, environ: Mapping[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            timeout=300,  # apt-get waits long for a network that isn't there
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    if not install(Path(sys.argv[1]).absolute()):
        print("mysqlclient can't be built here, so its tests are skipped; it needs a C compiler and the")
        print("headers of MySQL or MariaDB.")
