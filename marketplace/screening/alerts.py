"""Mails about changes, each with a link that stops them: one click, no signing in."""

import base64
import binascii
import hmac
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import audit, mail
from marketplace.errors import FieldError, Invalid
from marketplace.people.models import Person
from marketplace.screening.models import Screen, Watch
from marketplace.search.models import SavedSearch
from scoring.technology import Text

if TYPE_CHECKING:  # results compute: whoever only writes mails is spared the libraries they need
    from marketplace.screening.results import Changes

Kind = Literal["screen", "watch", "found"]
Alerting = Screen | Watch | SavedSearch
_KINDS: dict[bytes, type[Alerting]] = {b"s": Screen, b"w": Watch, b"f": SavedSearch}
_SIGNATURE_BYTES = 16


def stop_token(kind: Kind, subject_id: uuid.UUID, key: bytes) -> str:
    said = kind[:1].encode() + subject_id.bytes
    return base64.urlsafe_b64encode(said + _signature(said, key)).decode().rstrip("=")


def _signature(said: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"stop-alerts:" + said, "sha256")[:_SIGNATURE_BYTES]


async def stop_alerts(session: AsyncSession, *, token: str, key: bytes) -> None:
    """What the link in a mail does; doing it twice changes nothing."""
    model, subject_id = _read(token, key)
    stopped = update(model).where(model.id == subject_id, model.alerts_to.is_not(None)).values(alerts_to=None)
    if (await session.execute(stopped.returning(model.id))).first():
        subject = await session.get_one(model, subject_id)
        await audit.record(session, f"{model.__tablename__}.alerts-stopped", subject)


def _read(token: str, key: bytes) -> tuple[type[Alerting], uuid.UUID]:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    said, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if len(said) != 17 or not hmac.compare_digest(signature, _signature(said, key)) or said[:1] not in _KINDS:
        expected = "the token of a link in a mail of ours, unchanged"
        raise Invalid([FieldError(field="token", expected=expected, expected_zh="我方邮件链接中的完整令牌")])
    return _KINDS[said[:1]], uuid.UUID(bytes=said[1:])


class Link:
    """Where the answers to a mail lead."""

    def __init__(self, public_url: str, key: bytes) -> None:
        self._public_url, self._key = public_url, key

    def stop(self, kind: Kind, subject_id: uuid.UUID) -> str:
        return self.to(f"api/v1/alerts/stop?token={stop_token(kind, subject_id, self._key)}")

    def to(self, page: str) -> str:
        return f"{self._public_url}/{page}"


async def tell_of_changes(
    session: AsyncSession, *, screen: Screen, reader: Person, changes: "Changes", link: Link
) -> None:
    new, gone, other = (changes.counts.get(kind, 0) for kind in ("entered", "left", "regraded"))
    text = (
        f"您的筛选“{screen.name}”有变化：新增 {new} 项，退出 {gone} 项，等级或成熟度变化 {other} 项。\n"
        f"Your screen “{screen.name}” has changed: {new} new, {gone} gone, {other} with another grade or level.\n\n"
    )
    subject = f"筛选有变化 · Screen changed: {screen.name}"
    await _send(session, reader, subject, text, link.stop("screen", screen.id), "screen-changed")


async def tell_of_state(
    session: AsyncSession, *, watched: Watch, reader: Person, name: str, state: dict[str, str], link: Link
) -> None:
    text = (
        f"您关注的技术“{name}”的状态变为：{state['zh']}。\n"
        f"The technology “{name}” on your list is now: {state['en']}.\n\n"
    )
    subject = f"关注的技术有变化 · Listing changed: {name}"
    await _send(session, reader, subject, text, link.stop("watch", watched.id), "watch-changed")


async def tell_of_findings(
    session: AsyncSession,
    *,
    search: SavedSearch,
    reader: Person,
    found: Sequence[tuple[Text, str]],
    total: int,
    link: Link,
) -> None:
    """`found` are the best, with where they stand; `total` may be more."""
    rows = "".join(f"{title.in_language(reader.language)}\n{address}\n\n" for title, address in found)
    text = (
        f"您保存的搜索“{search.name}”有 {total} 项新结果：\n"
        f"Your search “{search.name}” has {total} new or changed results:\n\n{rows}"
    )
    subject = f"搜索有新结果 · New results: {search.name}"
    await _send(session, reader, subject, text, link.stop("found", search.id), "search-found")


async def _send(session: AsyncSession, reader: Person, subject: str, text: str, stop: str, kind: str) -> None:
    ending = f"不再接收此类邮件（一键停止）· Stop these mails with one click:\n{stop}\n"
    await mail.send(session, to=reader.email, subject=subject, text=text + ending, kind=kind, stop_url=stop)
