"""Searches that are kept: asked again by themselves whenever something was published."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.audit import seal
from marketplace.database import clock_of
from marketplace.search.models import SavedSearch
from marketplace.search.upkeep import last_sequence

SEARCHES_MAX = 100


async def save_search(
    session: AsyncSession,
    *,
    organisation_id: uuid.UUID,
    name: str,
    text: str,
    filters: Mapping[str, Sequence[str]],
    alerts_to: uuid.UUID | None,
) -> SavedSearch:
    """Keep a question; what is there already is no news."""
    while await seal(session):
        pass
    saved = SavedSearch(
        organisation_id=organisation_id, name=name.strip(), text=text.strip(),
        filters={name: list(values) for name, values in filters.items() if values},
        alerts_to=alerts_to, through=await last_sequence(session),
    )  # fmt: skip
    session.add(saved)
    await session.flush()
    return saved


async def set_alerts(session: AsyncSession, *, saved: SavedSearch, alerts_to: uuid.UUID | None) -> None:
    """Pause with nobody; go on with somebody, who is not told of what came in between."""
    if alerts_to is not None and saved.alerts_to is None:
        saved.through = await last_sequence(session)
    saved.alerts_to = alerts_to


async def close_search(session: AsyncSession, *, saved: SavedSearch) -> None:
    """Ask no more."""
    saved.closed_at, saved.alerts_to = clock_of(session).now(), None


def searches_of(organisation_id: uuid.UUID | None) -> Select[SavedSearch]:
    """Those that an organisation still keeps."""
    return select(SavedSearch).where(SavedSearch.organisation_id == organisation_id, SavedSearch.closed_at.is_(None))
