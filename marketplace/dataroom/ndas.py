"""Confidentiality agreements: texts in versions, accepted by the hash of what they say."""

import hashlib
import uuid
from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.actors import Actor, actor_of
from marketplace.database import clock_of
from marketplace.dataroom.models import Nda, NdaAcceptance, NdaVersion, Room
from marketplace.dataroom.standing import current_nda
from marketplace.errors import Conflict, FieldError, Invalid
from marketplace.people.models import Organisation
from scoring.technology import Text


def text_hash(text: Text) -> str:
    """Of both languages together, in one way of writing them."""
    said = {language: words for language, words in (("en", text.en), ("zh", text.zh)) if words}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


async def draft_nda(session: AsyncSession, *, owner: Organisation, title: Text, text: Text) -> NdaVersion:
    """A new agreement with its first version."""
    nda = Nda(organisation_id=owner.id, title=title)
    session.add(nda)
    await session.flush()
    return await _add_version(session, nda, text, number=1)


async def publish_version(session: AsyncSession, *, nda: Nda, text: Text) -> NdaVersion:
    """From now on this text holds; everybody accepts it before they see anything more."""
    return await _add_version(session, nda, text, number=(await versions_of(session, nda))[0].number + 1)


async def _add_version(session: AsyncSession, nda: Nda, text: Text, *, number: int) -> NdaVersion:
    made_by = actor_of(session).id
    version = NdaVersion(nda_id=nda.id, number=number, text=text, sha256=text_hash(text), made_by=made_by)
    session.add(version)
    await session.flush()
    return version


async def versions_of(session: AsyncSession, nda: Nda) -> Sequence[NdaVersion]:
    """The newest first."""
    query = select(NdaVersion).where(NdaVersion.nda_id == nda.id).order_by(NdaVersion.number.desc())
    return (await session.scalars(query)).all()


async def nda_of(session: AsyncSession, nda_id: uuid.UUID, *, organisation_id: uuid.UUID | None) -> Nda | None:
    found: Nda | None = await session.scalar(
        select(Nda).where(Nda.id == nda_id, Nda.organisation_id == organisation_id)
    )
    return found


async def accept_nda(
    session: AsyncSession, *, room: Room, sha256: str, authorised: bool, person: Actor, ip_address: str
) -> NdaAcceptance:
    """Somebody accepts the text they have read, named by its hash, for the organisation they act for.

    Raises
    ------
    Conflict
        The text that was read is no longer the one that holds.
    """
    if not authorised:
        expected = "true: you may accept this for your organisation"
        raise Invalid([FieldError(field="authorised", expected=expected, expected_zh="须确认您有权代表本机构接受")])
    text = await current_nda(session, room)
    if text is None:
        raise Conflict("no-nda", "This room asks for no agreement.", "该资料室无需保密协议。")
    if text.sha256 != sha256:
        raise Conflict("nda-changed", "The text has changed; read it again.", "协议文本已更新，请重新阅读。")
    accepted = NdaAcceptance(
        room_id=room.id, nda_version_id=text.id, sha256=text.sha256,
        person_id=person.id, organisation_id=person.organisation_id,
        accepted_at=clock_of(session).now(), ip_address=ip_address,
    )  # fmt: skip
    session.add(accepted)
    await session.flush()
    return accepted


async def acceptances_of(session: AsyncSession, room: Room) -> Sequence[NdaAcceptance]:
    """Who accepted which version, the newest first."""
    query = select(NdaAcceptance).where(NdaAcceptance.room_id == room.id).order_by(NdaAcceptance.id.desc())
    people = (
        joinedload(NdaAcceptance.nda_version), joinedload(NdaAcceptance.person), joinedload(NdaAcceptance.organisation),
    )  # fmt: skip
    return (await session.scalars(query.options(*people))).all()


TEMPLATE_TITLE = Text(zh="保密协议（平台模板）", en="Confidentiality agreement (the platform's template)")
TEMPLATE = Text(
    zh=(
        "一、资料室所有方（披露方）为评估合作向接收方展示资料；接收方仅可为此目的使用。\n"
        "二、接收方仅可让确需知悉且负有同等保密义务的人员查阅，不得复制水印以外的副本或对外提供。\n"
        "三、已公开、接收方此前合法持有、独立开发或自第三方合法取得的信息不在此限。\n"
        "四、法律要求披露时，接收方应在许可范围内事先通知披露方。\n"
        "五、保密义务自接受之日起五年；披露方要求时，接收方应删除资料并书面确认。\n"
        "六、每次查阅均被记录，文件带有查阅人姓名、机构与时间的水印。\n"
        "本模板仅供演示，使用前请咨询律师。"
    ),
    en=(
        "1. The owner of the room (the discloser) shows documents so that a collaboration can be judged; the recipient "
        "uses them for nothing else.\n"
        "2. The recipient lets only those people read them who need to and are bound in the same way, makes no copies "
        "without the watermark and passes nothing on.\n"
        "3. This does not cover what is public, was lawfully known before, was developed independently or came "
        "lawfully from others.\n"
        "4. Where the law demands disclosure, the recipient tells the discloser beforehand as far as it is allowed.\n"
        "5. The duty lasts five years from acceptance; on request the recipient deletes everything and confirms so in "
        "writing.\n"
        "6. Every look is logged, and files carry the reader's name, organisation and time as a watermark.\n"
        "This template is for demonstration; ask a lawyer before you use it."
    ),
)
