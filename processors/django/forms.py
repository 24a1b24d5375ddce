"""What forms and formsets that a page showed found wrong with what was sent.

What enters are the contexts of templates; those forms in them that were bound are kept until the
response is closed. What leaves are the errors of those that the program, or its page, had validated by
then. Nothing is validated here and no lazy text is evaluated: errors are read where they lie, and a
message that is lazy, or that has yet to be filled in, is known by its code only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django.forms.formsets import BaseFormSet
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


def notice(exchange: Exchange, layers: Iterable[object]) -> None:
    """Keep the bound forms among the values of a context."""
    known = exchange.forms
    for layer in layers:
        if not is_a(layer, dict):
            continue
        # A copy, as another thread may put something into it meanwhile.
        for key, value in list(dict.items(layer)):
            # Forms and formsets are both one; asked is the type, as asking lazy values would evaluate them.
            if not issubclass(type(value), RenderableFormMixin) or id(value) in known:
                continue
            if len(known) < _MOST and type(key) is str and _read(value).get("is_bound") is True:
                known[id(value)] = key, value


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
