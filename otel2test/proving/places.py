"""Places of observations, in the words of somebody who reads the test."""

from otel2test.inverting.feedback import Place

_ORDINALS = ("first", "second", "third")


def described(place: Place) -> str:
    """Return where an observation stands, such as ``response.json()["token"]``."""
    request = "" if place.request == 0 else f" (request {place.request + 1})"
    return f"{_described(place)}{request}"


def _described(place: Place) -> str:
    match place.kind, place.path:
        case "json", path:
            return f"response.json(){_keys(path)}"
        case ("header" | "cookie") as kind, path:
            return f"response.{kind}s{_keys(path)}"
        case "text", (str(text), *_):
            return f"the text {text!r} in the page"
        case "body", (str(text), *_):
            return f"how often {text!r} is in the page"
        case "message", (int(index), *_):
            return f"the {_ordinal(index)} message"
        case ("created" | "updated") as done, (str(table), int(index), str(column), *_):
            return f"{column} of the {_ordinal(index)} {done} row of {table}"
        case ("mail" | "task" | "file" | "outbound") as kind, (int(index), *rest):
            thing = {"mail": "e-mail", "task": "task", "file": "file", "outbound": "outbound call"}[kind]
            part = f"{rest[0]}{_keys(rest[1:])} of " if rest else ""
            return f"{part}the {_ordinal(index)} {thing}"
        case "cache", (str(alias), str(key), *_):
            return f"{key!r} in the cache {alias!r}"
        case kind, ():
            return f"the {kind}"
        case kind, path:
            return f"{kind}{_keys(path)}"


def _keys(path: tuple[str | int, ...] | list[str | int]) -> str:
    return "".join(f'["{key}"]' if isinstance(key, str) else f"[{key}]" for key in path)


def _ordinal(index: int) -> str:
    return _ORDINALS[index] if index < len(_ORDINALS) else f"{index + 1}th"
