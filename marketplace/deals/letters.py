"""Mail about a deal, in the language of whoever reads it. No letter says what the deal is about or what it is worth."""

import datetime
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.clock import to_the_minute
from marketplace.database import clock_of
from marketplace.deals.models import Deal
from marketplace.deals.process import DEAL
from marketplace.jobs import Context, job
from marketplace.people.models import Membership
from marketplace.people.readers import readers
from marketplace.process import ProcessEvent, effect, process_of
from scoring.technology import Text

REMIND_BEFORE = datetime.timedelta(days=1)
# Steps of the platform alone, which the step before them tells of.
_SILENT = frozenset({"cool-off", "resume"})

_SUBJECT = Text(zh="交易有新进展：{step}", en="News of a deal: {step}")
_TEXT = Text(
    zh="交易 {id}：{step}。当前状态：{state}。{until}请登录查看。",
    en="Deal {id}: {step}. It is now: {state}. {until}Please sign in to read it.",
)
_UNTIL = Text(zh="截止时间 {due}。", en="This ends on {due}. ")
_OPENED = Text(zh="对方邀请洽谈", en="you are invited to negotiate")
_REMINDER = Text(zh="提醒：即将到期", en="reminder: it ends soon")


async def tell_of_opening(session: AsyncSession, deal: Deal, *, by: uuid.UUID | None) -> None:
    await _tell(session, deal, _OPENED, _parties(deal) - {by})


async def _tell_of_step(session: AsyncSession, deal: Deal, event: ProcessEvent) -> None:
    """Tell the parties, except the organisation that took the step, whoever that was; remind them before it ends."""
    if event.transition not in _SILENT:
        label = next(way.label for way in process_of(deal).transitions if way.name == event.transition)
        await _tell(session, deal, label, _parties(deal) - {event.organisation_id})
    if deal.due_at is not None and deal.state_entry == event.entry:
        at = deal.due_at - REMIND_BEFORE
        if at > clock_of(session).now():
            await remind.defer(session, at=at, deal_id=str(deal.id), entry=event.entry)


for _transition in dict.fromkeys(way.name for way in DEAL.transitions):
    effect(DEAL.name, _transition)(_tell_of_step)


@job("deal.remind", retry=(60, 600))
async def remind(context: Context, *, deal_id: str, entry: int) -> None:
    """Tell both a day before a state ends by itself, if it still is that state."""
    async with context.transaction() as session:
        deal = await session.get(Deal, uuid.UUID(deal_id))
        if deal is not None and deal.state_entry == entry:
            await _tell(session, deal, _REMINDER, _parties(deal))


def _parties(deal: Deal) -> set[uuid.UUID | None]:
    return {deal.holder_organisation_id, deal.financier_organisation_id}


async def _tell(session: AsyncSession, deal: Deal, step: Text, organisations: set[uuid.UUID | None]) -> None:
    for person in await readers(session, Membership.organisation_id.in_(organisations)):
        subject, text = _written(deal, step, person.language)
        await mail.send(session, to=person.email, subject=subject, text=text, kind="deal-step")


def _written(deal: Deal, step: Text, language: str) -> tuple[str, str]:
    def said(text: Text, **values: object) -> str:
        return (text.in_language(language) or "").format(**values)

    until = said(_UNTIL, due=to_the_minute(deal.due_at)) if deal.due_at else ""
    state = said(process_of(deal).state(deal.state).label)
    name = said(step)
    return said(_SUBJECT, step=name), said(_TEXT, id=deal.id, step=name, state=state, until=until)
