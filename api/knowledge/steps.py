"""The steps of an item from a draft into the open, and out again."""

from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.listings.dependencies import WRITERS
from api.platform import actor_of
from api.routing import OPERATOR, SIGNED_IN, get, post
from api.site.forms import Form
from api.steps import StepIn, StepOut
from marketplace.actors import act_as
from marketplace.errors import Conflict, Forbidden
from marketplace.knowledge import service
from marketplace.knowledge.content import Draft
from marketplace.knowledge.models import KnowledgeItem
from marketplace.process import history

_BASE = "/knowledge-items/{knowledge_item_id:uuid}"


@get(f"{_BASE}/history", access=SIGNED_IN)
async def list_knowledge_steps(
    session: NamedDependency[AsyncSession], own_knowledge_item: NamedDependency[KnowledgeItem]
) -> list[StepOut]:
    """What has happened to the item."""
    return [StepOut.of(event) for event in await history(session, own_knowledge_item)]


@post(f"{_BASE}/submit", access=SIGNED_IN)
async def submit_knowledge(
    session: NamedDependency[AsyncSession], editable_knowledge_item: NamedDependency[KnowledgeItem]
) -> StepOut:
    """Hand the draft in for review; all that is missing or impossible is named at once."""
    return StepOut.of(await service.submit_item(session, item=editable_knowledge_item))


@post(f"{_BASE}/publish", access=OPERATOR)
async def publish_knowledge(
    data: JSONBody[StepIn],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> StepOut:
    """Publish what was reviewed; an event takes registrations from now on."""
    return StepOut.of(await service.publish_item(session, item=own_knowledge_item, note=data.note))


@post(f"{_BASE}/return", access=OPERATOR)
async def return_knowledge(
    data: JSONBody[StepIn],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> StepOut:
    """Return an item to its author, with a reason."""
    return StepOut.of(await service.return_item(session, item=own_knowledge_item, note=data.note))


@post(f"{_BASE}/revise", access=SIGNED_IN)
async def revise_knowledge(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> StepOut:
    """Begin the next version of a published item; the published one stays in the open meanwhile."""
    act_for_author(request, session, own_knowledge_item)
    return StepOut.of(await service.revise_item(session, item=own_knowledge_item))


@post(f"{_BASE}/withdraw", access=SIGNED_IN)
async def withdraw_knowledge(
    request: Request[Any, Any, Any],
    data: JSONBody[StepIn],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> StepOut:
    """Take an item out of the open to correct it, with a reason."""
    act_for_author(request, session, own_knowledge_item)
    return StepOut.of(await service.withdraw_item(session, item=own_knowledge_item, note=data.note))


@post(f"{_BASE}/archive", access=SIGNED_IN)
async def archive_knowledge(
    request: Request[Any, Any, Any],
    data: JSONBody[StepIn],
    session: NamedDependency[AsyncSession],
    own_knowledge_item: NamedDependency[KnowledgeItem],
) -> StepOut:
    """Take an item out of the open for good; an event that has not begun is called off."""
    act_for_author(request, session, own_knowledge_item)
    return StepOut.of(await service.archive_item(session, item=own_knowledge_item, note=data.note))


def act_for_author(request: Request[Any, Any, Any], session: AsyncSession, item: KnowledgeItem) -> None:
    """Its author's active members act as the author; operators act on every item as operators."""
    actor = actor_of(request)
    if item.organisation_id == actor.organisation_id and (actor.kind == "key" or WRITERS & actor.roles):
        act_as(session, actor.acting_as("author"))
    elif "operator" not in actor.roles:
        raise Forbidden("author-only", "Only its author's members may change an item.", "仅作者机构成员可修改。")


async def rewrite_as_read(session: AsyncSession, item: KnowledgeItem, draft: Draft, form: Form[Draft]) -> None:
    """Replace what a draft says, unless somebody else has since the form was opened."""
    if str(form.typed("version", item.version)) != str(item.version):
        raise Conflict(
            "changed-meanwhile",
            "Somebody has changed it meanwhile. Copy what you wrote, then open the form anew.",
            "内容已被他人修改，请先复制您填写的内容，再重新打开表单。",
        )
    await service.rewrite_item(session, item=item, draft=draft)


STEPS = [
    list_knowledge_steps,
    submit_knowledge,
    publish_knowledge,
    return_knowledge,
    revise_knowledge,
    withdraw_knowledge,
    archive_knowledge,
]
