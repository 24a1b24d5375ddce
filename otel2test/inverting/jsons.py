"""JSON as recordings hold it: as text."""

import orjson


def parse_json(text: str) -> object:
    """Return the value of a JSON text; None where it can't be parsed."""
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed
