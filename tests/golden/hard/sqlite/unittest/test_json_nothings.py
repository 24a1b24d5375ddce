from django.test import TestCase

from cases.models import Note


class CasesTests(TestCase):
    def test_note_creates_note(self):
        # Act
        response = self.client.post(
            "/notes/",
            {"text": "", "details": {"a": None, "b": [], "c": ""}, "labels": []},
            content_type="application/json",
        )

        # Assert
        self.assertEqual(response.status_code, 201)
        note = Note.objects.get()
        self.assertEqual(note.details, {"a": None, "b": [], "c": ""})
        self.assertEqual(
            response.json(),
            {
                "id": note.pk,
                "text": "",
                "details": {"a": None, "b": [], "c": ""},
                "labels": [],
            },
        )
