"""Settings that every project of the corpus begins with: plain Django, nothing for otel2test.

``CORPUS_DATABASE`` names the database (``sqlite:///absolute/file`` or ``postgresql://host:port/name``),
``CORPUS_MEDIA`` the folder for uploads, ``CORPUS_MAILS`` the one for e-mails. ``CORPUS_TEST_SUFFIX``, set
for tests, tells databases apart.
"""

import os
import tempfile
from urllib.parse import urlsplit

SECRET_KEY = "corpus-only-not-a-secret-but-long-enough-to-please-everyone"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": ["templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.i18n",
                "django.template.context_processors.media",
                "django.template.context_processors.request",
                "django.template.context_processors.static",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

_url = urlsplit(os.environ.get("CORPUS_DATABASE", "sqlite:"))
if _url.scheme == "sqlite":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _url.path or "db.sqlite3"}}
else:
    _name = _url.path[1:]
    _test = f"{_name}_test{os.environ.get('CORPUS_TEST_SUFFIX', '')}"
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": _url.hostname,
            "PORT": _url.port,
            "NAME": _name,
            "TEST": {"NAME": _test},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "Europe/Copenhagen"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = os.environ.get("CORPUS_MEDIA", tempfile.gettempdir())
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = os.environ.get("CORPUS_MAILS", tempfile.gettempdir())

if "CORPUS_TEST_SUFFIX" in os.environ:
    # As Django advises for tests: hashing passwords well takes longer than all the rest of a test.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
