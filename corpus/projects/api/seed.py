import datetime as dt
import uuid

import django

django.setup()

from django.contrib.auth.models import User
from guardian.shortcuts import assign_perm
from library.models import Author, Book, Loan
from rest_framework.authtoken.models import Token

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
anna = User.objects.create_user("anna", "anna@example.org", PASSWORD)
bo = User.objects.create_user("bo", "bo@example.org", PASSWORD)
Token.objects.create(user=bo, key="b0" * 20)

authors = [
    Author.objects.create(name=name, born_on=born, languages=languages)
    for name, born, languages in [
        ("Karen Blixen", dt.date(1885, 4, 17), ["da", "en"]),
        ("Halldór Laxness", dt.date(1902, 4, 23), ["is"]),
        ("Selma Lagerlöf", dt.date(1858, 11, 20), ["sv"]),
        ("Anonymous", None, []),
    ]
]
titles = [
    "Out of Africa",
    "Babette's Feast",
    "Independent People",
    "Gösta Berling",
    "Njál's Saga",
    "Edda",
    "Nils",
]
for number, title in enumerate(titles, start=1):
    book = Book.objects.create(
        id=uuid.UUID(int=number, version=4),
        title=title,
        isbn=f"97800000000{number:02}",
        price=None if number == 6 else f"{number * 10}.50",
        pages=100 * number,
        rating=None if number % 2 else number / 2,
        author=authors[number % 4],
        owner=(anna, bo)[number % 2],
    )
    book.tags.add(*["classic", "nordic", "short"][: number % 4])
    assign_perm("change_book", book.owner, book)
    if number == 2:
        book.translators.set([authors[0], authors[3]])
first, second, third = Book.objects.order_by("pk")[:3]
lent = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
Loan.objects.create(book=first, reader=anna, period=dt.timedelta(days=14), lent_at=lent)
Loan.objects.create(
    book=second, reader=anna, period=dt.timedelta(days=7, hours=3), lent_at=lent, returned_at=lent
)
Loan.objects.create(book=third, reader=bo, period=dt.timedelta(days=30), lent_at=lent)
first.pages = 101
first._history_user = boss
first.save()
