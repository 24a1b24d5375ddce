"""What the recorder put in the place of secrets, where nothing says so.

A text that was kept from a recording is known by how it looks, and is the same wherever it stands.
But of what stands under the name of a secret, everything is replaced: short texts and numbers,
too, which look like any others. What a test can't know is left out of the comparison.
"""

from collections.abc import Mapping
from typing import Final

from otel2test.inverting.django.volatility import Inputs
from otel2test.inverting.expressions import Anything, Value
from otel2test.secrets.names import SecretNames

_NAMES: Final = SecretNames()
_SHORTEST: Final = 4
"""Shorter ones are the same as others by accident."""


def without_hidden(value: Value, key: str, inputs: Inputs, *, inside: bool = False) -> Value:
    """Return ``value``, which stands under ``key``, without the parts that are others in truth.

    ``inside`` says that something around it bears the name of a secret.
    """
    if isinstance(value, Mapping):
        inside = inside or key in _NAMES
        return {name: without_hidden(item, str(name), inputs, inside=inside) for name, item in value.items()}
    if isinstance(value, list):
        inside = inside or key in _NAMES
        return [without_hidden(item, key, inputs, inside=inside) for item in value]
    is_number = isinstance(value, int) and not isinstance(value, bool)
    hidden = inside if isinstance(value, str) and value else is_number and (inside or key in _NAMES)
    told = len(str(value)) >= _SHORTEST and inputs.given(value)
    return Anything("kept from the recording, as a secret is") if hidden and not told else value
