"""Compiles what runs at each call of a function, where there is a C compiler.

All else that there is to say of the package stands in pyproject.toml. The same modules are
compiled that run otherwise, typed by the ``.pxd`` files beside them, and those of ``C_ONLY``, each
of which stands for a class of the module of the same name, or for what only C can do. Without a
compiler, or where anything fails, none of them is: they know each other's types.
``OTEL2TEST_COMPILE=0`` leaves them as they are, and so does an editable installation, whose sources
would not be what runs.
"""

import os
import shutil
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

PACKAGE = "otel2test.processors"
MODULES = (
    "kinds",
    "snapshots",
    "failures",
    "calls.functions",
    "calls.log",
    "calls.tracer",
    "calls.monitoring" if sys.version_info >= (3, 12) else "calls.profiling",
)
C_ONLY = (
    *("_cells", "_hashes", "_sieve", "_stack"),
    *("calls._frames", "calls._parts", "calls._rows", "calls._values"),
    *(("calls._evaluation",) if sys.version_info < (3, 12) else ()),
)
_EDITABLE = frozenset({"editable_wheel", "develop"})


class BuildAllOrNothing(build_ext):
    """Leaves no module compiled where another could not be."""

    def finalize_options(self) -> None:
        try:
            self.distribution.ext_modules = cythonized()
        except Exception as error:  # noqa: BLE001 - Cython may be missing, or too old
            self.give_up(error)
        super().finalize_options()

    def run(self) -> None:
        try:
            super().run()
        except Exception as error:  # noqa: BLE001 - compilers fail in their own ways
            for extension in self.extensions:
                Path(self.get_ext_fullpath(extension.name)).unlink(missing_ok=True)
            self.give_up(error)
            self.extensions = []

    def give_up(self, error: Exception) -> None:
        self.distribution.ext_modules = []
        print(f"otel2test: nothing is compiled ({type(error).__name__}: {error})", file=sys.stderr)


def sources() -> list[Extension]:
    """Return the modules to compile."""
    found = [Extension(f"{PACKAGE}.{name}", [f"processors/{name.replace('.', '/')}.py"]) for name in MODULES]
    return found + [
        Extension(f"{PACKAGE}.{name}", [f"processors/{name.replace('.', '/')}.pyx"]) for name in C_ONLY
    ]


def cythonized() -> list[Extension]:
    """Return them as C; raises where there is no Cython."""
    from Cython.Build import cythonize  # noqa: PLC0415 - an ordinary build needs none

    # An sdist has no ``otel2test/processors``, below which Cython looks for what modules know of each other.
    packages = Path("build", "declarations")
    for declarations in Path("processors").rglob("*.pxd"):
        copied = packages / "otel2test" / declarations
        copied.parent.mkdir(parents=True, exist_ok=True)
        for package in (packages / "otel2test", packages / "otel2test" / "processors", copied.parent):
            (package / "__init__.py").touch()
        shutil.copyfile(declarations, copied)
    directives = {"language_level": "3", "annotation_typing": False}
    extensions: list[Extension] = cythonize(
        sources(),
        build_dir="build/cython",
        include_path=[str(packages)],
        compiler_directives=directives,
        quiet=True,
    )
    return extensions


if os.environ.get("OTEL2TEST_COMPILE") == "0" or not _EDITABLE.isdisjoint(sys.argv):
    setup()
else:
    setup(ext_modules=sources(), cmdclass={"build_ext": BuildAllOrNothing})
