"""What the views leave to others: booking a movement, and work that is nothing but calls."""

from django.db.models import F

from warehouse.models import Product


def book(movement, product):
    """Two statements."""
    movement.product = product
    movement.save()
    Product.objects.filter(pk=product.pk).update(stock=F("stock") + movement.quantity)
    return movement


def rate(quantity, unit):
    factor = 2 if unit == "box" else 1
    return quantity * factor


def total(first, second):
    return first + second


def estimate(count):
    """Make ``count`` calls in all but this one."""
    result = 0
    for number in range(count // 2):
        result = total(result, rate(number, "box"))
    return result
