from tempfile import TemporaryDirectory

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase

from cases.models import Document


class CasesTests(TestCase):
    def test_upload_document_creates_document(self):
        # Arrange
        media = self.enterContext(TemporaryDirectory())
        self.enterContext(self.settings(MEDIA_ROOT=media))

        # Act
        response = self.client.post(
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
        self.assertEqual(response.status_code, 201)
        self.assertEqual(response.json(), {"sizes": [5, 2]})
        document = Document.objects.get(file="documents/blåbær.txt")
        document_2 = Document.objects.get(file="documents/b.bin")
        self.assertEqual(document.title, "Two files")
        self.assertEqual(document_2.title, "Two files")
        self.assertEqual(document.file.read(), b"\xc3\x86ble")
        self.assertEqual(document_2.file.read(), b"\x00\xff")
