from django.test import TestCase

from cases.models import Category


class CasesTests(TestCase):
    def test_grow_category_creates_category(self):
        # Arrange
        # In bulk, as save() or a signal handler would add to what was recorded.
        [parent] = Category.objects.bulk_create(
            [Category(name="Physics", path="Science/Physics")]
        )

        # Act
        response = self.client.post(
            "/categories/", {"parent": "Science/Physics", "name": "Heat"}
        )

        # Assert
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"path": "Science/Physics/Heat"})
        category = Category.objects.get(name="Heat")
        self.assertEqual(category.parent, parent)
        self.assertEqual(category.path, "Science/Physics/Heat")
