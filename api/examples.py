"""A body that works for every request that takes one, for the API's description.

They are the same that the test of every role sends, so that none of them can be wrong for long.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

BODIES = Path(__file__).with_name("examples.json")
_JSON = "application/json"


@cache
def bodies() -> dict[str, Any]:
    """By ``POST /path``; a body of another kind than JSON is an object with `content-type` and `raw`."""
    found: dict[str, Any] = msgspec.json.decode(BODIES.read_bytes())
    return found


def with_examples(document: dict[str, Any]) -> dict[str, Any]:
    """The document, its requests with their examples; doing it twice changes nothing."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            body, content = bodies().get(f"{method.upper()} {path}"), _json_of(operation)
            if body is not None and content is not None:
                content["examples"] = {"works": {"summary": "A body that works", "value": body}}
    return document


def _json_of(operation: Any) -> dict[str, Any] | None:
    if not isinstance(operation, dict):
        return None
    content: dict[str, Any] | None = operation.get("requestBody", {}).get("content", {}).get(_JSON)
    return content
