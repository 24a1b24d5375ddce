"""Hashes of texts, of which it is asked more often than of anything else; by C where it was compiled."""


class Hashes(set[int]):
    """What :func:`hash` returns for texts, while there are not too many of them."""


try:
    from . import _hashes
except ImportError:
    pass
else:
    Hashes = _hashes.Hashes  # type: ignore[misc] # the same class, to who uses it
