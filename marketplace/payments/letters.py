"""Mail about money, to those who look after it, in the language of whoever reads it."""

import datetime
import uuid

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import mail
from marketplace.clock import to_the_minute
from marketplace.money import Money, in_units
from marketplace.payments.models import DealPayment
from marketplace.people.models import Membership, Organisation
from marketplace.people.readers import readers

_LETTERS = {
    "pay-in-due": {
        "zh": ("里程碑托付款待支付", "交易 {deal} 需支付 {amount}，请登录查看付款方式。"),
        "en": ("A payment is due", "{amount} is to be paid in for deal {deal}; sign in to see how."),
    },
    "paid-in": {
        "zh": ("里程碑托付款已到位", "交易 {deal} 的 {amount} 已到位，将按里程碑验收放款。"),
        "en": ("The money is held", "{amount} for deal {deal} is held and released milestone by milestone."),
    },
    "pay-in-failed": {
        "zh": ("付款未成功", "交易 {deal} 的付款 {amount} 未成功，请重试。"),
        "en": ("A payment did not arrive", "The payment of {amount} for deal {deal} failed; please try again."),
    },
    "submitted": {
        "zh": ("请验收：期限 {due}", "交易 {deal} 有里程碑待验收。若在 {due} 前未答复：{silence}。"),
        "en": (
            "Please inspect by {due}",
            "A milestone of deal {deal} waits for you. If you do not answer by {due}: {silence}.",
        ),
    },
    "inspection-ends": {
        "zh": ("最后提醒：验收期限 {due}", "交易 {deal} 的里程碑验收即将到期。若在 {due} 前未答复：{silence}。"),
        "en": (
            "Last call: inspect by {due}",
            "Your time to inspect a milestone of deal {deal} ends on {due}. If you do not answer: {silence}.",
        ),
    },
    "changes-requested": {
        "zh": ("对方要求修改", "交易 {deal} 的里程碑需修改后重新提交：{note}"),
        "en": ("Changes are requested", "A milestone of deal {deal} is to be changed and submitted again: {note}"),
    },
    "second-approval": {
        "zh": ("需要第二人复核放款", "交易 {deal} 的放款 {amount} 超过限额，须由另一人复核。"),
        "en": ("A second approval is needed", "The release of {amount} for deal {deal} needs a second person's yes."),
    },
    "release-failed": {
        "zh": ("放款未成功", "交易 {deal} 的放款 {amount} 未成功，平台正在处理。"),
        "en": ("A release failed", "The release of {amount} for deal {deal} was refused; we are looking into it."),
    },
    "released": {
        "zh": ("里程碑已放款", "交易 {deal} 的 {amount} 已放款。"),
        "en": ("A milestone is paid", "{amount} of deal {deal} was released."),
    },
    "refund-proposed": {
        "zh": ("对方提议退款", "交易 {deal} 提议退款 {amount}，请在 {due} 前答复。"),
        "en": ("A refund is proposed", "A refund of {amount} is proposed for deal {deal}; please answer by {due}."),
    },
    "refunded": {
        "zh": ("款项已退回", "交易 {deal} 的 {amount} 已退回付款方。"),
        "en": ("Money was refunded", "{amount} of deal {deal} went back to the payer."),
    },
    "disputed": {
        "zh": ("里程碑进入争议", "交易 {deal} 的一个里程碑进入争议：{note}"),
        "en": ("A milestone is disputed", "A milestone of deal {deal} is disputed: {note}"),
    },
    "frozen": {
        "zh": ("放款已冻结", "交易 {deal} 的放款已冻结：{note}"),
        "en": ("Releases are frozen", "Releases of deal {deal} are frozen: {note}"),
    },
    "claim-proposed": {
        "zh": (
            "平台拟向贵方追偿",
            "交易 {deal} 的付款被银行撤回，平台拟向贵方追偿 {amount}，尚待第二人批准。理由：{note}",
        ),
        "en": (
            "A claim is proposed",
            "A payment of deal {deal} was charged back. A claim of {amount} on you waits for a second approval: {note}",
        ),
    },
    "claim-approved": {
        "zh": ("平台追偿已批准", "交易 {deal}：收款方应偿还平台 {amount}。理由：{note}"),
        "en": ("A claim was made", "Deal {deal}: the payee owes the platform {amount}. Reason: {note}"),
    },
    "claim-netted": {
        "zh": ("放款已抵扣欠款", "交易 {deal} 的放款中 {amount} 已用于抵扣贵方所欠款项。"),
        "en": ("Part of a release was kept", "{amount} of a release of deal {deal} was kept for what you owe."),
    },
    "claim-repaid": {
        "zh": ("收款方称已偿还", "交易 {deal}：收款方称已偿还 {amount}（{note}），请核实到账。"),
        "en": ("A repayment was sent", "Deal {deal}: the payee says that {amount} was sent ({note}); look for it."),
    },
    "claim-written-off": {
        "zh": ("欠款已核销", "交易 {deal} 的欠款 {amount} 已核销，无须偿还。"),
        "en": ("A debt was written off", "You no longer owe the {amount} of deal {deal}."),
    },
    "claim-overturned": {
        "zh": ("拒付已撤销，追偿取消", "交易 {deal} 的拒付已撤销，追偿取消。平台应退还：{amount}。"),
        "en": (
            "A claim is void",
            "The chargeback of deal {deal} was won in the end. Owed back to the payee: {amount}.",
        ),
    },
    "claim-paid-back": {
        "zh": ("平台已退还，请确认", "交易 {deal}：平台称已退还 {amount}（{note}），请确认到账。"),
        "en": ("Money was sent back", "Deal {deal}: {amount} was sent back to you ({note}); say whether it came."),
    },
    "payee-changed": {
        "zh": ("收款账户变更", "收款账户已申请变更，自 {due} 起生效。若非您本人操作，请立即联系平台。"),
        "en": (
            "The payout account changes",
            "Another payout account was stated; it counts from {due}. If this was not you, tell us at once.",
        ),
    },
}
SILENCE = {
    "accepted": {"zh": "视为验收通过并放款", "en": "the milestone counts as accepted and is paid"},
    "escalated": {"zh": "转入争议处理", "en": "the milestone is taken to mediation"},
}


async def tell(
    session: AsyncSession,
    payment: DealPayment,
    kind: str,
    *,
    to: str,
    amount: Money | None = None,
    due: datetime.datetime | None = None,
    note: str = "",
    silence: str | None = None,
) -> None:
    """To the `payer`, the `payee`, `both` or the `operator`."""
    parties = {"payer": [payment.payer_id], "payee": [payment.payee_id], "both": [payment.payer_id, payment.payee_id]}
    whose = Organisation.id.in_(parties[to]) if to in parties else Organisation.kind == "operator"
    values = {"deal": str(payment.deal_id), "amount": shown(amount), "due": _due(due), "note": note}
    await _send(session, kind, whose, values, silence)


async def tell_organisation(
    session: AsyncSession, organisation_id: uuid.UUID, kind: str, *, due: datetime.datetime
) -> None:
    await _send(session, kind, Organisation.id == organisation_id, {"due": _due(due)}, None)


def shown(amount: Money | None) -> str:
    """Like 12,345.60 CNY, with as many digits as the currency has."""
    return "" if amount is None else f"{in_units(amount.amount_minor, amount.currency):,f} {amount.currency}"


def _due(due: datetime.datetime | None) -> str:
    return "" if due is None else to_the_minute(due)


async def _send(
    session: AsyncSession, kind: str, whose: ColumnElement[bool], values: dict[str, str], silence: str | None
) -> None:
    for person in await readers(session, whose, Membership.role.in_(("owner", "admin"))):
        language = "zh" if person.language == "zh" else "en"
        subject, text = _LETTERS[kind][language]
        told = values | {"silence": SILENCE[silence][language] if silence else ""}
        await mail.send(
            session, to=person.email, subject=subject.format(**told), text=text.format(**told), kind=f"payment-{kind}"
        )
