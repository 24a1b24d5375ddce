"""Columns of every type that a driver has its own way with.

Fields are ``Any``: without its plugin, mypy can't tell what they hold.
"""

import uuid
from typing import Any

from django.db import connection, models


class Kind(models.TextChoices):
    PLAIN = "plain"
    FANCY = "fancy"


class Shelf(models.Model):
    name: Any = models.CharField(max_length=40, unique=True)

    class Meta:
        app_label = "drivers"


class Item(models.Model):
    shelf: Any = models.ForeignKey(Shelf, models.CASCADE, related_name="items")
    label: Any = models.CharField(max_length=40)

    class Meta:
        app_label = "drivers"
        ordering = ("label",)


class Everything(models.Model):
    text: Any = models.CharField(max_length=40, null=True)
    number: Any = models.IntegerField(null=True)
    big: Any = models.BigIntegerField(null=True)
    real: Any = models.FloatField(null=True)
    price: Any = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    flag: Any = models.BooleanField(null=True)
    day: Any = models.DateField(null=True)
    moment: Any = models.DateTimeField(null=True)
    clock: Any = models.TimeField(null=True)
    span: Any = models.DurationField(null=True)
    raw: Any = models.BinaryField(null=True)
    facts: Any = models.JSONField(null=True)
    kind: Any = models.CharField(max_length=10, choices=Kind.choices, null=True)
    address: Any = models.GenericIPAddressField(null=True)

    class Meta:
        app_label = "drivers"


class Keyed(models.Model):
    id: Any = models.UUIDField(primary_key=True, default=uuid.uuid4)

    class Meta:
        app_label = "drivers"


if connection.vendor == "postgresql":
    from django.contrib.postgres.fields import ArrayField, DateRangeField, IntegerRangeField

    class Nested(models.Model):
        numbers: Any = ArrayField(models.IntegerField())
        names: Any = ArrayField(ArrayField(models.CharField(max_length=9)), default=list)
        sizes: Any = IntegerRangeField(null=True)
        period: Any = DateRangeField(null=True)

        class Meta:
            app_label = "drivers"
