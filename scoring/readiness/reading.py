"""From the ledger to an interval on each scale, and to what stands before the next level."""

from functools import cache
from typing import NamedTuple

from scoring.readiness.assessment import Blocker, CriterionResult, Status, UnknownPolicy
from scoring.readiness.framework import GRADES, Criterion, Index
from scoring.readiness.ledger import Ledger
from scoring.technology import Text

Rungs = tuple[tuple[int, tuple[int, ...]], ...]
_GRADE_OF_RANK = {rank: grade for grade, rank in GRADES.items()}

_PROVEN, _FOR, _UNDENIED, _POSSIBLE = 1, 2, 4, 8
_ALL = _PROVEN | _FOR | _UNDENIED | _POSSIBLE
_FLAGS = {
    Status.PROVEN: _ALL,
    Status.CLAIMED: _FOR | _UNDENIED | _POSSIBLE,
    Status.UNKNOWN: _UNDENIED | _POSSIBLE,
    Status.DISPUTED: _FOR | _POSSIBLE,
    Status.DENIED: 0,
}
_WHY = {
    Status.CLAIMED: Text("仅有声明，缺少{grade}级证据", "claimed, without evidence of grade {grade}"),
    Status.UNKNOWN: Text("无任何说明", "nothing is said of it"),
    Status.DISPUTED: Text("评价人意见不一", "the raters disagree"),
    Status.DENIED: Text("已判定为不满足", "it is said not to be met"),
}


class Reading(NamedTuple):
    """One scale: ``proven`` may lie one below the lowest level; ``level`` is None where the scale is left out."""

    scale: int
    proven: int
    low: int
    level: int | None
    high: int
    claimed: int  # the highest level with anything for it
    reachable: int  # the highest level that documents alone could prove: nobody denies anything up to it
    known: bool
    asserted: bool


def read_scale(index: Index, ledger: Ledger, scale: int, unknown: UnknownPolicy) -> Reading:
    """The interval of one scale."""
    rungs = index.rungs[scale]
    bottom = rungs[0][0] - 1
    if scale not in ledger.spoken_of:
        level = {"worst": index.floor, "ignore": None, "best": index.top}[unknown]
        return Reading(scale, bottom, index.floor, level, index.top, bottom, index.top, known=False, asserted=False)
    proven, claimed, reachable, possible = _climbed(rungs, bottom, ledger.status)
    asserted = scale in ledger.asserted
    low = max(index.floor, proven)
    high = max(index.floor, min(possible, claimed) if asserted and claimed > bottom else possible)
    level = low if unknown == "worst" else _generous(rungs, ledger, low, high, unknown)
    return Reading(scale, proven, low, level, high, claimed, reachable, known=True, asserted=asserted)


def criterion_results(index: Index, ledger: Ledger, scales: tuple[int, ...]) -> tuple[CriterionResult, ...]:
    """How every criterion of these scales stands."""
    bare = _results_without_documents(index)
    results = []
    for scale in scales:
        left_out = scale in ledger.not_applicable
        for _, rung in index.rungs[scale]:
            for i in rung:
                status = ledger.status[i]
                if left_out and status is Status.PROVEN:
                    status = Status.NOT_APPLICABLE
                documents = ledger.documents[i]
                results.append(
                    _with_documents(bare[status][i], ledger.rank[i], documents) if documents else bare[status][i]
                )
    return tuple(results)


def blockers(index: Index, ledger: Ledger, readings: list[Reading]) -> tuple[Blocker, ...]:
    """The unproven criteria of the next level on each of these scales."""
    known = _blockers(index)
    return tuple(
        known[ledger.status[i]][i]
        for reading in readings
        for level, rung in index.rungs[reading.scale]
        if level == reading.proven + 1
        for i in rung
        if ledger.status[i] is not Status.PROVEN
    )


def unspoken(index: Index, ledger: Ledger, readings: list[Reading]) -> tuple[str, ...]:
    """What nobody has said anything about: whole scales first, then criteria up to the levels in question."""
    lowest = min(reading.proven for reading in readings)
    scales = [index.scale_refs[reading.scale] for reading in readings if not reading.known]
    criteria = [
        index.framework.criteria[i].id
        for reading in readings
        if reading.known
        for level, rung in index.rungs[reading.scale]
        if level <= max(reading.high if reading.asserted else reading.claimed, lowest + 1)
        for i in rung
        if ledger.status[i] is Status.UNKNOWN
    ]
    return (*scales, *criteria)


def _climbed(rungs: Rungs, bottom: int, status: list[Status]) -> tuple[int, int, int, int]:
    """The highest level proven, with anything for it, without a denial up to it, and not disproved up to it."""
    proven = claimed = reachable = possible = bottom
    for level, rung in rungs:
        every, some = _ALL, 0
        for i in rung:
            flags = _FLAGS[status[i]]
            every &= flags
            some |= flags
        if some & _FOR:
            claimed = level
        if every & _PROVEN and proven == level - 1:
            proven = level
        if every & _UNDENIED and reachable == level - 1:
            reachable = level
        if every & _POSSIBLE and possible == level - 1:
            possible = level
    return proven, claimed, reachable, possible


def _generous(rungs: Rungs, ledger: Ledger, low: int, high: int, unknown: UnknownPolicy) -> int:
    """The level where criteria of which nobody speaks do not count; "ignore" still asks for one proven at it."""
    level = low
    for at, rung in rungs:
        statuses = {ledger.status[i] for i in rung}
        if at > high or not statuses <= {Status.PROVEN, Status.UNKNOWN}:
            return level
        if unknown == "best" or Status.PROVEN in statuses:
            level = max(level, at)
    return level


def _with_documents(bare: CriterionResult, rank: int, documents: tuple[str, ...]) -> CriterionResult:
    names = tuple(sorted(set(documents))) if len(documents) > 1 else documents
    grade = None if bare.status is Status.NOT_APPLICABLE else _GRADE_OF_RANK[rank]
    return CriterionResult(bare.criterion, bare.status, grade, names)


@cache
def _results_without_documents(index: Index) -> dict[Status, tuple[CriterionResult, ...]]:
    criteria = index.framework.criteria
    return {
        status: tuple(CriterionResult(criterion.id, status, None, ()) for criterion in criteria) for status in Status
    }


@cache
def _blockers(index: Index) -> dict[Status, tuple[Blocker, ...]]:
    return {
        status: tuple(_blocker(index, c, status, why) for c in index.framework.criteria) for status, why in _WHY.items()
    }


def _blocker(index: Index, criterion: Criterion, status: Status, why: Text) -> Blocker:
    grade = index.grade_of_level[criterion.level]
    zh = f"{criterion.question.zh}（{str(why.zh).format(grade=grade)}）"
    en = f"{criterion.question.en} ({str(why.en).format(grade=grade)})"
    return Blocker(criterion.id, criterion.level, status, Text(zh, en))
