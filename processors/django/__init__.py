"""Hooks into Django: what a request was, what answered it, and what it asked of the database.

Two functions put the hooks in place, each when the module it patches is imported:
:func:`otel2test.processors.django.handlers.install` and
:func:`otel2test.processors.django.database.install`.
"""
