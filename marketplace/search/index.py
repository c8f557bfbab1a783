"""The index: what a document is, how it is written, and how it is opened. tantivy does the work (BM25, in Rust)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from msgspec import Struct
from numpy.typing import NDArray

from marketplace.search.analysis import Terms, analysed
from marketplace.search.meaning import MEANING_NUMBERS, unpacked
from marketplace.search.names import Names
from marketplace.search.shadows import shadows
from marketplace.search.words import folded

FORMAT = 2
"""Goes up whenever an index written before can no longer be read as it was meant."""
TEXT_FIELDS = ("latin", "latin_pairs", "words", "pairs", "characters", "concepts", "names", "shadow")
FACETS = ("kind", "medium", "pollutant", "industry", "industry_group", "chain_place", "provenance", "trl")
EVERYBODY, HIDDEN = "everybody", "hidden"
MEANING_FIELDS = tuple(f"meaning_{number:02}" for number in range(MEANING_NUMBERS))
TIE_BYTES = 6
AS_WRITTEN = "\x1f"
"""Stands between a suggestion as it is looked up and as it is shown."""
NAMES_MAX = 500_000
WRITER_BYTES, BATCH = 100_000_000, 500


class Document(Struct, frozen=True, kw_only=True):
    """Something to be found.

    `readers` are who may: `EVERYBODY`, or ids of organisations. `names` are suggested while somebody types. `shown` is
    JSON that comes back with the answer.
    """

    key: str
    title: str
    body: str = ""
    readers: Sequence[str] = (EVERYBODY,)
    facets: Mapping[str, Sequence[str]] = {}
    maturity: int = 0
    risk: float = 0.0
    at: int = 0
    shown: bytes = b""
    names: Sequence[str] = ()


@cache
def schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("key", "readers", "hidden", "suggested"):
        builder.add_text_field(name, stored=name == "key", tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    builder.add_unsigned_field("maturity", fast=True, indexed=True)
    builder.add_float_field("risk", fast=True)
    builder.add_integer_field("at", fast=True, indexed=True)
    # Whole numbers beside each other are read many times sooner than stored bytes.
    for name in ("tie", *MEANING_FIELDS):
        builder.add_unsigned_field(name, fast=True)
    for name in ("stems", "shown"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def new_index(folder: Path | None = None) -> tantivy.Index:
    """An empty one in a folder, or in memory; or the one that is in the folder already."""
    index = tantivy.Index(schema(), path=str(folder) if folder else None)
    index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def fields_of(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """What is written for documents; many at once are analysed sooner than one after the other."""
    terms = [analysed(document.title, document.body) for document in documents]
    cast = shadows(terms)
    return [
        _plain_fields(document)
        | {name: " ".join(getattr(said, name)) for name in TEXT_FIELDS if name != "shadow"}
        | {"shadow": shadow, "stems": _kept(said)}
        | dict(zip(MEANING_FIELDS, meaning, strict=True))
        for document, said, shadow, meaning in zip(documents, terms, cast.texts, cast.meanings, strict=True)
    ]


def _kept(said: Terms) -> bytes:
    """What is wanted again of a document that was found: its stems, and which concepts it names."""
    return f"{' '.join(said.latin)}\n{' '.join(dict.fromkeys(said.concepts))}".encode()


def _plain_fields(document: Document) -> dict[str, Any]:
    return {
        "key": document.key,
        "readers": list(document.readers),
        "hidden": [] if EVERYBODY in document.readers else [HIDDEN],
        "tie": tie(document.key),
        "maturity": document.maturity,
        "risk": document.risk,
        "at": document.at,
        "shown": document.shown,
        "suggested": [f"{folded(name)}{AS_WRITTEN}{name}" for name in document.names],
        **{name: list(values) for name, values in document.facets.items()},
    }


def tie(key: str) -> int:
    """Settles the order of documents that are equally good, always in the same way."""
    return int.from_bytes(blake2b(key.encode(), digest_size=TIE_BYTES).digest())


def write(index: tantivy.Index, documents: Sequence[Document], *, gone: Iterable[str] = ()) -> int:
    """Add documents, each in the place of what had its key, and take out those that are gone; how many were added."""
    writer = index.writer(WRITER_BYTES, 1)
    for key in gone:
        writer.delete_documents_by_term("key", key)
    for start in range(0, len(documents), BATCH):
        for fields in fields_of(documents[start : start + BATCH]):
            writer.delete_documents_by_term("key", fields["key"])
            writer.add_document(tantivy.Document.from_dict(fields, schema()))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return len(documents)


class Reading:
    """One state of the index, for one or many questions."""

    def __init__(self, index: tantivy.Index) -> None:
        self.index = index
        self.searcher = index.searcher()
        self.size: int = self.searcher.num_docs
        self._frequencies: dict[tuple[str, str], int] = {}

    @cached_property
    def names(self) -> Names:
        return Names(name for name, _ in self.searcher.terms_with_prefix("names", "", limit=NAMES_MAX))

    def frequency(self, field: str, term: str) -> int:
        """How many documents have the term."""
        key = (field, term)
        if key not in self._frequencies:
            self._frequencies[key] = self.searcher.doc_freq(field, term)
        return self._frequencies[key]

    def key(self, address: tantivy.DocAddress) -> str:
        return str(self.searcher.doc(address).get_first("key"))

    def values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[Any]:
        """One number of each document."""
        return self.searcher.fast_field_values(field, addresses)

    def meanings(self, addresses: list[tantivy.DocAddress]) -> NDArray[np.float32]:
        """A row for each document."""
        columns = [np.array(self.values(name, addresses), dtype="<u8") for name in MEANING_FIELDS]
        return unpacked(np.stack(columns, axis=1))
