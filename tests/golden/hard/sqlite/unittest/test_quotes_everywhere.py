from django.test import TestCase

from cases.models import Note


class CasesTests(TestCase):
    def test_quote_note_creates_note(self):
        # Act
        response = self.client.post(
            "/quotes/it's%20%22sm%C3%B8rrebr%C3%B8d%22/?q=%27%22%C3%B8%5C",
            {"text": "\"Ja\",\n'nej' \\ {braces} %s 🍎"},
            headers={"X-Greeting": 'it\'s "me"'},
        )

        # Assert
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.json(), {"word": 'it\'s "smørrebrød"', "header": 'it\'s "me"'}
        )
        self.assertEqual(response.cookies["greeting"].value, '"ja"; it\'s')
        note = Note.objects.get()
        self.assertEqual(note.text, "\"Ja\",\n'nej' \\ {braces} %s 🍎")
        self.assertEqual(note.details, {'it\'s "smørrebrød"': "'\"ø\\"})
