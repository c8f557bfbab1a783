"""A topic as a form: a filter of the catalogue, and the policies, items and team that belong to it, to be ticked."""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from api.knowledge.schemas import CardOut
from api.site.forms import Form, Given
from marketplace.knowledge import catalogue
from marketplace.knowledge.content import Draft, Zone, ZoneFilter
from scoring.technology import Text

OFFERED = 200
KINDS_OF: Mapping[str, frozenset[str]] = {
    "policies": frozenset({"policy", "standard"}),
    "related": frozenset({"case", "demonstration-base", "event", "review", "showcase", "zone"}),
    "team": frozenset({"team"}),
}


class Choices(NamedTuple):
    """What can be ticked: titles by ids."""

    policies: Mapping[str, Text]
    related: Mapping[str, Text]
    team: Mapping[str, Text]


def prepared(tree: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as a draft has it; a topic with no filter holds the whole catalogue."""
    tree.pop("version", None)
    said = tree.setdefault("content", {})
    if isinstance(said, dict):
        said["kind"] = "zone"
        said.setdefault("filter", {})
    return tree


def as_form(draft: Draft, zone: Zone, version: int) -> Form[Draft]:
    """The fields, filled with what a topic says."""
    given: Given = {"version": str(version), "media": [medium.value for medium in draft.media]}
    for name, text in (("title", draft.title), ("summary", draft.summary)):
        given |= {f"{name}.zh": text.zh or "", f"{name}.en": text.en or ""}
    given |= {f"content.filter.{name}": str(value) for name, value in filter_of(zone).items()}
    given |= {f"content.{name}": [str(one) for one in getattr(zone, name)] for name in ("policies", "related")}
    return Form(given | {"content.team": str(zone.team or "")})


def filter_of(zone: Zone) -> dict[str, Any]:
    """What the filter asks for, without what it leaves open."""
    said: dict[str, Any] = msgspec.to_builtins(zone.filter)
    return {name: said[name] for name in ZoneFilter.__struct_fields__ if said[name] is not None}


async def choices(session: AsyncSession, form: Form[Any], *, itself: uuid.UUID | None) -> Choices:
    """The newest of each kind, and what is ticked; a topic does not name itself."""
    found = [await _cards(session, name, _ids(form.typed(f"content.{name}"))) for name in Choices._fields]
    return Choices(*({str(card.id): card.title for card in cards if card.id != itself} for cards in found))


async def _cards(session: AsyncSession, name: str, named: set[uuid.UUID]) -> list[CardOut]:
    cards = await catalogue.offered(session, KINDS_OF[name], named=named, limit=OFFERED)
    return [msgspec.json.decode(card, type=CardOut) for card in cards]


def _ids(typed: str | list[str]) -> set[uuid.UUID]:
    found = set()
    for one in [typed] if isinstance(typed, str) else typed:
        try:
            found.add(uuid.UUID(one))
        except ValueError:
            continue  # said to be wrong where the form is read
    return found


async def named_by(session: AsyncSession, zone: Zone) -> dict[str, list[CardOut]]:
    """The public items that a topic names, by what they are to it, in its order."""
    named = {"policies": zone.policies, "related": zone.related, "team": [zone.team] if zone.team else []}
    cards = await catalogue.offered(
        session, frozenset().union(*KINDS_OF.values()), named={one for ids in named.values() for one in ids}, limit=0
    )
    by_id = {card.id: card for card in (msgspec.json.decode(card, type=CardOut) for card in cards)}
    return {name: [by_id[one] for one in ids if one in by_id] for name, ids in named.items()}
