"""Who has done the like: published cases and teams beside the technologies of an answer."""

import uuid
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.knowledge.models import KnowledgeLink, KnowledgePublication
from scoring.technology import Text

SHOWN = 5
_CASES = ("case", "demonstration-base")
_TEAMS = ("team",)


class Known(Struct, frozen=True, kw_only=True):
    """A published item; `names_a_technology` where it is about one of the answer, not merely about the medium."""

    item_id: uuid.UUID
    kind: str
    title: Text
    summary: Text
    names_a_technology: bool


class Knowing(Struct, frozen=True, kw_only=True):
    cases: tuple[Known, ...]
    experts: tuple[Known, ...]


class _Card(Struct, frozen=True):
    title: Text
    summary: Text


async def knowing(session: AsyncSession, *, medium: str, technologies: Sequence[uuid.UUID]) -> Knowing:
    """Those about a technology of the answer first, then others of the medium, the newest first."""
    return Knowing(
        cases=await _items(session, _CASES, medium, technologies),
        experts=await _items(session, _TEAMS, medium, technologies),
    )


async def _items(
    session: AsyncSession, kinds: Sequence[str], medium: str, technologies: Sequence[uuid.UUID]
) -> tuple[Known, ...]:
    item = KnowledgePublication
    linked = select(KnowledgeLink.item_id).where(KnowledgeLink.subject_id.in_(technologies))
    about = item.item_id.in_(linked)
    query = select(item.item_id, item.kind, item.card, about).where(
        item.kind.in_(kinds), about | item.media.contains([medium])
    )
    ordered = query.order_by(case((about, 0), else_=1), item.published_at.desc(), item.item_id).limit(SHOWN)
    return tuple(_known(*row) for row in (await session.execute(ordered)).all())


def _known(item_id: uuid.UUID, kind: str, card: bytes, about: bool) -> Known:
    said = msgspec.json.decode(card, type=_Card)
    return Known(item_id=item_id, kind=kind, title=said.title, summary=said.summary, names_a_technology=about)
