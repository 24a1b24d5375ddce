"""A model with defaults by chance, and those who listen to it."""

import uuid
from functools import partial
from typing import Any

from django.db import models
from django.db.models.signals import post_save
from django.dispatch import Signal
from django.utils.crypto import get_random_string

sold = Signal()


class Ticket(models.Model):
    number: Any = models.UUIDField(default=uuid.uuid4)
    code: Any = models.CharField(max_length=12, default=partial(get_random_string, 12))
    title: Any = models.CharField(max_length=40)

    class Meta:
        app_label = "kiosk"


class Stub(models.Model):
    title: Any = models.CharField(max_length=40)

    class Meta:
        app_label = "kiosk"


def on_ticket(sender: object, **kwargs: object) -> None:
    """Listen, as a project would."""


class Till:
    """Listens by a method, and by being called."""

    def on_sold(self, sender: object, **kwargs: object) -> None:
        pass

    def __call__(self, sender: object, **kwargs: object) -> None:
        pass


TILL = Till()

post_save.connect(on_ticket, sender=Ticket)
sold.connect(TILL.on_sold)
sold.connect(TILL)
