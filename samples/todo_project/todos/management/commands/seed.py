"""Fill an empty database with the same demo data every time."""

import datetime as dt
import uuid
from decimal import Decimal

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from todos.models import Comment, Project, Tag, Todo

CREATED_AT = dt.datetime(2026, 1, 5, 9, 30, tzinfo=dt.UTC)
PASSWORD = "smørrebrød-42"


class Command(BaseCommand):
    help = __doc__

    @transaction.atomic
    def handle(self, *args, **options):
        users = get_user_model().objects
        anna = users.create_user("anna", "anna@example.com", PASSWORD, first_name="Anna", last_name="Åkjær")
        bo = users.create_user("bo", "bo@example.com", PASSWORD, first_name="Bo", last_name="O'Hara")

        conference = Project.objects.create(
            pk=7, name="Django Day Copenhagen", budget=Decimal("1250.50"), owner=anna
        )
        house = Project.objects.create(pk=8, name="The “old” house", owner=bo)
        talk = Tag.objects.create(name="Talk", slug="talk")
        home = Tag.objects.create(name="At home", slug="home")
        Tag.objects.create(name="Someday", slug="someday")

        todos = [
            Todo(pk=50, title="Give a talk at Django Day Copenhagen"),
            Todo(
                pk=51,
                title='Write "slides" for Anna\'s talk',
                due_on=dt.date(2026, 1, 31),
                priority=Todo.Priority.HIGH,
                owner=anna,
                project=conference,
            ),
            Todo(pk=52, title="Køb rødgrød med fløde", owner=anna, is_completed=True),
            Todo(pk=53, title="Sell the piano", priority=Todo.Priority.LOW, owner=bo, project=house),
            Todo(pk=54, title="Repair the roof", due_on=dt.date(2099, 6, 1), project=house),
        ]
        Todo.objects.bulk_create(todos)
        # auto_now_add overrides what the constructor is given.
        Todo.objects.update(created_at=CREATED_AT)
        todos[1].tags.set([talk, home])
        todos[4].tags.set([home])

        Comment.objects.bulk_create(
            [
                Comment(id=uuid.UUID(int=1), todo=todos[1], author=bo, text="Don't forget the <b>demo</b>!"),
                Comment(id=uuid.UUID(int=2), todo=todos[1], text="Ten slides, «højst».", position=1),
            ]
        )
        self.stdout.write(f"{users.count()} users and {Todo.objects.count()} todos")
