"""Writing a call, publishing it, amending it in the open, and ending it."""

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.calls.content import CallContent, faults_of_content, unready
from marketplace.calls.models import Call, CallEdition
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin
from scoring.technology import Text

# Whoever has not heard of an amendment yet must still have time to act on it.
NOTICE = datetime.timedelta(days=3)
# These decide nothing about who may apply, for what, and how it is judged: applicants need not agree anew.
IMMATERIAL = frozenset({"title", "thesis", "deadline", "seats"})


async def draft_call(session: AsyncSession, *, poster: Organisation, content: CallContent) -> Call:
    """Begin a call; a draft may lack a language and have a deadline in the past."""
    call = Call(organisation_id=poster.id, version=1, edition=1, seats_taken=0)
    _write(call, content)
    await begin(session, call)
    return call


async def rewrite_call(session: AsyncSession, *, call: Call, content: CallContent) -> None:
    """Replace what a draft says."""
    if call.state != "draft":
        raise Conflict("not-a-draft", "A published call is amended, not rewritten.", "已发布的征集请使用修改公告。")
    _write(call, content)
    await session.flush()


def _write(call: Call, content: CallContent) -> None:
    if faults := faults_of_content(content):
        raise Invalid(faults)
    call.title, call.thesis = _text(content.title), _text(content.thesis)
    call.content = msgspec.to_builtins(content)
    call.media, call.regions = [medium.value for medium in content.media], list(content.regions)
    call.instrument, call.trl_low, call.trl_high = content.instrument, content.trl_low, content.trl_high
    call.ticket_min, call.ticket_max = content.ticket_min.money, content.ticket_max.money
    call.seats, call.deadline = content.seats, content.deadline


def _text(said: Text) -> Text:
    return Text(zh=said.zh, en=said.en)


def content_of(call: Call | CallEdition) -> CallContent:
    return msgspec.convert(call.content, CallContent)


async def publish_call(session: AsyncSession, *, call: Call) -> ProcessEvent:
    """Open a draft to applications; all that stops it is named at once."""
    now = clock_of(session).now()
    if faults := unready(content_of(call), now):
        raise Invalid(faults, code="not-ready", message="The call is not ready.", message_zh="征集尚不完整。")
    event = await advance(session, call, "publish", actor=_posting(session), due={"close": call.deadline})
    call.published_at = now
    _keep_edition(session, call, [], Text())
    await session.flush()
    return event


async def amend_call(session: AsyncSession, *, call: Call, content: CallContent, note: Text) -> CallEdition:
    """Change an open call in the open: a new edition with what changed and why; applicants are told and may leave.

    Who has applied agrees to a material change anew before being accepted.
    """
    if call.state != "published":
        raise Conflict("not-open", "Only an open call can be amended.", "仅征集中的公告可以修改。")
    changes = changes_between(content_of(call), content)
    if faults := _faults_of_amendment(call, content, changes, note, clock_of(session).now()):
        raise Invalid(faults, code="not-ready", message="The amendment is not ready.", message_zh="修改公告尚不完整。")
    material = is_material(changes)
    data = {"edition": call.edition + 1, "material": material, "fields": [change["field"] for change in changes]}
    due = {"close": content.deadline}
    call.edition += 1
    _write(call, content)
    # Before the effects of the step, which look it up.
    edition = _keep_edition(session, call, changes, note)
    await advance(session, call, "amend", actor=_posting(session), due=due, data=data)
    return edition


def changes_between(before: CallContent, after: CallContent) -> list[dict[str, Any]]:
    """Each field of the call that differs, as it was and as it is."""
    was, is_now = msgspec.to_builtins(before), msgspec.to_builtins(after)
    return [
        {"field": field, "before": was[field], "after": is_now[field]}
        for field in CallContent.__struct_fields__
        if was[field] != is_now[field]
    ]


def is_material(changes: Sequence[dict[str, Any]]) -> bool:
    return any(change["field"] not in IMMATERIAL for change in changes)


def _faults_of_amendment(
    call: Call, content: CallContent, changes: list[dict[str, Any]], note: Text, now: datetime.datetime
) -> list[FieldError]:
    faults = unready(content, now)
    if not changes:
        faults.append(_fault("content", "", "something that differs", "内容没有变化"))
    if not (note.zh and note.en):
        faults.append(
            _fault("note", "", "what changes and why, in Chinese and in English", "请用中英文说明修改内容与理由")
        )
    if content.deadline < min(call.deadline, now + NOTICE):
        expected = "not earlier than before, or at least three days from now"
        faults.append(_fault("deadline", content.deadline.isoformat(), expected, "提前截止须至少留出三天"))
    if content.stages != content_of(call).stages:
        faults.append(_fault("stages", list(content.stages), "the stages as published", "发布后不得更改阶段"))
    if content.seats < call.seats_taken:
        faults.append(
            _fault("seats", content.seats, f"at least the {call.seats_taken} given", "名额数不得少于已分配的数量")
        )
    return faults


def _fault(field: str, value: object, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=str(value), expected=expected, expected_zh=expected_zh)


def _keep_edition(session: AsyncSession, call: Call, changes: list[dict[str, Any]], note: Text) -> CallEdition:
    made = CallEdition(
        call_id=call.id,
        number=call.edition,
        content=call.content,
        changes=changes,
        note=_text(note),
        made_by=actor_of(session).id,
    )
    session.add(made)
    return made


async def editions_of(session: AsyncSession, call: Call) -> Sequence[CallEdition]:
    """Every edition, the newest first."""
    query = select(CallEdition).where(CallEdition.call_id == call.id)
    return (await session.scalars(query.order_by(CallEdition.number.desc()))).all()


async def complete_call(session: AsyncSession, *, call: Call, undecided: int) -> ProcessEvent:
    """End a closed call once everybody who waits has an answer."""
    if undecided:
        raise Conflict(
            "undecided", f"{undecided} applications wait for a decision.", f"尚有{undecided}份申报未作出决定。"
        )
    return await advance(session, call, "complete", actor=_posting(session))


async def cancel_call(session: AsyncSession, *, call: Call, note: str) -> ProcessEvent:
    """Take a call back, with the reason its applicants are told."""
    return await advance(session, call, "cancel", actor=_posting(session, call), note=note)


def _posting(session: AsyncSession, call: Call | None = None) -> Actor:
    """Who loaded the call was found to be its poster; the operator, who may cancel it, is not."""
    actor = actor_of(session)
    return actor if call is not None and actor.organisation_id != call.organisation_id else actor.acting_as("poster")
