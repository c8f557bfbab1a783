"""Where two JSON values differ."""

from typing import Any

from msgspec import Struct

from scoring.receipts.canonical import canonical_bytes


def differences(a: Any, b: Any, path: str = "") -> list[tuple[str, str, str]]:
    """Every place where two JSON values differ, with what stands there; "nothing" where one has no such place."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = [*a, *(key for key in b if key not in a)]
        return [
            found
            for key in keys
            for found in differences(a.get(key, _NOTHING), b.get(key, _NOTHING), f"{path}.{key}" if path else str(key))
        ]
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        return [found for i, pair in enumerate(zip(a, b, strict=True)) for found in differences(*pair, f"{path}[{i}]")]
    same = a is b or (_NOTHING not in (a, b) and canonical_bytes(a) == canonical_bytes(b))
    return [] if same else [(path, _shown(a), _shown(b))]


class _Nothing(Struct, frozen=True):
    """Stands where the other side has a value."""


_NOTHING = _Nothing()


def _shown(value: Any) -> str:
    return "nothing" if value is _NOTHING else canonical_bytes(value).decode()
