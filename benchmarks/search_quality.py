"""``python -m benchmarks.search_quality DIR [--json OUT]``: how well the product's own search finds what it should.

Reads the retrieval sets in DIR (laid out as the public data: ``xquad_zh_en``, ``sbir_same_topic``, ``csl_zh_papers``,
``cmrc2018``; those present) and prints nDCG@10, hit@1 and recall@10 beside plain BM25. Nothing is fitted on DIR: the
documents are indexed as listings would be, and each query is asked as a user's would be.
"""

import argparse
import json
import math
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.rows import Row
from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.question import understood
from marketplace.search.ranking import ranked

DEPTH = 10
K1, B = 1.2, 0.75
_PLAIN = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]")


class Query(NamedTuple):
    """`not_itself`: the document that the query was taken from, which does not count as an answer."""

    text: str
    relevant: frozenset[str]
    not_itself: str | None = None


class Task(NamedTuple):
    name: str
    documents: Sequence[Document]
    queries: Sequence[Query]


class Figures(NamedTuple):
    ndcg_at_10: float
    hit_at_1: float
    recall_at_10: float


Finder = Callable[[Query], list[str]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search_quality", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures there, too")
    chosen = parser.parse_args(arguments)
    if not chosen.folder.is_dir():
        print(f"{chosen.folder} is not a folder", file=sys.stderr)
        return 2
    print("| set | queries | nDCG@10 | hit@1 | recall@10 | BM25 nDCG@10 | BM25 hit@1 | BM25 recall@10 | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    kept = {}
    for name, (ours, plain, count, seconds) in measured(chosen.folder):
        cells = [f"{figure:.3f}" for figure in (*ours, *plain)]
        print(f"| {name} | {count} | {' | '.join(cells)} | {seconds:.0f} |", flush=True)
        kept[name] = {
            "queries": count, "greenhatch": ours._asdict(), "bm25": plain._asdict(), "seconds": round(seconds, 1),
        }  # fmt: skip
    if chosen.json:
        chosen.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1))
    return 0


class Measured(NamedTuple):
    ours: Figures
    plain: Figures
    queries: int
    seconds: float


def measured(folder: Path) -> Iterator[tuple[str, Measured]]:
    """Every direction of every set that is there."""
    for name, read in SETS.items():
        if not (folder / name).is_dir():
            print(f"(no {name} in {folder}: left out)", file=sys.stderr)
            continue
        indexed: dict[int, Finder] = {}
        for task in read(folder / name):
            began = time.perf_counter()
            # Directions that search the same documents share the index.
            find = indexed.setdefault(id(task.documents), ours(task.documents))
            found = figures(task.queries, find)
            seconds = time.perf_counter() - began
            yield task.name, Measured(found, figures(task.queries, plain(task.documents)), len(task.queries), seconds)


def figures(queries: Sequence[Query], find: Finder) -> Figures:
    """The three figures, averaged over the queries."""
    rows = [_figures(query, find(query)) for query in queries]
    return Figures(*(float(mean) for mean in np.mean(rows, axis=0)))


def _figures(query: Query, found: list[str]) -> Figures:
    best = [key for key in found if key != query.not_itself][:DEPTH]
    hits = [place for place, key in enumerate(best) if key in query.relevant]
    ideal = sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(query.relevant))))
    return Figures(
        sum(1 / math.log2(place + 2) for place in hits) / ideal, float(0 in hits), len(hits) / len(query.relevant)
    )


def ours(documents: Sequence[Document]) -> Finder:
    """The product's pipeline. The document a query was taken from is only struck off the list of answers."""
    index = new_index()
    write(index, documents)
    reading = Reading(index)

    def find(query: Query) -> list[str]:
        best = ranked(reading, understood(query.text, reading)).addresses[: DEPTH + 1]
        return [reading.key(address) for address in best]

    return find


def plain(documents: Sequence[Document]) -> Finder:
    """BM25 over words as they are written, in lower case, and Chinese characters."""
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    texts = [_PLAIN.findall(f"{document.title} {document.body}".lower()) for document in documents]
    mean = sum(map(len, texts)) / len(texts)
    for number, text in enumerate(texts):
        for term, count in Counter(text).items():
            weight = count * (K1 + 1) / (count + K1 * (1 - B + B * len(text) / mean))
            postings[term].append((number, weight))

    def find(query: Query) -> list[str]:
        scores = np.zeros(len(documents))
        for term, count in Counter(_PLAIN.findall(query.text.lower())).items():
            having = postings.get(term, [])
            rarity = math.log(1 + (len(documents) - len(having) + 0.5) / (len(having) + 0.5))
            for number, weight in having:
                scores[number] += count * rarity * weight
        best = np.argsort(-scores, kind="stable")[: DEPTH + 1]
        return [documents[number].key for number in best.tolist() if scores[number] > 0]

    return find


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def xquad(folder: Path) -> Iterator[Task]:
    """Questions and the passages that answer them, in both languages."""
    for there in ("en", "zh"):
        rows = _lines(folder / f"passages.{there}.jsonl")
        documents = [Document(key=row["pid"], title="", body=row["text"]) for row in rows]
        for asked in ("en", "zh"):
            queries = [Query(row["text"], frozenset({row["pid"]})) for row in _lines(folder / f"queries.{asked}.jsonl")]
            yield Task(f"xquad {asked}→{there}", documents, queries)


def sbir(folder: Path) -> Iterator[Task]:
    """Awards that answered the same topic."""
    rows = {row["doc_id"]: row for row in _lines(folder / "docs.jsonl")}
    documents = [Document(key=key, title=row["title"], body=row["abstract"]) for key, row in rows.items()]
    relevant: defaultdict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines():
        query, document, _ = line.split("\t")
        relevant[query].add(document)
    for name, text in (("title", "{title}"), ("text", "{title}. {abstract}")):
        queries = [Query(text.format_map(rows[key]), frozenset(found), key) for key, found in relevant.items()]
        yield Task(f"sbir {name}→text", documents, queries)


def csl(folder: Path) -> Iterator[Task]:
    """The first keyword of a paper and its abstract."""
    rows = _lines(folder / "papers.jsonl")
    documents = [Document(key=row["id"], title="", body=row["abstract"]) for row in rows]
    queries = [Query(row["keywords"].split("_")[0], frozenset({row["id"]})) for row in rows if row["keywords"]]
    yield Task("csl first keyword→abstract", documents, queries)


def cmrc(folder: Path) -> Iterator[Task]:
    """Chinese questions and their passages, in files named as those of XQuAD."""
    passages = next(iter(sorted(folder.glob("passages*.jsonl"))), None)
    asked = next(iter(sorted(folder.glob("queries*.jsonl"))), None)
    if passages is None or asked is None:
        print("(cmrc2018 has no passages*.jsonl and queries*.jsonl: left out)", file=sys.stderr)
        return
    documents = [Document(key=str(row["pid"]), title="", body=row["text"]) for row in _lines(passages)]
    queries = [Query(row["text"], frozenset({str(row["pid"])})) for row in _lines(asked)]
    yield Task("cmrc2018 zh→zh", documents, queries)


SETS: Mapping[str, Callable[[Path], Iterator[Task]]] = {
    "xquad_zh_en": xquad,
    "sbir_same_topic": sbir,
    "csl_zh_papers": csl,
    "cmrc2018": cmrc,
}
ASKED = {"xquad en→en": "≥ 0.97", "xquad zh→zh": "≥ 0.97", "xquad zh→en": "≥ 0.85", "sbir title→text": "≥ 0.55",
         "sbir text→text": "≥ 0.60"}  # fmt: skip


def run(data: Path | None) -> list[Row]:
    """For ``make bench``."""
    if data is None:
        return []
    return [
        Row(f"search: nDCG@10, {name}", f"{found.ours.ndcg_at_10:.3f}", "BM25", f"{found.plain.ndcg_at_10:.3f}",
            ASKED.get(name, "—"))
        for name, found in measured(data)
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
