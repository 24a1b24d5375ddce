import pytest

from cases.models import Note

pytestmark = pytest.mark.django_db


def test_quote_note_creates_note(client):
    # Act
    response = client.post(
        "/quotes/it's%20%22sm%C3%B8rrebr%C3%B8d%22/?q=%27%22%C3%B8%5C",
        {"text": "\"Ja\",\n'nej' \\ {braces} %s 🍎"},
        headers={"X-Greeting": 'it\'s "me"'},
    )

    # Assert
    assert response.status_code == 200
    assert response.json() == {"word": 'it\'s "smørrebrød"', "header": 'it\'s "me"'}
    assert response.cookies["greeting"].value == '"ja"; it\'s'
    note = Note.objects.get()
    assert note.text == "\"Ja\",\n'nej' \\ {braces} %s 🍎"
    assert note.details == {'it\'s "smørrebrød"': "'\"ø\\"}
