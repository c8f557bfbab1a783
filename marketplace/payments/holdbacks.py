"""What is held back goes out once the milestone's report is in: accepted by the payer, or waived.

The report itself is monitoring's. A milestone that owes none has its holdback handed in and accepted like other work.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.deals.models import DealMilestone
from marketplace.errors import Conflict
from marketplace.ledger.service import balance
from marketplace.monitoring.models import MilestoneReport
from marketplace.monitoring.process import REPORT, SETTLED
from marketplace.monitoring.schedule import final_report
from marketplace.payments.models import MilestonePayment


async def due_of(session: AsyncSession, paid: MilestonePayment, terms: DealMilestone) -> int:
    """What acceptance makes due: all that is held but the holdback, and the holdback, too, once its report is in."""
    held = (await balance(session, paid.held_account_id)).amount_minor
    if not terms.holdback_minor or held <= terms.holdback_minor:
        return held
    report = await final_report(session, milestone_id=paid.milestone_id)
    is_in = report is not None and report.state in SETTLED
    return held if is_in else held - terms.holdback_minor


async def require_report(session: AsyncSession, paid: MilestonePayment, terms: DealMilestone) -> None:
    """Refuse where the holdback is all that is left, and say which report it waits for."""
    held = (await balance(session, paid.held_account_id)).amount_minor if terms.holdback_minor else 0
    if 0 < held <= terms.holdback_minor and (report := await awaited(session, paid)) is not None:
        raise _missing(report, terms)


async def waits(session: AsyncSession, paid: MilestonePayment, terms: DealMilestone) -> bool:
    """Whether the release that is wanted would draw on the holdback before its report is in."""
    if not terms.holdback_minor:
        return False
    held = (await balance(session, paid.held_account_id)).amount_minor
    free = held - terms.holdback_minor
    return (paid.release_minor or 0) > max(free, 0) and await awaited(session, paid) is not None


async def awaited(session: AsyncSession, paid: MilestonePayment) -> MilestoneReport | None:
    """The report that is owed and not in yet."""
    report = await final_report(session, milestone_id=paid.milestone_id)
    return None if report is None or report.state in SETTLED else report


def _missing(report: MilestoneReport, terms: DealMilestone) -> Conflict:
    state = next(state.label for state in REPORT.states if state.name == report.state)
    title = terms.title
    return Conflict(
        "report-missing",
        f"What is left is held back until the final report of “{title.en or title.zh}” is accepted. "
        f"That report, due on {report.due_on}, is: {state.en}.",
        f"余款须待“{title.zh or title.en}”的最终报告获接受后方可支付。"
        f"该报告应于{report.due_on}提交，目前：{state.zh}。",
    )
