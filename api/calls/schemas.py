"""What goes in and out about calls."""

import datetime
import uuid
from typing import Any, Literal

from msgspec import Struct

from api.fields import AmountMinor, Currency, Prose
from marketplace.calls.content import CallContent, all_rules
from marketplace.calls.eligibility import Finding, Rule, asked_of, label_of
from marketplace.calls.facts import fact_named
from marketplace.calls.models import Call, CallEdition
from marketplace.calls.service import content_of
from marketplace.calls.templates import Template
from marketplace.money import Money
from marketplace.people.models import Organisation
from marketplace.texts import ShortText
from scoring.technology import Text

State = Literal["published", "closed", "completed"]


class AmendmentIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole call as it shall be, and in both languages what changes and why."""

    content: CallContent
    note: ShortText


class CancelIn(Struct, frozen=True, forbid_unknown_fields=True):
    note: Prose


class MoneyIn(Struct, frozen=True, forbid_unknown_fields=True):
    amount_minor: AmountMinor
    currency: Currency

    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


class EligibilityIn(Struct, frozen=True, forbid_unknown_fields=True):
    """One's own technology, and how much one would ask for."""

    listing_id: uuid.UUID
    asked: MoneyIn | None = None


class PosterOut(Struct, frozen=True, kw_only=True):
    id: uuid.UUID
    name: Text
    kind: str

    @classmethod
    def of(cls, found: Organisation) -> "PosterOut":
        return cls(id=found.id, name=found.name, kind=found.kind)


class CallCard(Struct, frozen=True, kw_only=True):
    """A call in a list. `regions` is empty where everybody may apply."""

    id: uuid.UUID
    title: Text
    poster: PosterOut
    state: str
    edition: int
    media: list[str]
    regions: list[str]
    instrument: str
    trl_low: int
    trl_high: int
    ticket_min: Money
    ticket_max: Money
    seats: int
    seats_free: int
    deadline: datetime.datetime
    published_at: datetime.datetime | None

    @classmethod
    def of(cls, call: Call) -> "CallCard":
        return cls(**_card(call))


class ConditionOut(Struct, frozen=True, kw_only=True):
    """A condition as data and as a sentence; those of the call's own fields are named `call.…`."""

    rule: Rule
    sentence: Text

    @classmethod
    def of(cls, rule: Rule) -> "ConditionOut":
        label, asked = label_of(rule, fact_named(rule.field)), asked_of(rule)
        return cls(rule=rule, sentence=Text(zh=f"{label.zh}：{asked.zh}", en=f"{label.en}: {asked.en}"))


class CallOut(CallCard, frozen=True, kw_only=True):
    """A whole call, with every condition spelt out. `version` is what If-Match names."""

    content: CallContent
    conditions: list[ConditionOut]
    version: int

    @classmethod
    def of(cls, call: Call) -> "CallOut":
        content = content_of(call)
        conditions = [ConditionOut.of(rule) for rule in all_rules(content)]
        return cls(**_card(call), content=content, conditions=conditions, version=call.version)


def _card(call: Call) -> dict[str, Any]:
    copied = (
        "id", "title", "state", "edition", "media", "regions", "instrument", "trl_low", "trl_high",
        "ticket_min", "ticket_max", "seats", "deadline", "published_at",
    )  # fmt: skip
    shown = {name: getattr(call, name) for name in copied}
    return shown | {"poster": PosterOut.of(call.organisation), "seats_free": call.seats - call.seats_taken}


class EditionOut(Struct, frozen=True, kw_only=True):
    """What a call said from then on, and what changed against the edition before."""

    number: int
    at: datetime.datetime
    note: Text
    changes: list[dict[str, Any]]
    content: CallContent

    @classmethod
    def of(cls, found: CallEdition) -> "EditionOut":
        return cls(
            number=found.number,
            at=found.created_at,
            note=found.note,
            changes=found.changes,
            content=content_of(found),
        )


class TemplateOut(Struct, frozen=True, kw_only=True):
    key: str
    name: Text
    content: CallContent

    @classmethod
    def of(cls, found: Template) -> "TemplateOut":
        return cls(key=found.key, name=found.name, content=found.content)


class EligibilityOut(Struct, frozen=True, kw_only=True):
    """Whether one could apply, and how every condition stands."""

    eligible: bool
    findings: list[Finding]
