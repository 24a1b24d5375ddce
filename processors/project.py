"""Which code is the project's own, as opposed to Python's, a package's or the recorder's.

What enters is a code object with the globals it runs in; what leaves is whether it
belongs to the project, decided once per code object. A function is the project's if its
file lies under one of the project's folders and in no virtual environment or
``site-packages``. Patterns of module names have the last word: ``include`` takes a
package from anywhere, ``exclude`` leaves out. Left out always: code without a file,
migrations, the settings module, ``manage.py``, the recorder itself.

File names are told relative to the project, never as absolute paths.
"""

import os
import sys
import sysconfig
import weakref
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

_PACKAGES: Final = frozenset({"site-packages", "dist-packages", "__pypackages__", "node_modules"})
_STDLIB: Final = tuple(
    f"{path}{os.sep}" for path in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")} if path
)
_OURS: Final = "otel2test"
_MOST_FILES: Final = 4096
_NEVER: Final = ("*.migrations", _OURS)


class Place(NamedTuple):
    """A line of the project."""

    file: str
    """Relative to the project's folder, with forward slashes."""
    line: int
    function: str


class _Alive(weakref.ref[CodeType]):
    """A code object, and its id for when it is gone."""

    __slots__ = ("key",)

    key: int


class CodeMap(dict[int, T]):
    """Something known of code objects, by their ``id``, for as long as each of them lives.

    Code objects compare by value, and equal ones of two files do differ; and an id may be used
    again once its object is gone. A plain ``get(id(code))``, as there may be one for each call.
    """

    def __init__(self) -> None:
        super().__init__()
        self._alive: dict[int, _Alive] = {}
        self._gone = self._forget

    def remember(self, code: CodeType, value: T) -> T:
        """Set what is known of ``code``, and return it."""
        # One object for each of thousands of code objects: garbage collections go through all there are.
        alive = _Alive(code, self._gone)
        alive.key = id(code)
        self._alive[alive.key] = alive
        self[alive.key] = value
        return value

    def _forget(self, gone: "_Alive") -> None:
        self.pop(gone.key, None)
        self._alive.pop(gone.key, None)


class Project:
    """The folders and module patterns that make up a project."""

    def __init__(
        self, roots: Iterable[Path], include: Iterable[str] = (), exclude: Iterable[str] = ()
    ) -> None:
        self._roots = tuple(f"{os.path.realpath(root)}{os.sep}" for root in roots)
        self._include = tuple(include)
        self._exclude = (*exclude, *_NEVER)
        self._owned: CodeMap[bool] = CodeMap()
        self._relative: dict[str, str] = {}

    def owns(self, code: CodeType, module_globals: Mapping[str, object]) -> bool:
        """Return whether ``code``, run as part of the module with these globals, is the project's."""
        owned = self._owned.get(id(code))
        if owned is None:
            owned = self._owned.remember(code, self._decide(code.co_filename, module_globals.get("__name__")))
        return owned

    def _decide(self, file: str, module: object) -> bool:
        if not isinstance(module, str) or file.startswith("<") or not file.endswith(".py"):
            return False
        if _matches(module, self._exclude) or module == os.environ.get("DJANGO_SETTINGS_MODULE"):
            return False
        if _matches(module, self._include):
            return True
        path = os.path.realpath(file)
        return (
            Path(path).name != "manage.py"
            and not path.startswith(_STDLIB)
            and any(path.startswith(root) and not _is_foreign(path, root) for root in self._roots)
        )

    def file(self, code: CodeType) -> str:
        """Return the file of ``code`` relative to the project, or by its name alone."""
        return self.relative(code.co_filename)

    def relative(self, file: str) -> str:
        """Return the path of a file relative to the project, or its name alone."""
        found = self._relative.get(file)
        if found is None:
            if len(self._relative) >= _MOST_FILES:
                self._relative.clear()
            found = self._relative[file] = self._find_relative(file)
        return found

    def _find_relative(self, file: str) -> str:
        path = os.path.realpath(file)
        for root in self._roots:
            if path.startswith(root):
                return Path(path[len(root) :]).as_posix()
        return Path(path).name

    def innermost(self, frame: FrameType | None) -> Place | None:
        """Return the place in the project nearest to ``frame``, going outwards, if there is one."""
        while frame is not None:
            if self.owns(frame.f_code, frame.f_globals):
                return Place(self.file(frame.f_code), frame.f_lineno, frame.f_code.co_name)
            frame = frame.f_back
        return None

    def raised_at(self, traceback: TracebackType | None) -> Place | None:
        """Return the place in the project where an exception with this traceback came from."""
        found = None
        while traceback is not None:
            frame = traceback.tb_frame
            if self.owns(frame.f_code, frame.f_globals):
                found = traceback
            traceback = traceback.tb_next
        if found is None:
            return None
        code = found.tb_frame.f_code
        return Place(self.file(code), found.tb_lineno, code.co_name)


def _matches(module: str, patterns: Iterable[str]) -> bool:
    """Return whether a pattern names the module or a package around it."""
    return any(fnmatchcase(module, pattern) or fnmatchcase(module, f"{pattern}.*") for pattern in patterns)


def _is_foreign(path: str, root: str) -> bool:
    inside = Path(path[len(root) :])
    return not _PACKAGES.isdisjoint(inside.parts) or any(
        _is_environment(Path(root, folder)) for folder in inside.parents if folder.parts
    )


@lru_cache(maxsize=_MOST_FILES)
def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists()


def find_roots() -> tuple[Path, ...]:
    """Return the project's folders: that of ``manage.py``, the settings' ``BASE_DIR``, the working directory.

    The settings module is looked for among the loaded ones only, so call this when a request is on.
    """
    return tuple(dict.fromkeys(_candidates()))


def _candidates() -> Iterator[Path]:
    script = Path(sys.argv[0])
    if script.name == "manage.py":
        yield script.resolve().parent
    settings = sys.modules.get(os.environ.get("DJANGO_SETTINGS_MODULE", ""))
    base = getattr(settings, "BASE_DIR", None)
    if isinstance(base, (str, Path)):
        yield Path(base).resolve()
    here = Path.cwd()
    # A service started in "/" does not own the machine.
    if here != Path(here.anchor):
        yield here


class _Current:
    """The project of this process, found when it is first asked for."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    project: Project | None = None


def configure(include: Iterable[str], exclude: Iterable[str]) -> None:
    """Set the module patterns; what was decided before is decided anew."""
    _Current.include, _Current.exclude = tuple(include), tuple(exclude)
    _Current.project = None


def current() -> Project:
    """Return the project of this process."""
    if _Current.project is None:
        _Current.project = Project(find_roots(), _Current.include, _Current.exclude)
    return _Current.project


def innermost_project_frame(frame: FrameType | None) -> Place | None:
    """Return file, line and function of the project's frame nearest to ``frame``, going outwards."""
    return current().innermost(frame)
