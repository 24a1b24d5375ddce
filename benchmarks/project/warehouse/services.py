"""What the views leave to others."""

from django.db.models import F

from warehouse.models import Product


def book(movement, product):
    """Two statements."""
    movement.product = product
    movement.save()
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + movement.quantity)
    return movement
