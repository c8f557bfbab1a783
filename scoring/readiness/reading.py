"""From the ledger to an interval on each scale, and to what stands before the next level."""

from collections.abc import Callable
from typing import NamedTuple

from scoring.readiness.assessment import Blocker, CriterionResult, Status, UnknownPolicy
from scoring.readiness.framework import GRADES, Index
from scoring.readiness.ledger import Ledger
from scoring.technology import EvidenceGrade, Text

Rungs = tuple[tuple[int, tuple[int, ...]], ...]
_GRADE_OF_RANK = {rank: grade for grade, rank in GRADES.items()}

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
    asserted = scale in ledger.asserted
    proven = _climb(rungs, bottom, ledger.proven)
    claimed = max((level for level, rung in rungs if any(ledger.claimed[i] for i in rung)), default=bottom)
    reachable = _climb(rungs, bottom, lambda i: not ledger.denied[i])
    possible = _climb(rungs, bottom, lambda i: ledger.claimed[i] or not ledger.denied[i])
    low = max(index.floor, proven)
    high = max(index.floor, min(possible, claimed) if asserted and claimed > bottom else possible)
    level = low if unknown == "worst" else _generous(rungs, ledger, low, high, unknown)
    return Reading(scale, proven, low, level, high, claimed, reachable, known=True, asserted=asserted)


def criterion_results(index: Index, ledger: Ledger, scales: tuple[int, ...]) -> tuple[CriterionResult, ...]:
    """How every criterion of these scales stands."""
    criteria = index.framework.criteria
    results = []
    for scale in scales:
        left_out = scale in ledger.not_applicable
        for _, rung in index.rungs[scale]:
            for i in rung:
                status = ledger.status(i)
                if left_out and status is Status.PROVEN:
                    status = Status.NOT_APPLICABLE
                documents = ledger.documents[i]
                grade = _GRADE_OF_RANK[ledger.rank[i]] if documents else None
                names = tuple(sorted(set(documents))) if len(documents) > 1 else documents
                results.append(CriterionResult(criteria[i].id, status, grade, names))
    return tuple(results)


def blockers(index: Index, ledger: Ledger, readings: list[Reading]) -> tuple[Blocker, ...]:
    """The unproven criteria of the next level on each of these scales."""
    found: list[Blocker] = []
    for reading in readings:
        for level, rung in index.rungs[reading.scale]:
            if level == reading.proven + 1:
                found.extend(_blocker(index, ledger, i, level) for i in rung if not ledger.proven(i))
    return tuple(found)


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
        if ledger.status(i) is Status.UNKNOWN
    ]
    return (*scales, *criteria)


def _climb(rungs: Rungs, bottom: int, holds: Callable[[int], bool]) -> int:
    """The highest level up to which every criterion holds."""
    level = bottom
    for at, rung in rungs:
        if not all(map(holds, rung)):
            return level
        level = at
    return level


def _generous(rungs: Rungs, ledger: Ledger, low: int, high: int, unknown: UnknownPolicy) -> int:
    """The level where criteria of which nobody speaks do not count; "ignore" still asks for one proven at it."""
    level = low
    for at, rung in rungs:
        statuses = {ledger.status(i) for i in rung}
        if at > high or not statuses <= {Status.PROVEN, Status.UNKNOWN}:
            return level
        if unknown == "best" or Status.PROVEN in statuses:
            level = max(level, at)
    return level


def _blocker(index: Index, ledger: Ledger, criterion: int, level: int) -> Blocker:
    status = ledger.status(criterion)
    why = _WHY[status]
    grade: EvidenceGrade = index.grade_of_level[level]
    question = index.questions[criterion]
    return Blocker(
        index.framework.criteria[criterion].id,
        level,
        status,
        Text(
            f"{question.zh}（{str(why.zh).format(grade=grade)}）",
            f"{question.en} ({str(why.en).format(grade=grade)})",
        ),
    )
