"""More than the best 200 can be paged through, in every order, without anything twice."""

from typing import get_args

import pytest
from msgspec import json

from marketplace.search.finding import Position, Reader, Sort, Wish, keys_found, search
from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.ranking import CANDIDATES

COUNT = 450


@pytest.fixture(scope="module")
def reading() -> Reading:
    index = new_index()
    write(
        index,
        [
            Document(
                key=f"listing:{number}", title=f"Membrane {'sewage ' * (number % 5)} plant {number}",
                maturity=number % 10, risk=number % 7 / 7, at=number,
                facets={"kind": ["need" if number % 3 else "listing"]}, shown=f'{{"id": "{number}"}}'.encode(),
            )
            for number in range(COUNT)
        ],
    )  # fmt: skip
    return Reading(index)


@pytest.mark.parametrize("sort", get_args(Sort))
@pytest.mark.parametrize("limit", [20, 70])
def test_every_answer_comes_once(reading: Reading, sort: Sort, limit: int) -> None:
    seen: list[str] = []
    matches: list[float] = []
    after: Position | None = None
    while True:
        answer = search(reading, Wish(text="membrane sewage", sort=sort), Reader(), after=after, limit=limit)
        assert answer.total == COUNT
        seen += [one.shown["id"] for one in answer.items]
        matches += [one.match for one in answer.items]
        if answer.next is None:
            break
        after = json.decode(json.encode(answer.next), type=Position)
    assert len(seen) == COUNT
    assert len(set(seen)) == COUNT
    assert max(matches) == 1.0
    if sort == "match":
        for start in range(0, COUNT, CANDIDATES):
            window = matches[start : start + CANDIDATES]
            assert window == sorted(window, reverse=True)


def test_without_words_a_kept_search_finds_by_its_filters(reading: Reading) -> None:
    among = {"listing:0", "listing:1", "listing:3", "listing:999"}
    assert keys_found(reading, Wish(text="", facets={"kind": ["listing"]}), Reader(), among) == {
        "listing:0": 1.0, "listing:3": 1.0,
    }  # fmt: skip


def test_a_kept_search_wants_good_answers(reading: Reading) -> None:
    best = search(reading, Wish(text="membrane sewage"), Reader()).items[0].shown["id"]
    found = keys_found(reading, Wish(text="membrane sewage"), Reader(), {f"listing:{n}" for n in range(COUNT)})
    assert found[f"listing:{best}"] == 1.0
    assert len(found) <= 200
    assert min(found.values()) >= 0.5
