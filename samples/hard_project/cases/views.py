"""One view for each way in which a request is hard to turn into a test."""

import json
import random
import secrets
from datetime import date, timedelta
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import Count, F, Prefetch, Q, Sum
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import get_text_list

from cases.models import (
    ArchivedOrder,
    Author,
    Book,
    Car,
    Category,
    CheapBook,
    Counter,
    Document,
    Genre,
    Import,
    Measurement,
    Member,
    Note,
    Player,
    Remark,
    Shelf,
    ShelfView,
    Team,
    Ticket,
    Vehicle,
)


def _json(values):
    return JsonResponse({"values": list(values)})


# --- what is read


def same_row_twice(request, pk):
    """Read in two halves, then as a whole."""
    price = Book.objects.values_list("price", flat=True).get(pk=pk)
    pages = Book.objects.only("pages").get(pk=pk).pages
    book = Book.objects.get(pk=pk)
    return JsonResponse({"title": book.title, "price": price, "pages": pages})


def unread_parent(request):
    """The authors are never read, but every book needs one."""
    return _json(Book.objects.filter(pages__gt=100).values("title", "pages"))


def nullable_join(request):
    books = Book.objects.select_related("series", "author").order_by("title")
    return _json([book.title, book.series.title if book.series else None, book.author.name] for book in books)


def partial_columns(request):
    books = Book.objects.defer("price", "pages").filter(series__isnull=True)
    names = Author.objects.filter(books__in=books).distinct().values("name")
    return JsonResponse({"books": [book.title for book in books], "authors": list(names)})


def prefetched(request):
    genres = Prefetch("genres", queryset=Genre.objects.exclude(name="Poetry").order_by("name"))
    authors = Author.objects.order_by("name").prefetch_related(
        Prefetch("books", Book.objects.prefetch_related(genres))
    )
    return _json(
        {
            "name": author.name,
            "books": {book.title: [genre.name for genre in book.genres.all()] for book in author.books.all()},
        }
        for author in authors
    )


def annotated(request):
    authors = Author.objects.annotate(
        number=Count("books"),
        total=Sum("books__price"),
        thick=Count("books", filter=Q(books__pages__gte=300)),
    ).order_by("-number", "name")
    return _json([author.name, author.number, author.total, author.thick] for author in authors)


def self_joined(request):
    found = Category.objects.filter(parent__parent__name="Science").order_by("name")
    return _json([category.name, category.parent.name] for category in found.select_related("parent__parent"))


def streamed(request):
    def lines():
        for title, pages in Book.objects.order_by("pk").values_list("title", "pages").iterator(chunk_size=2):
            yield f"{title};{pages}\n"

    return StreamingHttpResponse(lines(), content_type="text/csv")


def in_batches(request):
    """The genres are fetched for two books at a time."""
    books = Book.objects.order_by("pk").prefetch_related("genres").iterator(chunk_size=2)
    return _json([book.title, sorted(genre.name for genre in book.genres.all())] for book in books)


def inherited(request):
    cars = Car.objects.filter(seats__gte=4).order_by("plate")
    others = Vehicle.objects.filter(car__isnull=True).order_by("plate")
    return JsonResponse(
        {"cars": [[car.plate, car.seats] for car in cars], "others": [item.plate for item in others]}
    )


def proxies(request):
    cheap = CheapBook.objects.filter(price__lt=10).order_by("price")
    shelves = ShelfView.objects.filter(width__gte=80).order_by("label")
    return JsonResponse(
        {
            "cheap": [book.title for book in cheap],
            "shelves": [[shelf.label, shelf.width] for shelf in shelves],
        }
    )


def every_type(request, pk):
    measured = get_object_or_404(Measurement, pk=pk)
    return JsonResponse(
        {
            "sensor": measured.sensor,
            "value": measured.value,
            "took": measured.took,
            "at": measured.at,
            "day": measured.day,
            "time": measured.time,
            "raw": bytes(measured.raw).hex(),
            "extra": measured.extra,
            "is_valid": measured.is_valid,
            "ratio": measured.ratio,
        }
    )


def seasons(request):
    from cases.models import Season  # noqa: PLC0415 - only there on PostgreSQL

    found = Season.objects.filter(months__contains=[7], open__contains=date(2026, 7, 1)).order_by("name")
    return _json([season.name, season.months, season.open.lower, season.open.upper] for season in found)


def mutual(request, pk):
    team = get_object_or_404(Team.objects.select_related("captain"), pk=pk)
    players = team.players.order_by("name")
    return JsonResponse(
        {"captain": team.captain.name, "players": [[player.name, player.team.name] for player in players]}
    )


def archived(request):
    """Two databases in one request."""
    orders = ArchivedOrder.objects.order_by("number")
    return JsonResponse(
        {"orders": [[order.number, order.total] for order in orders], "books": Book.objects.count()}
    )


def who(request):
    if not request.user.is_authenticated:
        return redirect("login")
    greeting = request.user.profile.greeting
    return JsonResponse(
        {"email": request.user.email, "shown_as": request.user.shown_as, "greeting": greeting}
    )


def odd_names(request, pk):
    """Models and fields that are called like builtins, keywords and what tests are made of."""
    found = get_object_or_404(Import.objects.select_related("response__client"), pk=pk)
    response = found.response
    return JsonResponse(
        {"client": response.client.name, "type": response.type, "list": response.list, "pytest": found.pytest}
    )


# --- what is written


def create_and_list(request):
    """Rows that the request itself inserted are read back."""
    author = Author.objects.get(name=request.POST["author"])
    Book.objects.create(title=request.POST["title"], author=author, price=Decimal("12.50"))
    return _json(Book.objects.filter(author=author).order_by("title").values_list("title", flat=True))


def set_genres(request, pk):
    book = get_object_or_404(Book, pk=pk)
    book.genres.set(Genre.objects.filter(pk__in=request.POST.getlist("genre")))
    return redirect("book", pk=book.pk)


def book(request, pk):
    found = get_object_or_404(Book.objects.select_related("author"), pk=pk)
    genres = [genre.name for genre in found.genres.order_by("name")]
    remarks = [remark.text for remark in found.remarks.order_by("pk")]
    return render(request, "cases/book.html", {"book": found, "genres": genres, "remarks": remarks})


def remark(request, pk):
    """A generic relation: the content type's id differs between databases."""
    found = get_object_or_404(Book, pk=pk)
    earlier = Remark.objects.filter(
        content_type=ContentType.objects.get_for_model(Book), object_id=pk
    ).count()
    Remark.objects.create(about=found, text=request.POST["text"])
    return JsonResponse({"earlier": earlier}, status=201)


def add_to_basket(request):
    """The session's row is made in the request."""
    basket = request.session.get("basket", {})
    key = request.POST["book"]
    basket[key] = basket.get(key, 0) + int(request.POST.get("number", "1"))
    request.session["basket"] = basket
    return JsonResponse(basket)


def sign_up(request):
    """A signal handler makes the profile."""
    member = Member.objects.create_user(
        request.POST["email"], request.POST["password"], shown_as=request.POST["name"]
    )
    return JsonResponse({"greeting": member.profile.greeting}, status=201)


def grow(request):
    """A column of the tree is filled by save()."""
    parent = Category.objects.get(path=request.POST["parent"])
    category = Category.objects.create(name=request.POST["name"], parent=parent)
    return JsonResponse({"path": category.path}, status=201)


def appoint(request, pk):
    team = get_object_or_404(Team, pk=pk)
    team.captain = Player.objects.create(name=request.POST["name"], team=team)
    team.save(update_fields=["captain"])
    return HttpResponse(status=204)


def build(request):
    """A child in a table of its own, and its parent's row."""
    car = Car.objects.create(plate=request.POST["plate"], seats=request.POST["seats"])
    return JsonResponse({"id": car.pk, "plate": car.vehicle_ptr.plate}, status=201)


def import_genres(request):
    """Many rows in one statement."""
    names = [line.strip() for line in request.POST["names"].splitlines() if line.strip()]
    Genre.objects.bulk_create([Genre(name=name) for name in names], ignore_conflicts=True)
    return JsonResponse({"genres": Genre.objects.count()})


def count_visits(request):
    """An upsert, and ``UPDATE … CASE WHEN``."""
    names = request.POST.getlist("name")
    Counter.objects.bulk_create(
        [Counter(name=name, number=1) for name in names],
        update_conflicts=True,
        update_fields=["number"],
        unique_fields=["name"],
    )
    counters = list(Counter.objects.filter(name__in=names).order_by("name"))
    for place, counter in enumerate(counters):
        counter.number += 10 * place
    Counter.objects.bulk_update(counters, ["number"])
    return JsonResponse({counter.name: counter.number for counter in counters})


@transaction.atomic
def visit(request, name):
    """Locked, made where it isn't there, and counted."""
    counter, created = Counter.objects.select_for_update().get_or_create(name=name)
    Counter.objects.filter(pk=counter.pk).update(number=F("number") + 1)
    counter.refresh_from_db()
    return JsonResponse({"number": counter.number, "created": created})


def undo(request):
    """What a savepoint undoes was never there."""
    with transaction.atomic():
        Counter.objects.create(name="kept", number=1)
        try:
            with transaction.atomic():
                Counter.objects.create(name="undone", number=2)
                Counter.objects.create(name="kept", number=3)
        except Exception as error:  # noqa: BLE001 - whatever the driver calls it
            return JsonResponse(
                {"error": type(error).__name__, "counters": Counter.objects.count()}, status=409
            )
    return HttpResponse(status=204)


def reprice(request):
    """Rows that are changed without being read."""
    changed = Book.objects.filter(author__name=request.POST["author"]).update(price=F("price") * 2)
    Author.objects.filter(books__isnull=True).delete()
    return JsonResponse({"changed": changed})


def archive(request):
    ArchivedOrder.objects.create(number=request.POST["number"], total=request.POST["total"])
    return HttpResponse(status=204)


def upload(request):
    """Two files in one form, beside other fields."""
    documents = [
        Document.objects.create(title=request.POST["title"], file=file)
        for file in request.FILES.getlist("file")
    ]
    return JsonResponse({"sizes": [document.file.size for document in documents]}, status=201)


def repeated_keys(request):
    return JsonResponse(
        {"query": request.GET.getlist("a"), "form": request.POST.getlist("b"), "last": request.POST["b"]}
    )


def note(request):
    """JSON's null, empty list and empty text are three things."""
    data = json.loads(request.body)
    made = Note.objects.create(text=data["text"], details=data["details"], labels=data["labels"])
    return JsonResponse(
        {"id": made.pk, "text": made.text, "details": made.details, "labels": made.labels}, status=201
    )


def quote(request, word):
    """Quotes and letters of all kinds, in path, query, header, cookie, form and database."""
    Note.objects.create(text=request.POST["text"], details={word: request.GET["q"]})
    response = JsonResponse({"word": word, "header": request.headers.get("X-Greeting", "")})
    response.set_cookie("greeting", '"ja"; it\'s')
    return response


def raw(request):
    """SQL that somebody wrote by hand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.name, COUNT(*) FROM cases_author a JOIN cases_book b ON b.author_id = a.id "
            "WHERE b.pages > %s GROUP BY a.name ORDER BY a.name",
            [int(request.GET["pages"])],
        )
        return _json(cursor.fetchall())


# --- beside rows


def order_ticket(request):
    """A number by chance, a secret, and an e-mail when all is stored."""
    with transaction.atomic():
        ticket = Ticket.objects.create(
            number=random.randint(1000, 9999), code=secrets.token_urlsafe(16), holder=request.POST["email"]
        )
        transaction.on_commit(lambda: _send(ticket))
    return redirect("ticket", pk=ticket.pk)


def _send(ticket):
    link = f"http://tickets.example{reverse('ticket', args=[ticket.pk])}?code={ticket.code}"
    body = f"Thank you for your order.\n\nYour number is {ticket.number}.\nLook at it here:\n{link}\n"
    send_mail(f"Ticket {ticket.number}", body, "tickets@example.com", [ticket.holder])


def ticket(request, pk):
    found = get_object_or_404(Ticket, pk=pk)
    return JsonResponse({"number": found.number, "holder": found.holder})


def statistics(request):
    """Kept for an hour."""
    found = cache.get("statistics")
    if found is None:
        found = {"books": Book.objects.count(), "visits": cache.get_or_set("visits", 0)}
        cache.set("statistics", found, timeout=timedelta(hours=1).total_seconds())
    cache.incr("visits")
    return JsonResponse(found)


def remind(request):
    """Members and books come in any order, and so does what is done for each of them."""
    told = []
    for member in Member.objects.all():
        send_mail(f"Dear {member.shown_as}", "Read more!", "library@example.com", [member.email])
        messages.success(request, f"{member.shown_as} was told.")
        Note.objects.create(text=f"Told {member.shown_as}")
        told.append({"email": member.email, "shelf": [*Shelf.objects.values_list("label", flat=True)]})
    titles = [f"- {title}" for title in Book.objects.order_by().values_list("title", flat=True)]
    send_mail(
        "The books", "\n".join(["These are left:", *titles]), "library@example.com", ["staff@example.com"]
    )
    request.session["told"] = [member["email"] for member in told]
    cache.set("told", {"members": told})
    return redirect("reminded")


def announce(request):
    """Books, shelves and members come in any order, and so do they in texts that enumerate them."""
    titles = [*Book.objects.order_by().values_list("title", flat=True)]
    shelves = [*Shelf.objects.values_list("label", flat=True)]
    names = [member.shown_as for member in Member.objects.all()]
    send_mail(
        f"For {' and '.join(names)}",
        f"Read them all:\n{get_text_list(titles, 'and')}.\n",
        "library@example.com",
        ["staff@example.com"],
    )
    messages.success(request, f"Told of: {'; '.join(titles)}.")
    Note.objects.create(text=", ".join(titles))
    request.session["shelves"] = " ".join(shelves)
    cache.set("announced", {"to": ", ".join(names)})
    return JsonResponse({"books": "\n".join(titles), "shelves": f"All of {'/'.join(shelves)}."})


def shelves(request):
    """The same in a plain text."""
    labels = Shelf.objects.values_list("label", flat=True)
    return HttpResponse(f"Shelves: {', '.join(labels)}\n", content_type="text/plain")


def titles(request):
    """The same on a page."""
    found = ", ".join(book.title for book in Book.objects.order_by())
    return render(request, "cases/titles.html", {"titles": found})


def reminded(request):
    return HttpResponse("They know.", content_type="text/plain")


def fewest_books(request):
    """The first of a list that is sorted by a count, and how many there are in all."""
    authors = Author.objects.annotate(number=Count("books")).order_by("number", "name")[:1]
    listed = [{"name": author.name, "books": author.number} for author in authors]
    return JsonResponse({"authors": Author.objects.count(), "first": listed})


def log_in(request):
    return HttpResponse("Log in, please.", content_type="text/plain")


def log_me_in(request):
    member = authenticate(request, username=request.POST["email"], password=request.POST["password"])
    if member is None:
        return HttpResponse("That isn't it.", status=403, content_type="text/plain")
    login(request, member)
    return redirect("/who/")
