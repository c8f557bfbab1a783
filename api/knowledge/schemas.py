"""What goes in and out. `Draft` itself is what comes in: its fields are bounded where they are declared."""

import datetime
import uuid
from typing import Any, Literal

from msgspec import Struct

from api.listings.schemas import CardOut as TechnologyCard
from marketplace.knowledge.content import Content, Link
from marketplace.knowledge.models import EventRegistration, EventSeating, KnowledgeItem, KnowledgeVersion
from marketplace.knowledge.service import draft_of
from scoring.technology import Text

Kind = Literal["showcase", "case", "demonstration-base", "policy", "standard", "event", "team", "zone", "review"]


ItemState = Literal["draft", "review", "published", "archived"]


class AuthorOut(Struct, frozen=True):
    id: uuid.UUID
    name: Text


class CardOut(Struct, frozen=True, kw_only=True):
    """A line of a list of published items."""

    id: uuid.UUID
    kind: Kind
    title: Text
    summary: Text
    media: list[str]
    author: AuthorOut
    published_at: datetime.datetime
    starts_at: datetime.datetime | None


class DetailOut(CardOut, frozen=True, kw_only=True):
    """A published item. Of an event the address to join at is left out."""

    content: Content
    links: list[Link]
    version: int


class LinksOut(Struct, frozen=True):
    """What an item is about, as far as it is public."""

    technologies: list[TechnologyCard]
    needs: list[uuid.UUID]


class TechnologyList(Struct, frozen=True):
    items: list[TechnologyCard]
    total: int


class ItemList(Struct, frozen=True):
    items: list[CardOut]
    total: int


class ZoneOut(Struct, frozen=True, kw_only=True):
    """A topic: what its filter finds, what drives it, what else belongs to it, and who looks after it."""

    zone: DetailOut
    technologies: TechnologyList
    policies: ItemList
    related: ItemList
    team: CardOut | None


class Facets(Struct, frozen=True):
    """How many there are of each."""

    kind: dict[str, int]
    medium: dict[str, int]


class ItemOut(Struct, frozen=True, kw_only=True):
    """An item as its author sees it: with its state and everything in it."""

    id: uuid.UUID
    kind: Kind
    state: str
    version: int
    title: Text
    summary: Text
    media: list[str]
    content: Content
    links: list[Link]
    organisation_id: uuid.UUID
    created_at: datetime.datetime

    @classmethod
    def of(cls, item: KnowledgeItem) -> "ItemOut":
        draft = draft_of(item)
        return cls(
            id=item.id,
            kind=item.kind,  # type: ignore[arg-type]  # the table's own check
            state=item.state,
            version=item.version,
            title=item.title,
            summary=item.summary,
            media=item.media,
            content=draft.content,
            links=list(draft.links),
            organisation_id=item.organisation_id,
            created_at=item.created_at,
        )


class VersionOut(Struct, frozen=True, kw_only=True):
    version: int
    at: datetime.datetime
    sha256: str
    said: dict[str, Any]

    @classmethod
    def of(cls, found: KnowledgeVersion) -> "VersionOut":
        return cls(version=found.version, at=found.created_at, sha256=found.sha256.hex(), said=found.said)


class SeatsOut(Struct, frozen=True, kw_only=True):
    """How full an event is, and whether a registration is possible now."""

    seats: int
    taken: int
    registration_deadline: datetime.datetime
    open: bool

    @classmethod
    def of(cls, seating: EventSeating, now: datetime.datetime) -> "SeatsOut":
        return cls(
            seats=seating.seats,
            taken=seating.taken,
            registration_deadline=seating.registration_deadline,
            open=now < seating.registration_deadline,
        )


class RegistrationIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to come: a member of one's own organisation; without it, oneself."""

    person_id: uuid.UUID | None = None


class RegistrationOut(Struct, frozen=True, kw_only=True):
    """`waiting` moves up to `confirmed` when a seat becomes free."""

    id: uuid.UUID
    event_id: uuid.UUID
    organisation_id: uuid.UUID
    person_id: uuid.UUID
    state: Literal["waiting", "confirmed", "cancelled"]
    registered_at: datetime.datetime

    @classmethod
    def of(cls, found: EventRegistration) -> "RegistrationOut":
        return cls(
            id=found.id,
            event_id=found.event_id,
            organisation_id=found.organisation_id,
            person_id=found.person_id,
            state=found.state,  # type: ignore[arg-type]  # one of the process's states
            registered_at=found.created_at,
        )


class AttendeeOut(RegistrationOut, frozen=True, kw_only=True):
    """A registration as the organiser sees it."""

    person_name: str
    email: str
    organisation_name: Text

    @classmethod
    def of(cls, found: EventRegistration) -> "AttendeeOut":
        return cls(
            id=found.id,
            event_id=found.event_id,
            organisation_id=found.organisation_id,
            person_id=found.person_id,
            state=found.state,  # type: ignore[arg-type]  # one of the process's states
            registered_at=found.created_at,
            person_name=found.person.name,
            email=found.person.email,
            organisation_name=found.organisation.name,
        )
