"""What may be chosen under a budget: the financings that the best of a run ask for."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.listings.models import Listing
from marketplace.listings.process import PUBLISHED
from marketplace.screening.facts import Scorers
from marketplace.screening.models import Portfolio, Screen
from marketplace.screening.results import Row
from scoring.portfolio.deal import DealRisk
from scoring.portfolio.programme import Candidate
from scoring.screening.screen import screen as screen_technologies
from scoring.technology import Technology

CONSIDERED_MAX = 200


async def financings(session: AsyncSession, screen: Screen, rows: Sequence[Row]) -> list[Technology]:
    """The best technologies of a run that ask for money, with what they ask for; at most `CONSIDERED_MAX`."""
    asking = [row.id for row in rows if row.loss is not None][:CONSIDERED_MAX]
    found = await technologies_of(session, screen, asking)
    return [found[name] for name in asking if name in found]


async def technologies_of(session: AsyncSession, screen: Screen, names: Sequence[str]) -> Mapping[str, Technology]:
    """What is behind rows of a screen: technologies of its file, or listings that are still published."""
    return await (_uploaded(session, screen) if screen.portfolio_id else _published(session, names))


async def _uploaded(session: AsyncSession, screen: Screen) -> Mapping[str, Technology]:
    content = await session.scalar(select(Portfolio.technologies).where(Portfolio.id == screen.portfolio_id))
    return {found.id: found for found in msgspec.json.decode(content or b"[]", type=list[Technology])}


async def _published(session: AsyncSession, names: Sequence[str]) -> Mapping[str, Technology]:
    ids = [uuid.UUID(name) for name in names]
    query = select(Listing.id, Listing.technology).where(Listing.id.in_(ids), Listing.state == PUBLISHED)
    rows: Any = await session.execute(query)
    return {str(one): replace(msgspec.convert(said, Technology), id=str(one)) for one, said in rows}


class Offered(NamedTuple):
    """Candidates by their currency, each worth the money that is expected to reach its goal; the risks by their ids."""

    candidates: dict[str, list[Candidate]]
    risks: dict[str, DealRisk]


def offered_by(technologies: Sequence[Technology], *, as_of: datetime.date, scorers: Scorers) -> Offered:
    """What these technologies ask for, each financing with its risk."""
    if not technologies:
        return Offered({}, {})
    found = screen_technologies(technologies, as_of=as_of, cards=scorers.cards, propose=scorers.propose)
    by_currency: dict[str, list[Candidate]] = {}
    for candidate in found.candidates():
        by_currency.setdefault(candidate.currency, []).append(candidate)
    return Offered(by_currency, {row.technology.id: row.deal for row in found.rows if isinstance(row.deal, DealRisk)})
