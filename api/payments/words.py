"""Words for what payments know by code, in both languages."""

from marketplace.monitoring.process import REPORT, SETTLED
from marketplace.payments.process import CLAIM, DISPUTE, MILESTONE_PAYMENT, PAYMENT_ORDER, REFUND
from marketplace.process_definition import Process
from scoring.technology import Text


def _states(process: Process) -> dict[str, Text]:
    return {state.name: state.label for state in process.states}


STAGES = _states(MILESTONE_PAYMENT)
ORDERS = _states(PAYMENT_ORDER)
REFUNDS = _states(REFUND)
DISPUTES = _states(DISPUTE)
CLAIMS = _states(CLAIM)
REPORTS = _states(REPORT)
REPORT_IS_IN = SETTLED
STATES = {"milestone_payment": STAGES, "payment_order": ORDERS, "refund": REFUNDS, "dispute": DISPUTES}
STATES["payee_claim"] = CLAIMS
KINDS = {
    "fund": Text(zh="托付", en="Pay-in"),
    "release": Text(zh="放款", en="Release"),
    "refund": Text(zh="退款", en="Refund"),
    "reverse": Text(zh="追回", en="Reversal"),
}
SUBJECTS = {
    "milestone_payment": Text(zh="里程碑", en="Milestone"),
    "payment_order": Text(zh="支付指令", en="Payment order"),
    "refund": Text(zh="退款", en="Refund"),
    "dispute": Text(zh="争议", en="Dispute"),
    "payee_claim": Text(zh="追偿", en="Claim on the payee"),
}
SAID = {
    "sent": Text(zh="已汇出", en="Sent"),
    "received": Text(zh="已收到", en="Received"),
    "not-received": Text(zh="未收到", en="Not received"),
}
SIDES = {"payer": Text(zh="付款方", en="Payer"), "payee": Text(zh="收款方", en="Payee")}
PROVIDERS = {
    "record-only": Text(zh="银行或其他机构托管，双方确认", en="A bank or another institution; both sides confirm"),
    "stripe": Text(zh="通过 Stripe 支付", en="Through Stripe"),
}
ACCOUNTS = {
    **SIDES,
    "clearing": Text(zh="在途", en="On its way"),
    "fees": Text(zh="平台服务费", en="Platform's fees"),
    "held": Text(zh="托管中", en="Held"),
    "platform": Text(zh="平台垫付", en="Put in by the platform"),
    "provider": Text(zh="支付机构费用", en="The provider's charges"),
    "receivable": Text(zh="收款方欠平台", en="Owed by the payee"),
}
_LEGS = {
    "reserve": Text(zh="已预留", en="set aside"),
    "left": Text(zh="已转出", en="has left"),
    "arrived": Text(zh="已到账", en="has arrived"),
    "fee": Text(zh="平台服务费", en="platform's fee"),
    "netted": Text(zh="抵扣欠款", en="kept for what the payee owes"),
    "claimed": Text(zh="已追偿", en="owed by the payee"),
    "written-off": Text(zh="已核销", en="written off"),
    "overturned": Text(zh="拒付撤销", en="the chargeback was undone"),
    "undone": Text(zh="未到账，已冲回", en="never came, undone"),
    "lost": Text(zh="损失", en="lost"),
    "won": Text(zh="撤销损失", en="loss undone"),
}

_LEGS_OF = {"chargeback": {"fee": Text(zh="争议手续费", en="fee of the dispute")}}
_BOOKED = {"claim": SUBJECTS["payee_claim"], "chargeback": Text(zh="拒付", en="Chargeback")}


def account(code: str) -> Text:
    """`deal:…:payer` in words; which deal it is of stands beside it."""
    name = code.split(":")[2] if code.count(":") >= 2 else code
    return ACCOUNTS.get(name, Text(zh=code, en=code))


def booked(key: str) -> Text:
    """What a booking is, from the order's kind and the leg in its key."""
    parts = key.split(":")
    kind = (KINDS | _BOOKED).get(parts[0])
    legs = _LEGS | _LEGS_OF.get(parts[0], {})
    leg = next((legs[part] for part in parts if part in legs), None)
    if kind is None or leg is None:
        return Text(zh=key, en=key)
    return Text(zh=f"{kind.zh}：{leg.zh}", en=f"{kind.en}: {leg.en}")
