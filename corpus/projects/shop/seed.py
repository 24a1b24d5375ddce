from decimal import Decimal

import django

django.setup()

from django.contrib.auth.models import User
from oscar.apps.address.models import Country, UserAddress
from oscar.apps.catalogue.categories import create_from_breadcrumbs
from oscar.apps.catalogue.models import (
    Product,
    ProductAttribute,
    ProductCategory,
    ProductClass,
    ProductRecommendation,
)
from oscar.apps.catalogue.reviews.models import ProductReview
from oscar.apps.partner.models import Partner, StockRecord
from oscar.apps.wishlists.models import WishList

PASSWORD = "smørrebrød-42"
boss = User.objects.create_superuser("boss", "boss@example.org", PASSWORD)
anna = User.objects.create_user("anna", "anna@example.org", PASSWORD, first_name="Anna")
User.objects.create_user("bo", "bo@example.org", PASSWORD)

for code, name in (("DK", "Denmark"), ("GB", "United Kingdom")):
    country = Country.objects.create(
        iso_3166_1_a2=code, printable_name=name, name=name.upper(), is_shipping_country=True
    )
UserAddress.objects.create(
    user=anna,
    first_name="Anna",
    last_name="And",
    line1="1 Pond",
    line4="London",
    postcode="N1 9GU",
    country=country,
)
books = ProductClass.objects.create(name="Book")
ProductAttribute.objects.create(product_class=books, name="Pages", code="pages", type="integer")
partner = Partner.objects.create(name="Press")
categories = [
    create_from_breadcrumbs(path) for path in ("Books > Fiction", "Books > Facts > History", "Toys")
]
products = []
for number in range(1, 11):
    product = Product(
        title=f"Book {number}", upc=f"upc{number}", product_class=books, description=f"About *{number}*"
    )
    product.attr.pages = 100 * number
    product.save()
    ProductCategory.objects.create(product=product, category=categories[number % 3])
    StockRecord.objects.create(
        product=product,
        partner=partner,
        partner_sku=f"sku{number}",
        price=Decimal(number) + Decimal("0.99"),
        num_in_stock=0 if number == 10 else 20,
    )
    products.append(product)
ProductRecommendation.objects.create(primary=products[0], recommendation=products[1], ranking=1)
ProductReview.objects.create(product=products[0], user=boss, score=4, title="Good", body="Quite good")
WishList.objects.create(owner=anna, name="Birthday").add(products[2])
# The key is drawn at random when it is saved.
WishList.objects.update(key="anna42")
