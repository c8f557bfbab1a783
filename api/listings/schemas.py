"""What goes in and out."""

import datetime
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from api.fields import Line, Prose
from marketplace.errors import FieldError, Invalid
from marketplace.listings.content import Content, Effect, gaps
from marketplace.listings.models import Listing, ListingVersion
from marketplace.listings.service import content_of
from marketplace.texts import LongText
from scoring.technology import Technology, Text

IndustryGroup = Literal["traditional", "green", "emerging"]
ChainPlace = Literal["material", "equipment", "monitoring", "treatment", "information"]
TECHNOLOGY_BYTES_MAX = 200_000


class TechnologyIn(Technology, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A technology as the scoring library defines it. Its `id` is the holder's own reference."""

    id: Line


class EffectIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What treating one unit brings, with what is assumed."""

    kind: Literal["pollution-removed", "greenhouse-gas-avoided"]
    subject: Line
    amount: Annotated[float, Meta(ge=-1e12, le=1e12)]
    unit: Line
    per_unit: Line
    assumption: LongText

    def effect(self) -> Effect:
        return Effect(
            kind=self.kind,
            subject=self.subject,
            amount=self.amount,
            unit=self.unit,
            per_unit=self.per_unit,
            assumption=self.assumption.text(),
        )


class ListingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a holder says. `confidential` is for parties behind an NDA only."""

    technology: TechnologyIn
    effects: Annotated[list[EffectIn], Meta(max_length=20)] = []
    industry_group: IndustryGroup | None = None
    chain_place: ChainPlace | None = None
    confidential: Annotated[dict[Line, Prose], Meta(max_length=30)] = {}

    def content(self) -> Content:
        if len(msgspec.json.encode(self.technology)) > TECHNOLOGY_BYTES_MAX:
            expected = f"at most {TECHNOLOGY_BYTES_MAX:,} bytes of JSON; put documents into the data room"
            raise Invalid([FieldError(field="technology", expected=expected, expected_zh="内容过大")])
        if not self.technology.name:
            expected = "a name in Chinese or English"
            raise Invalid([FieldError(field="technology.name", expected=expected, expected_zh="请填写名称")])
        return Content(
            technology=msgspec.convert(msgspec.to_builtins(self.technology), Technology),
            effects=tuple(effect.effect() for effect in self.effects),
            industry_group=self.industry_group,
            chain_place=self.chain_place,
            confidential=dict(self.confidential),
        )


class TrlOut(Struct, frozen=True):
    low: int | None
    high: int | None


class HolderOut(Struct, frozen=True):
    id: uuid.UUID
    name: Text


class CardOut(Struct, frozen=True, kw_only=True):
    """A line of the catalogue."""

    id: uuid.UUID
    name: Text
    summary: Text
    holder: HolderOut
    media: list[str]
    pollutants: list[str]
    industries: list[str]
    industry_group: str | None
    chain_place: str | None
    provenance: str | None
    trl: TrlOut
    completeness: int
    published_at: datetime.datetime | None
    expires_at: datetime.datetime | None


class DetailOut(CardOut, frozen=True, kw_only=True):
    """A published technology."""

    technology: Technology
    effects: list[Effect]
    version: int


class OwnListing(Struct, frozen=True, kw_only=True):
    """A listing as its holder sees it: with its state, what it lacks and what is confidential."""

    id: uuid.UUID
    state: str
    version: int
    name: Text
    technology: Technology
    effects: list[Effect]
    industry_group: str | None
    chain_place: str | None
    confidential: dict[str, Any]
    completeness: int
    missing: list[str]
    trl: TrlOut
    published_at: datetime.datetime | None
    expires_at: datetime.datetime | None

    @classmethod
    def of(cls, found: Listing) -> "OwnListing":
        content = content_of(found)
        return cls(
            id=found.id,
            state=found.state,
            version=found.version,
            name=found.name,
            technology=content.technology,
            effects=list(content.effects),
            industry_group=found.industry_group,
            chain_place=found.chain_place,
            confidential=found.confidential,
            completeness=found.completeness,
            missing=gaps(content),
            trl=TrlOut(found.trl_low, found.trl_high),
            published_at=found.published_at,
            expires_at=found.expires_at,
        )


class VersionOut(Struct, frozen=True, kw_only=True):
    version: int
    at: datetime.datetime
    sha256: str

    @classmethod
    def of(cls, found: ListingVersion) -> "VersionOut":
        return cls(version=found.version, at=found.created_at, sha256=found.sha256.hex())


class Facets(Struct, frozen=True):
    """How many there are of each."""

    medium: dict[str, int]
    industry_group: dict[str, int]
    chain_place: dict[str, int]
    provenance: dict[str, int]
