"""Named views, and a place for whatever view a test brings along."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import include, path
from django.views import View


class Stage:
    """Holds the view that answers at ``/stage/…``."""

    view: Callable[..., Any]


def on_stage(request: HttpRequest, rest: str) -> HttpResponseBase:
    response: HttpResponseBase = Stage.view(request)
    return response


async def on_async_stage(request: HttpRequest, rest: str) -> HttpResponseBase:
    response: HttpResponseBase = await Stage.view(request)
    return response


class Detail(View):
    def get(self, request: HttpRequest, pk: int, **kwargs: object) -> HttpResponse:
        return render(request, "shop/detail.html", {"number": pk, "rows": [1, 2]})


shop_urls = [path("detail/<int:pk>/", Detail.as_view(), {"extra": "yes"}, name="detail")]

urlpatterns = [
    path("shop/", include((shop_urls, "shop"))),
    path("stage/<path:rest>", on_stage),
    path("astage/<path:rest>", on_async_stage),
]
