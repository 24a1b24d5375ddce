from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

UNBOUND: object

def values_of(frame: FrameType, names: tuple[str, ...]) -> list[object]: ...
def set_profile(
    event: Callable[[FrameType, str, Any], None],
    functions: Mapping[int, object],
    foreign: object,
    waiting: Mapping[int, object],
) -> None: ...
