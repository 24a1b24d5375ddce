"""Errors of the forms that a page shows; none is validated for it, and nothing lazy is evaluated."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from django import forms
from django.contrib.admin.helpers import AdminForm, InlineAdminFormSet
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import engines
from django.utils.functional import SimpleLazyObject, lazystr
from django.utils.safestring import mark_safe

from tests.processors.django.projects.shop.conftest import Visit

SECRET = "AKIA" + "Q3EGRIKZ5RZFQXUN"


class OrderForm(forms.Form):
    name = forms.CharField(max_length=5)
    number = forms.IntegerField(required=False)

    def clean(self) -> dict[str, Any]:
        if self.data.get("note"):
            self.add_error("number", ValidationError("%(n)s is too many", code="many", params={"n": 7}))
            self.add_error("number", "Not so many.")
            self.add_error("number", ValidationError(mark_safe("<b>Fewer</b>"), code="fewer"))
            raise ValidationError(["Call us.", ValidationError(f"We have {SECRET}.", code="secret")])
        return self.cleaned_data


OrderFormSet = forms.formset_factory(OrderForm, extra=2, max_num=2, validate_max=True)
NAME = f"{__name__}.OrderForm"
FAULTY = {"name": "much too long", "number": "x"}


def showing(make: Callable[[HttpRequest], dict[str, Any]]) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        return render(request, "shop/detail.html", {"number": 1, "rows": [], **make(request)})

    return view


def validated(form: Any) -> Any:
    form.is_valid()
    return form


def test_errors_of_fields_have_their_codes_and_no_lazy_text(visit: Visit) -> None:
    view = showing(lambda request: {"order": validated(OrderForm(request.POST))})
    _, recorded = visit(view, method="post", data=FAULTY)
    assert recorded["forms"] == [
        {
            "key": "order",
            "form": NAME,
            "errors": {"name": [{"code": "max_length"}], "number": [{"code": "invalid"}]},
        }
    ]


def test_texts_that_are_final_are_told_and_redacted(visit: Visit) -> None:
    view = showing(lambda request: {"order": validated(OrderForm(request.POST))})
    _, recorded = visit(view, method="post", data={"name": "ada", "note": "x"})
    errors = recorded["forms"][0]["errors"]
    assert errors["number"] == [
        {"code": "many"},
        {"message": "Not so many."},
        {"code": "fewer", "message": "<b>Fewer</b>"},
    ]
    first, second = errors["__all__"]
    assert first == {"message": "Call us."}
    assert (second["code"], second["message"][:8]) == ("secret", "We have ")
    assert SECRET not in recorded.line


def test_forms_of_a_formset_are_told_by_number(visit: Visit) -> None:
    sent = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0", "form-1-name": "much too long"}
    sent |= {f"form-{number}-{field}": "1" for number in (0, 2) for field in ("name", "number")}
    view = showing(lambda request: {"orders": validated(OrderFormSet(request.POST))})
    _, recorded = visit(view, method="post", data=sent)
    (found,) = recorded["forms"]
    assert found["key"] == "orders"
    assert found["forms"] == [{}, {"name": [{"code": "max_length"}]}, {}]
    assert [error["code"] for error in found["errors"]["__all__"]] == ["too_many_forms"]


def test_a_valid_form_has_no_errors(visit: Visit) -> None:
    view = showing(lambda request: {"order": validated(OrderForm(request.POST))})
    _, recorded = visit(view, method="post", data={"name": "ada"})
    assert recorded["forms"] == [{"key": "order", "form": NAME, "errors": {}}]


def test_no_form_is_validated_and_nothing_lazy_is_asked(visit: Visit) -> None:
    made: list[OrderForm] = []

    def asked() -> OrderForm:
        raise AssertionError("evaluated")

    def make(request: HttpRequest) -> dict[str, Any]:
        made[:] = [OrderForm(request.POST), OrderForm()]
        return {"bound": made[0], "unbound": made[1], "lazy": SimpleLazyObject(asked)}

    _, recorded = visit(showing(make), method="post", data=FAULTY)
    assert "otel2test.forms" not in recorded.request
    assert [cast("Any", form)._errors for form in made] == [None, None]


def test_a_lazy_message_is_never_evaluated(visit: Visit) -> None:
    class Text:
        def __str__(self) -> str:
            raise AssertionError("evaluated")

    def make(request: HttpRequest) -> dict[str, Any]:
        form = validated(OrderForm({"name": "ada"}))
        form.add_error("name", ValidationError(cast("str", lazystr(Text())), code="lazy"))
        return {"order": form}

    _, recorded = visit(showing(make))
    assert recorded["forms"][0]["errors"] == {"name": [{"code": "lazy"}]}


def test_a_form_that_its_page_validates_is_told_once(visit: Visit) -> None:
    template = engines["django"].from_string("{{ order.errors }}{% include page %}")

    def view(request: HttpRequest) -> HttpResponse:
        context = {"order": OrderForm(request.POST), "page": "shop/row.html", "row": 1}
        return HttpResponse(template.render(context, request))

    _, recorded = visit(view, method="post", data={"name": ""})
    assert [form["errors"] for form in recorded["forms"]] == [{"name": [{"code": "required"}]}]


@pytest.mark.parametrize("key", ["forms", "errors"])
def test_much_is_cut(visit: Visit, key: str) -> None:
    def make(request: HttpRequest) -> dict[str, Any]:
        if key == "forms":
            return {f"order_{number}": validated(OrderForm({})) for number in range(60)}
        form = validated(OrderForm({}))
        for number in range(600):
            form.add_error(None, f"no {number}")
        return {"order": form}

    _, recorded = visit(showing(make))
    if key == "forms":
        assert len(recorded["forms"]) == 50
    else:
        (found,) = recorded["forms"]
        assert found["cut"] is True
        assert sum(1 + len(errors) for errors in found["errors"].values()) == 500


def test_forms_that_are_inside_of_something_else_are_found(visit: Visit) -> None:
    def make(request: HttpRequest) -> dict[str, Any]:
        one, two, three = (validated(OrderForm(FAULTY | {"number": number})) for number in "1yz")
        return {"steps": [one, two], "by_name": {"last": three}, "rows": ["no form", one], "none": []}

    _, recorded = visit(showing(make))
    assert [(form["key"], list(form["errors"])) for form in recorded["forms"]] == [
        ("steps.0", ["name"]),
        ("steps.1", ["name", "number"]),
        ("by_name.last", ["name", "number"]),
    ]


class PriceForm(forms.Form):
    price = forms.IntegerField()


def test_forms_of_the_admin_are_found(visit: Visit) -> None:
    class Inline:
        formset = OrderFormSet
        classes = ()

    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "much too long"}

    def make(request: HttpRequest) -> dict[str, Any]:
        changes = cast("Any", ChangeList.__new__(ChangeList))
        changes.formset = validated(forms.formset_factory(PriceForm)({**sent, "form-0-price": "dear"}))
        return {
            "adminform": AdminForm(validated(OrderForm(FAULTY)), [], {}),
            "inline_admin_formsets": [InlineAdminFormSet(Inline, validated(OrderFormSet(sent)), [])],
            "cl": changes,
        }

    _, recorded = visit(showing(make))
    assert [(form["key"], form["errors"], form.get("forms")) for form in recorded["forms"]] == [
        ("adminform.form", {"name": [{"code": "max_length"}], "number": [{"code": "invalid"}]}, None),
        ("inline_admin_formsets.0.formset", {}, [{"name": [{"code": "max_length"}]}]),
        ("cl.formset", {}, [{"price": [{"code": "invalid"}]}]),
    ]


def test_the_form_that_manages_a_formset_is_none_of_the_programs(visit: Visit) -> None:
    template = engines["django"].from_string("{{ orders.management_form }}{{ orders.errors }}")
    sent = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "ada"}

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(template.render({"orders": OrderFormSet(sent)}, request))

    _, recorded = visit(view)
    assert [form["key"] for form in recorded["forms"]] == ["orders"]
