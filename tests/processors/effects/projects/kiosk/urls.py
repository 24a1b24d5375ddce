"""A place for whatever view a test brings along."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path


class Stage:
    """Holds the view that answers."""

    view: Callable[..., Any]


def on_stage(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(Stage.view(request)))


async def on_async_stage(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(await Stage.view(request)))


urlpatterns = [path("stage/", on_stage), path("astage/", on_async_stage)]
