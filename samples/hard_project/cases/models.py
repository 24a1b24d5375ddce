"""One small model, or a few, for each way in which rows are hard to tell."""

import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models

# --- a user model of the project's own, and rows that a signal handler makes


class MemberManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        member = self.model(email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member


class Member(AbstractBaseUser):
    email = models.EmailField(unique=True)
    shown_as = models.CharField(max_length=50)

    objects = MemberManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["shown_as"]


class Profile(models.Model):
    member = models.OneToOneField(Member, on_delete=models.CASCADE)
    greeting = models.CharField(max_length=100)


# --- books: foreign keys that may be NULL or that nobody reads, many-to-many, annotations, generic relations


class Author(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True, blank=True)


class Series(models.Model):
    title = models.CharField(max_length=100)


class Genre(models.Model):
    name = models.CharField(max_length=50, unique=True)


class Remark(models.Model):
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey()
    text = models.TextField()


class Book(models.Model):
    title = models.CharField(max_length=200)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    series = models.ForeignKey(Series, on_delete=models.SET_NULL, null=True, blank=True)
    price = models.DecimalField(max_digits=6, decimal_places=2)
    pages = models.PositiveIntegerField(default=0)
    genres = models.ManyToManyField(Genre, related_name="books")
    remarks = GenericRelation(Remark)

    class Meta:
        ordering = ["title"]


class CheapBook(Book):
    class Meta:
        proxy = True


class Shelf(models.Model):
    """A table that somebody else keeps."""

    label = models.CharField(max_length=20)
    width = models.IntegerField(db_column="breite_cm")

    class Meta:
        db_table = "regal"


class ShelfView(models.Model):
    label = models.CharField(max_length=20)
    width = models.IntegerField(db_column="breite_cm")

    class Meta:
        db_table = "regal"
        managed = False


# --- trees, circles, inheritance


class Category(models.Model):
    name = models.CharField(max_length=50)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=200, editable=False)
    """Filled by save(): the names from the root on."""

    def save(self, *args, **kwargs):
        self.path = f"{self.parent.path}/{self.name}" if self.parent else self.name
        super().save(*args, **kwargs)


class Team(models.Model):
    name = models.CharField(max_length=50)
    captain = models.ForeignKey("Player", on_delete=models.SET_NULL, null=True, related_name="+")


class Player(models.Model):
    name = models.CharField(max_length=50)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="players")


class Vehicle(models.Model):
    plate = models.CharField(max_length=10, unique=True)


class Car(Vehicle):
    seats = models.PositiveSmallIntegerField()


# --- columns of every kind


class Measurement(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sensor = models.UUIDField()
    value = models.DecimalField(max_digits=12, decimal_places=6)
    took = models.DurationField()
    at = models.DateTimeField()
    day = models.DateField()
    time = models.TimeField()
    raw = models.BinaryField()
    extra = models.JSONField(null=True)
    is_valid = models.BooleanField(null=True)
    ratio = models.FloatField()


if settings.ON_POSTGRESQL:
    from django.contrib.postgres.fields import ArrayField, DateRangeField

    class Season(models.Model):
        name = models.CharField(max_length=50)
        months = ArrayField(models.IntegerField())
        open = DateRangeField()


# --- counters, upserts, several databases


class Counter(models.Model):
    name = models.CharField(max_length=50, unique=True)
    number = models.IntegerField(default=0)


class ArchivedOrder(models.Model):
    number = models.CharField(max_length=20)
    total = models.DecimalField(max_digits=8, decimal_places=2)


class Document(models.Model):
    title = models.CharField(max_length=100)
    file = models.FileField(upload_to="documents")


class Note(models.Model):
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    labels = models.JSONField(default=list)


# --- names that mean something else in Python, or in a test


class Client(models.Model):
    name = models.CharField(max_length=50)


class Response(models.Model):
    client = models.ForeignKey(Client, on_delete=models.CASCADE)
    type = models.CharField(max_length=20)
    list = models.IntegerField(default=0)


class Import(models.Model):
    response = models.ForeignKey(Response, on_delete=models.CASCADE)
    pytest = models.CharField(max_length=20)


class Ticket(models.Model):
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=64)
    holder = models.EmailField()
