"""One page, at which an example is run."""

from django.urls import path

from tests.endtoend.projects.random_schemas.laboratory import view

urlpatterns = [path("", view, name="run")]
