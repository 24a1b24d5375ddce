"""What recording costs, and what generating costs: every figure of the README's tables.

``python -m benchmarks`` measures and writes; see ``benchmarks/README.md``. Recorders stand side
by side, each in an environment and a process of its own (:mod:`~benchmarks.configurations`), and
take turns within one run, so that a figure is always a ratio of two that were taken together.
"""
