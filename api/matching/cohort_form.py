"""A cohort's forms: seats beside calls, and places beside technologies or calls, the same number for equals."""

import datetime
import uuid
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from api.site.forms import Given
from marketplace.clock import BEIJING
from marketplace.errors import Invalid
from marketplace.matching.cohorts import CohortContent
from marketplace.matching.models import CohortTrack, CohortWish
from marketplace.texts import ShortText

Place = Annotated[int, Meta(ge=1, le=2_000)]
Seats = Annotated[int, Meta(ge=1, le=10_000)]
Tiers = list[list[uuid.UUID]]


class CohortForm(Struct, frozen=True, kw_only=True):
    """Calls without seats are left out."""

    title: ShortText
    wishes_until: datetime.date
    proposing: Literal["technologies", "calls"] = "technologies"
    seats: Annotated[dict[uuid.UUID, Seats], Meta(max_length=100)] = {}

    def content(self) -> CohortContent:
        until = datetime.datetime.combine(self.wishes_until, datetime.time(23, 59), BEIJING)
        return CohortContent(title=self.title.text(), wishes_until=until, seats=self.seats, proposing=self.proposing)


class PlacesForm(Struct, frozen=True):
    """1 is the best; who has no number is not wanted."""

    place: Annotated[dict[uuid.UUID, Place], Meta(max_length=2_000)] = {}

    def tiers(self) -> Tiers:
        ordered = sorted(self.place.items(), key=itemgetter(1))
        return [[one for one, _ in tier] for _, tier in groupby(ordered, key=itemgetter(1))]


def beside_its_field(error: Invalid, tiers: Tiers) -> Invalid:
    """What the service says of `wishes.0.1`, said of the field that was filled in."""

    def named(field: Any) -> Any:
        *_, tier, place = field.field.split(".")
        return replace(field, field=f"place.{tiers[int(tier)][int(place)]}")

    return Invalid([named(field) for field in error.fields])


def places_given(tiers: Sequence[Sequence[str]]) -> Given:
    """What was said before, as the form has it."""
    return {f"place.{one}": str(number) for number, tier in enumerate(tiers, 1) for one in tier}


def rankings(tracks: Sequence[CohortTrack]) -> dict[uuid.UUID, Given]:
    return {track.call_id: places_given(track.ranking) for track in tracks}


def wishes(said: Sequence[CohortWish]) -> dict[uuid.UUID, Given]:
    return {one.listing_id: places_given(one.wishes) for one in said}
