"""Django set up to be recorded, with a cache, a queue, a mail box and a store of each sort."""

import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider

from otel2test.processors import effects
from otel2test.processors.django import handlers
from otel2test.processors.recorder import Recorder
from otel2test.processors.settings import RecorderSettings
from tests.processors.django.projects.shop.harness import Memory

PROJECT = "tests.processors.effects.projects.kiosk"
MEDIA = Path(tempfile.mkdtemp(prefix="kiosk"))
REDIS = "redis://127.0.0.1:6379/9"
MAX_EFFECTS = 20


def set_up_django() -> None:
    local: dict[str, Any] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    settings.configure(
        SECRET_KEY="for tests only",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF=f"{PROJECT}.urls",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": "file:kiosk?mode=memory&cache=shared",
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        CACHES={
            "default": {**local, "LOCATION": "default", "KEY_PREFIX": "kiosk"},
            "sessions": {**local, "LOCATION": "sessions"},
            "redis": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS},
            "own": {"BACKEND": f"{PROJECT}.backends.OwnCache", "LOCATION": "own"},
            "dummy": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
        },
        SESSION_ENGINE="django.contrib.sessions.backends.cache",
        SESSION_CACHE_ALIAS="sessions",
        MEDIA_ROOT=MEDIA,
        MEDIA_URL="/media/",
        STATIC_URL="/static/",
        TASKS={"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.sessions", PROJECT],
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    django.setup()


def record(memory: Memory) -> Recorder:
    """Put the hooks in place before anything of Django is imported that they hook into."""
    recorder = Recorder(RecorderSettings(max_effects=MAX_EFFECTS), memory)
    recorder.attach(TracerProvider())
    handlers.install(recorder)
    for _ in range(2):  # twice is once
        effects.install(recorder)
    return recorder


def instrument(recorder: Recorder) -> None:
    DjangoInstrumentor().instrument(tracer_provider=recorder.provider)
