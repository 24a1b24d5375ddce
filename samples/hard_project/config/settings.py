"""Settings of the hard cases: SQLite or PostgreSQL, a second database, a user model of its own."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "sample-only-not-a-secret"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "cases",
]
AUTH_USER_MODEL = "cases.Member"

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.contrib.auth.context_processors.auth"]},
    },
]

ON_POSTGRESQL = "HARD_POSTGRESQL" in os.environ


def _database(name):
    if ON_POSTGRESQL:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": "127.0.0.1",
            "USER": "postgres",
            "NAME": f"{os.environ['HARD_POSTGRESQL']}_{name}",
        }
    folder = Path(os.environ.get("HARD_FOLDER", BASE_DIR))
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / f"{name}.sqlite3"}


DATABASES = {"default": _database("default"), "archive": _database("archive")}
DATABASE_ROUTERS = ["cases.routers.ArchiveRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MEDIA_ROOT = Path(os.environ.get("HARD_FOLDER", BASE_DIR)) / "media"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

# Django 6.0 wants django.contrib.postgres for arrays and ranges, which asks each connection for hstore.
SILENCED_SYSTEM_CHECKS = ["postgres.E005"]

TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True
