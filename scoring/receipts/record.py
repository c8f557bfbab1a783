"""A score that anyone can check: what went in, what judged it, what came out, under one hash."""

import os
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from scoring.errors import CellError, InputError
from scoring.readiness import assess
from scoring.readiness.framework import FRAMEWORKS
from scoring.receipts.canonical import canonical_bytes, sha256_of
from scoring.receipts.differences import differences
from scoring.scorecard.card import Scorecard
from scoring.scorecard.file import from_bytes, to_bytes
from scoring.scorecard.place import category, number
from scoring.scorecard.plan import axes_of
from scoring.scorecard.reasons import Reason
from scoring.technology import Technology

FORMAT = "greenhatch-receipt/1"
FILE_BYTES_MAX = 32 * 2**20


class Instrument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What judged: a card or a framework, by name, edition and the SHA-256 of all that is in it."""

    kind: Literal["card", "framework"]
    name: str
    version: str
    sha256: str
    arguments: dict[str, Any] = {}


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a receipt holds.

    Attributes
    ----------
    ok : bool
        Its id belongs to its content, and computing it again gave the same bytes.
    faults : tuple of str
        What does not hold; where the result differs, each value on record and each found.
    notes : tuple of str
        What differs without harm, such as the edition of the library.
    """

    ok: bool
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.ok


class Receipt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A result with everything it was computed from.

    Attributes
    ----------
    id : str
        SHA-256 of the canonical JSON (RFC 8785) of ``format``, ``input``, ``instrument``, ``library`` and ``result``.
    input : dict
        The features the card reads, missing ones as null; or the technology.
    instrument : Instrument
    library : str
        The edition of this library.
    result : dict
    card : str or None
        The card itself, so that the receipt can be checked by itself. It is not part of the id, since its hash is.
    """

    id: str
    format: str
    input: dict[str, Any]
    instrument: Instrument
    library: str
    result: dict[str, Any]
    card: str | None = None

    def verify(self, card: Scorecard | None = None) -> Verdict:
        """Compute everything again, offline.

        Parameters
        ----------
        card : Scorecard, optional
            The card to use; by default the one inside. It must have the hash on record.
        """
        faults = []
        if self.format != FORMAT:
            faults.append(f"the format is {self.format!r}, not {FORMAT!r}")
        if self.id != sha256_of(_hashed(self)):
            faults.append("the id does not belong to the content: something in the receipt was changed")
        try:
            again = self._computed_again(card)
        except (InputError, ValueError, TypeError, KeyError, msgspec.MsgspecError) as error:
            return Verdict(ok=False, faults=(*faults, f"it cannot be computed again: {error}"))
        if again.instrument.sha256 != self.instrument.sha256:
            faults.append(f"the {self.instrument.kind} {self.instrument.name!r} is not the one on record")
        faults += [f"{path}: on record {a}, found {b}" for path, a, b in differences(self.result, again.result)]
        notes = () if again.library == self.library else (f"computed by {self.library}, checked by {again.library}",)
        return Verdict(ok=not faults, faults=tuple(faults), notes=notes)

    def to_bytes(self) -> bytes:
        """The receipt as canonical JSON."""
        return canonical_bytes(self)

    @staticmethod
    def from_bytes(data: bytes, file: str = "receipt") -> "Receipt":
        """A receipt from JSON; raises :class:`InputError` where it is none."""
        if len(data) > FILE_BYTES_MAX:
            raise _no_receipt(file, f"a receipt of at most {FILE_BYTES_MAX:,} bytes")
        try:
            return msgspec.json.decode(data, type=Receipt)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _no_receipt(file, f"a receipt in JSON ({error})") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the receipt to a file."""
        Path(path).write_bytes(self.to_bytes())

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Receipt":
        """Read a receipt from a file."""
        path = Path(path)
        with path.open("rb") as file:
            return Receipt.from_bytes(file.read(FILE_BYTES_MAX + 1), path.name)

    def card_inside(self) -> Scorecard | None:
        """The card that the receipt carries."""
        return None if self.card is None else from_bytes(self.card.encode(), "card in the receipt")

    def _computed_again(self, card: Scorecard | None) -> "Receipt":
        if self.instrument.kind == "card":
            card = card or self.card_inside()
            if card is None:
                raise ValueError("the receipt holds no card; give the one with the hash on record")
            return receipt(self.input, card, embed=False)
        return reassessed(msgspec.convert(self.input, Technology), self.instrument)


def receipt(
    row: Mapping[str, Any], card: Scorecard, *, embed: bool = True, extra: Literal["error", "ignore"] = "error"
) -> Receipt:
    """Score a row and keep the proof.

    Parameters
    ----------
    row : Mapping
        Feature to value, as for :meth:`Scorecard.score`.
    card : Scorecard
    embed : bool
        Whether the receipt carries the card (up to 50 kB). The id is the same without.
    extra : {"error", "ignore"}
        What to do about keys the card does not know; they are not part of the receipt.

    Raises
    ------
    InputError
        Where the card cannot score the row.

    Examples
    --------
    >>> from scoring.scorecard.card import NumericAxis, Term
    >>> from scoring.technology import Text
    >>> term = Term(axes=(NumericAxis("trl", (4.0, 6.0)),), log_odds=(0.9, 0.1, -0.6, 0.2))
    >>> card = Scorecard(name="demo", version="1", outcome=Text(en="stalls"), outcome_is_bad=True, intercept=-1.0,
    ...                  terms=(term,))
    >>> kept = receipt({"trl": 3}, card)
    >>> kept.verify().ok, kept.id == receipt({"trl": 3.0}, card).id, kept.id == receipt({"trl": 5}, card).id
    (True, True, False)
    """
    score = card.score(row, extra=extra)
    result = {
        "probability": score.probability,
        "low": score.low,
        "high": score.high,
        "log_odds": score.log_odds,
        "points": score.points,
        "grade": score.grade,
        "contributions": {term.name: value for term, value in zip(card.terms, score.contributions, strict=True)},
        "reasons": [_shortened(reason) for reason in score.reasons],
        "strengths": [_shortened(reason) for reason in score.strengths],
        "applicable": score.applicable,
        "unusual": list(score.unusual),
    }
    instrument = Instrument(kind="card", name=card.name, version=card.version, sha256=card.sha256)
    return _sealed(inputs(row, card), instrument, result, to_bytes(card).decode() if embed else None)


def assessment_receipt(
    technology: Technology,
    *,
    framework: str = "trl",
    unknown: Literal["worst", "ignore", "best"] = "worst",
    as_of: date | None = None,
) -> Receipt:
    """Assess a technology's readiness and keep the proof; the arguments are those of :func:`scoring.assess`.

    A refusal has a receipt, too. The day of assessment is written into it, so that it can be repeated later.
    """
    day = as_of or technology.as_of or date.today()  # noqa: DTZ011  (the assessor's own calendar day)
    assessed = assess(technology, framework, unknown=unknown, as_of=day)
    instrument = Instrument(
        kind="framework",
        name=framework,
        version=FRAMEWORKS[framework].version,
        sha256=sha256_of(FRAMEWORKS[framework]),
        arguments={"unknown": unknown, "as_of": day.isoformat()},
    )
    return _sealed(msgspec.to_builtins(technology), instrument, _as_json(assessed), None)


def reassessed(technology: Technology, instrument: Instrument) -> Receipt:
    """Assess a technology as an instrument on record says."""
    given = instrument.arguments
    day = date.fromisoformat(given["as_of"])
    return assessment_receipt(technology, framework=instrument.name, unknown=given["unknown"], as_of=day)


def inputs(row: Mapping[str, Any], card: Scorecard) -> dict[str, float | str | None]:
    """What a card reads of a row: absent, None and NaN are the same, as are 3 and 3.0."""
    read: dict[str, float | str | None] = {}
    numeric = {limits.feature for limits in card.applicability.ranges} if card.applicability else set[str]()
    for axis in axes_of(card):
        place = number if hasattr(axis, "edges") else category
        read[axis.feature] = place(row.get(axis.feature))
    return read | {name: number(row.get(name)) for name in sorted(numeric - read.keys())}


def _sealed(read: dict[str, Any], instrument: Instrument, result: dict[str, Any], card: str | None) -> Receipt:
    draft = Receipt(
        id="",
        format=FORMAT,
        # Through the canonical bytes, so that the receipt in memory is the one that is read back.
        input=msgspec.json.decode(canonical_bytes(read)),
        instrument=instrument,
        library=_library(),
        result=msgspec.json.decode(canonical_bytes(result)),
        card=card,
    )
    return msgspec.structs.replace(draft, id=sha256_of(_hashed(draft)))


def _hashed(draft: Receipt) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in ("format", "input", "instrument", "library", "result")}


def _library() -> str:
    try:
        return f"greenhatch {version('greenhatch')}"
    except PackageNotFoundError:
        return "greenhatch, not installed"


def _shortened(reason: Reason) -> dict[str, Any]:
    return {
        "term": reason.about.term,
        "values": list(reason.values),
        "effect": reason.effect,
        "points": reason.points,
        "adverse": reason.adverse,
    }


def _as_json(assessed: Any) -> dict[str, Any]:
    """A refusal or an assessment, with its type on record."""
    result: dict[str, Any] = msgspec.to_builtins(assessed)
    return result


def _no_receipt(file: str, expected: str) -> InputError:
    return InputError([CellError(file=file, row=None, column=None, value="", expected=expected)])
