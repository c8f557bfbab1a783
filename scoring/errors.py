"""What the library says when it will not give a number, or cannot read what it was given."""

from collections.abc import Sequence

from msgspec import Struct


class Refusal(Struct, frozen=True, kw_only=True, tag="refusal"):
    """The honest answer where a score would be a guess.

    Attributes
    ----------
    reason : str
        A stable code, such as ``"no-evidence"`` or ``"unlike-training-data"``.
    missing : tuple of str
        What to supply so that a score becomes possible, most useful first.
    message : str
        One English sentence for a person.
    message_zh : str
        The same sentence in Chinese.
    """

    reason: str
    missing: tuple[str, ...] = ()
    message: str = ""
    message_zh: str = ""


class CellError(Struct, frozen=True, kw_only=True):
    """One thing wrong with an input: where it stands, what was seen, what was expected.

    ``row`` counts from 1 as a spreadsheet does, its header row included; it is None for an error of the whole file.
    """

    file: str
    row: int | None
    column: str | None
    value: str
    expected: str

    def __str__(self) -> str:
        row = "" if self.row is None else f", row {self.row}"
        column = "" if self.column is None else f", column {self.column!r}"
        seen = f": {self.value!r}" if self.value else ""
        return f"{self.file}{row}{column}{seen}: expected {self.expected}"


class InputError(ValueError):
    """Every bad cell of an input at once; nothing was kept of it."""

    def __init__(self, errors: Sequence[CellError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))
