"""Writing a knowledge item and moving it through its process."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import actor_of
from marketplace.errors import Conflict, FieldError, Forbidden, Invalid
from marketplace.knowledge import events, publication
from marketplace.knowledge.content import Draft, kind_of
from marketplace.knowledge.models import KnowledgeItem, KnowledgeVersion
from marketplace.knowledge.process import AUTHORS, EDITABLE
from marketplace.knowledge.rules import faults
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin


async def draft_item(session: AsyncSession, *, author: Organisation, draft: Draft) -> KnowledgeItem:
    """Begin an item; what it lacks is asked for when it is handed in."""
    kind = kind_of(draft.content)
    if author.kind not in AUTHORS[kind]:
        raise Forbidden(
            "not-your-kind",
            f"An item of the kind {kind!r} is written by: {', '.join(sorted(AUTHORS[kind]))}.",
            "您的机构类型不能发布此类内容。",
        )
    item = KnowledgeItem(organisation_id=author.id, kind=kind, version=1)
    _write(item, draft)
    await begin(session, item)
    _keep_version(session, item)
    return item


async def rewrite_item(session: AsyncSession, *, item: KnowledgeItem, draft: Draft) -> None:
    """Replace what a draft says. The public goes on seeing what was published, until this has been reviewed."""
    if item.state not in EDITABLE:
        raise Conflict("not-a-draft", "Only a draft can be changed; revise it first.", "仅草稿可修改，请先发起修订。")
    if kind_of(draft.content) != item.kind:
        field = FieldError(
            field="content.kind", value=kind_of(draft.content), expected=item.kind, expected_zh="条目类型不可更改"
        )
        raise Invalid([field])
    _write(item, draft)
    await session.flush()
    _keep_version(session, item)


def _write(item: KnowledgeItem, draft: Draft) -> None:
    item.title, item.summary = draft.title, draft.summary
    item.media = [medium.value for medium in dict.fromkeys(draft.media)]
    item.content = msgspec.to_builtins(draft.content)
    item.links = msgspec.to_builtins(tuple(dict.fromkeys(draft.links)))


def _keep_version(session: AsyncSession, item: KnowledgeItem) -> None:
    said = msgspec.to_builtins(draft_of(item))
    session.add(
        KnowledgeVersion(
            item_id=item.id,
            version=item.version,
            said=said,
            sha256=sha256(msgspec.json.encode(said, order="deterministic")).digest(),
            made_by=actor_of(session).id,
        )
    )


def draft_of(item: KnowledgeItem) -> Draft:
    """What the item says, typed."""
    said = {
        "title": _present(msgspec.to_builtins(item.title)),
        "summary": _present(msgspec.to_builtins(item.summary)),
        "content": item.content,
        "media": item.media,
        "links": item.links,
    }
    return msgspec.convert(said, Draft)


def _present(text: dict[str, str | None]) -> dict[str, str]:
    return {language: said for language, said in text.items() if said}


async def submit_item(session: AsyncSession, *, item: KnowledgeItem) -> ProcessEvent:
    """Hand a draft in for review; all that is missing or impossible stops it, named at once."""
    await _require_ready(session, item)
    return await advance(session, item, "submit", actor=actor_of(session).acting_as("author"))


async def publish_item(session: AsyncSession, *, item: KnowledgeItem, note: str = "") -> ProcessEvent:
    """After the review: everybody sees it from now on, and an event takes registrations."""
    await _require_ready(session, item)
    event = await advance(session, item, "publish", note=note)
    await publication.publish(session, item, draft_of(item))
    await events.arrange_seats(session, item=item)
    return event


async def issue_item(session: AsyncSession, *, item: KnowledgeItem) -> ProcessEvent:
    """Into the open at once: for an operator, who would review what the platform writes itself."""
    if item.state in EDITABLE:
        await submit_item(session, item=item)
    return await publish_item(session, item=item)


async def _require_ready(session: AsyncSession, item: KnowledgeItem) -> None:
    # Asked again at publication: a deadline may have passed, a linked technology may be gone.
    if found := await faults(session, draft_of(item)):
        raise Invalid(found, code="not-ready", message="The item is not ready.", message_zh="条目尚不完整。")


async def return_item(session: AsyncSession, *, item: KnowledgeItem, note: str) -> ProcessEvent:
    """Back to its author, with what has to be changed."""
    return await advance(session, item, "return", note=note)


async def revise_item(session: AsyncSession, *, item: KnowledgeItem) -> ProcessEvent:
    """Begin its next version, while the public sees this one."""
    return await advance(session, item, "revise")


async def withdraw_item(session: AsyncSession, *, item: KnowledgeItem, note: str) -> ProcessEvent:
    """Take it out of the open, to be corrected."""
    event = await advance(session, item, "withdraw", note=note)
    await publication.take_down(session, item)
    return event


async def archive_item(session: AsyncSession, *, item: KnowledgeItem, note: str = "") -> ProcessEvent:
    """For good; an event that has not begun is called off, and everybody registered is told."""
    event = await advance(session, item, "archive", note=note)
    await publication.take_down(session, item)
    await events.call_off(session, item=item)
    return event


async def versions_of(session: AsyncSession, item: KnowledgeItem) -> Sequence[KnowledgeVersion]:
    query = select(KnowledgeVersion).where(KnowledgeVersion.item_id == item.id)
    return (await session.scalars(query.order_by(KnowledgeVersion.version.desc()))).all()
