"""Back ends of the program's own, each built on one of Django's."""

from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.files.storage import FileSystemStorage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend


class OwnCache(LocMemCache):
    """Asks itself in the course of an operation, and says what it was asked in its own words."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        if not super().has_key("ready"):
            super().set("ready", True)
        return super().get(*args, **kwargs)


class BrokenMail(BaseEmailBackend):
    """A server that isn't there."""

    def send_messages(self, email_messages: Any) -> int:
        raise ConnectionRefusedError("no mail server")


class RelayedMail(BaseEmailBackend):
    """Hands on to another."""

    def send_messages(self, email_messages: Any) -> int:
        return EmailBackend().send_messages(list(email_messages))


class Shelf(FileSystemStorage):
    """Looks before it saves."""

    def _save(self, name: Any, content: Any) -> str:
        self.exists("elsewhere")
        inherited: Any = super()
        return str(inherited._save(f"shelf/{name}", content))
