"""One value, one sequence of bytes: canonical JSON as in RFC 8785, which any language can reproduce.

Keys are sorted by their UTF-16 code units, there is no white space, texts are UTF-8 with the fewest escapes, and
numbers are doubles printed as ECMAScript prints them: the shortest digits that read back to the same double. So ``1``
and ``1.0`` are one number, ``-0.0`` is ``0``, and a NaN, which means *missing* here, is ``null``.
"""

import hashlib
import json
import sys
from math import isfinite
from typing import Any

import msgspec


def canonical_bytes(value: Any) -> bytes:
    """The canonical JSON of builtin values and of msgspec structs.

    Raises
    ------
    ValueError
        For an infinite number, a whole number beyond 2⁵³ that is no double, or a text with half a surrogate pair.

    Examples
    --------
    >>> canonical_bytes({"b": [1.0, float("nan"), 1e-7], "a": "碳"}).decode()
    '{"a":"碳","b":[1,null,1e-7]}'
    """
    try:
        return _text(msgspec.to_builtins(value, order="deterministic")).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"a text is not Unicode: {error}") from error


def sha256_of(value: Any) -> str:
    """The SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def _text(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return _whole(value)
        case float():
            return _number(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case dict():
            pairs = sorted(value.items(), key=lambda pair: str(pair[0]).encode("utf-16-be", "surrogatepass"))
            return "{" + ",".join(f"{_text(str(key))}:{_text(item)}" for key, item in pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_text, value)) + "]"
    raise ValueError(f"{type(value).__name__} has no place in JSON")


def _whole(value: int) -> str:
    if abs(value) > sys.float_info.max:
        raise ValueError("a whole number beyond the range of a double; give it as a text")
    written = _number(float(value))
    # Beyond 2**53 not every whole number is a double; one that a double prints as is what was read back from JSON.
    if int(float(value)) != value and written != str(value):
        raise ValueError(f"{value} is beyond 2**53 and no double; give it as a text")
    return written


def _number(value: float) -> str:
    """A double as ECMAScript's ``Number::toString`` prints it."""
    if value != value:
        return "null"
    if not isfinite(value):
        raise ValueError("an infinite number has no place in JSON")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # The shortest digits that read back to the same double, and how many of them stand before the point.
    mantissa, _, exponent = f"{abs(value)!r}e0".partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent.removesuffix("e0") or 0)
    digits = whole + fraction
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    power = f"e{point - 1:+d}"
    return f"{digits[0]}.{digits[1:]}{power}" if len(digits) > 1 else digits + power
