"""A project whose views leave rows out, recorded with a database that holds none which they leave out."""

from __future__ import annotations

from pathlib import Path

from otel2test.proving.jobs import Job
from tests.proving import faulty
from tests.proving.faulty import SETTINGS, module

MODELS = """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Post(models.Model):
    title = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    status = models.CharField(max_length=10, choices=[("draft", "Draft"), ("published", "Published")])
    is_hidden = models.BooleanField(default=False)
    stars = models.IntegerField(default=0)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
"""
VIEWS = """
from django.http import HttpResponse, JsonResponse
from django.template import Context, Engine
from django.urls import path

from faulty.models import Author, Post

PAGE = Engine().from_string("<ul>{% for post in posts %}<li>{{ post.title }}</li>{% endfor %}</ul>")


def page(request):
    posts = Post.objects.filter(status="published")
    return HttpResponse(PAGE.render(Context({"posts": posts})))


def totalled(request):
    number = Post.objects.filter(stars__gte=0).count()
    return HttpResponse(f"<html><body><p>{number} posts</p></body></html>")


def listed(request):
    posts = Post.objects.filter(is_hidden=False)
    return JsonResponse({"titles": [post.title for post in posts]})


def counted(request):
    return JsonResponse({"number": Post.objects.filter(stars__lt=5).count()})


def there(request):
    found = Post.objects.filter(slug="missing", status="published").exists()
    return JsonResponse({"found": found})


def mine(request):
    author = Author.objects.get(name="Ada")
    posts = Post.objects.filter(author=author)
    return JsonResponse({"titles": [post.title for post in posts]})


def cleared(request):
    Post.objects.filter(is_hidden=True).delete()
    return HttpResponse("gone", content_type="text/plain")


def shown(request):
    Post.objects.filter(is_hidden=True).update(is_hidden=False)
    return HttpResponse("shown", content_type="text/plain")


def both(request):
    posts = Post.objects.filter(status="published")
    return JsonResponse({"number": Post.objects.count(), "titles": [post.title for post in posts]})


views = [page, totalled, listed, counted, there, mine, cleared, shown, both]
urlpatterns = [path(f"{view.__name__}/", view) for view in views]
"""
POSTS = """
from faulty.models import Author, Post
ada = Author.objects.create(name="Ada")
for number, title in enumerate(["Tea", "Milk"]):
    Post.objects.create(
        title=title, slug=title.lower(), status="published", author=ada, stars=number, is_hidden={hidden}
    )
"""
SHOWING = ("page", "totalled", "listed", "counted", "there", "mine", "both")
CHANGING = ("cleared", "shown")


def make(folder: Path) -> Path:
    """Write the project, and record a request to each view: a file for each."""
    root = faulty.make(folder, settings=SETTINGS, faulty__models_py=MODELS, faulty__urls_py=VIEWS)
    spans = root / "spans"
    spans.mkdir()
    jobs = [
        Job(name, str(root / "tests" / "test_made.py"), source=module("pytest", story), record=True)
        for name in (*SHOWING, *CHANGING)
        for story in [f"{POSTS.replace('{hidden}', str(name in CHANGING))}\nclient.get('/{name}/')"]
    ]
    with faulty.working(root) as workers:
        for outcome in workers.run(jobs):
            assert [result.status for result in outcome.results] == ["passed"], outcome.results
            (spans / f"{outcome.key}.jsonl").write_text("\n".join(outcome.spans), encoding="utf-8")
    return root
