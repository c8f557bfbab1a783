"""What goes in and out about cohorts."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from marketplace.matching.assignment import Assignment
from marketplace.matching.cohorts import CohortContent, result_of
from marketplace.matching.models import Cohort, CohortTrack, CohortWish
from marketplace.texts import ShortText
from scoring.technology import Text

Tiers = Annotated[
    list[Annotated[list[uuid.UUID], Meta(max_length=2_000)]],
    Meta(max_length=2_000, description="The best first; those in one list are equally good."),
]


class SeatsIn(Struct, frozen=True, forbid_unknown_fields=True):
    call_id: uuid.UUID
    seats: Annotated[int, Meta(ge=1, le=10_000)]


class CohortIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several of your own calls, whose seats are given out together once wishes are closed."""

    title: ShortText
    wishes_until: Annotated[datetime.datetime, Meta(tz=True)]
    calls: Annotated[list[SeatsIn], Meta(min_length=1, max_length=100)]
    proposing: Literal["technologies", "calls"] = "technologies"

    def __post_init__(self) -> None:
        if len({entry.call_id for entry in self.calls}) < len(self.calls):
            raise ValueError("each call once")

    def content(self) -> CohortContent:
        return CohortContent(
            title=self.title.text(),
            wishes_until=self.wishes_until,
            seats={entry.call_id: entry.seats for entry in self.calls},
            proposing=self.proposing,
        )


class TiersIn(Struct, frozen=True, forbid_unknown_fields=True):
    tiers: Tiers


class TrackOut(Struct, frozen=True, kw_only=True):
    """`ranking` is for the organiser alone."""

    call_id: uuid.UUID
    title: Text
    seats: int
    ranking: list[list[str]] | None

    @classmethod
    def of(cls, found: CohortTrack, *, whole: bool) -> "TrackOut":
        return cls(
            call_id=found.call_id,
            title=found.call.title,
            seats=found.seats,
            ranking=found.ranking if whole else None,
        )


class WishOut(Struct, frozen=True, kw_only=True):
    listing_id: uuid.UUID
    wishes: list[list[str]]

    @classmethod
    def of(cls, found: CohortWish) -> "WishOut":
        return cls(listing_id=found.listing_id, wishes=found.wishes)


class CohortCard(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    organisation_id: uuid.UUID
    title: Text
    state: str
    wishes_until: datetime.datetime
    proposing: str

    @classmethod
    def of(cls, found: Cohort) -> "CohortCard":
        return cls(
            id=found.id,
            organisation_id=found.organisation_id,
            title=found.title,
            state=found.state,
            wishes_until=found.wishes_until,
            proposing=found.proposing,
        )


class CohortOut(CohortCard, frozen=True, kw_only=True):
    """`wishes` are one's own technologies'. `result` is whole for the organiser, and one's own part for a holder."""

    tracks: list[TrackOut]
    wishes: list[WishOut]
    result: Assignment | None

    @classmethod
    def whole(
        cls, found: Cohort, tracks: Sequence[CohortTrack], wishes: Sequence[CohortWish], *, organising: bool
    ) -> "CohortOut":
        card = CohortCard.of(found)
        return cls(
            **{name: getattr(card, name) for name in CohortCard.__struct_fields__},
            tracks=[TrackOut.of(track, whole=organising) for track in tracks],
            wishes=[WishOut.of(wish) for wish in wishes],
            result=_part(result_of(found), None if organising else {str(wish.listing_id) for wish in wishes}),
        )


def _part(found: Assignment | None, mine: set[str] | None) -> Assignment | None:
    """What is said of these technologies; of the others not even that they took part."""
    if found is None or mine is None:
        return found
    return Assignment(
        placed={name: call for name, call in found.placed.items() if name in mine},
        unplaced=tuple(name for name in found.unplaced if name in mine),
        free_seats={},
        blocking=found.blocking,
        proposals=found.proposals,
        ties_drawn=found.ties_drawn,
    )
