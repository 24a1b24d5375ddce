"""What is told of the models."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from otel2test.processors.django import seeding
from otel2test.processors.django.schema import model_payload
from tests.processors.django.projects.shop.conftest import Visit
from tests.processors.django.projects.shop.models import ApiToken, Bargain, Book, Product, Shelf, Tag

HERE = "tests.processors.django.projects.shop.models"


def field(model: type[Model], name: str) -> dict[str, Any]:
    (found,) = [dict(field) for field in model_payload(model)["fields"] if field["name"] == name]
    return found


def test_what_follows_from_the_name_and_the_type_is_left_out() -> None:
    assert field(Shelf, "name").keys().isdisjoint({"attname", "column", "python_class"})
    assert "column" not in field(Product, "shelf")
    assert "python_class" not in field(Product, "shelf")


def test_model_without_ado() -> None:
    payload = model_payload(Shelf)
    assert payload.keys() == {"label", "module", "fields"}
    assert (payload["label"], payload["module"]) == ("shop.Shelf", HERE)


def test_plain_field() -> None:
    assert field(Shelf, "name") == {
        "name": "name",
        "type": "CharField",
        "unique": True,
        "max_length": 40,
    }


def test_defaults_and_choices() -> None:
    assert field(Product, "status")["default"] == "draft"
    assert field(Product, "status")["choices"] == ["draft", "live"]
    assert field(Product, "sku")["default_callable"] == "uuid.uuid4"
    assert "default" not in field(Product, "sku")
    assert field(Product, "facts")["default_callable"] == "builtins.dict"
    assert field(Product, "price")["max_digits"] == 8
    assert field(Product, "added")["auto_now_add"] is True
    assert field(Product, "added")["editable"] is False
    assert field(Product, "title")["column"] == "caption"


def test_relations() -> None:
    shelf = field(Product, "shelf")
    assert shelf["related_model"] == "shop.Shelf"
    assert (shelf["null"], shelf["blank"]) == (True, True)
    assert model_payload(Product)["many_to_many"] == [{"name": "tags", "related_model": "shop.Tag"}]
    assert model_payload(Product.tags.through)["auto_created"] is True


def test_rules_of_a_model() -> None:
    payload = model_payload(Product)
    assert payload["unique_together"] == [["title", "shelf"]]
    assert payload["ordering"] == ["title"]
    assert model_payload(Tag)["signals"] == ["post_save"]


def test_inheritance_over_tables() -> None:
    payload = model_payload(Book)
    assert payload["custom_save"] is True
    assert [found["name"] for found in payload["fields"]][-2:] == ["product_ptr", "pages"]
    assert field(Book, "product_ptr")["parent_link"] is True
    assert field(Book, "title")["column"] == "caption"


def test_proxy() -> None:
    assert model_payload(Bargain)["proxy_for"] == "shop.Product"


def labels(visit: Visit, act: Any) -> dict[str, Any]:
    def view(request: HttpRequest) -> HttpResponse:
        act(request)
        return HttpResponse("ok")

    _, recorded = visit(view)
    return {model["label"]: model for model in recorded["schema"]["models"]}


def test_schema_is_closed_over_what_a_row_needs(visit: Visit) -> None:
    models = labels(visit, lambda request: (list(Book.objects.all()), list(Tag.objects.all())))
    assert {"shop.Book", "shop.Product", "shop.Shelf", "shop.Tag", "shop.Product_tags"} <= set(models)
    assert "shop.ApiToken" not in models


def test_foreign_key_to_the_user(visit: Visit) -> None:
    models = labels(visit, lambda request: list(ApiToken.objects.all()))
    user = models["auth.User"]
    assert (user["user"], user["username_field"], user["create_user"]) == (True, "username", True)
    assert user["required_fields"] == ["email"]


def test_which_site_is_the_current_one(visit: Visit) -> None:
    def schema() -> dict[str, Any]:
        _, recorded = visit(lambda request: HttpResponse(str(Tag.objects.count())))
        return dict(recorded["schema"])

    assert "site_id" not in schema()
    with override_settings(SITE_ID=3):
        assert schema()["site_id"] == 3


@pytest.mark.parametrize("cookie", ["session", "csrf", "language"])
def test_cookies_with_other_names(visit: Visit, cookie: str) -> None:
    with override_settings(**{f"{cookie.upper()}_COOKIE_NAME": "biscuit"}):
        _, recorded = visit(lambda request: HttpResponse("ok"))
    assert recorded["schema"][f"{cookie}_cookie"] == "biscuit"


def test_settings_and_framework_models(visit: Visit) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        request.session["a"] = 1
        return HttpResponse("ok")

    _, recorded = visit(view)
    schema = recorded["schema"]
    assert schema["use_tz"] is True
    assert schema["databases"]["default"] in {"sqlite", "postgresql"}
    assert schema["root_urlconf"] == "tests.processors.django.projects.shop.urls"
    assert schema["login_url"] == "/accounts/login/"
    assert schema.keys().isdisjoint({"session_cookie", "csrf_cookie", "language_cookie"})
    (session,) = [model for model in schema["models"] if model["label"] == "sessions.Session"]
    assert session["framework"] == "session"


def test_table_named_without_quotes(visit: Visit) -> None:
    def act(request: HttpRequest) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select 1 from shop_tag")

    assert "shop.Tag" in labels(visit, act)


def test_seeded_models_are_those_whose_rows_migrations_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_initial.py").write_text("migrations.CreateModel(name='Book')\n")
    (migrations / "0002_shelves.py").write_text(
        "def fill(apps, editor):\n"
        "    Shelf = apps.get_model('shop', 'Shelf')\n"
        "    Shelf.objects.using(editor.connection.alias).create(name='new')\n"
        "    for book in apps.get_model('shop', 'Book').objects.all():\n"
        "        book.save()\n"
        "migrations.RunPython(fill)\n"
    )
    (migrations / "0003_tags.py").write_text("migrations.RunSQL('INSERT INTO shop_tag VALUES (1)')\n")
    (migrations / "0004_tokens.py").write_text("migrations.RunPython(lambda *_: load_fixture('tokens'))\n")
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "tokens.json").write_text('[{"model": "shop.apitoken", "pk": 1, "fields": {}}]')
    monkeypatch.setattr(apps.get_app_config("shop"), "path", str(tmp_path))
    for cached in (seeding._migrations, seeding._fixtures):
        cached.cache_clear()
    try:
        found = {model for model in (ApiToken, Book, Shelf, Tag, Bargain) if seeding.is_seeded(model)}
    finally:
        for cached in (seeding._migrations, seeding._fixtures):
            cached.cache_clear()
    assert found == {Shelf, Tag, ApiToken}


def test_seeded_are_also_models_whose_rows_migrations_of_other_apps_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    (migrations / "0001_groups.py").write_text(
        "def fill(apps, editor):\n"
        "    Group = apps.get_model('auth', 'Group')\n"
        "    Group.objects.create(name='Editors')\n"
        "    User = apps.get_model('auth.User')\n"
        "    Permission = apps.get_model('other.Permission')\n"
        "    Permission.objects.create(name='of another app')\n"
        "migrations.RunPython(fill)\n"
    )
    monkeypatch.setattr(apps.get_app_config("shop"), "path", str(tmp_path))
    seeding._migrations.cache_clear()
    try:
        found = {model for model in (Group, User, Permission) if seeding.is_seeded(model)}
    finally:
        seeding._migrations.cache_clear()
    assert found == {Group}
