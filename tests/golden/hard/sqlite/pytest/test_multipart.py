import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cases.models import Document

pytestmark = pytest.mark.django_db


def test_upload_document_creates_document(client, settings, tmp_path):
    # Arrange
    settings.MEDIA_ROOT = tmp_path

    # Act
    response = client.post(
        "/documents/",
        {
            "title": "Two files",
            "file": [
                SimpleUploadedFile(
                    "blåbær.txt", b"\xc3\x86ble", content_type="text/plain"
                ),
                SimpleUploadedFile(
                    "b.bin", b"\x00\xff", content_type="application/octet-stream"
                ),
            ],
        },
    )

    # Assert
    assert response.status_code == 201
    assert response.json() == {"sizes": [5, 2]}
    document = Document.objects.get(file="documents/blåbær.txt")
    document_2 = Document.objects.get(file="documents/b.bin")
    assert document.title == "Two files"
    assert document_2.title == "Two files"
    assert document.file.read() == b"\xc3\x86ble"
    assert document_2.file.read() == b"\x00\xff"
