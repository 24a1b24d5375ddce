from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self):
        from cases import handlers  # noqa: F401, PLC0415 - connects them
