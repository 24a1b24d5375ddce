"""One view a library; services answer ``/rates``, ``/charges``, ``/hooks``, ``/status`` and ``/moved``."""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request

import httpx
import requests
import urllib3
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_exempt

from invoices.models import Document

_pool = urllib3.PoolManager(retries=urllib3.Retry(2, status_forcelist=[503], allowed_methods=None))


def convert(request: HttpRequest, pk: int, currency: str) -> HttpResponse:
    """``urllib.request``, by GET with a query."""
    document = get_object_or_404(Document, pk=pk)
    url = f"{settings.SERVICE_URL}/rates?" + urllib.parse.urlencode({"from": "DKK", "to": currency})
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            rate = json.load(answer)["rate"]
    except urllib.error.HTTPError as error:
        return JsonResponse({"error": json.load(error)["error"]}, status=error.code)
    return JsonResponse({"number": document.number, "amount": round(float(document.amount) * rate, 2)})


@csrf_exempt
def charge(request: HttpRequest, pk: int) -> HttpResponse:
    """``httpx``, by POST of JSON; twice, where the first is refused."""
    invoice = get_object_or_404(Document, pk=pk)
    _settle(invoice)
    return JsonResponse({"state": invoice.state})


def _settle(invoice: Document) -> None:
    with httpx.Client(base_url=settings.SERVICE_URL) as client:
        for _ in range(2):
            answer = client.post("/charges", json={"number": invoice.number, "amount": str(invoice.amount)})
            if answer.status_code == 201:
                break
    invoice.state = answer.json()["state"]
    invoice.save(update_fields=["state"])


@csrf_exempt
def notify(request: HttpRequest, pk: int) -> HttpResponse:
    """``urllib3``, by POST of a form, tried again."""
    document = get_object_or_404(Document, pk=pk)
    answer = _pool.urlopen(
        "POST",
        f"{settings.SERVICE_URL}/hooks",
        body=urllib.parse.urlencode({"number": document.number, "note": ""}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    return HttpResponse(answer.data, status=answer.status, content_type="text/plain")


@csrf_exempt
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """``urllib.request`` with bytes, answered by a redirect."""
    moved = urllib.request.Request(
        f"{settings.SERVICE_URL}/moved", b"\x00archive", {"Content-Type": "application/octet-stream"}
    )
    with urllib.request.urlopen(moved) as answer:
        return HttpResponse(answer.read(), content_type=answer.headers["Content-Type"])


def quotes(request: HttpRequest, library: str, sent: str) -> HttpResponse:
    """One call for each invoice, in any order: each is answered by what it sends."""
    url = f"{settings.SERVICE_URL}/quotes"
    found = {}
    for document in Document.objects.all():
        form = {"number": document.number, "of": ["a", "b"], "note": ""}
        how = {
            "form": {"data": form},
            "json": {"json": {"number": document.number}},
            "text": {"data" if library == "requests" else "content": document.number},
        }[sent]
        if library == "urllib3":
            found[document.number] = _pool.request("POST", url, body=document.number).data.decode()
        else:
            post = requests.post if library == "requests" else httpx.post
            found[document.number] = post(url, **how, timeout=5).text
    return JsonResponse(found)


async def status(request: HttpRequest) -> HttpResponse:
    """``httpx``, two calls at the same time."""
    async with httpx.AsyncClient(base_url=settings.SERVICE_URL) as client:
        answers = await asyncio.gather(*(client.get("/status", params={"of": name}) for name in ("a", "b")))
        open_ = await Document.objects.filter(state="open").acount()
    return JsonResponse({"services": [answer.text for answer in answers], "open": open_})


def everything(request: HttpRequest) -> HttpResponse:
    """All libraries in one request."""
    url = f"{settings.SERVICE_URL}/status?of="
    with urllib.request.urlopen(f"{url}urllib") as answer:
        texts = [answer.read().decode()]
    texts.append(requests.get(f"{url}requests", timeout=5).text)
    texts.append(httpx.get(f"{url}httpx").text)
    texts.append(_pool.request("GET", f"{url}urllib3").data.decode())
    return HttpResponse("\n".join(texts), content_type="text/plain")


def outage(request: HttpRequest, library: str) -> HttpResponse:
    """Nobody answers."""
    url = f"{settings.NOWHERE_URL}/{library}"
    try:
        match library:
            case "urllib":
                urllib.request.urlopen(url)
            case "httpx":
                httpx.get(url)
            case "urllib3":
                _pool.request("GET", url)
            case _:
                requests.get(url, timeout=5)
    except (urllib.error.URLError, httpx.ConnectError, urllib3.exceptions.MaxRetryError) as error:
        return HttpResponse(type(error).__name__, status=502)
    except requests.ConnectionError:
        return HttpResponse("requests", status=502)
    return HttpResponse("up")
