"""How three engines write names, texts and numbers, so that nothing in a card can leave its quotes."""

from collections.abc import Callable
from dataclasses import dataclass

from scoring.io.problems import Problems


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the statement needs to know of an engine."""

    double: str
    text: str
    nan: str
    number: Callable[[float], str]
    literal: Callable[[str], str]
    quote: str
    forbidden: tuple[str, ...]  # in a name: the engine has no way to write it
    name_bytes_max: int | None = None
    holds_nul: bool = True

    def name(self, name: str) -> str:
        """``name`` as an identifier, in quotes.

        Raises
        ------
        InputError
            Where the engine cannot have a column of this name.
        """
        if not name or any(text in name for text in self.forbidden):
            unwanted = ", ".join(map(repr, self.forbidden))
            Problems("sql").stop(f"a name without {unwanted}, which the engine cannot quote", column=name, value=name)
        return self.quote + name.replace(self.quote, 2 * self.quote) + self.quote

    def short(self, name: str, ending: str) -> str:
        """A name for a result: what the engine cannot quote left out, cut to its length."""
        for text in self.forbidden:
            name = name.replace(text, "_")
        if self.name_bytes_max is None:
            return name + ending
        return name.encode()[: self.name_bytes_max - len(ending.encode())].decode(errors="ignore") + ending

    def can_hold(self, text: str) -> bool:
        """Whether a column of this engine can contain ``text`` at all."""
        return self.holds_nul or "\0" not in text


def _postgresql_literal(text: str) -> str:
    quoted = text.replace("'", "''")
    return "E'" + quoted.replace("\\", "\\\\") + "'" if "\\" in text else f"'{quoted}'"


def _duckdb_literal(text: str) -> str:
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\0")]
    return parts[0] if len(parts) == 1 else f"({' || CHR(0) || '.join(parts)})"


def _spark_literal(text: str) -> str:
    """Plain text in quotes, anything else in hexadecimal: how Spark reads escapes and ``${…}`` depends on settings."""
    if text.isprintable() and not set(text) & set("'\\$"):
        return f"'{text}'"
    return f"CAST(X'{text.encode().hex()}' AS STRING)"


DIALECTS = {
    "postgresql": Dialect(
        double="DOUBLE PRECISION",
        text="TEXT",
        nan="FLOAT8 'NaN'",
        number=lambda value: f"FLOAT8 '{value!r}'",
        literal=_postgresql_literal,
        quote='"',
        forbidden=("\0",),
        name_bytes_max=63,
        holds_nul=False,
    ),
    "duckdb": Dialect(
        double="DOUBLE",
        text="VARCHAR",
        nan="CAST('NaN' AS DOUBLE)",
        number=lambda value: repr(value) if "e" in repr(value) else f"{value!r}e0",
        literal=_duckdb_literal,
        quote='"',
        forbidden=("\0",),
    ),
    "spark": Dialect(
        double="DOUBLE",
        text="STRING",
        nan="CAST('NaN' AS DOUBLE)",
        number=lambda value: f"{value!r}D",
        literal=_spark_literal,
        quote="`",
        forbidden=("\0", "${"),
    ),
}
