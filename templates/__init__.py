"""Jinja templates, one a framework."""
