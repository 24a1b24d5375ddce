import pytest

from cases.models import Note

pytestmark = pytest.mark.django_db


def test_note_creates_note(client):
    # Act
    response = client.post(
        "/notes/",
        {"text": "", "details": {"a": None, "b": [], "c": ""}, "labels": []},
        content_type="application/json",
    )

    # Assert
    assert response.status_code == 201
    note = Note.objects.get()
    assert note.details == {"a": None, "b": [], "c": ""}
    assert response.json() == {
        "id": note.pk,
        "text": "",
        "details": {"a": None, "b": [], "c": ""},
        "labels": [],
    }
