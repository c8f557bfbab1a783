"""After a call's time of retention its applications are forgotten; what is left names nobody."""

import datetime
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Integer, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit
from marketplace.applications.models import Application, ApplicationScore
from marketplace.applications.process import FORGETTABLE
from marketplace.calls.models import Call
from marketplace.database import clock_of

# A group smaller than this could be recognised.
SMALLEST_GROUP = 5
_BANDS = ((1, 3), (4, 6), (7, 9))


async def forget_some(session: AsyncSession, *, most: int) -> int:
    """Take who applied, and everything written, out of up to `most` applications; how many those were."""
    kept_for = func.make_interval(0, 0, 0, Call.content["retention_days"].astext.cast(Integer))
    query = (
        select(Application)
        .join(Call, Call.id == Application.call_id)
        .where(
            Application.state.in_(FORGETTABLE),
            Application.anonymised_at.is_(None),
            Application.state_since + kept_for <= clock_of(session).now(),
        )
        .order_by(Application.id)
        .limit(most)
        .with_for_update(of=Application, skip_locked=True)
    )
    found = (await session.scalars(query)).all()
    for application in found:
        await _forget(session, application, clock_of(session).now())
    return len(found)


async def _forget(session: AsyncSession, application: Application, now: datetime.datetime) -> None:
    await session.execute(delete(ApplicationScore).where(ApplicationScore.application_id == application.id))
    # Past the mapper: what it writes is logged with what was there before, and the log never forgets.
    await session.execute(
        update(Application)
        .where(Application.id == application.id)
        .values(
            organisation_id=None, listing_id=None, listing_version_id=None, answers={}, documents=[],
            amount_minor=None, amount_currency=None, eligibility=[], score={}, reason_note="", anonymised_at=now,
            version=Application.version + 1,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    await audit.record(session, "application.forgotten", application, audience=[])


class Statistics(Struct, frozen=True, kw_only=True):
    """Counts by group; null where a group is too small to be told, or would follow from the others."""

    total: int | None
    states: dict[str, int | None]
    reasons: dict[str, int | None]
    media: dict[str, int | None]
    trl: dict[str, int | None]
    countries: dict[str, int | None]


async def statistics_of(session: AsyncSession, call: Call) -> Statistics:
    """What became of a call's applications, whether they are forgotten or not."""
    columns = select(Application.state, Application.reason_code, Application.facts)
    rows = (
        await session.execute(columns.where(Application.call_id == call.id, Application.submitted_at.is_not(None)))
    ).all()
    facts = [row.facts for row in rows]
    return Statistics(
        total=len(rows) if len(rows) >= SMALLEST_GROUP else None,
        states=told(row.state for row in rows),
        reasons=told(row.reason_code for row in rows if row.reason_code),
        media=told((medium for fact in facts for medium in fact["media"]), adds_up=False),
        trl=told(band for fact in facts if fact["trl"] for band in [_band(fact["trl"])]),
        countries=told(fact["country"] for fact in facts if fact["country"]),
    )


def _band(trl: list[int]) -> str:
    return next(f"{low}-{high}" for low, high in _BANDS if low <= trl[0] <= high)


def told(groups: Iterable[str], *, adds_up: bool = True) -> dict[str, int | None]:
    """How many there are in each group, the small ones left out.

    Where groups add up to a total that is told, one that is left out alone would follow from it: the next smallest
    goes with it.
    """
    counts = Counter(groups)
    hidden = {name for name, count in counts.items() if count < SMALLEST_GROUP}
    if adds_up and len(hidden) == 1 and len(counts) > 1:
        hidden.add(min((count, name) for name, count in counts.items() if name not in hidden)[1])
    return {name: None if name in hidden else counts[name] for name in sorted(counts)}
