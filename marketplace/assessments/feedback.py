"""What a holder learns: why, criterion by criterion, and the smallest change that would have passed.

The change is found on the panel's own ratings and then proven: applied to the technology, it reaches the bar.
"""

import datetime
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from marketplace.assessments.judging import as_judged, chosen_scale, interval_of_assessment
from scoring.readiness.arl import arl_interval
from scoring.readiness.assess import assess
from scoring.readiness.assessment import Assessment, ScaleResult, Status
from scoring.readiness.framework import GRADES, Criterion, Index, index_of
from scoring.technology import Evidence, EvidenceGrade, Rating, Technology, Text

# One code for each way in which a criterion may fall short: for programs, and with its sentence for people.
CODES: dict[str, Text] = {
    "not-met": Text(zh="评审认为不满足", en="the panel finds it not met"),
    "judged-differently": Text(zh="评审意见不一", en="the panel is divided on it"),
    "evidence-missing": Text(zh="有声明，但未附证据", en="said, but no document shows it"),
    "evidence-too-weak": Text(zh="证据等级不足", en="the documents are of too low a grade"),
    "not-shown": Text(zh="未作说明", en="nothing is said or shown of it"),
}
_RESOLVE = frozenset({"not-met", "judged-differently"})


class Change(Struct, frozen=True, kw_only=True):
    """One criterion that stood before the bar, why, and what would have satisfied it."""

    criterion: str
    level: int
    code: str
    reason: Text
    question: Text
    grade: EvidenceGrade
    document: Text


def smallest_change(
    technology: Technology, framework: str, ratings: Sequence[Rating], as_of: datetime.date, bar: int
) -> list[Change]:
    """The fewest criteria whose proof would have reached the bar; empty where it is reached."""
    found = assess(as_judged(technology, framework, ratings), framework, as_of=as_of)
    if not isinstance(found, Assessment) or interval_of_assessment(found).low >= bar:
        return []
    index, statuses = index_of(framework), {result.criterion: result for result in found.criteria}
    changes = []
    for scale, goal in _goals(found, index, bar):
        for criterion in _needed(index, scale, goal, {ref: seen.status for ref, seen in statuses.items()}):
            seen = statuses[criterion.id]
            changes.append(_change(index, criterion, seen.status, seen.grade))
    return changes


def after(
    technology: Technology, framework: str, ratings: Sequence[Rating], as_of: datetime.date, changes: Sequence[Change]
) -> Technology:
    """The technology as it would have been judged with these changes made."""
    index = index_of(framework)
    changed = {change.criterion for change in changes}
    chosen = chosen_scale(index.framework, technology)
    conceded = [_conceded(rating, index, chosen, changed) for rating in ratings]
    judged = as_judged(technology, framework, [rating for rating in conceded if rating is not None])
    proofs = tuple(
        Evidence(id=f"proof-{number}", grade=change.grade, dated=as_of, sha256="0" * 64, supports=(change.criterion,))
        for number, change in enumerate(changes, start=1)
    )
    return replace(judged, evidence=(*judged.evidence, *proofs))


def _goals(found: Assessment, index: Index, bar: int) -> list[tuple[int, int]]:
    """The scales to lift, by their places, and how far."""
    places = {ref: place for place, ref in enumerate(index.scale_refs)}
    deciding = [scale for scale in found.profile if index.framework.scales[places[scale.scale]].decides]
    if found.aggregator == "arl-table":
        return [(places[ref], goal) for ref, goal in _risks_to_lower(deciding, bar)]
    return [(places[scale.scale], bar) for scale in deciding if scale.low < bar]


def _risks_to_lower(profile: Sequence[ScaleResult], bar: int) -> list[tuple[str, int]]:
    """The fewest dimensions of adoption risk to lower, the highest risks first, each no further than it must."""
    order = sorted((scale for scale in profile if scale.low < 3), key=lambda scale: (scale.low, scale.scale))
    goals: dict[str, int] = {}
    for scale in order:
        if _level(profile, goals) >= bar:
            break
        goals[scale.scale] = 3
    for scale in order:
        if scale.low == 1 and goals.get(scale.scale) == 3 and _level(profile, goals | {scale.scale: 2}) >= bar:
            goals[scale.scale] = 2
    return list(goals.items())


def _level(profile: Sequence[ScaleResult], goals: dict[str, int]) -> int:
    """The lowest level that is possible once each dimension stands at its goal."""
    lows = [goals.get(scale.scale, scale.low) for scale in profile]
    return arl_interval(lows, [max(low, scale.high) for low, scale in zip(lows, profile, strict=True)])[0]


def _needed(index: Index, scale: int, goal: int, status: dict[str, Status]) -> Iterator[Criterion]:
    """What has to be shown for `goal`: of each thread the highest open criterion, and all that is denied."""
    for thread in index.threads[scale]:
        reached = [index.framework.criteria[i] for i in thread if index.framework.criteria[i].level <= goal]
        open_ones = [criterion for criterion in reached if status[criterion.id] is not Status.PROVEN]
        denied = {Status.DENIED, Status.DISPUTED}
        for place, criterion in enumerate(open_ones):  # the highest of a thread comes first
            if place == 0 or status[criterion.id] in denied:
                yield criterion


def _change(index: Index, criterion: Criterion, status: Status, grade: EvidenceGrade | None) -> Change:
    code = _code(status, grade)
    return Change(
        criterion=criterion.id,
        level=criterion.level,
        code=code,
        reason=CODES[code],
        question=criterion.question,
        grade=index.grade_of_level[criterion.level],
        document=criterion.evidence,
    )


def _code(status: Status, grade: EvidenceGrade | None) -> str:
    match status:
        case Status.DENIED:
            return "not-met"
        case Status.DISPUTED:
            return "judged-differently"
        case Status.CLAIMED:
            return "evidence-missing" if grade is None or GRADES[grade] <= 0 else "evidence-too-weak"
        case _:
            return "not-shown"


def _conceded(rating: Rating, index: Index, chosen: str | None, changed: set[str]) -> Rating | None:
    """What this rating would say once the changed criteria are met; None where it only denied one of them."""
    target = index.resolve(rating.criterion, chosen)
    levels = [
        index.framework.criteria[i].level for i in target.criteria if index.framework.criteria[i].id in changed
    ] if target else []  # fmt: skip
    if target is None or not levels:
        return rating
    if target.level is not None:
        return rating if rating.value else None
    said, goal = _said(rating, index), max(levels)
    return rating if said == 0 or said >= goal else replace(rating, value=_worded(goal, index))


def _said(rating: Rating, index: Index) -> int:
    return int(index.framework.values.get(str(rating.value), rating.value))


def _worded(level: int, index: Index) -> int | str:
    return next((word for word, value in index.framework.values.items() if value == level), level)
