"""A search as a reader makes it: what they may see, narrowed, ordered, a page at a time, with the reasons.

The permission is a part of the query: what a reader may not see is neither counted nor ranked nor suggested.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np
from msgspec import Meta, Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from tantivy import DocAddress, Occur, Query

from marketplace.search.explaining import Explainer, Reason
from marketplace.search.highlighting import Highlights, Marker, plain_texts
from marketplace.search.index import AS_WRITTEN, FACETS, HIDDEN, Reading, schema
from marketplace.search.question import Question, understood
from marketplace.search.ranking import CANDIDATES, Ranked, Scale, matching, matching_unranked, ranked_window
from marketplace.search.rows import Table
from marketplace.search.spelling import meant
from marketplace.search.words import folded, stem

Sort = Literal["recommended", "match", "maturity", "risk", "freshness"]
FACET_VALUES, SUGGESTIONS = 20, 8
MATURITY_MAX, MATCH_SHARE = 9, 0.7
WINDOWS_MAX = 50
"""Nobody reads ten thousand answers; programs narrow the question."""
FIRST = 1e300
"""Before the best of a window."""
GOOD_MATCH = 0.5
"""What answers a kept search matches it at least half as well as the best answer does."""

Floats = NDArray[np.float64]


class Reader(Struct, frozen=True):
    """Who asks: everybody may read what is for everybody, an organisation also its own, operators all."""

    organisation_id: str | None = None
    sees_all: bool = False

    def withheld(self) -> Query | None:
        """What the reader may not see: all that is not for everybody, except what is for them.

        Naming the few that are left out is several times faster than naming the many that are not.
        """
        if self.sees_all:
            return None
        hidden = Query.term_query(schema(), "hidden", HIDDEN, "basic")
        if self.organisation_id is None:
            return hidden
        own = Query.term_query(schema(), "readers", self.organisation_id, "basic")
        return Query.boolean_query([(Occur.Must, hidden), (Occur.MustNot, own)])


class Wish(Struct, frozen=True, kw_only=True):
    """`facets` narrow: any of the values of one, and every one that is given."""

    text: str
    facets: Mapping[str, Sequence[str]] = {}
    sort: Sort = "recommended"


class Position(Struct, frozen=True):
    """Where the page before ended: the value it was ordered by, and what settles ties with its last item.

    Answers are ordered in windows of 200 by BM25. `window` is which one; `scale` is what its matches are shares of, so
    that they go on from those of the first.
    """

    value: float
    tie: Annotated[int, Meta(ge=0, lt=2**62)]
    window: Annotated[int, Meta(ge=0, lt=WINDOWS_MAX)] = 0
    scale: Scale | None = None


class Found(Struct, frozen=True, kw_only=True):
    """`match` and `maturity` are what `score` was made of; `match` is 1 for the best of the answer."""

    shown: dict[str, Any]
    score: float
    match: float
    maturity: int
    risk: float
    at: int
    highlights: Highlights
    why: list[Reason]


class Answer(Struct, frozen=True, kw_only=True):
    """`total` counts every match. `spelled` are words that were taken for others, as they were typed and as meant."""

    items: list[Found]
    next: Position | None
    total: int
    facets: dict[str, dict[str, int]]
    spelled: dict[str, str] = {}


class _Ordered(NamedTuple):
    """The candidates in the order asked for: `values` are what it goes by, `match` is 1 for the best match."""

    addresses: list[DocAddress]
    values: Floats
    match: Floats
    rows: Table


_ORDERS: dict[Sort, Callable[[Floats, Table], Floats]] = {
    "recommended": lambda match, rows: recommended(match, rows["maturity"].astype(np.float64)),
    "match": lambda match, rows: match,
    "maturity": lambda match, rows: rows["maturity"].astype(np.float64),
    "risk": lambda match, rows: -rows["risk"],
    "freshness": lambda match, rows: rows["at"].astype(np.float64),
}
Number = TypeVar("Number", float, Floats)


def recommended(match: Number, maturity: Number) -> Number:
    """What the default order goes by: match × (0.7 + 0.3 × maturity / 9).

    Examples
    --------
    >>> recommended(1.0, 9), round(recommended(1.0, 0), 2), round(recommended(0.5, 9), 2)
    (1.0, 0.7, 0.5)
    """
    return match * (MATCH_SHARE + (1 - MATCH_SHARE) * maturity / MATURITY_MAX)


def search(reading: Reading, wish: Wish, reader: Reader, *, after: Position | None = None, limit: int = 20) -> Answer:
    """The best answers that the reader may see."""
    question = _question(wish, reading, reader)
    query = allowed(matching(question), wish.facets, reader)
    window, scale = (after.window, after.scale) if after else (0, None)
    candidates, scale = ranked_window(reading, question, query, window=window, scale=scale)
    found = _ordered(candidates, scale, wish.sort)
    start = _start(found, after)
    last = min(start + limit, len(found.addresses)) - 1
    page, tell = range(start, last + 1), _Telling(Marker(question), Explainer(reading, question))
    items = [_found(reading, found, place, tell) for place in page]
    total, facets = counted(reading, allowed(matching_unranked(question), wish.facets, reader))
    following: Position | None = None
    if page and last + 1 < len(found.addresses):
        following = Position(float(found.values[last]), int(found.rows["tie"][last]), window, scale)
    elif total > CANDIDATES * (window + 1) and window + 1 < WINDOWS_MAX:
        following = Position(FIRST, 0, window + 1, scale)
    return Answer(items=items, next=following, total=total, facets=facets, spelled=question.spelled)


def _question(wish: Wish, reading: Reading, reader: Reader) -> Question:
    """What the words mean, misspelt ones taken for those that the reader may find."""
    spelling = meant(wish.text, reading, lambda query: allowed(query, {}, reader))
    question = understood(spelling.text, reading)
    for typed, word in spelling.spelled.items():
        for field in ("latin", "shadow"):
            question.heard[field, stem(word)] = typed
    return replace(question, text=wish.text, spelled=spelling.spelled)


def keys_found(reading: Reading, wish: Wish, reader: Reader, among: Collection[str]) -> dict[str, float]:
    """Of these documents, those that are among the best answers, with how well they match; without words all."""
    if not wish.text.strip():
        some = Query.term_set_query(schema(), "key", sorted(among))
        hits = reading.searcher.search(allowed(some, wish.facets, reader), len(among), count=False).hits
        return {reading.key(address): 1.0 for _, address in hits}
    question = _question(wish, reading, reader)
    query = allowed(matching(question), wish.facets, reader)
    candidates, scale = ranked_window(reading, question, query)
    matches = zip(candidates.addresses, (candidates.matches / scale.match).tolist(), strict=True)
    good = {reading.key(address): match for address, match in matches if match >= GOOD_MATCH}
    return {key: match for key, match in good.items() if key in among}


class _Telling(NamedTuple):
    mark: Marker
    explain: Explainer


def _found(reading: Reading, found: _Ordered, place: int, tell: _Telling) -> Found:
    stored = reading.searcher.doc(found.addresses[place])
    shown = msgspec.json.decode(stored.get_first("shown") or b"{}")
    plain, row, match = plain_texts(shown), found.rows[place], float(found.match[place])
    return Found(
        shown=shown, score=recommended(match, float(row["maturity"])), match=match, maturity=int(row["maturity"]),
        risk=float(row["risk"]), at=int(row["at"]),
        highlights=tell.mark.highlights(plain), why=tell.explain.reasons(plain, stored),
    )  # fmt: skip


def allowed(query: Query, facets: Mapping[str, Sequence[str]], reader: Reader) -> Query:
    """The query narrowed to the facets and to what the reader may see."""
    within = [Query.term_set_query(schema(), name, list(values)) for name, values in facets.items() if values]
    conditions = [(Occur.Must, query), *((Occur.Must, Query.const_score_query(each, 0.0)) for each in within)]
    withheld = reader.withheld()
    if withheld is not None:
        conditions.append((Occur.MustNot, withheld))
    return Query.boolean_query(conditions)


def _ordered(ranked: Ranked, scale: Scale, sort: Sort) -> _Ordered:
    if not ranked.addresses:
        return _Ordered([], ranked.matches, ranked.matches, ranked.rows)
    match = np.clip(ranked.matches / scale.match, 0.0, 1.0)
    values = _ORDERS[sort](match, ranked.rows)
    # Ties are settled, so that a page begins where the one before ended.
    order = np.lexsort((ranked.rows["tie"], -values))
    addresses = [ranked.addresses[place] for place in order.tolist()]
    return _Ordered(addresses, values[order], match[order], ranked.rows[order])


def _start(found: _Ordered, after: Position | None) -> int:
    """Behind the item that the page before ended with, even if it is gone by now."""
    if after is None or after.value == FIRST:
        return 0
    ties = found.rows["tie"].astype(np.int64)
    before = (found.values > after.value) | ((found.values == after.value) & (ties <= after.tie))
    return int(before.sum())


def counted(reading: Reading, query: Query) -> tuple[int, dict[str, dict[str, int]]]:
    """How many match, and how many of them have each value of each facet: both in one go."""
    wanted = {name: {"terms": {"field": name, "size": FACET_VALUES}} for name in FACETS}
    found = reading.searcher.aggregate(query, {**wanted, "total": {"value_count": {"field": "row"}}})
    facets = {name: {str(bucket["key"]): int(bucket["doc_count"]) for bucket in found[name]["buckets"]}
              for name in FACETS}  # fmt: skip
    return int(found["total"]["value"]), facets


def suggested(reading: Reading, typed: str, reader: Reader) -> list[str]:
    """Names that begin with what has been typed, of what the reader may see."""
    beginning = folded(typed).strip()
    if not beginning:
        return []
    within = allowed(Query.all_query(), {}, reader)
    found = reading.searcher.terms_with_prefix("suggested", beginning, filter_query=within, limit=SUGGESTIONS)
    return list(dict.fromkeys(term.partition(AS_WRITTEN)[2] for term, count in found if count))
