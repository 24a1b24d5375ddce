"""The warm process's program: ``python -m otel2test.proving.inside``, with its orders in the environment."""

import sys

from otel2test.proving.inside.starting import start

sys.exit(start())
