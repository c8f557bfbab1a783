"""The one document that would raise the proven level most."""

from scoring.readiness.assessment import NextEvidence, Status
from scoring.readiness.framework import Index
from scoring.readiness.ledger import Ledger
from scoring.readiness.reading import Reading
from scoring.readiness.totals import Total
from scoring.technology import Text


def next_best_evidence(ledger: Ledger, deciding: list[Reading], total: Total | None) -> NextEvidence | None:
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

    gains: dict[tuple[int, int, int, bool], int] = {}  # candidates that stand alike gain alike

    def worth(candidate: tuple[Reading, int]) -> tuple[int, int, int, bool]:
        reading, goal = candidate
        alike = reading.low, reading.high, goal, reading.asserted
        if alike not in gains:
            gains[alike] = _after(deciding, total, reading, goal)[0] if total else goal - reading.low
        return gains[alike], -reading.proven, goal - reading.proven, reading.asserted

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
    return min(reading.reachable, max(reading.claimed, reading.proven + 1 if ambition is None else ambition))


def _after(deciding: list[Reading], total: Total | None, reading: Reading, goal: int) -> tuple[int, int]:
    """The interval once the goal is proven: of the whole, or of the scale where there is no total."""
    high = max(goal, reading.high) if reading.asserted else goal
    if total is None:
        return goal, high
    others = [other for other in deciding if other.scale != reading.scale]
    return total([*(other.low for other in others), goal], [*(other.high for other in others), high])


def _advice(
    ledger: Ledger,
    deciding: list[Reading],
    total: Total | None,
    reading: Reading,
    goal: int,
) -> NextEvidence:
    low, high = _after(deciding, total, reading, goal)
    index = ledger.index
    rung = next(criteria for level, criteria in index.rungs[reading.scale] if level == goal)
    wanted = [i for i in rung if ledger.status[i] is not Status.PROVEN]
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
