from decimal import Decimal
from unittest.mock import ANY

import pytest
from django.contrib.messages import get_messages
from django.core import mail
from django.core.cache import cache
from pytest_django.asserts import assertContains, assertTemplateUsed

from cases.models import Author, Book, Member, Note, Shelf

pytestmark = pytest.mark.django_db


def test_announce_creates_note(client):
    # Arrange
    Member.objects.create_user(email="ann@example.com", shown_as="Ann")
    Member.objects.create_user(email="bo@example.com", shown_as="Bo")
    # Made up: the request needed this row, but never read it.
    author = Author.objects.create(name="author")
    # Made up: price.
    Book.objects.create(title="A Thin One", author=author, price=Decimal("0"))
    Book.objects.create(title="Øresund", author=author, price=Decimal("0"))
    Book.objects.create(title="The Thick One", author=author, price=Decimal("0"))
    Book.objects.create(title="Zebras", author=author, price=Decimal("0"))
    # Made up: width.
    Shelf.objects.create(label="A1", width=0)
    Shelf.objects.create(label="A2", width=0)
    Shelf.objects.create(label="B1", width=0)
    cache.clear()

    # Act
    response = client.post("/announce/")

    # Assert
    assert response.status_code == 200
    data = response.json()
    # ANY: in any order: the query has no ORDER BY.
    assert data == {"books": ANY, "shelves": ANY}
    assert sorted(data["books"].split("\n")) == [
        "A Thin One",
        "The Thick One",
        "Zebras",
        "Øresund",
    ]
    assert sorted(
        data["shelves"].removeprefix("All of ").removesuffix(".").split("/")
    ) == ["A1", "A2", "B1"]
    # In any order: the query has no ORDER BY.
    assert sorted(client.session["shelves"].split(" ")) == ["A1", "A2", "B1"]
    messages = [str(message) for message in get_messages(response.wsgi_request)]
    # ANY: in any order: the query has no ORDER BY.
    assert messages == [ANY]
    assert sorted(
        messages[0].removeprefix("Told of: ").removesuffix(".").split("; ")
    ) == ["A Thin One", "The Thick One", "Zebras", "Øresund"]
    note = Note.objects.latest("pk")
    # In any order: the query has no ORDER BY.
    assert sorted(note.text.split(", ")) == [
        "A Thin One",
        "The Thick One",
        "Zebras",
        "Øresund",
    ]
    [message] = mail.outbox
    # In any order: the query has no ORDER BY.
    assert sorted(message.subject.removeprefix("For ").split(" and ")) == ["Ann", "Bo"]
    assert message.to == ["staff@example.com"]
    # In any order: the query has no ORDER BY.
    assert sorted(
        message.body.removeprefix("Read them all:\n")
        .removesuffix(".\n")
        .replace(" and ", ", ")
        .split(", ")
    ) == ["A Thin One", "The Thick One", "Zebras", "Øresund"]
    # ANY: in any order: the query has no ORDER BY.
    assert cache.get("announced") == {"to": ANY}
    assert sorted(cache.get("announced")["to"].split(", ")) == ["Ann", "Bo"]


def test_shelves_is_shown(client):
    # Arrange
    # Made up: width.
    Shelf.objects.create(label="A1", width=0)
    Shelf.objects.create(label="A2", width=0)
    Shelf.objects.create(label="B1", width=0)

    # Act
    response = client.get("/shelves/")

    # Assert
    assert response.status_code == 200
    # In any order: the query has no ORDER BY.
    assert sorted(
        response.content.decode()
        .removeprefix("Shelves: ")
        .removesuffix("\n")
        .split(", ")
    ) == ["A1", "A2", "B1"]
    assert response.headers["Content-Type"] == "text/plain"


def test_titles_shows_books(client):
    # Arrange
    # Made up: the request needed these rows, but never read them.
    author = Author.objects.create(name="author")
    author_2 = Author.objects.create(name="author")
    Book.objects.create(
        title="A Thin One", author=author, price=Decimal("7.50"), pages=90
    )
    Book.objects.create(
        title="Øresund", author=author, price=Decimal("19.95"), pages=320
    )
    Book.objects.create(
        title="The Thick One", author=author_2, price=Decimal("24.00"), pages=811
    )
    Book.objects.create(
        title="Zebras", author=author_2, price=Decimal("9.99"), pages=120
    )

    # Act
    response = client.get("/titles/")

    # Assert
    assert response.status_code == 200
    assertTemplateUsed(response, "cases/titles.html")
    assertContains(response, "A Thin One")
    assertContains(response, "Øresund")
    assertContains(response, "The Thick One")
    assertContains(response, "Zebras")
