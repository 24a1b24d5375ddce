"""Fill the databases with the rows that the hard cases are about."""

import datetime as dt
import uuid
from decimal import Decimal

from django.conf import settings
from django.core.management.base import BaseCommand

from cases.models import (
    ArchivedOrder,
    Author,
    Book,
    Car,
    Category,
    Client,
    Counter,
    Genre,
    Import,
    Measurement,
    Member,
    Player,
    Remark,
    Response,
    Series,
    Shelf,
    Team,
    Vehicle,
)

MEASUREMENT = uuid.UUID("6f1c2a58-9f3e-4d53-8a4b-0d9c5e7f1a22")


class Command(BaseCommand):
    help = "Fill the databases with the rows that the hard cases are about."

    def handle(self, *args, **options):
        self.books()
        self.people()
        self.others()

    def books(self):
        ann, bo = Author.objects.create(name="Ann Åkjær"), Author.objects.create(name="Bo O'Hara")
        Author.objects.create(name="Nobody's", born=dt.date(1900, 2, 28))
        series = Series.objects.create(title='The "Long" Way')
        novel, poetry, crime = (Genre.objects.create(name=name) for name in ("Novel", "Poetry", "Crime"))
        rows = [
            ("A Thin One", ann, None, "7.50", 90),
            ("Øresund", ann, series, "19.95", 320),
            ("The Thick One", bo, series, "24.00", 811),
            ("Zebras", bo, None, "9.99", 120),
        ]
        books = [
            Book.objects.create(title=title, author=author, series=of, price=Decimal(price), pages=pages)
            for title, author, of, price, pages in rows
        ]
        books[0].genres.set([poetry])
        books[1].genres.set([novel, crime])
        books[2].genres.set([crime])
        Remark.objects.create(about=books[1], text="Read it twice.")
        for label, width in (("A1", 80), ("A2", 60), ("B1", 120)):
            Shelf.objects.create(label=label, width=width)

    def people(self):
        for email, name in (("ann@example.com", "Ann"), ("bo@example.com", "Bo")):
            Member.objects.create_user(email, "smørrebrød-42", shown_as=name)
        team = Team.objects.create(name="Blue")
        team.captain = Player.objects.create(name="Ulla", team=team)
        team.save()
        Player.objects.create(name="Rikke", team=team)

    def others(self):
        science = Category.objects.create(name="Science")
        physics = Category.objects.create(name="Physics", parent=science)
        Category.objects.create(name="Optics", parent=physics)
        Category.objects.create(name="Acoustics", parent=physics)
        Car.objects.create(plate="AB 12", seats=5)
        Car.objects.create(plate="CD 34", seats=2)
        Vehicle.objects.create(plate="EF 56")
        Measurement.objects.create(
            id=MEASUREMENT,
            sensor=uuid.UUID("00112233-4455-6677-8899-aabbccddeeff"),
            value=Decimal("-0.000125"),
            took=dt.timedelta(days=1, seconds=2, microseconds=3),
            at=dt.datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=dt.UTC),
            day=dt.date(2026, 3, 29),
            time=dt.time(23, 59, 59, 999999),
            raw=b"\x00\xff'\"\\",
            extra={"null": None, "list": [], "text": "", "nested": {"ø": [1, 2.5, True]}},
            is_valid=None,
            ratio=0.1,
        )
        Counter.objects.create(name="visits", number=41)
        ArchivedOrder.objects.create(number="2019-7", total=Decimal("99.90"))
        response = Response.objects.create(client=Client.objects.create(name="class"), type="def", list=3)
        Import.objects.create(response=response, pytest="None")
        if settings.ON_POSTGRESQL:
            from cases.models import Season  # noqa: PLC0415 - only there on PostgreSQL

            for name, months in (("Summer", [6, 7, 8]), ("Winter", [12, 1, 2])):
                first, last = (dt.date(2026, 6, 1), dt.date(2026, 8, 31))
                Season.objects.create(name=name, months=months, open=(first, last))
