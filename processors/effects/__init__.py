"""What the program does beside answering: mails, caches, tasks, signals, files, logs, chance, commit hooks.

One module a kind. Each hooks into the one place that all of its kind pass, once the program
has imported it, and writes what it sees to the ledger of the request
(:mod:`~otel2test.processors.effects.ledger`). What leaves is an attribute a kind on the
request's span: a list of payloads of :mod:`otel2test.attributes`. The operation itself is
never changed and never repeated. ``OTEL2TEST_EFFECTS`` names the kinds that are recorded.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import wrapt

from otel2test import attributes
from otel2test.processors.effects import ledger
from otel2test.processors.guard import guard
from otel2test.processors.recorder import Recorder

_KINDS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "mails": (
        attributes.MAILS,
        {"django.core.mail.backends.base": "mails.hook_backends"},
    ),
    "cache": (
        attributes.CACHE,
        {
            "django.core.cache": "caches.hook_handler",
            "django.core.cache.backends.base": "caches.hook_backends",
        },
    ),
    "tasks": (
        attributes.TASKS,
        {
            "celery.app.task": "celery_tasks.hook_tasks",
            "celery.app.base": "celery_tasks.hook_application",
            "django.tasks.base": "django_tasks.hook_tasks",
        },
    ),
    "signals": (
        attributes.SIGNALS,
        {
            "django.dispatch.dispatcher": "signals.hook_dispatcher",
            "django.db.models.signals": "signals.hook_models",
        },
    ),
    "files": (
        attributes.FILES,
        {"django.core.files.storage.base": "files.hook_storages"},
    ),
    "logs": (
        attributes.LOGS,
        {"logging": "logs.hook_loggers"},
    ),
    "draws": (
        attributes.DRAWS,
        {
            "random": "draws.hook_random",
            "secrets": "draws.hook_secrets",
            "uuid": "draws.hook_uuid",
            "os": "draws.hook_os",
            "django.utils.crypto": "draws.hook_crypto",
        },
    ),
    "commit_hooks": (
        attributes.COMMIT_HOOKS,
        {"django.db.backends.base.base": "commits.hook_connections"},
    ),
}
"""Name in the setting → attribute, and which function hooks into which module, once that is imported."""


def install(recorder: Recorder) -> None:
    """Record the side effects of every request from now on, of the kinds that the settings name."""
    kinds = [kind for kind in _KINDS if kind in recorder.settings.effects]
    if not kinds:
        return
    ledger.install(recorder, [_KINDS[kind][0] for kind in kinds])
    for kind in kinds:
        for module, hook in _KINDS[kind][1].items():
            with guard(f"hooks: {module}"):
                wrapt.register_post_import_hook(_hook(hook), module)


def _hook(name: str) -> Callable[[Any], None]:
    """Return what imports our module, which may need the program's, when that was imported."""
    module_name, _, function = name.partition(".")

    def hook(module: Any) -> None:
        with guard(f"hooks: {name}"):
            getattr(import_module(f"{__name__}.{module_name}"), function)(module)

    return hook
