"""What of the database can be found: listings, open needs, published knowledge, calls; as documents for the index."""

import datetime
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.calls.models import Call
from marketplace.calls.process import PUBLIC_STATES
from marketplace.knowledge.models import KnowledgeItem, KnowledgePublication
from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.needs.models import Need
from marketplace.needs.queries import open_needs
from marketplace.search.index import EVERYBODY, Document
from scoring.technology import Text

BATCH = 1000


class Source(NamedTuple):
    """`load` gives the documents of those ids that are to be found at all."""

    kind: str
    table: type[Any]
    load: Callable[[AsyncSession, Sequence[uuid.UUID]], Awaitable[list[Document]]]


async def _listings(session: AsyncSession, ids: Sequence[uuid.UUID]) -> list[Document]:
    query = select(Listing).where(Listing.id.in_(ids), Listing.state != "withdrawn")
    return [listing_document(listing) for listing in await session.scalars(query)]


def listing_document(listing: Listing) -> Document:
    """A published listing is for everybody, any other for its holder. Nothing confidential is in it."""
    published = listing.state == PUBLISHED
    reader = EVERYBODY if published else str(listing.organisation_id)
    facets = {
        "kind": ["listing"],
        "medium": listing.media,
        "pollutant": listing.pollutants,
        "industry": listing.industries,
        "industry_group": _present(listing.industry_group),
        "chain_place": _present(listing.chain_place),
        "provenance": _present(listing.provenance),
        "trl": _present(listing.trl_low),
    }
    known_words = [*listing.pollutants, *listing.industries]
    return _document(
        "listing", listing.id, listing.name, listing.summary,
        also=" ".join(known_words), readers=(reader,), facets=facets, maturity=listing.trl_low or 0,
        risk=_risk(listing), at=listing.published_at or listing.created_at, state=listing.state,
    )  # fmt: skip


def _risk(listing: Listing) -> float:
    """How wide the readiness is open and how much of the listing is missing, from 0 to 1: less known is more risk."""
    width = 1.0 if listing.trl_low is None else ((listing.trl_high or listing.trl_low) - listing.trl_low) / 8
    return round((width + 1 - listing.completeness / 100) / 2, 4)


async def _needs(session: AsyncSession, ids: Sequence[uuid.UUID]) -> list[Document]:
    """Open needs, read through the query that never loads who asks."""
    found = await session.scalars(open_needs().where(Need.id.in_(ids)))
    return [
        _document(
            "need", need.id, need.title, need.summary, also=" ".join(need.pollutants),
            facets={"kind": ["need"], "medium": _present(need.medium), "pollutant": need.pollutants},
            at=need.published_at, state="open",
        )
        for need in found
    ]  # fmt: skip


async def _knowledge(session: AsyncSession, ids: Sequence[uuid.UUID]) -> list[Document]:
    public = KnowledgePublication.item_id == KnowledgeItem.id
    query = select(KnowledgePublication).join(KnowledgeItem, public).where(KnowledgeItem.id.in_(ids))
    return [_knowledge_document(published) for published in await session.scalars(query)]


def _knowledge_document(published: KnowledgePublication) -> Document:
    """From the reviewed text: a draft of the next version is nobody's business."""
    card = msgspec.json.decode(published.card)
    texts = (msgspec.convert(card.get(name) or {}, Text) for name in ("title", "summary"))
    title, summary = texts
    return _document(
        "knowledge", published.item_id, title, summary,
        facets={"kind": ["knowledge"], "medium": published.media}, at=published.published_at, state=published.kind,
    )  # fmt: skip


async def _calls(session: AsyncSession, ids: Sequence[uuid.UUID]) -> list[Document]:
    """Calls that were published are for everybody; drafts for those who write them."""
    query = select(Call).where(Call.id.in_(ids), Call.state.in_((*PUBLIC_STATES, "draft")))
    return [_call_document(call) for call in await session.scalars(query)]


def _call_document(call: Call) -> Document:
    reader = EVERYBODY if call.state in PUBLIC_STATES else str(call.organisation_id)
    return _document(
        "call", call.id, call.title, call.thesis, also=call.instrument, readers=(reader,),
        facets={"kind": ["call"], "medium": call.media}, at=call.published_at or call.created_at, state=call.state,
    )  # fmt: skip


def _document(
    kind: str,
    subject_id: uuid.UUID,
    title: Text,
    summary: Text,
    *,
    facets: Mapping[str, Sequence[str]],
    at: datetime.datetime | None,
    state: str,
    also: str = "",
    readers: Sequence[str] = (EVERYBODY,),
    maturity: int = 0,
    risk: float = 0.0,
) -> Document:
    shown = {"id": str(subject_id), "kind": kind, "title": title, "summary": summary, "state": state}
    names = [name for name in (title.zh, title.en) if name]
    return Document(
        key=f"{kind}:{subject_id}",
        title=" . ".join(names),
        body=" . ".join(part for part in (summary.zh, summary.en, also) if part),
        readers=readers,
        facets=facets,
        maturity=maturity,
        risk=risk,
        at=int(at.timestamp()) if at else 0,
        shown=msgspec.json.encode(shown),
        names=names,
    )


def _present(value: str | int | None) -> list[str]:
    return [] if value is None else [str(value)]


SOURCES: dict[str, Source] = {
    "listing": Source("listing", Listing, _listings),
    "need": Source("need", Need, _needs),
    "knowledge_item": Source("knowledge", KnowledgeItem, _knowledge),
    "call": Source("call", Call, _calls),
}
"""By the name that the change feed has for them."""


async def count(session: AsyncSession) -> int:
    """About how many documents there are: those that nobody may find are counted, too."""
    return sum([await session.scalar(select(func.count(source.table.id))) or 0 for source in SOURCES.values()])


async def everything(session: AsyncSession) -> AsyncIterator[list[Document]]:
    """All documents, some at a time."""
    for source in SOURCES.values():
        ids = (await session.scalars(select(source.table.id).order_by(source.table.id))).all()
        for start in range(0, len(ids), BATCH):
            yield await source.load(session, ids[start : start + BATCH])
