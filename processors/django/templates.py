"""The templates that a request rendered: their names, and the names of what they were given.

Forms among what they were given are told of by :mod:`~otel2test.processors.django.forms`.

Hooked are :meth:`Template.render`, which the engine calls for the top template and for each
included one, and :meth:`ExtendsNode.get_parent` for those extended. ``Template._render`` sees
both, but Django's test runner puts a function of its own there. Of jinja2, only templates
rendered through Django's back end are seen, not those they include.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import wrapt

from otel2test.attributes import TemplatePayload
from otel2test.processors.django import forms
from otel2test.processors.django.exchange import Exchange, tied
from otel2test.processors.django.hooks import replace_method
from otel2test.processors.guard import guard

_BUILTINS: Final = frozenset({"True", "False", "None"})
_MOST: Final = 500


def install() -> None:
    """Put the hooks in place as soon as the engines are imported."""
    wrapt.register_post_import_hook(_install_engine, "django.template.base")
    wrapt.register_post_import_hook(_install_inheritance, "django.template.loader_tags")
    wrapt.register_post_import_hook(_install_jinja2, "django.template.backends.jinja2")


def _install_engine(module: Any) -> None:
    with guard("django: templates"):
        replace_method(module.Template, "render", _rendering)


def _install_inheritance(module: Any) -> None:
    with guard("django: templates"):
        replace_method(module.ExtendsNode, "get_parent", _extending)


def _install_jinja2(module: Any) -> None:
    with guard("django: templates"):
        replace_method(module.Template, "render", _rendering_jinja2)


def _rendering(render: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        exchange = tied()
        if exchange is not None:
            with guard("django: template"):
                _remember(exchange, self.name, context.dicts)
        return render(self, context, *args, **kwargs)

    return recorded


def _extending(get_parent: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, context: Any) -> Any:
        parent = get_parent(self, context)
        exchange = tied()
        if exchange is not None:
            with guard("django: template"):
                _remember(exchange, parent.name, context.dicts)
        return parent

    return recorded


def _rendering_jinja2(render: Callable[..., Any]) -> Callable[..., Any]:
    def recorded(self: Any, context: Any = None, *args: Any, **kwargs: Any) -> Any:
        exchange = tied()
        if exchange is not None:
            with guard("django: template"):
                _remember(exchange, self.template.name, (context or {},))
        return render(self, context, *args, **kwargs)

    return recorded


def templates_payload(exchange: Exchange) -> list[TemplatePayload]:
    """Return the templates; one that was given all that the one before was, with what it had beside."""
    told: list[TemplatePayload] = []
    before: list[str] = []
    for name, keys in exchange.templates.items():
        if before and set(before) <= set(keys):
            told.append({"name": name, "further_keys": [key for key in keys if key not in before]})
        else:
            told.append({"name": name, "context_keys": keys})
        before = keys
    return told


def _remember(exchange: Exchange, name: object, layers: Sequence[Mapping[str, object]]) -> None:
    """Keep a template at its first rendering; one without a name was made from a string."""
    if exchange.written:
        return
    known = exchange.templates
    if isinstance(name, str) and name not in known and len(known) < _MOST:
        keys = dict.fromkeys(chain.from_iterable(layers))
        known[name] = [key for key in keys if isinstance(key, str) and key not in _BUILTINS]
    forms.notice(exchange, layers)
