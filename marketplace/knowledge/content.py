"""What each kind of knowledge item says: one struct a kind, told apart by `kind`."""

import datetime
import uuid
from typing import Annotated, Literal

from msgspec import Meta, Struct

from marketplace.texts import Doi, Line, LongText, ShortText, Url
from scoring.technology import Level, Medium, Provenance

SEATS_MAX = 10_000
Moment = Annotated[datetime.datetime, Meta(tz=True)]
Amount = Annotated[float, Meta(ge=-1e15, le=1e15)]
Year = Annotated[int, Meta(ge=1500, le=2200)]
Ids = Annotated[list[uuid.UUID], Meta(max_length=50)]


class _Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"): ...


class Showcase(_Said, frozen=True, kw_only=True, tag="showcase"):
    """A technology told in text, and in a film where there is one."""

    text: LongText
    video_url: Url | None = None


class Result(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measured figure of a case, with its unit and how it was measured."""

    name: ShortText
    value: Amount
    unit: Line
    measured: ShortText | None = None


class CaseStudy(_Said, frozen=True, kw_only=True, tag="case"):
    """A place where something was solved: what the trouble was, what was done, what came of it."""

    site: ShortText
    problem: LongText
    solution: LongText
    scale: Line | None = None
    started: datetime.date | None = None
    finished: datetime.date | None = None
    results: Annotated[list[Result], Meta(max_length=50)] = []
    lessons: LongText | None = None


class DemonstrationBase(_Said, frozen=True, kw_only=True, tag="demonstration-base"):
    """A place where technologies can be seen running, or be tried."""

    place: ShortText
    host: ShortText
    facilities: LongText
    visiting: LongText | None = None
    latitude_deg: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude_deg: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Policy(_Said, frozen=True, kw_only=True, tag="policy"):
    """What an authority decided, summed up in our own words; the source has the binding text."""

    issuer: ShortText
    level: Literal["international", "national", "provincial", "municipal"]
    issued: datetime.date
    number: Line | None = None
    effective: datetime.date | None = None
    ends: datetime.date | None = None
    points: Annotated[list[LongText], Meta(min_length=1, max_length=30)]
    source_url: Url | None = None


class Standard(_Said, frozen=True, kw_only=True, tag="standard"):
    """A standard's number and what it is about, in our own words; its text belongs to its publisher."""

    number: Line
    issuer: ShortText
    status: Literal["draft", "in-force", "withdrawn"]
    issued: datetime.date | None = None
    scope: LongText
    replaces: Annotated[list[Line], Meta(max_length=20)] = []
    source_url: Url | None = None


class Event(_Said, frozen=True, kw_only=True, tag="event"):
    """A meeting of those who offer and those who need. `joining_url` is told to those who have a seat."""

    starts_at: Moment
    ends_at: Moment
    registration_deadline: Moment
    seats: Annotated[int, Meta(ge=1, le=SEATS_MAX)]
    place: ShortText
    programme: LongText
    joining_url: Url | None = None


class TeamPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: ShortText
    role: ShortText | None = None
    field: ShortText | None = None


class Team(_Said, frozen=True, kw_only=True, tag="team"):
    """Experts who can be asked, or an association of an industry."""

    type: Literal["expert-team", "industry-association"]
    about: LongText
    people: Annotated[list[TeamPerson], Meta(max_length=100)] = []
    website: Url | None = None


class ZoneFilter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which technologies of the catalogue belong to a zone: everything given must hold."""

    medium: Medium | None = None
    pollutant: Line | None = None
    industry: Line | None = None
    industry_group: Literal["traditional", "green", "emerging"] | None = None
    chain_place: Literal["material", "equipment", "monitoring", "treatment", "information"] | None = None
    provenance: Provenance | None = None
    trl_min: Level | None = None


class Zone(_Said, frozen=True, kw_only=True, tag="zone"):
    """A topic: a saved filter of the catalogue, the policies that drive it, and the team that looks after it."""

    filter: ZoneFilter
    policies: Ids = []
    related: Ids = []
    team: uuid.UUID | None = None


class Reference(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A publication that a review rests on."""

    title: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00\r\n]*[^\s\x00][^\x00\r\n]*$")]
    authors: Annotated[list[Line], Meta(min_length=1, max_length=100)]
    year: Year
    venue: Line | None = None
    doi: Doi | None = None
    url: Url | None = None


class Review(_Said, frozen=True, kw_only=True, tag="review"):
    """What the literature says on a question: how it was searched, what was found, how sure that is."""

    authors: Annotated[list[Line], Meta(min_length=1, max_length=50)]
    question: LongText
    method: LongText
    findings: LongText
    limits: LongText
    searched_until: datetime.date
    references: Annotated[list[Reference], Meta(max_length=500)] = []


Content = Showcase | CaseStudy | DemonstrationBase | Policy | Standard | Event | Team | Zone | Review


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an item is about: a technology of the catalogue, or a published need."""

    subject_type: Literal["listing", "need"]
    subject_id: uuid.UUID


class Draft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything an author says."""

    title: ShortText
    summary: LongText
    content: Content
    media: Annotated[list[Medium], Meta(max_length=9)] = []
    links: Annotated[list[Link], Meta(max_length=50)] = []


def kind_of(content: Content) -> str:
    return str(content.__struct_config__.tag)
