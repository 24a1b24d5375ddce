"""What is billed."""

from django.db import models


class Document(models.Model):
    """An invoice."""

    number = models.CharField(max_length=20, unique=True)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    state = models.CharField(max_length=20, default="open")
