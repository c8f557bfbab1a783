"""What goes in and out about needs, matches and the interviewer."""

import datetime
import uuid
from typing import Annotated

from litestar.params import QueryParameter
from msgspec import Meta, Struct

from api.fields import Prose
from marketplace.needs.interview import Answer, Interview, Question
from marketplace.needs.margins import Margin, Match, Relaxation
from marketplace.needs.models import Need
from marketplace.needs.service import NeedContent, specification_of
from marketplace.needs.specification import Specification
from marketplace.needs.words import Finding
from marketplace.texts import LongText, ShortText
from scoring.technology import Text

Filter = Annotated[str | None, QueryParameter(max_length=100, pattern=r"^[^\x00]+$")]
Time = Annotated[datetime.datetime, Meta(tz=True)]
Question_ = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Plain = Annotated[str, Meta(max_length=5000, pattern=r"^[^\x00]*$")]
_Key = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00\r\n]+$")]


class AnswerIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a question and of the option taken; `unknown` for "I do not know"."""

    question: _Key
    option: _Key

    def answer(self) -> Answer:
        return Answer(question=self.question, option=self.option)


class InterviewIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Plain words, Chinese or English, and the answers so far, in order."""

    text: Plain
    answers: Annotated[list[AnswerIn], Meta(max_length=50)] = []


class InterviewOut(Struct, frozen=True, kw_only=True):
    """What was understood, from which words, and what to ask next."""

    specification: Specification
    findings: list[Finding]
    total: int
    remaining: int
    remaining_ids: list[uuid.UUID]
    question: Question | None
    stopped: Text

    @classmethod
    def of(cls, found: Interview, *, shown: int) -> "InterviewOut":
        return cls(
            specification=found.specification,
            findings=list(found.findings),
            total=found.total,
            remaining=len(found.remaining),
            remaining_ids=list(found.remaining[:shown]),
            question=found.question,
            stopped=found.stopped,
        )


class NeedIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a seeker says. A published need has both languages and names nobody."""

    title: ShortText
    summary: LongText | None = None
    specification: Specification = Specification()

    def content(self) -> NeedContent:
        summary = self.summary.text() if self.summary else Text()
        return NeedContent(title=self.title.text(), summary=summary, specification=self.specification)


class PublishIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when it is open, and until when solutions stay closed to the seeker, too."""

    open_until: Time | None = None
    embargo_until: Time | None = None


class ExtendIn(Struct, frozen=True, forbid_unknown_fields=True):
    open_until: Time


class NoteIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose = ""


class PublicNeed(Struct, frozen=True, kw_only=True):
    """A need as everybody sees it: without its seeker, and without a word about who answered."""

    id: uuid.UUID
    title: Text
    summary: Text
    medium: str | None
    pollutants: list[str]
    specification: Specification
    embargo_until: datetime.datetime | None
    open_until: datetime.datetime | None
    published_at: datetime.datetime | None

    @classmethod
    def of(cls, need: Need) -> "PublicNeed":
        return cls(
            id=need.id,
            title=need.title,
            summary=need.summary,
            medium=need.medium,
            pollutants=need.pollutants,
            specification=specification_of(need),
            embargo_until=need.embargo_until,
            open_until=need.open_until,
            published_at=need.published_at,
        )


class OwnNeed(PublicNeed, frozen=True, kw_only=True):
    """A need as its seeker sees it."""

    state: str
    version: int
    created_at: datetime.datetime

    @classmethod
    def of(cls, need: Need) -> "OwnNeed":
        public = PublicNeed.of(need)
        shared = {name: getattr(public, name) for name in PublicNeed.__struct_fields__}
        return cls(**shared, state=need.state, version=need.version, created_at=need.created_at)


class MatchOut(Struct, frozen=True, kw_only=True):
    """A technology beside the need: by how much it keeps each limit, with its sign."""

    listing_id: uuid.UUID
    name: Text
    fit: str
    binding: str | None
    unknown: int
    missed: int
    margins: list[Margin]

    @classmethod
    def of(cls, found: Match) -> "MatchOut":
        return cls(
            listing_id=found.technology.id,
            name=found.technology.name,
            fit=found.fit,
            binding=found.binding.limit if found.binding else None,
            unknown=found.unknown,
            missed=found.missed,
            margins=list(found.margins),
        )


class RelaxationOut(Struct, frozen=True, kw_only=True):
    """Loosen this one limit by this share of it, and this technology enters."""

    limit: str
    share: float
    listing_id: uuid.UUID
    name: Text

    @classmethod
    def of(cls, found: Relaxation) -> "RelaxationOut":
        return cls(limit=found.limit, share=found.share, listing_id=found.technology.id, name=found.technology.name)


class MatchesOut(Struct, frozen=True, kw_only=True):
    """The best first; `total` counts all technologies for the medium and a pollutant of the need."""

    items: list[MatchOut]
    total: int
    relaxations: list[RelaxationOut]
