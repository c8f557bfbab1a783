"""Calls as they are written, published and amended."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import act_as
from marketplace.calls import service
from marketplace.calls.content import Amount, Anchor, CallContent, all_rules, faults_of_content
from marketplace.calls.templates import templates
from marketplace.clock import SetClock
from marketplace.database import clock_of
from marketplace.errors import Conflict, Invalid
from marketplace.jobs import Context, drain
from marketplace.texts import LongText, ShortText
from scoring.technology import Text
from tests.marketplace.applications.conftest import EVERYBODY, Market, grant

WHY = Text(zh="修改", en="Amended")


@pytest.fixture
def actor() -> Any:
    return EVERYBODY


@pytest.fixture
def market(session: AsyncSession) -> Market:
    act_as(session, EVERYBODY)
    return Market(session)


def fields(refused: Any) -> list[str]:
    return [fault.field for fault in refused.value.fields]


@pytest.mark.parametrize("key", ["grant", "equity", "incubation", "trial"])
async def test_every_template_can_be_published_as_it_is(market: Market, session: AsyncSession, key: str) -> None:
    content = next(found.content for found in templates(clock_of(session).now()) if found.key == key)
    call = await service.draft_call(session, poster=await market.organisation("investor"), content=content)
    await service.publish_call(session, call=call)
    assert (call.state, service.content_of(call)) == ("published", content)


async def test_a_draft_may_lack_a_language_and_a_published_call_may_not(
    market: Market, session: AsyncSession, clock: SetClock
) -> None:
    content = replace(
        grant(clock.now()), title=ShortText(en="Only English"), thesis=LongText(zh="仅中文"), deadline=clock.now()
    )
    call = await service.draft_call(session, poster=await market.organisation("incubator"), content=content)
    with pytest.raises(Invalid) as refused:
        await service.publish_call(session, call=call)
    assert fields(refused) == ["title.zh", "thesis.en", "deadline"]
    await service.rewrite_call(session, call=call, content=grant(clock.now()))
    await service.publish_call(session, call=call)
    with pytest.raises(Conflict):
        await service.rewrite_call(session, call=call, content=content)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"trl_low": 8, "trl_high": 4}, ["trl_low"]),
        ({"ticket_max": Amount(1, "CNY")}, ["ticket_min.amount_minor"]),
        ({"ticket_max": Amount(10**12, "EUR")}, ["ticket_max.currency"]),
        (
            {"stages": ("concept",)},
            ["questions.4.stage", "questions.5.stage", "documents.1.stage", "documents.2.stage"],
        ),
        ({"blind_fields": ("organisation", "answer.problem", "shoe-size")}, ["blind_fields.2"]),
    ],
)
def test_what_does_not_fit_together_is_named(clock: SetClock, changed: dict[str, Any], wrong: list[str]) -> None:
    assert [fault.field for fault in faults_of_content(replace(grant(clock.now()), **changed))] == wrong


def test_levels_of_a_criterion_rise(clock: SetClock) -> None:
    content = grant(clock.now())
    first, *rest = content.rubric.criteria
    anchors = (Anchor(3, ShortText(en="c")), Anchor(3, ShortText(en="d")))
    rubric = replace(content.rubric, criteria=(replace(first, anchors=anchors), first, *rest))
    found = [fault.field for fault in faults_of_content(replace(content, rubric=rubric))]
    assert found == ["rubric.criteria.1.id", "rubric.criteria.0.anchors"]


def test_a_call_s_own_fields_are_conditions_too(clock: SetClock) -> None:
    content = replace(grant(clock.now()), regions=("CN-JS", "CN-ZJ", "DE"), eligibility=())
    found = {rule.id: rule.value for rule in all_rules(content)}
    assert found["call.region"] == ("CN", "DE")
    assert (found["call.trl-low"], found["call.trl-high"]) == (4, 7)


async def test_an_amendment_is_an_edition_with_its_reason(market: Market, session: AsyncSession) -> None:
    call = await market.call()
    before = service.content_of(call)
    made = await service.amend_call(session, call=call, content=replace(before, seats=5), note=WHY)
    assert (made.number, made.changes) == (2, [{"field": "seats", "before": 2, "after": 5}])
    assert [edition.number for edition in await service.editions_of(session, call)] == [2, 1]
    assert service.content_of((await service.editions_of(session, call))[1]) == before


def _shortened(content: CallContent, clock: SetClock) -> dict[str, Any]:
    return {"deadline": clock.now() + timedelta(days=2)}


@pytest.mark.parametrize(
    ("changed", "note", "wrong"),
    [
        (lambda content, clock: {}, WHY, ["content"]),
        (lambda content, clock: {"seats": 3}, Text(en="Only English"), ["note"]),
        (_shortened, WHY, ["deadline"]),
        (
            lambda content, clock: {"stages": ("proposal",), "questions": (), "documents": (), "blind_fields": ()},
            WHY,
            ["stages"],
        ),
        (lambda content, clock: {"title": ShortText(en="x")}, WHY, ["title.zh"]),
    ],
)
async def test_what_an_amendment_may_not_do(
    market: Market, session: AsyncSession, clock: SetClock, changed: Any, note: Text, wrong: list[str]
) -> None:
    call = await market.call()
    content = service.content_of(call)
    with pytest.raises(Invalid) as refused:
        await service.amend_call(session, call=call, content=replace(content, **changed(content, clock)), note=note)
    assert fields(refused) == wrong


async def test_more_time_moves_the_timer(
    market: Market, session: AsyncSession, clock: SetClock, context: Context
) -> None:
    call = await market.call()
    first = call.deadline
    later = replace(service.content_of(call), deadline=first + timedelta(days=10))
    await service.amend_call(session, call=call, content=later, note=WHY)
    await session.commit()
    clock.advance(first - clock.now())
    await drain(context)
    await session.refresh(call)
    assert call.state == "published"
    clock.advance(timedelta(days=10))
    await drain(context)
    await session.refresh(call)
    assert call.state == "closed"
    with pytest.raises(Conflict):
        await service.amend_call(session, call=call, content=replace(later, seats=9), note=WHY)


async def test_a_cancelling_has_a_reason(market: Market, session: AsyncSession) -> None:
    call = await market.call()
    with pytest.raises(Invalid):
        await service.cancel_call(session, call=call, note=" ")
    await service.cancel_call(session, call=call, note="no money")
    assert call.state == "cancelled"
