"""Django REST framework: what a view was sent in JSON and answered, and its pages for people."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from tests.processors.django.projects.shop.conftest import Visit
from tests.processors.django.projects.shop.models import Shelf

rest_framework = pytest.importorskip("rest_framework")

from rest_framework import serializers, status  # type: ignore[import-untyped]  # noqa: E402 - it may not be there
from rest_framework.generics import ListCreateAPIView  # type: ignore[import-untyped]  # noqa: E402 - it may not be there

TEMPLATES = Path(rest_framework.__file__).parent / "templates"


class ShelfSerializer(serializers.ModelSerializer):  # type: ignore[misc]
    class Meta:
        model = Shelf
        fields = ("id", "name")


class Shelves(ListCreateAPIView):  # type: ignore[misc]
    queryset = Shelf.objects.order_by("name")
    serializer_class = ShelfSerializer


urlpatterns = [path("shelves/", Shelves.as_view(), name="shelves")]


@pytest.fixture(autouse=True)
def _urls() -> Iterator[None]:
    with override_settings(
        ROOT_URLCONF=__name__,
        STATIC_URL="/static/",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "tests.processors.django.projects.shop",
            "rest_framework",
        ],
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [TEMPLATES]},
        ],
    ):
        Shelf.objects.all().delete()
        yield
        Shelf.objects.all().delete()


def posted(visit: Visit, sent: object) -> tuple[HttpResponse, Any]:
    text = json.dumps(sent)
    response, recorded = visit(
        path="/shelves/",
        method="post",
        data=text,
        content_type="application/json",
        HTTP_ACCEPT="application/json",
    )
    body = recorded["http.request"]["body"]
    assert body == {"kind": "json", "text": text, "size": len(text)}
    return response, recorded


def test_json_is_told_as_it_came_and_as_it_went(visit: Visit) -> None:
    response, recorded = posted(visit, {"name": "top", "more": [1, None, "é"]})
    assert response.status_code == status.HTTP_201_CREATED
    assert recorded["http.response"]["status"] == status.HTTP_201_CREATED
    body = recorded["http.response"]["body"]
    assert (body["kind"], body["text"]) == ("json", response.content.decode())
    assert json.loads(body["text"])["name"] == "top"
    assert recorded["http.view"]["qualname"] == "Shelves"
    assert recorded["http.view"]["url_name"] == "shelves"
    assert recorded.query("INSERT")["rows"][0][0] == Shelf.objects.get().pk


def test_what_is_refused_says_why(visit: Visit) -> None:
    response, recorded = posted(visit, {"name": ""})
    assert response.status_code == status.HTTP_400_BAD_REQUEST
    assert recorded["http.response"]["status"] == status.HTTP_400_BAD_REQUEST
    body = recorded["http.response"]["body"]
    assert json.loads(body["text"]) == {"name": ["This field may not be blank."]}
    assert "otel2test.exception" not in recorded.request


def test_what_is_no_json_is_told_too(visit: Visit) -> None:
    response, recorded = visit(
        path="/shelves/", method="post", data='{"name": ', content_type="application/json"
    )
    assert response.status_code == status.HTTP_400_BAD_REQUEST
    assert recorded["http.request"]["body"]["text"] == '{"name": '


def test_the_page_for_people_is_left_alone(visit: Visit) -> None:
    Shelf.objects.create(name="top")
    response, recorded = visit(path="/shelves/", HTTP_ACCEPT="text/html")
    assert response.status_code == status.HTTP_200_OK
    assert "&quot;name&quot;: &quot;top&quot;" in response.content.decode()
    assert recorded["http.response"]["body"]["size"] == len(response.content)
    assert "rest_framework/api.html" in [template["name"] for template in recorded["templates"]]
    assert len([query for query in recorded.queries if "shop_shelf" in query["sql"]]) == 1
    assert "otel2test.faults" not in recorded.request
