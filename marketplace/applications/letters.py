"""Mail about applications, in the language of whoever reads it; what was written in one is never in a letter."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.applications.models import Application
from marketplace.calls.models import Call
from marketplace.people.models import Membership
from marketplace.people.readers import readers

_LETTERS = {
    "submitted": {
        "zh": ("申报已提交：{call}", "您的申报（编号 {id}）已提交，评分凭证 {receipt}。"),
        "en": ("Submitted: {call}", "Your application (no. {id}) was submitted; its score has the receipt {receipt}."),
    },
    "amended": {
        "zh": (
            "征集内容有修改：{call}",
            "征集已更新为第 {edition} 版（{fields}）。请登录阅读；您可确认继续，也可撤回申报（编号 {id}）。",
        ),
        "en": (
            "The call was amended: {call}",
            "There is an edition {edition} of the call ({fields}). Sign in to read it: you may stay in, or withdraw "
            "your application (no. {id}).",
        ),
    },
    "invite": {
        "zh": ("进入下一阶段：{call}", "您的申报（编号 {id}）受邀进入“{stage}”阶段，请在 {due} 前补充并提交。"),
        "en": (
            "Invited to the next stage: {call}",
            "Your application (no. {id}) is invited to the stage {stage!r}; complete it by {due}.",
        ),
    },
    "waitlist": {
        "zh": ("列入候补：{call}", "您的申报（编号 {id}）列入候补名单。"),
        "en": ("On the waiting list: {call}", "Your application (no. {id}) is on the waiting list."),
    },
    "accept": {
        "zh": ("已入选：{call}", "您的申报（编号 {id}）已入选。"),
        "en": ("Accepted: {call}", "Your application (no. {id}) was accepted."),
    },
    "reject": {
        "zh": ("未入选：{call}", "您的申报（编号 {id}）未入选，理由请登录查看。"),
        "en": ("Not selected: {call}", "Your application (no. {id}) was not selected; sign in to read why."),
    },
    "lapse": {
        "zh": ("逾期未提交：{call}", "您的申报（编号 {id}）未按时提交，已失效。"),
        "en": ("Lapsed: {call}", "Your application (no. {id}) was not submitted in time."),
    },
    "end": {
        "zh": ("征集已结束：{call}", "征集已结束，您的申报（编号 {id}）不再处理。"),
        "en": ("The call has ended: {call}", "The call has ended, and your application (no. {id}) with it."),
    },
    "withdrawn": {
        "zh": ("申报已撤回：{call}", "申报 {id} 已由申报方撤回，内容不再可见。"),
        "en": ("Withdrawn: {call}", "Application {id} was withdrawn; what it said can no longer be read."),
    },
    "seat-free": {
        "zh": ("名额释出：{call}", "申报 {id} 已撤回，释出一个名额，候补名单可递补。"),
        "en": ("A seat is free: {call}", "Application {id} was withdrawn; its seat can go to the waiting list."),
    },
}  # fmt: skip


async def tell_applicant(session: AsyncSession, kind: str, application: Application, **values: str) -> None:
    call = await session.get_one(Call, application.call_id)
    await _tell(session, kind, application.organisation_id, call, id=str(application.id), **values)


async def tell_poster(session: AsyncSession, kind: str, application: Application) -> None:
    call = await session.get_one(Call, application.call_id)
    await _tell(session, kind, call.organisation_id, call, id=str(application.id))


async def _tell(session: AsyncSession, kind: str, organisation_id: uuid.UUID, call: Call, **values: str) -> None:
    for person in await readers(session, Membership.organisation_id == organisation_id):
        subject, text = _LETTERS[kind][person.language]
        said = {"call": call.title.in_language(person.language), **values}
        await mail.send(
            session,
            to=person.email,
            subject=subject.format(**said),
            text=text.format(**said),
            kind=f"application-{kind}",
        )
