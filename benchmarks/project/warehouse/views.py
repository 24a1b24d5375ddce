from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import ListView

from warehouse import orders, services
from warehouse.forms import MovementForm
from warehouse.models import Category, Product


class ProductList(LoginRequiredMixin, ListView):
    """Five queries: session, user, how many there are, fifty of them, the categories."""

    paginate_by = 50
    template_name = "warehouse/product_list.html"

    def get_queryset(self):
        found = Product.objects.filter(active=True).select_related("category", "supplier")
        if words := self.request.GET.get("q"):
            found = found.filter(name__icontains=words)
        return found

    def get_context_data(self, **kwargs):
        return super().get_context_data(categories=Category.objects.all(), **kwargs)


@login_required
def product(request, pk):
    return render(
        request,
        "warehouse/product.html",
        {"product": get_object_or_404(Product, pk=pk), "form": MovementForm()},
    )


@login_required
def move(request, pk):
    """Five queries: session, user, product, the movement, the product's new stock."""
    product = get_object_or_404(Product, pk=pk)
    form = MovementForm(request.POST)
    if not form.is_valid():
        return render(request, "warehouse/product.html", {"product": product, "form": form})
    movement = services.book(form.save(commit=False), product)
    messages.success(request, f"Booked {movement.quantity} of {product}.")
    return redirect(product)


def calls(request, count):
    """Make ``count`` calls, about."""
    orders.run(count // orders.CALLS_OF_AN_ORDER)
    return HttpResponse("done", content_type="text/plain")


def rows(request, count):
    """Fetch ``count`` rows in as few queries as that takes, holding one product at a time."""
    fetched = 0
    while fetched < count:
        for found in Product.objects.all()[: count - fetched].iterator():
            fetched += found.pk > 0
    return HttpResponse(str(fetched), content_type="text/plain")


def history(request, count):
    """One query for the products, and one more for the movements of each."""
    moved = 0
    for product in Product.objects.filter(sku__startswith=f"H{count}-"):
        moved += sum(movement.quantity for movement in product.movement_set.all())
    return HttpResponse(str(moved), content_type="text/plain")
