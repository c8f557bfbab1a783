"""When enough reviews are in: another is asked for only where the interval leaves open on which side of the bar.

Every application gets its first reviews whatever they say. Then it is settled as soon as the 90 % interval of its
margin lies on one side of the bar, or once it has as many reviews as the round allows.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from marketplace.review.merits import Margin, Merit

Side = Literal["above", "below", "open", "unknown"]
Next = Literal["review", "wait", "ask-further", "stop"]


class Reviews(NamedTuple):
    """Of one application: how many are in, and how many are still to come."""

    submitted: int
    pending: int


class Stand(Struct, frozen=True, kw_only=True):
    """`side` of the bar, and what comes `next`; "stop" beside "open" means that no more reviews are allowed."""

    side: Side
    next: Next


class Saving(Struct, frozen=True, kw_only=True):
    """`saved` reviews of the `fixed` that everybody's having the greatest number would have cost are not needed."""

    settled: int
    submitted: int
    fixed: int
    saved: int


def side_of(margin: Margin) -> Side:
    if margin.crosses_bar:
        return "open"
    return "above" if margin.low >= 0 else "below"


def stand_of(merit: Merit | None, reviews: Reviews, *, wanted: int, most: int) -> Stand:
    side = "unknown" if merit is None else side_of(merit.margin)
    if reviews.submitted + reviews.pending < wanted:
        return Stand(side=side, next="review")
    if reviews.pending:
        return Stand(side=side, next="wait")
    further = side == "open" and reviews.submitted < most
    return Stand(side=side, next="ask-further" if further else "stop")


def saving(stands: Mapping[Hashable, Stand], reviews: Mapping[Hashable, Reviews], most: int) -> Saving:
    """Counted over what is settled; what is still under way has saved nothing yet."""
    settled = [reviews[name].submitted for name, stand in stands.items() if stand.next == "stop"]
    fixed = most * len(settled)
    return Saving(settled=len(settled), submitted=sum(settled), fixed=fixed, saved=fixed - sum(settled))


def further_wanted(stands: Mapping[Hashable, Stand], names: Iterable[Hashable]) -> list[int]:
    """How many further reviews to place for each of `names` now: one at a time."""
    return [1 if stands[name].next == "ask-further" else 0 for name in names]
