"""What came by chance: numbers, UUIDs and secrets that code of the project drew, or a field's default.

Python's drawing functions are watched, not replaced: a field's ``default=uuid.uuid4`` holds
the function itself, as does whoever wrote ``from uuid import uuid4``. How, depends on the
interpreter (:mod:`.watching`, :mod:`.substituting`). The few that are written in C can't be
watched; those are replaced in their modules, so that only what is imported after recording
began, or looked up there, is seen. So is ``random()`` of a generator object, but not its
``getrandbits()``, by which Python's own methods draw: shuffling would take three times as long.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from types import FunctionType
from typing import Any, Final

from otel2test.processors import kinds
from otel2test.processors.effects.drawing import Source, begin_named, end
from otel2test.processors.effects.ledger import is_recording
from otel2test.processors.guard import guard

if sys.version_info >= (3, 12):
    from otel2test.processors.effects.watching import watch
else:
    from otel2test.processors.effects.substituting import watch

_RANDOM: Final = (
    "betavariate", "binomialvariate", "choice", "choices", "expovariate", "gammavariate", "gauss",
    "lognormvariate", "normalvariate", "paretovariate", "randbytes", "randint", "randrange", "sample",
    "shuffle", "triangular", "uniform", "vonmisesvariate", "weibullvariate",
)  # fmt: skip
_SYSTEM_RANDOM: Final = ("getrandbits", "randbytes", "random")
_SECRETS: Final = ("randbelow", "token_bytes", "token_hex", "token_urlsafe")
_UUID: Final = ("uuid1", "uuid4", "uuid6", "uuid7")


def _watch(
    owner: Any, names: Iterable[str], name: Callable[[str], Callable[..., str]], **known: bool
) -> None:
    for function_name in names:
        function = vars(owner).get(function_name)
        # What a test of the program put there isn't ours to watch.
        if isinstance(function, FunctionType):
            watch(Source(function, name(function_name), **known))


def hook_random(module: Any) -> None:
    """Watch ``random``: its functions are methods of a hidden object."""
    _watch(module.Random, _RANDOM, _method_name)
    _watch(module.SystemRandom, _SYSTEM_RANDOM, _method_name)
    for name in ("random", "getrandbits"):
        _replace(module, name)
    _replace_random(module.Random, vars(module))


def hook_secrets(module: Any) -> None:
    """Watch ``secrets``; those of its functions that are methods of ``random`` come with these."""
    _watch(module, _SECRETS, lambda name: lambda _values: f"secrets.{name}", is_secret=True)


def hook_uuid(module: Any) -> None:
    """Watch ``uuid``: what isn't made from names."""
    _watch(module, _UUID, lambda name: lambda _values: f"uuid.{name}")


def hook_os(module: Any) -> None:
    """Watch ``os.urandom``."""
    _replace(module, "urandom", is_secret=True)


def hook_crypto(module: Any) -> None:
    """Watch Django's function for random strings."""
    _watch(
        module,
        ("get_random_string",),
        lambda name: lambda _values: f"django.utils.crypto.{name}",
        is_secret=True,
    )


def _method_name(name: str) -> Callable[[Mapping[str, Any]], str]:
    """Return what tells as what ``random.Random``'s method of this name was called."""

    def tell(values: Mapping[str, Any]) -> str:
        generator = values["self"]
        random, secrets = sys.modules["random"], sys.modules.get("secrets")
        if generator is vars(random).get("_inst"):
            return f"random.{name}"
        if secrets is not None and generator is vars(secrets).get("_sysrand"):
            return f"secrets.{'randbits' if name == 'getrandbits' else name}"
        kind = "SystemRandom" if kinds.is_a(generator, random.SystemRandom) else "Random"
        return f"random.{kind}.{name}"

    return tell


def _replace(module: Any, name: str, *, is_secret: bool = False) -> None:
    """Put a function in the place of one that is written in C."""
    original = vars(module)[name]
    if isinstance(original, FunctionType):
        return  # ours, or a test's

    @wraps(original)
    def drawing(*args: Any, **kwargs: Any) -> Any:
        if not is_recording():
            return original(*args, **kwargs)
        # A thread may begin with this function, and then nobody in Python called it.
        caller = sys._getframe().f_back
        draw = begin_named(f"{module.__name__}.{name}", caller, args, kwargs, is_secret=is_secret)
        value = original(*args, **kwargs)
        if draw is not None:
            end(draw, value)
        return value

    # So that it can be pickled by its name, as functions are.
    drawing.__module__, drawing.__qualname__ = module.__name__, name
    setattr(module, name, drawing)


def _replace_random(owner: Any, own: Mapping[str, Any]) -> None:
    """Put a method before the ``random()`` of C in the class; ``own`` is the namespace of its module."""
    if "random" in vars(owner):
        return  # ours, or a test's
    original = owner.random
    tell = _method_name("random")

    @wraps(original)
    def drawing(self: Any) -> Any:
        if not is_recording():
            return original(self)
        caller = sys._getframe().f_back
        if caller is not None and caller.f_globals is own:
            return original(self)  # for another method of the class, which is watched itself
        draw = None
        with guard("effects: draw"):
            draw = begin_named(tell({"self": self}), caller, (), {}, is_secret=False)
        value = original(self)
        if draw is not None:
            end(draw, value)
        return value

    drawing.__module__, drawing.__qualname__ = owner.__module__, f"{owner.__qualname__}.random"
    owner.random = drawing
