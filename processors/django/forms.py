"""What forms and formsets that a page showed found wrong with what was sent.

What enters are the contexts of templates; those forms in them that were bound are kept until the
response is closed. What leaves are the errors of those that the program, or its page, had validated by
then. Nothing is validated here and no lazy text is evaluated: errors are read where they lie, and a
message that is lazy, or that has yet to be filled in, is known by its code only.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from django.forms.formsets import BaseFormSet, ManagementForm
from django.forms.utils import RenderableFormMixin

from otel2test.processors.django.concealing import conceal_text
from otel2test.processors.kinds import is_a, type_name
from otel2test.processors.redaction import redactor

if TYPE_CHECKING:
    from otel2test.attributes import FormErrorPayload, FormPayload
    from otel2test.processors.django.exchange import Exchange

_MOST: Final = 50
"""Forms and formsets of a request."""
_MOST_ERRORS: Final = 500
"""Of one form or formset, its forms without errors counted too."""
_LONGEST: Final = 10_000

_WHOLE: Final = "__all__"
_CONTAINERS: Final = frozenset({list, tuple, dict})
_NAMES: Final = frozenset({str, int})
_IN_ADMIN: Final = (
    ("django.contrib.admin.helpers", "AdminForm", "form"),
    ("django.contrib.admin.helpers", "InlineAdminFormSet", "formset"),
    ("django.contrib.admin.views.main", "ChangeList", "formset"),
)


def notice(exchange: Exchange, layers: Iterable[object]) -> None:
    """Keep the bound forms among the values of a context, also those that a list or Django's admin holds."""
    known = exchange.forms
    holders = tuple(_holders())
    holding = RenderableFormMixin, *(holder for holder, _ in holders)
    for layer in layers:
        if not is_a(layer, dict):
            continue
        # A copy, as another thread may put something into it meanwhile.
        for key, value in list(dict.items(layer)):
            cls = type(value)
            if type(key) is not str or not (cls in _CONTAINERS or issubclass(cls, holding)):
                continue
            for place, form in _found(key, value, holders):
                if id(form) not in known and len(known) < _MOST and _read(form).get("is_bound") is True:
                    known[id(form)] = place, form


def _holders() -> Iterator[tuple[type, str]]:
    """Yield the classes of Django's admin that hold forms, where it is in use, and where they do."""
    for module, name, attribute in _IN_ADMIN:
        holder = vars(sys.modules.get(module, types)).get(name)
        if isinstance(holder, type):
            yield holder, attribute


def _found(
    place: str, value: Any, holders: Collection[tuple[type, str]], *, inside: bool = False
) -> Iterator[tuple[str, Any]]:
    """Yield the forms that a value is or holds, each with how a template looks it up."""
    # Forms and formsets are both one; asked is the type, as asking lazy values would evaluate them.
    cls = type(value)
    if issubclass(cls, RenderableFormMixin):
        if cls is not ManagementForm:
            yield place, value
        return
    for holder, attribute in holders:
        if issubclass(cls, holder):
            yield from _found(f"{place}.{attribute}", _read(value).get(attribute), (), inside=True)
            return
    if inside or cls not in _CONTAINERS or not value:
        return
    # Most are of something else, which the first item tells.
    first = list(islice(value.values() if cls is dict else value, 1))
    if issubclass(type(first[0]), (RenderableFormMixin, *(holder for holder, _ in holders))):
        for name, item in list(islice(value.items() if cls is dict else enumerate(value), _MOST)):
            if type(name) in _NAMES:
                yield from _found(f"{place}.{name}", item, holders, inside=True)


def forms_payload(exchange: Exchange) -> list[FormPayload] | None:
    """Return the forms that were validated; None where there were none."""
    told = [
        _Reader(exchange.secrets).payload(key, form)
        for key, form in exchange.forms.values()
        if _read(form).get("_errors") is not None
    ]
    return told or None


def _read(instance: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = object.__getattribute__(instance, "__dict__")
    return found


class _Reader:
    """Reads one form or formset, as far as there is room."""

    def __init__(self, secrets: Iterable[object]) -> None:
        self._secrets = secrets
        self._room = _MOST_ERRORS
        self._cut = False

    def payload(self, key: str, form: Any) -> FormPayload:
        errors = _read(form)["_errors"]
        payload: FormPayload = {"key": key, "form": type_name(type(form)), "errors": {}}
        if is_a(form, BaseFormSet):
            whole = self._list(_read(form).get("_non_form_errors"))
            payload["errors"] = {_WHOLE: whole} if whole else {}
            payload["forms"] = [self._dict(each) for each in list.__iter__(errors) if self._has_room()]
        else:
            payload["errors"] = self._dict(errors)
        if self._cut:
            payload["cut"] = True
        return payload

    def _has_room(self) -> bool:
        self._room -= 1
        self._cut = self._cut or self._room < 0
        return self._room >= 0

    def _dict(self, errors: Any) -> dict[str, list[FormErrorPayload]]:
        return {
            name: self._list(found)
            for name, found in dict.items(errors)
            if type(name) is str and self._has_room()
        }

    def _list(self, errors: Any) -> list[FormErrorPayload]:
        # An ErrorList is a list that is itself empty and keeps all in ``data``.
        found = [] if errors is None else _read(errors)["data"]
        return [self._error(error) for error in list.__iter__(found) if self._has_room()]

    def _error(self, error: Any) -> FormErrorPayload:
        if is_a(error, str):
            return self._told(None, error)
        known = _read(error) if is_a(error, Exception) else {}
        # Django fills parameters in whenever the text is asked for; they may be anything.
        is_final = known.get("params") is None
        return self._told(known.get("code"), known.get("message") if is_final else None)

    def _told(self, code: object, message: object) -> FormErrorPayload:
        told: FormErrorPayload = {}
        if is_a(code, str):
            told["code"] = self._text(code)
        if is_a(message, str) and str.__len__(message) <= _LONGEST:
            told["message"] = self._text(message)
        return told

    def _text(self, text: str) -> str:
        return conceal_text(redactor.redact_text(str.__str__(text)), self._secrets)
