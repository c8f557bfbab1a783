"""The index: what a document is, how it is written, and how it is opened. tantivy does the work (BM25, in Rust)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tantivy
from msgspec import Struct
from tantivy import Occur, Query

from marketplace.search.analysis import analysis
from marketplace.search.names import Names
from marketplace.search.rows import Rows, Table, rows_of
from marketplace.search.shadows import shadows
from marketplace.search.words import apart, folding, together

FORMAT = 6
"""Goes up whenever an index written before can no longer be read as it was meant."""
TEXT_FIELDS = ("latin", "chinese", "words", "concepts", "shadow")
FACETS = ("kind", "medium", "pollutant", "industry", "industry_group", "chain_place", "provenance", "trl")
EVERYBODY, HIDDEN = "everybody", "hidden"
TIE_BYTES = 6
AS_WRITTEN = "\x1f"
"""Stands between a suggestion as it is looked up and as it is shown."""
NAMES_MAX = 500_000
TITLE_TIMES = 2
"""A word of the title counts as often as this in the text."""
WRITER_BYTES, BATCH = 100_000_000, 1000


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
    # Neighbours in Latin letters are asked for as phrases; stems and concepts are wanted again of what was found.
    builder.add_text_field("latin", stored=True, tokenizer_name="terms", index_option="position")
    builder.add_text_field("concepts", stored=True, tokenizer_name="terms", index_option="freq")
    builder.add_text_field("chinese", tokenizer_name="characters and pairs", index_option="freq")
    for name in ("words", "shadow"):
        builder.add_text_field(name, tokenizer_name="terms", index_option="freq")
    builder.add_text_field("names", tokenizer_name="terms", index_option="basic")
    builder.add_unsigned_field("row", fast=True)
    builder.add_bytes_field("shown", stored=True)
    return builder.build()


class Index:
    """tantivy's files and the rows beside them."""

    def __init__(self, folder: Path | None = None) -> None:
        self.tantivy = tantivy.Index(schema(), path=str(folder) if folder else None)
        self.rows = Rows(folder)
        for name, tokenizer in (
            ("terms", tantivy.Tokenizer.whitespace()),
            ("characters and pairs", tantivy.Tokenizer.ngram(1, 2)),
        ):
            self.tantivy.register_tokenizer(name, tantivy.TextAnalyzerBuilder(tokenizer).build())


def new_index(folder: Path | None = None) -> Index:
    """An empty one in a folder, or in memory; or the one that is in the folder already."""
    return Index(folder)


class Prepared(NamedTuple):
    """What is written for documents: `fields` for tantivy, but for the number of each row, and the `rows`."""

    fields: list[dict[str, Any]]
    rows: Table


def prepared(documents: Sequence[Document]) -> Prepared:
    """Many documents at once are analysed sooner than one after the other."""
    said = analysis([text for document in documents for text in (document.title, document.body)])
    cast = shadows(said, (TITLE_TIMES, 1))
    numbers = [(tie(document.key), document.at, document.risk, document.maturity) for document in documents]
    texts = {name: _weighted(getattr(said.terms, name)) for name in ("latin", "chinese", "words", "concepts", "names")}
    names = [name for document in documents for name in document.names]
    looked_up = iter(apart([folding(together(names)).plain]))
    fields = [_plain_fields(document, looked_up) for document in documents]
    for name, said_by_each in {**texts, "shadow": cast.texts}.items():
        for field, said_by in zip(fields, said_by_each, strict=True):
            # Only what there is: a field without a word costs time.
            if said_by:
                field[name] = said_by
    return Prepared(fields, rows_of(cast.meanings, numbers))


def _weighted(terms: list[str]) -> list[str]:
    """Of each document the terms of its title, as often as they count, and of its text."""
    texts = iter(apart(terms))
    return [f"{f'{title} ' * TITLE_TIMES}{body}".strip(" ") for title, body in zip(texts, texts, strict=True)]


def _plain_fields(document: Document, looked_up: Iterator[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"key": document.key, "shown": document.shown}
    for name, values in document.facets.items():
        fields[name] = list(values)
    if document.names:
        fields["suggested"] = [f"{next(looked_up)}{AS_WRITTEN}{name}" for name in document.names]
    if EVERYBODY not in document.readers:
        fields |= {"readers": list(document.readers), "hidden": HIDDEN}
    return fields


def tie(key: str) -> int:
    """Settles the order of documents that are equally good, always in the same way."""
    return int.from_bytes(blake2b(key.encode(), digest_size=TIE_BYTES).digest())


def add(writer: tantivy.IndexWriter, index: Index, made: Prepared) -> None:
    """Nobody sees them before the writer commits."""
    first, known = index.rows.add(made.rows), schema()
    for number, fields in enumerate(made.fields, first):
        fields["row"] = number
        writer.add_document(tantivy.Document.from_dict(fields, known))


def commit(writer: tantivy.IndexWriter, index: Index) -> None:
    index.rows.settle()
    writer.commit()
    writer.wait_merging_threads()
    index.tantivy.reload()


def write(index: Index, documents: Sequence[Document], *, gone: Iterable[str] = ()) -> int:
    """Add documents, each in the place of what had its key, and take out those that are gone; how many were added."""
    writer, latest = index.tantivy.writer(WRITER_BYTES, 1), {document.key: document for document in documents}
    for key in (*gone, *latest):
        writer.delete_documents_by_term("key", key)
    kept = list(latest.values())
    for start in range(0, len(kept), BATCH):
        add(writer, index, prepared(kept[start : start + BATCH]))
    commit(writer, index)
    return len(kept)


class _Frequencies(dict[str, int]):
    """How many documents have each term of a field, looked up once."""

    def __init__(self, searcher: tantivy.Searcher, field: str) -> None:
        self._searcher, self._field = searcher, field

    def __missing__(self, term: str) -> int:
        self[term] = self._searcher.doc_freq(self._field, term)
        return self[term]


class Reading:
    """One state of the index, for one or many questions. `before`: an earlier one, whose names need not be read."""

    def __init__(self, index: Index, before: "Reading | None" = None) -> None:
        self.index = index
        self.searcher = index.tantivy.searcher()
        self.size: int = self.searcher.num_docs
        self._rows = index.rows.read()
        self._before = before
        self._stems: dict[str, list[str]] = {}
        self._published: dict[str, int] = {}
        self._frequencies = {name: _Frequencies(self.searcher, name) for name in TEXT_FIELDS}

    @cached_property
    def names(self) -> Names:
        names, self._before = self._before.names if self._before else Names(()), None
        names.learn(name for name, _ in self.searcher.terms_with_prefix("names", "", limit=NAMES_MAX))
        return names

    def frequency(self, field: str, term: str) -> int:
        """How many documents have the term."""
        return self._frequencies[field][term]

    def is_published(self, stem: str) -> bool:
        """Whether what everybody may read has the stem; if more documents have it than are hidden, some has."""
        said = max(self.frequency("latin", stem), self.frequency("shadow", stem))
        return said > self.searcher.doc_freq("hidden", HIDDEN) or self.published(stem) > 0

    def published(self, stem: str) -> int:
        """How often the stem stands in what everybody may read, said or translated; what is hidden counts nothing."""
        if stem not in self._published:
            hidden = (Occur.MustNot, Query.term_query(schema(), "hidden", HIDDEN, "basic"))
            fields = [field for field in ("latin", "shadow") if self.frequency(field, stem)]
            terms = [Query.term_query(schema(), field, stem, "basic") for field in fields]
            queries = [Query.boolean_query([(Occur.Must, term), hidden]) for term in terms]
            how_many = {"count": {"value_count": {"field": "row"}}}
            found = [self.searcher.aggregate(query, how_many)["count"]["value"] for query in queries]
            self._published[stem] = int(sum(found))
        return self._published[stem]

    def stems_from(self, letter: str) -> list[str]:
        """All stems that begin with a letter, said or translated, in whatever document."""
        if letter not in self._stems:
            found = {
                term for field in ("latin", "shadow") for term, _ in self.searcher.terms_with_prefix(field, letter)
            }
            self._stems[letter] = sorted(filter(str.isalpha, found))
        return self._stems[letter]

    def key(self, address: tantivy.DocAddress) -> str:
        return str(self.searcher.doc(address).get_first("key"))

    def rows(self, addresses: list[tantivy.DocAddress]) -> Table:
        """One row of numbers for each document."""
        return self._rows[np.array(self.searcher.fast_field_values("row", addresses), dtype=np.int64)]
