"""The sample project's settings, on the database that ``TODO_DRIVER`` and ``TODO_DATABASE`` name."""

import os
from typing import Any

import databases  # type: ignore[import-not-found]  # beside this file, which is on the path when it is used
from config.settings import *  # type: ignore[import-not-found]  # noqa: F403 - settings are meant to be extended so

databases.activate(os.environ["TODO_DRIVER"])

ROOT_URLCONF = os.environ.get("TODO_URLS", "config.urls")
DATABASES: dict[str, Any] = {
    "default": databases.settings(os.environ["TODO_DRIVER"], os.environ["TODO_DATABASE"])
}
