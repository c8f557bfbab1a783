"""What goes in and out about mandates and matches."""

import datetime
import uuid

from msgspec import Struct, field

from marketplace.calls.models import Call
from marketplace.calls.service import content_of
from marketplace.matching.asked import further
from marketplace.matching.limits import LIMITS
from marketplace.matching.mandates import MandateContent, terms_of_mandate
from marketplace.matching.margins import Fitting, LimitMargin, Relaxation
from marketplace.matching.models import Mandate
from marketplace.matching.service import Asked, Technologies
from marketplace.matching.terms import Terms
from marketplace.matching.wording import NAMES
from marketplace.texts import LongText, ShortText
from scoring.technology import Text


class MandateIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you look for at any time. Verified holders see it, and may write to you, if it is `open_to_holders`."""

    title: ShortText
    thesis: LongText | None = None
    # A factory: the API's description cannot hold a default that has dicts in it.
    terms: Terms = field(default_factory=Terms)
    open_to_holders: bool = False

    def content(self) -> MandateContent:
        return MandateContent(
            title=self.title.text(),
            thesis=self.thesis.text() if self.thesis else Text(),
            terms=self.terms,
            open_to_holders=self.open_to_holders,
        )


class MandateOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    organisation_id: uuid.UUID
    organisation: Text
    title: Text
    thesis: Text
    terms: Terms
    open_to_holders: bool
    ended_at: datetime.datetime | None
    version: int

    @classmethod
    def of(cls, found: Mandate) -> "MandateOut":
        return cls(
            id=found.id,
            organisation_id=found.organisation_id,
            organisation=found.organisation.name,
            title=found.title,
            thesis=found.thesis,
            terms=terms_of_mandate(found),
            open_to_holders=found.open_to_holders,
            ended_at=found.ended_at,
            version=found.version,
        )


class FittingOut(Struct, frozen=True, kw_only=True):
    """Every limit with its room, in its unit and as a share of itself, at the worst, typically and at best.

    `binding` is the limit with the least room; `promoted` says that this place was kept for what is rarely shown.
    """

    listing_id: uuid.UUID
    technology: Text
    holder_id: uuid.UUID
    fit: str
    missed: int
    unknown: int
    binding: str | None
    margins: list[LimitMargin]
    promoted: bool = False

    @classmethod
    def of(cls, found: Fitting, *, promoted: bool = False) -> "FittingOut":
        return cls(
            listing_id=found.profile.id,
            technology=found.profile.name,
            holder_id=found.profile.holder_id,
            fit=found.fit,
            missed=found.missed,
            unknown=found.unknown,
            binding=found.binding.limit if found.binding else None,
            margins=list(found.margins),
            promoted=promoted,
        )


class RelaxationOut(Struct, frozen=True, kw_only=True):
    """Change this one limit `by` so much in its unit and this technology comes in; `surely`, whatever is in doubt.

    `terms` are yours with that change: send them to `/matching/technologies` to see what else comes in.
    """

    limit: str
    limit_name: Text
    listing_id: uuid.UUID
    technology: Text
    share: float
    by: float | None
    surely: float | None
    unit: str
    said: Text
    terms: Terms

    @classmethod
    def of(cls, found: Relaxation) -> "RelaxationOut":
        return cls(
            limit=found.limit,
            limit_name=NAMES[found.limit],
            listing_id=found.technology.id,
            technology=found.technology.name,
            share=found.share,
            by=found.by,
            surely=found.surely,
            unit=found.unit,
            said=found.said,
            terms=found.terms,
        )


class ExposureOut(Struct, frozen=True, kw_only=True):
    """`regret` is the share of the page's worth that was given up for the `given` places of the rarely shown."""

    regret: float
    regret_max: float
    wanted: int
    given: int


class TechnologiesOut(Struct, frozen=True, kw_only=True):
    """`items` miss nothing, `total` of `compared` do so; `missing_one` miss one limit alone."""

    items: list[FittingOut]
    next: str | None
    total: int
    missing_one: int
    compared: int
    relaxations: list[RelaxationOut]
    exposure: ExposureOut

    @classmethod
    def of(cls, found: Technologies, *, following: str | None) -> "TechnologiesOut":
        exposure = found.exposure
        return cls(
            items=[FittingOut.of(entry, promoted=entry.profile.id in exposure.promoted) for entry in found.items],
            next=following,
            total=found.total,
            missing_one=found.missing_one,
            compared=found.compared,
            relaxations=[RelaxationOut.of(entry) for entry in found.relaxations],
            exposure=ExposureOut(
                regret=exposure.regret,
                regret_max=exposure.regret_max,
                wanted=exposure.wanted,
                given=exposure.given,
            ),
        )


class CallMatch(Struct, frozen=True, kw_only=True):
    """An open call beside one's technology. `further` conditions are not in the margins; applying checks them."""

    call_id: uuid.UUID
    title: Text
    poster: Text
    deadline: datetime.datetime
    fitting: FittingOut
    further: list[str]

    @classmethod
    def of(cls, found: Asked[Call]) -> "CallMatch":
        call = found.asker
        return cls(
            call_id=call.id,
            title=call.title,
            poster=call.organisation.name,
            deadline=call.deadline,
            fitting=FittingOut.of(found.fitting),
            further=[rule.id for rule in further(content_of(call))],
        )


class MandateMatch(Struct, frozen=True, kw_only=True):
    mandate_id: uuid.UUID
    title: Text
    organisation_id: uuid.UUID
    organisation: Text
    fitting: FittingOut

    @classmethod
    def of(cls, found: Asked[Mandate]) -> "MandateMatch":
        mandate = found.asker
        return cls(
            mandate_id=mandate.id,
            title=mandate.title,
            organisation_id=mandate.organisation_id,
            organisation=mandate.organisation.name,
            fitting=FittingOut.of(found.fitting),
        )


class CallMatchesOut(Struct, frozen=True, kw_only=True):
    """The best ones first; `total` is how many were compared."""

    items: list[CallMatch]
    total: int


class MandateMatchesOut(Struct, frozen=True, kw_only=True):
    """The best ones first; `total` is how many were compared."""

    items: list[MandateMatch]
    total: int


class LimitsOut(Struct, frozen=True):
    """Every limit by its name."""

    limits: dict[str, Text]


def limit_names() -> LimitsOut:
    return LimitsOut({limit: NAMES[limit] for limit in LIMITS})
