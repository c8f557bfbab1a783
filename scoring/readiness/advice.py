"""The one document that would raise the proven level most."""

from collections.abc import Callable, Sequence

from scoring.readiness.assessment import NextEvidence
from scoring.readiness.framework import Index
from scoring.readiness.ledger import Ledger
from scoring.readiness.reading import Reading
from scoring.technology import Text


def next_best_evidence(
    ledger: Ledger, deciding: list[Reading], total: Callable[[Sequence[int]], int] | None
) -> NextEvidence | None:
    """The document after which the proven level is highest.

    What is already claimed comes before what nobody claims. Among equals: the scale that holds the level down, then
    the largest step on it, then the scale that somebody has rated.
    """
    index = ledger.index
    ambition = _ambition(index, deciding)
    candidates = [(reading, _goal(reading, ambition)) for reading in deciding]
    useful = [(reading, goal) for reading, goal in candidates if goal > reading.proven]
    if not useful:
        useful = [(r, r.proven + 1) for r in deciding if r.proven < min(r.reachable, index.top)]
    if not useful:
        return None
    lows = [reading.low for reading in deciding]

    def worth(candidate: tuple[Reading, int]) -> tuple[int, int, int, bool]:
        reading, goal = candidate
        after = _replaced(lows, deciding.index(reading), goal)
        return total(after) if total else goal - reading.low, -reading.proven, goal - reading.proven, reading.asserted

    reading, goal = max(useful, key=worth)
    return _advice(ledger, deciding, total, reading, goal)


def _ambition(index: Index, deciding: list[Reading]) -> int | None:
    """What to show where nobody has named a level: as much as the other scales allow, or else the next level."""
    match index.framework.aggregator:
        case "minimum":
            return min((reading.high for reading in deciding if reading.asserted), default=None)
        case "profile":
            return None
        case _:
            return index.top


def _goal(reading: Reading, ambition: int | None) -> int:
    if reading.asserted:
        return min(reading.high, reading.reachable)
    return max(reading.claimed, reading.proven + 1 if ambition is None else ambition)


def _replaced(levels: list[int], at: int, level: int) -> list[int]:
    return [*levels[:at], level, *levels[at + 1 :]]


def _advice(
    ledger: Ledger,
    deciding: list[Reading],
    total: Callable[[Sequence[int]], int] | None,
    reading: Reading,
    goal: int,
) -> NextEvidence:
    at = deciding.index(reading)
    low, high = goal, max(goal, reading.high) if reading.asserted else goal
    if total:
        low = total(_replaced([r.low for r in deciding], at, goal))
        high = total(_replaced([r.high for r in deciding], at, high))
    index = ledger.index
    rung = next(criteria for level, criteria in index.rungs[reading.scale] if level == goal)
    wanted = [i for i in rung if not ledger.proven(i)]
    whole = len(wanted) > 1
    return NextEvidence(
        supports=index.level_ref(reading.scale, goal) if whole else index.framework.criteria[wanted[0]].id,
        scale=index.scale_refs[reading.scale],
        level=goal,
        grade=index.grade_of_level[goal],
        document=_document([index.framework.criteria[i].evidence for i in wanted]),
        low=low,
        high=high,
    )


def _document(asked: list[Text]) -> Text:
    if len(asked) == 1:
        return asked[0]
    zh, en = "；".join(str(text.zh) for text in asked), "; ".join(str(text.en) for text in asked)
    return Text(f"一份报告，内含：{zh}", f"one report that holds: {en}")
