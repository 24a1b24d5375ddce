"""Lines for the person who started the app, on stderr: what is wrong, what to do.

Logging is not used: where recording can't start, the app's logging isn't configured yet.
"""

import sys
from typing import Final

_said: Final[set[str]] = set()


def say(what: str, remedy: str) -> None:
    """Print one line, the first time in this process that it is said."""
    line = f"otel2test: {what}; {remedy}"
    # Without a lock, which a fork could leave locked for ever: at worst two threads say it.
    if line in _said:
        return
    _said.add(line)
    if sys.stderr is None:  # under pythonw and some service managers
        return
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # closed: then there is nobody to tell
        return
