from collections.abc import Mapping
from types import FrameType

def innermost_but(known: Mapping[int, object], most: int) -> FrameType | None: ...
