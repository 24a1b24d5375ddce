import pytest

from cases.models import Category

pytestmark = pytest.mark.django_db


def test_grow_category_creates_category(client):
    # Arrange
    # In bulk, as save() or a signal handler would add to what was recorded.
    [parent] = Category.objects.bulk_create(
        [Category(name="Physics", path="Science/Physics")]
    )

    # Act
    response = client.post(
        "/categories/", {"parent": "Science/Physics", "name": "Heat"}
    )

    # Assert
    assert response.status_code == 201
    assert response.json() == {"path": "Science/Physics/Heat"}
    category = Category.objects.get(name="Heat")
    assert category.parent == parent
    assert category.path == "Science/Physics/Heat"
