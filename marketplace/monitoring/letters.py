"""Mail about reports, in the language of whoever reads it. No letter repeats what a report says."""

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.deals.models import Deal
from marketplace.monitoring.models import MilestoneReport
from marketplace.people.models import Membership, Organisation
from marketplace.people.readers import readers

_LETTERS = {
    "due-soon": {
        "zh": ("里程碑报告即将到期", "交易 {deal} 的报告应于 {due} 前提交。"),
        "en": ("A report is due soon", "A report of deal {deal} is due on {due}."),
    },
    "late": {
        "zh": ("里程碑报告已逾期", "交易 {deal} 的报告应于 {due} 前提交，尚未收到。"),
        "en": ("A report is late", "A report of deal {deal} was due on {due} and has not come."),
    },
    "submitted": {
        "zh": ("收到里程碑报告", "交易 {deal} 有一份报告待您查阅。"),
        "en": ("A report has come", "A report of deal {deal} waits for you."),
    },
    "returned": {
        "zh": ("报告被退回", "交易 {deal} 的报告被退回，请查看意见并补充。"),
        "en": (
            "Your report was returned",
            "Your report of deal {deal} was returned; read why and complete it.",
        ),
    },
    "accepted": {
        "zh": ("报告已被接受", "交易 {deal} 的报告已被接受。"),
        "en": ("Your report is accepted", "Your report of deal {deal} is accepted."),
    },
    "unanswered": {
        "zh": ("报告未获答复", "交易 {deal} 的报告在验收期内未获答复，需要人工处理。"),
        "en": ("A report was not answered", "A report of deal {deal} was not answered in time and needs a person."),
    },
    "doubt": {
        "zh": ("报告证据需要人工核查", "交易 {deal} 的报告证据中有需要人工核查之处。"),
        "en": ("Evidence needs a look", "Something in a report's evidence of deal {deal} needs a person's look."),
    },
}


async def tell_side(session: AsyncSession, kind: str, report: MilestoneReport, side: str) -> None:
    """The owners and administrators of one side."""
    deal = await session.get_one(Deal, report.deal_id)
    organisation = deal.holder_organisation_id if side == "holder" else deal.financier_organisation_id
    of_side = (Membership.organisation_id == organisation) & Membership.role.in_(("owner", "admin"))
    await _tell(session, kind, report, of_side)


async def tell_operators(session: AsyncSession, kind: str, report: MilestoneReport) -> None:
    await _tell(session, kind, report, Organisation.kind == "operator")


async def _tell(session: AsyncSession, kind: str, report: MilestoneReport, whom: ColumnElement[bool]) -> None:
    for person in await readers(session, whom):
        subject, text = _LETTERS[kind]["zh" if person.language == "zh" else "en"]
        said = text.format(deal=report.deal_id, due=report.due_on)
        await mail.send(session, to=person.email, subject=subject, text=said, kind=f"report-{kind}")
