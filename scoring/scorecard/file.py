"""The card as a file: JSON with one term on a line, the same bytes for the same card.

Tables of pairs are written short: whole numbers with their ``decimals``, and categories that share cells without their
names where they are those of the feature's own term.
"""

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from scoring.io.problems import Problems
from scoring.scorecard.card import Scorecard
from scoring.scorecard.check import check, decode_problems
from scoring.scorecard.short import written_out, written_short

FILE_BYTES_MAX = 8 * 2**20
_DECODER = msgspec.json.Decoder(Scorecard)
_ENCODER = msgspec.json.Encoder(order="deterministic")


def load(path: str | os.PathLike[str]) -> Scorecard:
    """Read and check the card in the file ``path``.

    Raises
    ------
    InputError
        With every fault of the file; nothing of it is kept.
    FileNotFoundError, PermissionError
        As ``open`` does.
    """
    path = Path(path)
    with path.open("rb") as file:
        return from_bytes(file.read(FILE_BYTES_MAX + 1), path.name)


def from_bytes(data: bytes, file: str = "card") -> Scorecard:
    """Read and check the card in ``data``; ``file`` is what errors call it."""
    if len(data) > FILE_BYTES_MAX:
        Problems(file).stop(f"a card of at most {FILE_BYTES_MAX:,} bytes")
    try:
        card = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        _explain(data, file, error)
    if any(len(term.axes) == 2 for term in card.terms):
        card = replace(card, terms=written_out(card.terms))
    check(card, file)
    return card


def _explain(data: bytes, file: str, error: Exception) -> None:
    """Say all that is wrong with a file that is not a card; the decoder itself stops at the first fault."""
    with Problems(file) as problems:
        try:
            raw: Any = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            problems.stop(f"a card in JSON ({error})")
        for place, expected in decode_problems(raw):
            problems.add(expected, column=place)
        if not problems:
            problems.add(str(error))


def save(card: Scorecard, path: str | os.PathLike[str]) -> None:
    """Check ``card`` and write it; a reader never sees half a file."""
    path = Path(path)
    check(card, path.name)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(to_bytes(card))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def to_bytes(card: Scorecard) -> bytes:
    """The canonical JSON of ``card``: fields in order, numbers as short as they can be, no ``-0.0``."""
    card = replace(card, terms=written_short(card.terms))
    builtin = msgspec.to_builtins(_DECODER.decode(_ENCODER.encode(card)), order="deterministic")
    lines = [_line(name, _without_negative_zero(builtin[name])) for name in card.__struct_fields__]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def sha256(card: Scorecard) -> str:
    """The hash of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(to_bytes(card)).hexdigest()


def _line(name: str, value: Any) -> bytes:
    key = _ENCODER.encode(name) + b":"
    if name != "terms":
        return key + _ENCODER.encode(value)
    return key + b"[\n" + b",\n".join(map(_ENCODER.encode, value)) + b"\n]"


def _without_negative_zero(value: Any) -> Any:
    match value:
        case float():
            return value + 0.0
        case list() | tuple():
            return [_without_negative_zero(item) for item in value]
        case dict():
            return {key: _without_negative_zero(item) for key, item in value.items()}
    return value
