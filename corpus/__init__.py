"""Real third-party Django applications, recorded over HTTP, turned into tests, and those tests run.

One command does it all: ``make corpus``, or ``python -m corpus [PROJECT …]``.
"""
