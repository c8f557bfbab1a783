"""The index: what a document is, how it is written, and how it is opened. tantivy does the work (BM25, in Rust)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

import tantivy
from msgspec import Struct

from marketplace.search import meaning
from marketplace.search.analysis import Terms, analysed, repeated
from marketplace.search.names import Names
from marketplace.search.words import folded

FORMAT = 1
"""Goes up whenever an index written before can no longer be read as it was meant."""
TEXT_FIELDS = ("latin", "latin_pairs", "words", "pairs", "characters", "concepts", "names", "shadow")
FACETS = ("kind", "medium", "pollutant", "industry", "industry_group", "chain_place", "provenance", "trl")
EVERYBODY = "everybody"
AS_WRITTEN = "\x1f"
"""Stands between a suggestion as it is looked up and as it is shown."""
NAMES_MAX = 500_000
WRITER_BYTES = 100_000_000


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
    for name in ("key", "readers", "suggested"):
        builder.add_text_field(name, stored=name == "key", tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    builder.add_unsigned_field("maturity", fast=True, indexed=True)
    builder.add_float_field("risk", fast=True)
    builder.add_integer_field("at", fast=True, indexed=True)
    for name in ("meaning", "stems", "shown"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def new_index(folder: Path | None = None) -> tantivy.Index:
    """An empty one in a folder, or in memory; or the one that is in the folder already."""
    index = tantivy.Index(schema(), path=str(folder) if folder else None)
    index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    return index


def record_of(document: Document) -> tantivy.Document:
    """What is written for a document."""
    terms = analysed(document.title, document.body)
    fields = {
        "key": document.key,
        "readers": list(document.readers),
        "maturity": document.maturity,
        "risk": document.risk,
        "at": document.at,
        "meaning": meaning.packed(meaning.meaning(_said(terms))),
        "stems": " ".join(terms.latin).encode(),
        "shown": document.shown,
        "suggested": [f"{folded(name)}{AS_WRITTEN}{name}" for name in document.names],
        **{name: list(values) for name, values in document.facets.items()},
        **{name: " ".join(repeated(terms.shadow) if name == "shadow" else getattr(terms, name))
           for name in TEXT_FIELDS},
    }  # fmt: skip
    return tantivy.Document.from_dict(fields, schema())


def _said(terms: Terms) -> dict[str, float]:
    """Everything the text says, in English stems."""
    said = dict(terms.shadow)
    for stem in terms.latin:
        said[stem] = said.get(stem, 0.0) + 1.0
    return said


def write(index: tantivy.Index, documents: Iterable[Document], *, gone: Iterable[str] = (), threads: int = 1) -> int:
    """Add documents, each in the place of what had its key, and take out those that are gone; how many were added."""
    writer = index.writer(WRITER_BYTES, threads)
    for key in gone:
        writer.delete_documents_by_term("key", key)
    count = 0
    for document in documents:
        writer.delete_documents_by_term("key", document.key)
        writer.add_document(record_of(document))
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return count


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
