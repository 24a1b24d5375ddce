"""A replayed request beside the recorded one, and two replays of one test beside each other."""

from otel2test.proving.comparing.exchanges import compare
from otel2test.proving.comparing.places import between
from otel2test.proving.comparing.results import Comparison, Divergence

__all__ = ["Comparison", "Divergence", "between", "compare"]
