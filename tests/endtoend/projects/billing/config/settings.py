"""Settings of a project that asks other services, by every library."""

import os
from pathlib import Path

SECRET_KEY = "billing"
ALLOWED_HOSTS = ["*"]
DEBUG = True
ROOT_URLCONF = "config.urls"
INSTALLED_APPS = ["invoices"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(os.environ.get("BILLING_DATABASE", "billing.sqlite3")),
    }
}
SERVICE_URL = os.environ.get("SERVICE_URL", "")
NOWHERE_URL = "http://127.0.0.1:1"
USE_TZ = True
