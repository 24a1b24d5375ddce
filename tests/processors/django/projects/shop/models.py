"""Models of every sort that the recorder must be able to describe.

Fields are ``Any``: without its plugin, mypy can't tell what they hold.
"""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.signals import post_save


class Status(models.TextChoices):
    DRAFT = "draft"
    LIVE = "live"


class Shelf(models.Model):
    name: Any = models.CharField(max_length=40, unique=True)

    class Meta:
        app_label = "shop"


class Tag(models.Model):
    label: Any = models.CharField(max_length=20)

    class Meta:
        app_label = "shop"


class Product(models.Model):
    title: Any = models.CharField(max_length=80, db_column="caption")
    price: Any = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    sku: Any = models.UUIDField(default=uuid.uuid4)
    status: Any = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    shelf: Any = models.ForeignKey(Shelf, models.CASCADE, null=True, blank=True)
    tags: Any = models.ManyToManyField(Tag, related_name="products")
    facts: Any = models.JSONField(default=dict)
    added: Any = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "shop"
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=("title", "shelf"), name="one_title_a_shelf"),)


class Book(Product):
    pages: Any = models.PositiveIntegerField(null=True)

    class Meta:
        app_label = "shop"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.title = self.title.strip()
        super().save(*args, **kwargs)


class Bargain(Product):
    class Meta:
        app_label = "shop"
        proxy = True


class ApiToken(models.Model):
    key: Any = models.CharField(max_length=40, primary_key=True)
    owner: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

    class Meta:
        app_label = "shop"


def greet(sender: object, **kwargs: object) -> None:
    """Listen, as a project would."""


post_save.connect(greet, sender=Tag)
