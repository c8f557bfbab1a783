"""Topics, for the operator: what the home page leads to; written, published, changed and withdrawn here."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.di import NamedDependency
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.knowledge import topic_form
from api.knowledge.steps import act_for_author, rewrite_as_read
from api.listings.schemas import CardOut as TechnologyCard
from api.paging import Cursor
from api.routing import OPERATOR, get, post
from api.site import words
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.language import gettext
from api.site.lists import listed
from api.site.render import page, see_other
from api.steps import StepIn
from marketplace.knowledge import service
from marketplace.knowledge.catalogue import catalogue_filter
from marketplace.knowledge.content import Draft, Zone
from marketplace.knowledge.models import KnowledgeItem, KnowledgePublication
from marketplace.knowledge.process import EDITABLE, KNOWLEDGE
from marketplace.listings.catalogue import catalogue_page
from marketplace.people.models import Organisation
from marketplace.process import history

_LIST = "/desk/topics"
_ONE = "/desk/topics/{topic_id:uuid}"
SHOWN = 5
STATES = {state.name: state.label for state in KNOWLEDGE.states if state.label}
STEPS = {step.name: step.label for step in KNOWLEDGE.transitions if step.label}


@get(_LIST, access=OPERATOR, problems=(), include_in_schema=False)
async def show_topics(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """All topics, the newest first, and which are in the open."""
    found = await listed(session, select(KnowledgeItem).where(KnowledgeItem.kind == "zone"), KnowledgeItem, cursor)
    ids = [one.id for one in found.items]
    public = select(KnowledgePublication.item_id).where(KnowledgePublication.item_id.in_(ids))
    in_the_open = set(await session.scalars(public))
    return page(request, "knowledge/topics.html", found=found, states=STATES, public=in_the_open)


async def _form_page(
    request: Request[Any, Any, Any], session: AsyncSession, form: Form[Draft], item: KnowledgeItem | None = None
) -> Response[bytes]:
    return page(
        request,
        "knowledge/topic-edit.html",
        status=422 if form.wrong else 200,
        form=form,
        item=item,
        words=words,
        choices=await topic_form.choices(session, form, itself=item.id if item else None),
        offered=topic_form.OFFERED,
        levels=[(level, f"TRL {level}") for level in range(1, 10)],
        address=f"{_LIST}/{item.id}/edit" if item else f"{_LIST}/new",
    )


@get(f"{_LIST}/new", access=OPERATOR, problems=(), include_in_schema=False)
async def show_new_topic(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    knowledge_author: NamedDependency[Organisation],
) -> Response[bytes]:
    """An empty form."""
    return await _form_page(request, session, Form())


@post(f"{_LIST}/new", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_new_topic(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    knowledge_author: NamedDependency[Organisation],
) -> Response[bytes]:
    """Begin a topic; nobody else sees it until it is published."""
    form = await read_form(request, Draft, prepare=topic_form.prepared)
    made: list[KnowledgeItem] = []

    async def act(draft: Draft) -> None:
        made.append(await service.draft_item(session, author=knowledge_author, draft=draft))

    if not await carried_out(session, form, act):
        return await _form_page(request, session, form)
    return see_other(f"{_LIST}/{made[0].id}")


@get(_ONE, access=OPERATOR, include_in_schema=False)
async def show_topic(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], topic: NamedDependency[KnowledgeItem]
) -> Response[bytes]:
    """What belongs to it as things stand, and what can be done with it."""
    return await _topic_page(request, session, topic, None)


def _said(item: KnowledgeItem) -> Zone:
    return msgspec.convert(item.content, Zone)


async def _topic_page(
    request: Request[Any, Any, Any], session: AsyncSession, item: KnowledgeItem, form: Form[Any] | None
) -> Response[bytes]:
    zone = _said(item)
    technologies = await catalogue_page(session, catalogue_filter(zone), after=None, limit=SHOWN)
    return page(
        request,
        "knowledge/topic.html",
        status=422 if form else 200,
        form=form,
        item=item,
        asked=topic_form.filter_of(zone),
        named=await topic_form.named_by(session, zone),
        technologies=[msgspec.json.decode(card, type=TechnologyCard) for card in technologies.cards],
        technology_count=technologies.total,
        public=await session.get(KnowledgePublication, item.id),
        events=await history(session, item),
        words=words,
        states=STATES,
        steps=STEPS,
    )


@get(f"{_ONE}/edit", access=OPERATOR, include_in_schema=False)
async def show_edit_topic(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_topic: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """The form with what the topic says; what is published has to be revised first."""
    if editable_topic.state not in EDITABLE:
        return see_other(f"{_LIST}/{editable_topic.id}")
    return await _form_page(request, session, _filled(editable_topic), editable_topic)


def _filled(item: KnowledgeItem) -> Form[Draft]:
    return topic_form.as_form(service.draft_of(item), _said(item), item.version)


@post(f"{_ONE}/edit", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_edit_topic(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_topic: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Replace what a draft says, unless somebody else has meanwhile."""
    item = editable_topic
    form = await read_form(request, Draft, prepare=topic_form.prepared)

    async def act(draft: Draft) -> None:
        await rewrite_as_read(session, item, draft, form)

    if await carried_out(session, form, act):
        return see_other(f"{_LIST}/{item.id}")
    await session.refresh(item)
    return await _form_page(request, session, form, item)


@post(f"{_ONE}/publish", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_topic_publication(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_topic: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Show it to everybody; what is missing is shown in its form."""
    item = editable_topic
    await read_form(request, StepIn)
    act_for_author(request, session, item)
    form = _filled(item)
    form.value = service.draft_of(item)

    async def act(_: Draft) -> None:
        await service.issue_item(session, item=item)

    if await carried_out(session, form, act):
        return see_other(f"{_LIST}/{item.id}")
    await session.refresh(item)
    if not form.errors or item.state not in EDITABLE:
        return await _topic_page(request, session, item, form)
    form.refusal = gettext("It is not ready to be published yet.")
    return await _form_page(request, session, form, item)


@post(f"{_ONE}/revise", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_topic_revision(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_topic: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Change what is published: it stays in the open until its next version is published."""
    item = editable_topic
    return await _step(request, session, item, lambda _: _revise(session, item), then="/edit")


async def _revise(session: AsyncSession, item: KnowledgeItem) -> Any:
    return await service.revise_item(session, item=item)


@post(f"{_ONE}/withdraw", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_topic_withdrawal(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], topic: NamedDependency[KnowledgeItem]
) -> Response[bytes]:
    """Off the home page, to be corrected."""
    return await _step(request, session, topic, lambda note: service.withdraw_item(session, item=topic, note=note))


@post(f"{_ONE}/archive", access=OPERATOR, status_code=303, include_in_schema=False)
async def take_topic_archiving(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], topic: NamedDependency[KnowledgeItem]
) -> Response[bytes]:
    """Off the home page for good."""
    return await _step(request, session, topic, lambda note: service.archive_item(session, item=topic, note=note))


async def _step(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    item: KnowledgeItem,
    step: Callable[[str], Awaitable[Any]],
    *,
    then: str = "",
) -> Response[bytes]:
    act_for_author(request, session, item)
    form = await read_form(request, StepIn)
    if await carried_out(session, form, lambda given: step(given.note)):
        return see_other(f"{_LIST}/{item.id}{then}")
    await session.refresh(item)
    return await _topic_page(request, session, item, form)


TOPIC_PAGES = [
    show_topics,
    show_new_topic,
    take_new_topic,
    show_topic,
    show_edit_topic,
    take_edit_topic,
    take_topic_publication,
    take_topic_revision,
    take_topic_withdrawal,
    take_topic_archiving,
]
