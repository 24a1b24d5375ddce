"""The sample project's URLs, and one more: a request that makes a row beside the one that it names."""

from config.urls import urlpatterns as project_urls  # type: ignore[import-not-found]
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from todos.models import Todo  # type: ignore[import-not-found]


def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Make another todo like this one."""
    todo = get_object_or_404(Todo, pk=pk)
    Todo.objects.create(title=f"{todo.title} again")
    return redirect(todo)


urlpatterns = [path("todos/<int:pk>/copy/", copy), *project_urls]
