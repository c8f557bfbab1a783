"""What follows by itself: schedules with a deal, outcomes with the days that pass, silence by what the terms say."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.actors import system
from marketplace.deals.models import DealMilestone
from marketplace.deals.process import DEAL
from marketplace.monitoring import letters, records
from marketplace.monitoring.process import REPORT
from marketplace.monitoring.reports import after_acceptance, open_flags_of
from marketplace.monitoring.schedule import begin_monitoring, end_monitoring
from marketplace.process import ProcessEvent, advance, effect

# The steps after which a deal owes reports, and those after which it owes none.
_BEGINNING = ("take-effect", "fund")
_ENDING = ("terminate", "return", "lapse", "break-off", "withdraw")


async def _begin(session: AsyncSession, deal: Any, event: ProcessEvent) -> None:
    await begin_monitoring(session, deal=deal)


async def _end(session: AsyncSession, deal: Any, event: ProcessEvent) -> None:
    await end_monitoring(session, deal=deal, note=f"deal: {event.transition}")


for _step in _BEGINNING:
    effect(DEAL.name, _step)(_begin)
for _step in _ENDING:
    effect(DEAL.name, _step)(_end)


@effect(REPORT.name, "run-late")
async def _note_lateness(session: AsyncSession, report: Any, event: ProcessEvent) -> None:
    await records.note_outcome(session, report)
    for side in ("holder", "financier"):
        await letters.tell_side(session, "late", report, side)


@effect(REPORT.name, "fall-silent")
async def _settle_silence(session: AsyncSession, report: Any, event: ProcessEvent) -> None:
    """Silence accepts where the terms say so and nobody has to look at the evidence first; else a person decides."""
    milestone = await session.get_one(DealMilestone, report.milestone_id)
    if milestone.silence_rule == "accepted" and not await open_flags_of(session, report):
        await advance(session, report, "accept", actor=system("silence").acting_as("course"))
        await after_acceptance(session, report)
    else:
        await letters.tell_operators(session, "unanswered", report)
