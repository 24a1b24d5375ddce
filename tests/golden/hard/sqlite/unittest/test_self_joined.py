from django.test import TestCase

from cases.models import Category


class CasesTests(TestCase):
    def test_self_joined_returns_json(self):
        # Arrange
        # In bulk, as save() or a signal handler would add to what was recorded.
        [category] = Category.objects.bulk_create(
            [Category(name="Science", path="Science")]
        )
        [category_2] = Category.objects.bulk_create(
            [Category(name="Physics", parent=category, path="Science/Physics")]
        )
        Category.objects.bulk_create(
            [
                Category(
                    name="Optics", parent=category_2, path="Science/Physics/Optics"
                ),
                Category(
                    name="Acoustics",
                    parent=category_2,
                    path="Science/Physics/Acoustics",
                ),
            ]
        )

        # Act
        response = self.client.get("/self-joined/")

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(),
            {"values": [["Acoustics", "Physics"], ["Optics", "Physics"]]},
        )
