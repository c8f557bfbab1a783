"""A call's rubric as reviewers fill it in and as the model reads it.

The bar of a call is a share of the way up; on each criterion it is the first anchor that lies so far up, and never
the lowest one. What is given are the anchors' own levels; what is computed with are their places, counted from 0.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from marketplace.calls.content import Criterion, Rubric
from marketplace.errors import FieldError
from marketplace.review.merits import Scale

RATIONALE_MAX = 4_000


class Given(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rating: the level of one of the criterion's anchors, and why."""

    criterion: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]+$")]
    level: Annotated[int, Meta(ge=0, le=10)]
    rationale: Annotated[str, Meta(max_length=RATIONALE_MAX, pattern=r"^[^\x00]*$")] = ""


def rubric_of(kept: dict[str, Any]) -> Rubric:
    return msgspec.convert(kept, Rubric)


def scales_of(rubric: Rubric) -> list[Scale]:
    return [
        Scale(id=one.id, levels=len(one.anchors), bar=_bar(one, rubric.bar_percent), weight=float(one.weight))
        for one in rubric.criteria
    ]


def _bar(criterion: Criterion, percent: int) -> int:
    levels = [anchor.level for anchor in criterion.anchors]
    lowest, height = levels[0], levels[-1] - levels[0]
    return next(place for place, level in enumerate(levels) if place and (level - lowest) * 100 >= height * percent)


def places_of(rubric: Rubric, ratings: Sequence[Given]) -> dict[str, int]:
    """What the model reads: by criterion the place of its anchor."""
    anchors = {one.id: [anchor.level for anchor in one.anchors] for one in rubric.criteria}
    return {given.criterion: anchors[given.criterion].index(given.level) for given in ratings}


def level_at(rubric: Rubric, criterion: str, place: int) -> int:
    """The level of the anchor at a place."""
    return next(one for one in rubric.criteria if one.id == criterion).anchors[place].level


def faults_of_ratings(rubric: Rubric, ratings: Sequence[Given]) -> list[FieldError]:
    """Everything wrong with a review, at once: every criterion once, at a level that has an anchor, with a reason."""
    criteria, seen, faults = {one.id: one for one in rubric.criteria}, set(), []
    for number, given in enumerate(ratings):
        place, criterion = f"ratings.{number}", criteria.get(given.criterion)
        if criterion is None:
            known = ", ".join(criteria)
            faults.append(_fault(f"{place}.criterion", given.criterion, f"one of {known}", "须为评审标准中的指标"))
            continue
        if given.criterion in seen:
            faults.append(_fault(f"{place}.criterion", given.criterion, "each criterion once", "每项指标只能评一次"))
        seen.add(given.criterion)
        levels = [anchor.level for anchor in criterion.anchors]
        if given.level not in levels:
            said = ", ".join(map(str, levels))
            faults.append(_fault(f"{place}.level", given.level, f"one of {said}", f"须为{said}之一"))
        if not given.rationale.strip():
            faults.append(_fault(f"{place}.rationale", "", "a reason", "请填写理由"))
    faults += [
        _fault("ratings", "", f"a rating of {one.id}", f"请评价“{one.name.in_language('zh')}”")
        for one in rubric.criteria
        if one.id not in seen
    ]
    return faults


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value)[:80], expected=expected, expected_zh=expected_zh)
