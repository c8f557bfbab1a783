"""What is left after the time of retention."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.applications import decisions, queries, service
from marketplace.applications.forgetting import forget_some, statistics_of, told
from marketplace.applications.jobs import forget
from marketplace.applications.models import Application, ApplicationScore
from marketplace.clock import SetClock
from marketplace.jobs import Context
from tests.marketplace.applications.conftest import EVERYBODY, Market


async def test_nothing_that_was_written_is_left(
    market: Market, session: AsyncSession, clock: SetClock, context: Context
) -> None:
    call = await market.call()
    application, accepted = await market.submitted(call), await market.submitted(call)
    await decisions.reject_application(session, application=application, reason="other", note="Private words")
    await decisions.accept_application(session, application=accepted)
    before = await statistics_of(session, call)
    await session.commit()
    clock.advance(timedelta(days=729))
    await forget(context)
    await session.refresh(application)
    assert application.anonymised_at is None
    clock.advance(timedelta(days=2))
    await forget(context)
    for one in (application, accepted):
        await session.refresh(one)
    assert (application.organisation_id, application.listing_id, application.answers) == (None, None, {})
    assert (application.amount, application.reason_note, application.eligibility) == (None, "", [])
    assert accepted.anonymised_at is None
    kept = set(await session.scalars(select(ApplicationScore.application_id)))
    assert kept == {accepted.id}
    assert await queries.application_visible(session, application.id, EVERYBODY) is None
    assert await statistics_of(session, call) == before


async def test_the_log_never_held_what_was_written(market: Market, session: AsyncSession) -> None:
    application = await market.draft(await market.call(), problem="A secret problem")
    await service.submit_application(session, application=application, edition=1)
    await decisions.reject_application(session, application=application, reason="other", note="Private words")
    logged = "".join(await session.scalars(text("SELECT changes::text || data::text FROM audit_entry")))
    assert "[secret]" in logged
    assert "A secret problem" not in logged
    assert "Private words" not in logged


async def test_what_runs_is_never_forgotten(market: Market, session: AsyncSession, clock: SetClock) -> None:
    application = await market.submitted(await market.call())
    clock.advance(timedelta(days=4_000))
    assert await forget_some(session, most=10) == 0
    found = await session.get_one(Application, application.id)
    assert found.state == "submitted"


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("aaaaaabbbbbbb", {"a": 6, "b": 7}),
        ("aaaaaabbbbbbbcc", {"a": None, "b": 7, "c": None}),
        ("aaaaaabbc", {"a": 6, "b": None, "c": None}),
        ("aa", {"a": None}),
        ("", {}),
    ],
)
def test_small_groups_are_not_told(groups: str, expected: dict[str, int | None]) -> None:
    assert told(groups) == expected
