"""What the project does, without HTTP: the views call these."""

import requests
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from todos.models import Comment


def search(todos, *, tags=(), text=""):
    """Narrow todos to those with any of the tags (slugs) and with the text in their title."""
    if tags:
        todos = todos.filter(tags__slug__in=tags).distinct()
    if text:
        todos = todos.filter(Q(title__icontains=text) | Q(project__name__icontains=text))
    return todos


def complete(todo):
    todo.is_completed = True
    todo.save(update_fields=["is_completed"])


def is_overdue(todo, today):
    return not todo.is_completed and todo.due_on is not None and todo.due_on < today


def attach_notes(todo, author, lines):
    """Make a comment of every line that isn't blank and return how many there were."""
    texts = [line.strip() for line in lines if line.strip()]
    with transaction.atomic():
        for position, text in enumerate(texts, start=todo.comments.count()):
            Comment.objects.create(todo=todo, author=author, text=text, position=position)
    return len(texts)


def find_quote(topic):
    """Ask the quotes service for words that fit the topic."""
    response = requests.post(f"{settings.QUOTES_URL}/quotes", json={"topic": topic, "limit": 1}, timeout=5)
    response.raise_for_status()
    quote = response.json()["quotes"][0]
    return f"“{quote['text']}” ({quote['author']})"


def as_json(todo):
    """What the API says of a todo."""
    project = todo.project
    return {
        "id": todo.pk,
        "title": todo.title,
        "is_completed": todo.is_completed,
        "due_on": todo.due_on,
        "priority": todo.get_priority_display(),
        "project": None if project is None else {"name": project.name, "budget": project.budget},
        "tags": [tag.slug for tag in todo.tags.all()],
    }
