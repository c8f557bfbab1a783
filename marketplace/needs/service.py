"""Writing a need, publishing it without a name, and ending it."""

import datetime
import unicodedata
from collections.abc import Iterator

import msgspec
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import Actor, actor_of
from marketplace.database import clock_of
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.needs.envelopes import published_envelopes
from marketplace.needs.margins import Match, match
from marketplace.needs.models import Need
from marketplace.needs.process import OPEN, OPEN_FOR
from marketplace.needs.specification import Specification, both_languages, impossible, missing
from marketplace.people.models import Organisation
from marketplace.process import ProcessEvent, advance, begin
from scoring.technology import Text

_OPEN_AT_MOST = datetime.timedelta(days=730)
_NAME_LETTERS_MIN = 4  # shorter names stand in other words by chance


class NeedContent(Struct, frozen=True, kw_only=True):
    """What a seeker says."""

    title: Text
    summary: Text = Text()
    specification: Specification = Specification()


async def draft_need(session: AsyncSession, *, seeker: Organisation, content: NeedContent) -> Need:
    """Begin a need; a draft may lack anything but a title."""
    need = Need(organisation_id=seeker.id, version=1)
    _write(need, content)
    await begin(session, need)
    return need


async def rewrite_need(session: AsyncSession, *, need: Need, content: NeedContent) -> None:
    """Replace what a draft says."""
    if need.state != "draft":
        raise Conflict("not-a-draft", "Only a draft can be changed: others have read the rest.", "仅草稿可修改。")
    _write(need, content)
    await session.flush()


def _write(need: Need, content: NeedContent) -> None:
    if faults := list(impossible(content.specification)):
        raise Invalid(faults)
    specification = content.specification
    need.title, need.summary = content.title, content.summary
    need.specification = msgspec.to_builtins(specification)
    need.medium = specification.medium.value if specification.medium else None
    need.pollutants = specification.pollutant_names()


def content_of(need: Need) -> NeedContent:
    return NeedContent(title=need.title, summary=need.summary, specification=specification_of(need))


def specification_of(need: Need) -> Specification:
    return msgspec.convert(need.specification, Specification)


async def publish_need(
    session: AsyncSession,
    *,
    need: Need,
    open_until: datetime.datetime | None = None,
    embargo_until: datetime.datetime | None = None,
) -> ProcessEvent:
    """Show a draft to everybody, without the seeker; all that stops it is named at once.

    Solutions stay closed to the seeker, too, until `embargo_until` (at once if absent).
    """
    now = clock_of(session).now()
    ends = open_until or now + OPEN_FOR
    seeker = await session.get_one(Organisation, need.organisation_id)
    faults = [*_unready(content_of(need), seeker), *_wrong_times(now, ends, embargo_until)]
    if faults:
        raise Invalid(faults, code="not-ready", message="The need is not ready.", message_zh="需求尚不完整。")
    event = await advance(session, need, "publish", actor=_seeking(session), due={"expire": ends})
    need.published_at, need.open_until, need.embargo_until = now, ends, embargo_until or now
    await session.flush()
    return event


def _unready(content: NeedContent, seeker: Organisation) -> Iterator[FieldError]:
    yield from both_languages("title", content.title)
    yield from both_languages("summary", content.summary)
    yield from missing(content.specification)
    yield from _named(content, seeker)


def _named(content: NeedContent, seeker: Organisation) -> Iterator[FieldError]:
    """A seeker who stands in the text is not anonymous."""
    names = {_folded(name) for name in (seeker.name.zh, seeker.name.en, seeker.email_domain) if name}
    names = {name for name in names if len(name) >= _NAME_LETTERS_MIN}
    specification = content.specification
    texts = {
        "title.zh": content.title.zh,
        "title.en": content.title.en,
        "summary.zh": content.summary.zh,
        "summary.en": content.summary.en,
        "specification.site.notes": specification.site.notes,
        "specification.climate.region": specification.climate.region,
    }
    texts |= {
        f"specification.streams.{number}.name": stream.name for number, stream in enumerate(specification.streams)
    }
    for field, text in texts.items():
        if text and any(name in _folded(text) for name in names):
            expected = "a text without your organisation's name: a published need is anonymous"
            yield FieldError(field=field, expected=expected, expected_zh="公开需求为匿名发布，文本中不得出现本单位名称")


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _wrong_times(
    now: datetime.datetime, ends: datetime.datetime, embargo: datetime.datetime | None
) -> Iterator[FieldError]:
    if not now < ends <= now + _OPEN_AT_MOST:
        expected = "a time in the future, within two years"
        yield FieldError(
            field="open_until", value=ends.isoformat(), expected=expected, expected_zh="须为两年内的未来时间"
        )
    if embargo is not None and not now <= embargo <= ends:
        expected = "a time from now until the need ends"
        yield FieldError(
            field="embargo_until",
            value=embargo.isoformat(),
            expected=expected,
            expected_zh="须在当前时间与截止时间之间",
        )


async def extend_need(session: AsyncSession, *, need: Need, open_until: datetime.datetime) -> ProcessEvent:
    """Leave it open for longer, or close it earlier than was said."""
    now = clock_of(session).now()
    if faults := list(_wrong_times(now, open_until, None)):
        raise Invalid(faults)
    event = await advance(session, need, "extend", actor=_seeking(session), due={"expire": open_until})
    need.open_until = open_until
    if need.embargo_until is not None:
        need.embargo_until = min(need.embargo_until, open_until)
    await session.flush()
    return event


async def withdraw_need(session: AsyncSession, *, need: Need, note: str = "") -> ProcessEvent:
    """Take it back for good; solutions that wait are told that it has ended."""
    actor = actor_of(session)
    acting = actor if actor.organisation_id != need.organisation_id else actor.acting_as("seeker")
    return await advance(session, need, "withdraw", actor=acting, note=note)


def _seeking(session: AsyncSession) -> Actor:
    return actor_of(session).acting_as("seeker")


def is_open(need: Need) -> bool:
    return need.state in OPEN


async def matches_of(session: AsyncSession, *, need: Need) -> list[Match]:
    """Published technologies beside the need, the best first."""
    specification = specification_of(need)
    return match(specification, await published_envelopes(session, medium=need.medium))
