from collections.abc import Callable
from types import FrameType
from typing import Any

UNBOUND: object

def values_of(frame: FrameType, names: tuple[str, ...]) -> list[object]: ...
def set_profile(callback: Callable[[FrameType, str, Any], None]) -> None: ...
