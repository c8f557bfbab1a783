"""What keeps an item from being handed in: everything that is missing or cannot be, named at once."""

import datetime
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator

from sqlalchemy import Uuid, column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.database import clock_of
from marketplace.errors import FieldError
from marketplace.knowledge.content import CaseStudy, Draft, Event, Policy, Review, Zone
from marketplace.knowledge.models import KnowledgePublication

EVENT_AHEAD_MAX = datetime.timedelta(days=3 * 365)

# The states in which the things of other capabilities are public; only those are linked to.
PUBLIC_STATES = {"listing": ("recommended",), "need": ("published", "answered")}


async def faults(session: AsyncSession, draft: Draft) -> list[FieldError]:
    """Everything wrong with a draft that is to be handed in."""
    now = clock_of(session).now()
    found = [*_missing_languages(draft), *_impossible(draft.content, now)]
    return found + [fault async for fault in _broken_links(session, draft)] + await _broken_zone(session, draft.content)


def _missing_languages(draft: Draft) -> Iterator[FieldError]:
    for name, text in (("title", draft.title), ("summary", draft.summary)):
        for language in ("zh", "en"):
            if not getattr(text, language):
                expected = "a text in Chinese and in English before it is handed in"
                yield FieldError(field=f"{name}.{language}", expected=expected, expected_zh="提交前请填写中英文")


def _impossible(content: object, now: datetime.datetime) -> Iterator[FieldError]:
    if isinstance(content, Event):
        yield from _impossible_times(content, now)
    elif isinstance(content, CaseStudy) and content.started and content.finished and content.finished < content.started:
        yield _fault("finished", content.finished, f"not before {content.started}", "不得早于开始日期")
    elif isinstance(content, Policy) and content.ends and content.ends < (content.effective or content.issued):
        yield _fault("ends", content.ends, "not before the policy takes effect", "不得早于生效日期")
    elif isinstance(content, Review):
        yield from _unreadable(content, now.date())


def _impossible_times(event: Event, now: datetime.datetime) -> Iterator[FieldError]:
    if event.starts_at <= now:
        yield _fault("starts_at", event.starts_at, "a time to come", "须晚于当前时间")
    if event.starts_at > now + EVENT_AHEAD_MAX:
        yield _fault("starts_at", event.starts_at, "a time within three years", "须在三年以内")
    if event.ends_at <= event.starts_at:
        yield _fault("ends_at", event.ends_at, "after starts_at", "须晚于开始时间")
    if event.ends_at > now + EVENT_AHEAD_MAX:
        yield _fault("ends_at", event.ends_at, "a time within three years", "须在三年以内")
    if not now < event.registration_deadline <= event.starts_at:
        expected = "a time to come, and not after starts_at"
        yield _fault("registration_deadline", event.registration_deadline, expected, "须晚于当前时间且不晚于开始时间")


def _unreadable(review: Review, today: datetime.date) -> Iterator[FieldError]:
    if not review.references:
        yield FieldError(
            field="content.references", expected="at least one reference", expected_zh="请至少列出一篇参考文献"
        )
    if review.searched_until > today:
        yield _fault("searched_until", review.searched_until, "a day that has been", "不得晚于今天")
    for number, reference in enumerate(review.references):
        if reference.year > today.year + 1:
            yield _fault(f"references.{number}.year", reference.year, "a year that has been", "年份不得晚于明年")


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=f"content.{field}", value=str(value), expected=expected, expected_zh=expected_zh)


async def _broken_links(session: AsyncSession, draft: Draft) -> AsyncIterator[FieldError]:
    for subject_type in PUBLIC_STATES:
        wanted = {link.subject_id for link in draft.links if link.subject_type == subject_type}
        missing = wanted - await public_ones(session, subject_type, wanted)
        for number, link in enumerate(draft.links):
            if link.subject_type == subject_type and link.subject_id in missing:
                yield FieldError(
                    field=f"links.{number}",
                    value=str(link.subject_id),
                    expected=f"a published {subject_type}",
                    expected_zh="须为已公开的技术或需求",
                )


async def public_ones(session: AsyncSession, subject_type: str, wanted: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of them anybody may see. Where there is no such table there is nothing to check against."""
    ids = set(wanted)
    if not ids or await session.scalar(select(func.to_regclass(subject_type))) is None:
        return ids
    named = table(subject_type, column("id", Uuid), column("state"))
    query = select(named.c.id).where(named.c.id.in_(ids), named.c.state.in_(PUBLIC_STATES[subject_type]))
    return set(await session.scalars(query))


async def _broken_zone(session: AsyncSession, content: object) -> list[FieldError]:
    if not isinstance(content, Zone):
        return []
    named = {*content.policies, *content.related, *([content.team] if content.team else [])}
    query = select(KnowledgePublication.item_id, KnowledgePublication.kind)
    kinds = dict((await session.execute(query.where(KnowledgePublication.item_id.in_(named)))).all())
    found = []
    for number, policy in enumerate(content.policies):
        if kinds.get(policy) not in ("policy", "standard"):
            found.append(
                _fault(f"policies.{number}", policy, "a published policy or standard", "须为已发布的政策或标准")
            )
    for number, item in enumerate(content.related):
        if kinds.get(item) is None:
            found.append(_fault(f"related.{number}", item, "a published item", "须为已发布的条目"))
    if content.team is None or kinds.get(content.team) != "team":
        found.append(_fault("team", content.team or "", "a published team that looks after it", "须指定已发布的团队"))
    return found
