"""What an applicant who was not chosen is told: where each criterion stood, and what would have crossed the bar.

A change is found by asking the model again: had no reviewer stayed below that level, how severe they are and where
the cut points lie unchanged, the margin would have reached the bar. Nothing in it tells one reviewer from another.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from marketplace.review.agreement import apart
from marketplace.review.merits import Judged, Merit, Review, Scale, margins_if
from scoring.technology import Text

Code = Literal["below-the-bar", "divided", "at-the-bar"]

CODES: dict[Code, Text] = {
    "below-the-bar": Text(zh="评审认为未达到该项门槛", en="the reviewers put it below the bar of this criterion"),
    "divided": Text(zh="评审意见分布在门槛两侧", en="the reviewers stood on both sides of the bar"),
    "at-the-bar": Text(zh="评审认为达到该项门槛", en="the reviewers put it at the bar of this criterion or above"),
}


class CriterionView(Struct, frozen=True, kw_only=True):
    """How one criterion was seen: `level` is the typical rating once severities are allowed for."""

    criterion: str
    code: Code
    level: int
    bar: int


class Change(Struct, frozen=True, kw_only=True):
    """Ratings of `criterion` of at least `level`, where `seen` is the typical rating now."""

    criterion: str
    seen: int
    level: int


class Feedback(Struct, frozen=True, kw_only=True):
    """`single` are the changes of which each alone would have crossed the bar, the smallest first; where there are

    none, `together` are changes that would have crossed it jointly. Both are empty for what stands above the bar.
    """

    criteria: tuple[CriterionView, ...]
    single: tuple[Change, ...]
    together: tuple[Change, ...]


def feedback(judged: Judged, merit: Merit, reviews: Sequence[Review]) -> Feedback:
    """For one application; `reviews` are its own."""
    views = tuple(_view(scale, merit, reviews) for scale in judged.scales)
    if merit.margin.value >= 0:
        return Feedback(criteria=views, single=(), together=())
    single = sorted(_crossings(judged, merit, reviews), key=lambda change: change.level - change.seen)
    together = () if single else _joint(judged, merit, reviews)
    return Feedback(criteria=views, single=tuple(single), together=together)


def _view(scale: Scale, merit: Merit, reviews: Sequence[Review]) -> CriterionView:
    seen = merit.criteria[scale.id]
    divided = any(one.criterion == scale.id and one.opposed > 0 for one in apart(reviews, [scale]))
    code: Code = "divided" if divided else "at-the-bar" if seen.margin.value >= 0 else "below-the-bar"
    return CriterionView(criterion=scale.id, code=code, level=seen.level, bar=scale.bar)


def _crossings(judged: Judged, merit: Merit, reviews: Sequence[Review]) -> list[Change]:
    """For each criterion the lowest level of it alone that crosses the bar of the whole, where there is one."""
    seen = {scale.id: merit.criteria[scale.id].level for scale in judged.scales}
    lifts = [(scale.id, level) for scale in judged.scales for level in range(seen[scale.id] + 1, scale.levels)]
    margins = margins_if(judged, reviews, [{name: level} for name, level in lifts])
    found: dict[str, Change] = {}
    for (name, level), margin in zip(lifts, margins, strict=True):
        if margin >= 0 and name not in found:
            found[name] = Change(criterion=name, seen=seen[name], level=level)
    return list(found.values())


def _joint(judged: Judged, merit: Merit, reviews: Sequence[Review]) -> tuple[Change, ...]:
    """Criteria lifted one level at a time, each time the one that gains most, until the bar is crossed."""
    seen = {scale.id: merit.criteria[scale.id].level for scale in judged.scales}
    top = {scale.id: scale.levels - 1 for scale in judged.scales}
    goal: dict[str, int] = {}
    while liftable := [name for name in seen if goal.get(name, seen[name]) < top[name]]:
        steps = {name: goal | {name: goal.get(name, seen[name]) + 1} for name in liftable}
        margins = dict(zip(steps, margins_if(judged, reviews, list(steps.values())), strict=True))
        best = max(margins, key=lambda name: (margins[name], name))
        goal = steps[best]
        if margins[best] >= 0:
            return tuple(Change(criterion=name, seen=seen[name], level=goal[name]) for name in seen if name in goal)
    return ()
