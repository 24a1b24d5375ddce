from django.urls import path
from warehouse import views

urlpatterns = [
    path("products/", views.ProductList.as_view(), name="products"),
    path("products/<int:pk>/", views.product, name="product"),
    path("products/<int:pk>/move/", views.move, name="move"),
    path("calls/<int:count>/", views.calls, name="calls"),
    path("history/<int:count>/", views.history, name="history"),
    path("rows/<int:count>/", views.rows, name="rows"),
]
