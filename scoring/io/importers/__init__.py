"""Public data sets that are known by their columns, and mapped as far as they go: what they lack stays unknown.

Labels and outcomes of a data set (a funding scheme that stands for readiness, a round that came later) are never
mapped: a card that is trained on them must not find them in its input.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from scoring.io.importers.chinese import from_chinese
from scoring.io.importers.english import from_horizon, from_mitigation, from_sbir
from scoring.io.importers.followon import from_followon
from scoring.io.jsonfile import Record
from scoring.io.problems import Problems
from scoring.io.rows import Row
from scoring.technology import Technology


class Importer(Struct, frozen=True):
    """A data set: the columns that give it away, and how a row of it becomes a technology."""

    name: str
    columns: frozenset[str]
    convert: Callable[[Row], Technology]

    def read(self, records: list[Record], problems: Problems) -> list[Technology]:
        """The technologies of all rows, or every bad cell."""
        found = []
        rows_by_id: dict[str, int] = {}
        for record in records:
            row = Row(record.row, record.fields, problems)
            technology = self.convert(row)
            first = rows_by_id.setdefault(technology.id, record.row)
            if first != record.row:
                row.note(f"a row of its own; row {first} has the same id", technology.id)
            found.append(technology)
        problems.raise_any()
        return found


IMPORTERS = (
    Importer("cn-technologies", frozenset({"name", "process_route", "maturity", "maturity_basis"}), from_chinese),
    Importer("h2020-projects", frozenset({"rcn", "title", "objective", "startDate"}), from_horizon),
    Importer("sbir-awards", frozenset({"link", "firm", "title", "abstract", "year"}), from_sbir),
    Importer("mitigation-catalogue", frozenset({"sector", "group", "technology", "key_terms"}), from_mitigation),
    Importer("follow-on-rounds", frozenset({"permalink", "asof_date", "n_rounds", "last_round"}), from_followon),
)


def importer_for(columns: set[Any]) -> Importer | None:
    """The importer that knows these columns, or None."""
    return next((importer for importer in IMPORTERS if importer.columns <= columns), None)
