import json

import requests
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import CreateView, ListView

from todos import services
from todos.forms import AttachmentForm, TodoForm
from todos.models import Todo


class TodoListView(ListView):
    context_object_name = "todos"
    template_name = "todos/list.html"

    def get_queryset(self):
        todos = Todo.objects.select_related("project").prefetch_related("tags")
        return services.search(
            todos, tags=self.request.GET.getlist("tag"), text=self.request.GET.get("q", "").strip()
        )


class TodoCreateView(CreateView):
    form_class = TodoForm
    template_name = "todos/form.html"
    success_url = reverse_lazy("todos:list")

    def form_valid(self, form):
        if self.request.user.is_authenticated:
            form.instance.owner = self.request.user
        response = super().form_valid(form)
        messages.success(self.request, f"“{self.object}” is on the list.")
        return response


def detail(request, pk):
    todo = get_object_or_404(Todo.objects.select_related("project", "owner"), pk=pk)
    context = {
        "todo": todo,
        "is_overdue": services.is_overdue(todo, timezone.localdate()),
        "comments": todo.comments.select_related("author"),
    }
    return render(request, "todos/detail.html", context)


@login_required
def mine(request):
    todos = request.user.todos.select_related("project")
    return render(request, "todos/mine.html", {"todos": todos})


@require_POST
def complete(request, pk):
    todo = get_object_or_404(Todo, pk=pk)
    services.complete(todo)
    return redirect("todos:list")


@require_POST
def delete(request, pk):
    todo = get_object_or_404(Todo, pk=pk)
    todo.delete()
    return redirect("todos:list")


@login_required
@require_POST
def attach(request, pk):
    todo = get_object_or_404(Todo, pk=pk)
    form = AttachmentForm(request.POST, request.FILES)
    if form.is_valid():
        lines = form.cleaned_data["notes"].read().decode().splitlines()
        count = services.attach_notes(todo, request.user, lines)
        messages.success(request, f"{count} notes were attached.")
    else:
        messages.error(request, "Nothing was attached.")
    return redirect(todo)


@require_POST
def quote(request, pk):
    todo = get_object_or_404(Todo, pk=pk)
    try:
        todo.quote = services.find_quote(todo.title)
    except requests.RequestException:
        messages.error(request, "The quotes service doesn't answer.")
    else:
        todo.save(update_fields=["quote"])
    return redirect(todo)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def api_todos(request):
    if request.method == "GET":
        todos = Todo.objects.select_related("project").prefetch_related("tags")
        return JsonResponse({"todos": [services.as_json(todo) for todo in todos]})
    try:
        data = json.loads(request.body)
    except json.JSONDecodeError:
        return JsonResponse({"errors": {"__all__": ["This isn't JSON."]}}, status=400)
    form = TodoForm(data)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    todo = form.save()
    return JsonResponse(services.as_json(todo), status=201, headers={"Location": todo.get_absolute_url()})
