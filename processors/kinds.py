"""How instances of a class are read without running any of the class's own code.

What enters is a class; what leaves is its :class:`Kind`: which form it takes on the wire,
and functions that read its parts where they lie. Classes of Django and of other libraries
are known by their names along the method resolution order, so nothing is imported. An
instance of a class of Python's or Django's that isn't known here is not looked into.
"""

import collections
import datetime as dt
import enum
import pathlib
import sys
import types
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, TypeGuard, TypeVar

T = TypeVar("T")

Form = Literal[
    "lazy", "reference", "scalar", "wrapper", "enum", "model", "object", "range",
    "list", "tuple", "set", "frozenset", "dict",
]  # fmt: skip
"""``scalar``: ``plain`` gives a value of a built-in type; ``wrapper``: it gives what to look at instead."""

NOTHING: Final = object()
"""What a wrapper holds that was not evaluated."""

PLAIN_TAGS: Final = {
    Decimal: "$decimal",
    dt.datetime: "$datetime",
    dt.date: "$date",
    dt.time: "$time",
    dt.timedelta: "$timedelta",
    uuid.UUID: "$uuid",
}
PLAIN_CLASSES: Final = tuple(PLAIN_TAGS)
"""Beside the built-in ones: exact instances have a plain form on the wire, under these tags."""


def _nothing(_: Any) -> Any:
    return NOTHING


def _no_items(_: Any) -> Iterable[Any]:
    return ()


def _no_size(_: Any) -> int | None:
    return None


def _no_attributes(_: Any) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)  # no slots: what compiles this refuses them
class Kind:
    """How to read an instance; which functions count depends on ``form``."""

    form: Form
    name: str
    plain: Callable[[Any], Any] = _nothing
    items: Callable[[Any], Iterable[Any]] = _no_items
    size: Callable[[Any], int | None] = _no_size
    attributes: Callable[[Any], Mapping[str, object]] = _no_attributes
    label: str = ""
    """Of a model: ``app_label.ModelName``."""
    primary_key: str = ""
    """Of a model: the attname."""
    raw: Callable[[Any], Mapping[str, object]] | None = None
    """Gives the ``__dict__`` of an instance all of whose ``attributes`` stand there; else None."""
    columns: tuple[str, ...] | None = None
    """Of a model: those of ``raw`` that are told."""


# What a class or metaclass may override is read through ``type`` itself.
_mro: Final[Callable[[type], tuple[type, ...]]] = vars(type)["__mro__"].__get__
_class_dict: Final[Callable[[type], Mapping[str, Any]]] = vars(type)["__dict__"].__get__
_qualname: Final[Callable[[type], str]] = vars(type)["__qualname__"].__get__
_flags: Final[Callable[[type], int]] = vars(type)["__flags__"].__get__
_module_name: Final[Callable[[type], object]] = vars(type)["__module__"].__get__


def _module(cls: type) -> str:
    module = _module_name(cls)
    return module if type(module) is str else "builtins"


def type_name(cls: type) -> str:
    """Return ``module.QualName``, or the bare name of a built-in."""
    module = _module(cls)
    return _qualname(cls) if module == "builtins" else f"{module}.{_qualname(cls)}"


def is_a(value: object, cls: type[T]) -> TypeGuard[T]:
    """Return what ``isinstance`` would, but for a class that ``value`` itself claims to have.

    That may be asked of a property, which wakes Django's lazy objects.
    """
    return cls in _mro(type(value))


def reference(value: Any) -> str:
    """Return the name by which a class, function or module can be found."""
    cls = type(value)
    if type in _mro(cls):
        return type_name(value)
    if is_a(value, types.ModuleType):
        return str(types.ModuleType.__getattribute__(value, "__dict__").get("__name__"))
    if cls is types.MethodType:
        value = value.__func__
    qualname = getattr(value, "__qualname__", "") if type(value) in _FUNCTIONS else type_name(type(value))
    module = getattr(value, "__module__", None) if type(value) in _FUNCTIONS else None
    return f"{module}.{qualname}" if type(module) is str and module != "builtins" else str(qualname)


_FUNCTIONS: Final = frozenset(
    {
        types.FunctionType,
        types.BuiltinFunctionType,
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        types.MethodWrapperType,
        types.ClassMethodDescriptorType,
    }
)

KINDS: Final[dict[type, Kind]] = {}
"""Those of the classes met so far that stand in a module, and so live as long as the process."""
_PASSING: Final[dict[type, Kind]] = {}
"""Those of other classes, such as forms that Django's admin makes for each request."""
_KINDS_LIMIT: Final = 4096
_PASSING_LIMIT: Final = 64
_HEAP_TYPE: Final = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: other classes are parts of the interpreter or of an extension."""
_TOLD_LIMIT: Final = 1000


def kind_of(cls: type) -> Kind:
    """Return how instances of exactly this class are read."""
    kind = KINDS.get(cls)
    if kind is None:
        kind = _PASSING.get(cls)
    if kind is None:
        kind = _describe(cls)
        stays = _stands_in_module(cls)
        known, limit = (KINDS, _KINDS_LIMIT) if stays else (_PASSING, _PASSING_LIMIT)
        if len(known) >= limit:
            known.clear()
        known[cls] = kind
    return kind


def forget_passing() -> None:
    """Let go of the classes that nothing else may keep alive."""
    _PASSING.clear()


def _stands_in_module(cls: type) -> bool:
    if not _flags(cls) & _HEAP_TYPE:
        return True
    found: object = sys.modules.get(_module(cls))
    for name in _qualname(cls).split("."):
        if type(found) is types.ModuleType:
            inside: Mapping[str, object] = vars(found)
        elif found is not None and type in _mro(type(found)):
            inside = _class_dict(found)  # type: ignore[arg-type] # it is a class
        else:
            return False
        found = inside.get(name)
    return found is cls


def _describe(cls: type) -> Kind:
    bases = _mro(cls)
    name = type_name(cls)
    if type in bases or types.ModuleType in bases or cls in _FUNCTIONS or cls is types.MethodType:
        return Kind("reference", name)
    for base in bases:
        describe = _KNOWN.get(type_name(base))
        if describe is not None:
            return describe(cls)
    for base in bases:
        if base in _BUILTIN:
            return _BUILTIN[base](cls)
    if _module(cls).partition(".")[0] in _NOT_LOOKED_INTO:
        return Kind("lazy", name)
    attributes = _attribute_reader(cls)
    if attributes is None:
        return Kind("lazy", name)
    return Kind("object", name, attributes=attributes, raw=None if _slots(cls) else _dict_reader(cls))


_NOT_LOOKED_INTO: Final = sys.stdlib_module_names | {"django", "opentelemetry", "otel2test"}

Describe = Callable[[type], Kind]


def _scalar(plain: Callable[[Any], Any]) -> Describe:
    return lambda cls: Kind("scalar", type_name(cls), plain=plain)


def _sequence(form: Form, base: Any) -> Describe:
    return lambda cls: Kind(form, type_name(cls), items=base.__iter__, size=base.__len__)


def _tuple(cls: type) -> Kind:
    fields = next(
        (_class_dict(base)["_fields"] for base in _mro(cls) if "_fields" in _class_dict(base)), None
    )
    if cls is tuple or type(fields) is not tuple or any(type(field) is not str for field in fields):
        return Kind("tuple", type_name(cls), items=tuple.__iter__, size=tuple.__len__)
    return Kind(
        "object",
        type_name(cls),
        attributes=lambda value: dict(zip(fields, tuple.__iter__(value), strict=False)),
    )


def _exception(cls: type) -> Kind:
    args: Callable[[Any], tuple[object, ...]] = vars(BaseException)["args"].__get__
    rest = _attribute_reader(cls) or _no_attributes
    return Kind("object", type_name(cls), attributes=lambda value: {"args": args(value), **rest(value)})


_uuid_int: Final[Callable[[Any], int]] = vars(uuid.UUID)["int"].__get__

_BUILTIN: Final[dict[type, Describe]] = {
    # bool comes as itself; datetime stands before date, whose subclass it is, by the resolution order.
    str: _scalar(str.__str__),
    int: _scalar(int.__pos__),
    float: _scalar(float.__pos__),
    bytes: _scalar(lambda value: bytes.__getitem__(value, slice(None))),
    bytearray: _scalar(lambda value: bytearray.__getitem__(value, slice(None))),
    Decimal: _scalar(lambda value: Decimal(Decimal.__str__(value))),
    dt.datetime: _scalar(lambda value: dt.datetime.fromisoformat(dt.datetime.isoformat(value))),
    dt.date: _scalar(lambda value: dt.date.fromisoformat(dt.date.isoformat(value))),
    dt.time: _scalar(lambda value: dt.time.fromisoformat(dt.time.isoformat(value))),
    dt.timedelta: _scalar(dt.timedelta.__pos__),
    uuid.UUID: _scalar(lambda value: uuid.UUID(int=_uuid_int(value))),
    list: _sequence("list", list),
    set: _sequence("set", set),
    frozenset: _sequence("frozenset", frozenset),
    collections.deque: _sequence("list", collections.deque),
    type({}.keys()): _sequence("list", type({}.keys())),
    type({}.values()): _sequence("list", type({}.values())),
    type({}.items()): _sequence("list", type({}.items())),
    tuple: _tuple,
    dict: lambda cls: Kind("dict", type_name(cls), items=dict.items, size=dict.__len__),
    BaseException: _exception,
    range: lambda cls: Kind(
        "object",
        type_name(cls),
        attributes=lambda value: {"start": value.start, "stop": value.stop, "step": value.step},
    ),
    pathlib.PurePath: lambda cls: Kind(
        "object", type_name(cls), attributes=lambda value: {"path": pathlib.PurePath.__str__(value)}
    ),
}


def _dict_reader(cls: type) -> Callable[[Any], dict[str, object]] | None:
    """Return what gives the ``__dict__`` of an instance, unless a class put something else in its place."""
    for base in _mro(cls):
        descriptor = _class_dict(base).get("__dict__")
        if descriptor is not None:
            return descriptor.__get__ if type(descriptor) is types.GetSetDescriptorType else None
    return None


def _slots(cls: type) -> dict[str, types.MemberDescriptorType]:
    return {
        name: slot
        for base in reversed(_mro(cls))
        if "__slots__" in _class_dict(base)
        for name, slot in _class_dict(base).items()
        if type(slot) is types.MemberDescriptorType
    }


def _attribute_reader(cls: type) -> Callable[[Any], dict[str, object]] | None:
    of_dict = _dict_reader(cls)
    slots = _slots(cls)
    if of_dict is None and not slots:
        return None

    told: set[str] = set()
    """Names met before: most instances of a class have the same."""

    def attributes(value: Any) -> dict[str, object]:
        found = dict(_filled(slots, value)) if slots else {}
        if of_dict is not None:
            found.update(of_dict(value))
        for name in found:
            if type(name) is not str or name not in told:
                break
        else:
            return found
        found = {name: found[name] for name in found if type(name) is str and not name.startswith("__")}
        if len(told) < _TOLD_LIMIT:
            told.update(found)
        return found

    return attributes


def _filled(slots: Mapping[str, types.MemberDescriptorType], value: Any) -> Iterator[tuple[str, object]]:
    for name, slot in slots.items():
        try:
            yield name, slot.__get__(value)
        except AttributeError:
            continue  # A slot that was never assigned.


def _only(*names: str) -> Describe:
    """Take few attributes of a class whose instances hold on to half of the program."""

    def describe(cls: type) -> Kind:
        read = _attribute_reader(cls) or _no_attributes

        def attributes(value: Any) -> dict[str, object]:
            found = read(value)
            return {key: found[key] for key in names if key in found}

        return Kind("object", type_name(cls), attributes=attributes)

    return describe


def _lazy(cls: type) -> Kind:
    return Kind("lazy", type_name(cls))


def _all(form: Form) -> Describe:
    return lambda cls: Kind(form, type_name(cls), attributes=_attribute_reader(cls) or _no_attributes)


def _holder(attribute: str, unevaluated: Callable[[object], bool]) -> Describe:
    """Look at what one attribute holds instead, if it was evaluated."""

    def describe(cls: type) -> Kind:
        read = _dict_reader(cls) or _no_attributes

        def plain(value: Any) -> object:
            held = read(value).get(attribute, NOTHING)
            return NOTHING if unevaluated(held) else held

        return Kind("wrapper", type_name(cls), plain=plain)

    return describe


def _is_empty(held: object) -> bool:
    functional = sys.modules.get("django.utils.functional")
    return held is getattr(functional, "empty", NOTHING)


def _model(cls: type) -> Kind:
    meta = next((_class_dict(base)["_meta"] for base in _mro(cls) if "_meta" in _class_dict(base)), None)
    if meta is None:
        return Kind("lazy", type_name(cls))
    columns = tuple(field.attname for field in meta.concrete_fields)
    read = _dict_reader(cls) or _no_attributes

    def attributes(value: Any) -> dict[str, object]:
        loaded = read(value)
        return {column: loaded[column] for column in columns if column in loaded}

    key = meta.pk.attname if meta.pk is not None else ""
    return Kind(
        "model",
        type_name(cls),
        attributes=attributes,
        label=str(meta.label),
        primary_key=key,
        raw=_dict_reader(cls),
        columns=columns,
    )


_KNOWN: Final[dict[str, Describe]] = {
    f"{enum.Enum.__module__}.{enum.Enum.__qualname__}": _all("enum"),
    "types.SimpleNamespace": _all("object"),
    "psycopg.types.range.Range": _all("range"),
    "psycopg2._range.Range": _all("range"),
    "django.conf.LazySettings": _lazy,
    "django.contrib.sessions.backends.base.SessionBase": _lazy,
    "django.core.files.base.File": _only("name", "size"),
    "django.core.files.uploadedfile.UploadedFile": _only("_name", "size", "content_type"),
    "django.db.models.base.Model": _model,
    "django.db.models.fields.files.FieldFile": _holder("name", lambda held: held is NOTHING),
    "django.db.models.manager.BaseManager": _lazy,
    "django.db.models.query.QuerySet": _holder("_result_cache", lambda held: held is None),
    "django.db.models.query.RawQuerySet": _holder("_result_cache", lambda held: held is None),
    "django.forms.forms.BaseForm": _only("data", "cleaned_data", "prefix"),
    "django.forms.formsets.BaseFormSet": _only("data", "prefix"),
    "django.http.request.HttpRequest": _only("method", "path"),
    "django.http.response.HttpResponseBase": _only("status_code"),
    "django.utils.functional.LazyObject": _holder("_wrapped", _is_empty),
    "django.utils.functional.Promise": _lazy,
    "requests.models.Response": _only("status_code", "url", "reason"),
    "requests.sessions.Session": _lazy,
    "rest_framework.request.Request": _lazy,
    "rest_framework.serializers.BaseSerializer": _only("initial_data", "_validated_data", "_errors"),
}
"""By the name of the class or of the first base that is here."""
