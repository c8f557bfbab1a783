"""Writing for the library: one's own items, the form of each kind, and the steps into the open and out of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.knowledge.steps import act_for_author, rewrite_as_read
from api.knowledge.words import FIELDS, KINDS
from api.knowledge.writing_form import (
    WRITTEN,
    as_form,
    kind_typed,
    kinds_for,
    parts_of,
    prepared,
    rows_shown,
    tidied,
)
from api.listings.dependencies import WRITERS
from api.paging import Cursor
from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from api.site import words
from api.site.attempt import carried_out
from api.site.forms import Form, read_form
from api.site.language import gettext
from api.site.lists import listed
from api.site.render import page, see_other
from api.steps import StepIn
from marketplace.knowledge import service
from marketplace.knowledge.content import Draft
from marketplace.knowledge.models import KnowledgeItem, KnowledgePublication
from marketplace.knowledge.process import EDITABLE, KNOWLEDGE
from marketplace.people.models import Organisation
from marketplace.process import history

_LIST = "/desk/knowledge"
_ONE = "/desk/knowledge/{knowledge_item_id:uuid}"
STATES = {state.name: state.label for state in KNOWLEDGE.states if state.label}
STEPS = {step.name: step.label for step in KNOWLEDGE.transitions if step.label}


@get(_LIST, access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_own_items(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], cursor: Cursor = None
) -> Response[bytes]:
    """What one's organisation writes, and what it may write."""
    actor = actor_of(request)
    organisation = await session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    own = select(KnowledgeItem).where(KnowledgeItem.organisation_id == actor.organisation_id)
    return page(
        request,
        "knowledge/own.html",
        found=await listed(session, own, KnowledgeItem, cursor),
        writes=kinds_for(organisation.kind) if organisation and WRITERS & actor.roles else [],
        kinds=KINDS,
        states=STATES,
    )


def _form_page(
    request: Request[Any, Any, Any], form: Form[Draft], kind: str, item: KnowledgeItem | None = None
) -> Response[bytes]:
    return page(
        request,
        "knowledge/edit.html",
        status=422 if form.wrong else 200,
        form=form,
        item=item,
        kind=kind,
        kinds=KINDS,
        parts_of_kind=parts_of(WRITTEN[kind]),
        rows=lambda name: rows_shown(form, name),
        media=words.MEDIA,
        address=f"{_LIST}/{item.id}/edit" if item else f"{_LIST}/new",
    )


async def _read(request: Request[Any, Any, Any]) -> Form[Draft]:
    return await read_form(request, Draft, tidy=tidied, prepare=prepared)


@get(f"{_LIST}/new", access=SIGNED_IN, problems=(403,), include_in_schema=False)
async def show_new_item(
    request: Request[Any, Any, Any], knowledge_author: NamedDependency[Organisation], kind: FromQuery[str] = ""
) -> Response[bytes]:
    """An empty form of a kind that the organisation may write."""
    allowed = [one for one, _ in kinds_for(knowledge_author.kind)]
    if kind not in allowed:
        return see_other(_LIST)
    return _form_page(request, Form({"content.kind": kind}), kind)


@post(f"{_LIST}/new", access=SIGNED_IN, problems=(403,), status_code=303, include_in_schema=False)
async def take_new_item(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    knowledge_author: NamedDependency[Organisation],
) -> Response[bytes]:
    """Begin an item; nobody else sees it."""
    form = await _read(request)
    kind = kind_typed(form.given)
    if not kind:
        return see_other(_LIST)
    made: list[KnowledgeItem] = []

    async def act(draft: Draft) -> None:
        made.append(await service.draft_item(session, author=knowledge_author, draft=draft))

    if not await carried_out(session, form, act):
        return _form_page(request, form, kind)
    return see_other(f"{_LIST}/{made[0].id}")


@get(_ONE, access=SIGNED_IN, include_in_schema=False)
async def show_own_item(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """What it says, where it stands, and what can be done with it."""
    if own_knowledge_item.kind == "zone" and "operator" in actor_of(request).roles:
        return see_other(f"/desk/topics/{own_knowledge_item.id}")
    return await _item_page(request, session, own_knowledge_item, None)


async def _item_page(
    request: Request[Any, Any, Any], session: AsyncSession, item: KnowledgeItem, form: Form[Any] | None
) -> Response[bytes]:
    actor = actor_of(request)
    mine = item.organisation_id == actor.organisation_id and bool(WRITERS & actor.roles)
    return page(
        request,
        "knowledge/own-item.html",
        status=422 if form else 200,
        form=form,
        item=item,
        mine=mine,
        may_act=mine or "operator" in actor.roles,
        operates="operator" in actor.roles,
        editable=mine and item.state in EDITABLE and item.kind in WRITTEN,
        public=await session.get(KnowledgePublication, item.id),
        events=await history(session, item),
        fields=FIELDS,
        kinds=KINDS,
        states=STATES,
        steps=STEPS,
    )


@get(f"{_ONE}/edit", access=SIGNED_IN, include_in_schema=False)
async def show_edit_item(
    request: Request[Any, Any, Any], editable_knowledge_item: NamedDependency[KnowledgeItem]
) -> Response[bytes]:
    """The form with what the item says."""
    item = editable_knowledge_item
    if item.state not in EDITABLE or item.kind not in WRITTEN:
        return see_other(f"{_LIST}/{item.id}")
    return _form_page(request, as_form(service.draft_of(item), item.version), item.kind, item)


@post(f"{_ONE}/edit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_edit_item(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Replace what a draft says, unless somebody else has meanwhile."""
    item, form = editable_knowledge_item, await _read(request)
    if item.kind not in WRITTEN:
        return see_other(f"{_LIST}/{item.id}")

    async def act(draft: Draft) -> None:
        await rewrite_as_read(session, item, draft, form)

    if await carried_out(session, form, act):
        return see_other(f"{_LIST}/{item.id}")
    await session.refresh(item)
    return _form_page(request, form, item.kind, item)


@post(f"{_ONE}/submit", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_item_submission(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    editable_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Hand it in; what is missing is shown in its form."""
    item, form = editable_knowledge_item, Form[Any]()
    form.value = item

    async def act(_: Any) -> None:
        await service.submit_item(session, item=item)

    if await carried_out(session, form, act):
        return see_other(f"{_LIST}/{item.id}")
    await session.refresh(item)
    if not form.errors or item.kind not in WRITTEN:
        return await _item_page(request, session, item, form)
    filled = as_form(service.draft_of(item), item.version)
    filled.errors, filled.refusal = form.errors, gettext("It is not ready to be handed in yet.")
    return _form_page(request, filled, item.kind, item)


@post(f"{_ONE}/revise", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_item_revision(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Begin its next version."""
    return await _step(request, session, own_knowledge_item, lambda _: _revise(session, own_knowledge_item))


async def _revise(session: AsyncSession, item: KnowledgeItem) -> Any:
    return await service.revise_item(session, item=item)


@post(f"{_ONE}/withdraw", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_item_withdrawal(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Out of the open, to be corrected."""
    item = own_knowledge_item
    return await _step(request, session, item, lambda note: service.withdraw_item(session, item=item, note=note))


@post(f"{_ONE}/archive", access=SIGNED_IN, status_code=303, include_in_schema=False)
async def take_item_archiving(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> Response[bytes]:
    """Out of the open for good."""
    item = own_knowledge_item
    return await _step(request, session, item, lambda note: service.archive_item(session, item=item, note=note))


async def _step(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    item: KnowledgeItem,
    step: Callable[[str], Awaitable[Any]],
) -> Response[bytes]:
    act_for_author(request, session, item)
    form = await read_form(request, StepIn)
    if await carried_out(session, form, lambda given: step(given.note)):
        return see_other(f"{_LIST}/{item.id}")
    await session.refresh(item)
    return await _item_page(request, session, item, form)


WRITING_PAGES = [
    show_own_items,
    show_new_item,
    take_new_item,
    show_own_item,
    show_edit_item,
    take_edit_item,
    take_item_submission,
    take_item_revision,
    take_item_withdrawal,
    take_item_archiving,
]
