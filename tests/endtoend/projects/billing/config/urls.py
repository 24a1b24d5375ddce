"""Where the views are."""

from django.urls import path
from invoices import views

urlpatterns = [
    path("convert/<int:pk>/<str:currency>/", views.convert),
    path("charge/<int:pk>/", views.charge),
    path("notify/<int:pk>/", views.notify),
    path("archive/<int:pk>/", views.archive),
    path("quotes/<str:library>/<str:sent>/", views.quotes),
    path("status/", views.status),
    path("everything/", views.everything),
    path("outage/<str:library>/", views.outage),
]
