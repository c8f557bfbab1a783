"""The readiness model as a file: JSON with one term on a line, the same bytes for the same model."""

import os
from pathlib import Path

import msgspec

from scoring.errors import CellError, InputError
from scoring.readiness.text_linear import LinearTerms
from scoring.readiness.text_model import TextModel

FILE_BYTES_MAX = 8 * 2**20
_DECODER = msgspec.json.Decoder(TextModel)


def load(path: str | os.PathLike[str]) -> TextModel:
    """Read the model in the file ``path``; raises :class:`InputError` where it is not one."""
    path = Path(path)
    with path.open("rb") as file:
        return from_bytes(file.read(FILE_BYTES_MAX + 1), path.name)


def from_bytes(data: bytes, file: str = "model") -> TextModel:
    """Read the model in ``data``; ``file`` is what errors call it."""
    if len(data) > FILE_BYTES_MAX:
        raise InputError([_fault(file, f"a model of at most {FILE_BYTES_MAX:,} bytes")])
    try:
        model = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError([_fault(file, f"a readiness model in JSON ({error})")]) from error
    if faults := [_fault(file, expected) for expected in _faults(model)]:
        raise InputError(faults)
    return model


def to_bytes(model: TextModel) -> bytes:
    """The canonical JSON of ``model``."""
    builtin = msgspec.to_builtins(model, order="deterministic")
    lines = [f'"{name}":'.encode() + _field(builtin[name]) for name in model.__struct_fields__]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def _field(value: object) -> bytes:
    if not isinstance(value, dict) or "terms" not in value:
        return msgspec.json.encode(value, order="deterministic")
    head = b",".join(
        msgspec.json.encode(name) + b":" + msgspec.json.encode(part) for name, part in value.items() if name != "terms"
    )
    return b"{" + head + b',"terms":[\n' + b",\n".join(map(msgspec.json.encode, value["terms"])) + b"\n]}"


def _faults(model: TextModel) -> list[str]:
    boundaries = len(model.bands) - 1
    found = ["at least two bands"] if boundaries < 1 else []
    for name, linear in (("words", model.words), ("concepts", model.concepts)):
        found += [f"{name}: {expected}" for expected in _faults_of(linear, boundaries)]
    return found


def _faults_of(linear: LinearTerms, boundaries: int) -> list[str]:
    known = [length for length, _ in linear.trust]
    checks = {
        "one intercept for each boundary between bands": len(linear.intercepts) == boundaries,
        "one weight for each boundary between bands": all(len(e.weights) == boundaries for e in linear.terms),
        "every term once": len({entry.term for entry in linear.terms}) == len(linear.terms),
        "terms that occur in 1 to n_documents texts": all(
            1 <= entry.documents <= linear.n_documents for entry in linear.terms
        ),
        "points of trust by rising length": bool(known) and known == sorted(set(known)),
    }
    return [expected for expected, holds in checks.items() if not holds]


def _fault(file: str, expected: str) -> CellError:
    return CellError(file=file, row=None, column=None, value="", expected=expected)
