"""An order to a provider, and what a milestone goes through from its funding to its last payment.

Roles beyond the parties (`payer`, `payee`): `provider` is what the provider said, `course` the platform going on once
everything for it is there, `mediator` the operator in a dispute, `time` the contract's clock.
"""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

OPEN_ORDER = ("requested", "sent", "unknown")

PAYMENT_ORDER = define(
    Process(
        name="payment-order",
        version=1,
        initial="requested",
        states=(
            State("requested", Text(zh="已下达", en="Requested")),
            State("sent", Text(zh="已发出", en="Sent")),
            State("unknown", Text(zh="结果未知，查询中", en="Outcome unknown, being looked up")),
            State("confirmed", Text(zh="已确认", en="Confirmed"), final=True),
            State("refused", Text(zh="被拒绝", en="Refused"), final=True),
        ),
        transitions=(
            Transition("send", ("requested",), "sent", by={"provider"}),
            Transition("lose", ("sent",), "unknown", by={"provider"}),
            Transition("find", ("unknown",), "sent", by={"provider"}),
            Transition("confirm", OPEN_ORDER, "confirmed", by={"provider", "operator"}),
            Transition("refuse", OPEN_ORDER, "refused", by={"provider", "operator"}),
        ),
    )
)

_PARTIES = {"payer", "payee"}
_WITH_MONEY = ("funded", "submitted", "changes-requested", "accepted", "holdback", "disputed")
ENDED = ("released", "refunded", "cancelled", "closed")

MILESTONE_PAYMENT = define(
    Process(
        name="milestone-payment",
        version=1,
        initial="unfunded",
        states=(
            State("unfunded", Text(zh="未托付", en="Not funded")),
            State("funding", Text(zh="款项支付中", en="Being funded")),
            State("funded", Text(zh="已托付，实施中", en="Funded, work under way")),
            State("submitted", Text(zh="已提交，验收中", en="Submitted, being inspected")),
            State("silent", Text(zh="验收期满未答复", en="Inspection over without an answer")),
            State("changes-requested", Text(zh="要求修改", en="Changes requested")),
            State("accepted", Text(zh="已验收，待放款", en="Accepted, to be released")),
            State("releasing", Text(zh="放款中", en="Being released")),
            State("holdback", Text(zh="尾款待报告", en="Holdback until the report")),
            State("disputed", Text(zh="争议中", en="Disputed")),
            State("refunding", Text(zh="退款中", en="Being refunded")),
            State("released", Text(zh="已放款", en="Released"), final=True),
            State("refunded", Text(zh="已退款", en="Refunded"), final=True),
            State("cancelled", Text(zh="已取消", en="Cancelled"), final=True),
            State("closed", Text(zh="已关闭", en="Closed"), final=True),
        ),
        transitions=(
            Transition("order-funds", ("unfunded",), "funding", by={"payer", "course"}),
            Transition("fund", ("funding",), "funded", by={"course"}),
            Transition("fail-funding", ("funding",), "unfunded", by={"course"}),
            Transition(
                "submit",
                ("funded", "changes-requested", "holdback"),
                "submitted",
                by={"payee"},
                label=Text(zh="提交验收", en="Submit for inspection"),
            ),
            Transition(
                "request-changes",
                ("submitted",),
                "changes-requested",
                by={"payer"},
                needs_note=True,
                label=Text(zh="要求修改", en="Request changes"),
            ),
            Transition("accept", ("submitted",), "accepted", by={"payer"}, label=Text(zh="验收通过", en="Accept")),
            Transition("fall-silent", ("submitted",), "silent", by={"time"}),
            Transition("accept-by-silence", ("silent",), "accepted", by={"course"}),
            Transition("escalate", ("silent",), "disputed", by={"course"}),
            Transition(
                "dispute",
                ("funded", "submitted", "changes-requested", "accepted", "holdback"),
                "disputed",
                by=_PARTIES,
                needs_note=True,
                label=Text(zh="提出争议", en="Dispute"),
            ),
            Transition("resolve", ("disputed", "refunding"), "accepted", by={"course"}),
            Transition("resume", ("disputed", "refunding"), "funded", by={"course"}),
            Transition("order-release", ("accepted",), "releasing", by={"course"}),
            Transition("release", ("releasing",), "released", by={"course"}),
            Transition("keep-holdback", ("releasing", "refunding"), "holdback", by={"course"}),
            Transition("go-on", ("releasing",), "funded", by={"course"}),
            Transition("fail-release", ("releasing",), "accepted", by={"course"}),
            Transition("order-refund", _WITH_MONEY, "refunding", by={"course"}),
            Transition("refund", ("refunding",), "refunded", by={"course"}),
            Transition("cancel", ("unfunded",), "cancelled", by={"course", "payer"}),
            Transition(
                "close",
                ("unfunded", "funding", "silent", "releasing", "refunding", *_WITH_MONEY),
                "closed",
                by={"operator"},
                needs_note=True,
            ),
        ),
        timers=(Timer("submitted", "fall-silent"),),
    )
)

OPEN_REFUND = ("proposed", "unanswered", "approved")

REFUND = define(
    Process(
        name="refund",
        version=1,
        initial="proposed",
        states=(
            State("proposed", Text(zh="待同意", en="Proposed")),
            State("unanswered", Text(zh="到期未答复", en="Not answered in time")),
            State("approved", Text(zh="已批准", en="Approved")),
            State("done", Text(zh="已退款", en="Refunded"), final=True),
            State("rejected", Text(zh="未同意", en="Rejected"), final=True),
            State("failed", Text(zh="未成功", en="Failed"), final=True),
        ),
        transitions=(
            Transition("approve", ("proposed", "unanswered"), "approved", by={"approver", "course"}),
            Transition("reject", ("proposed", "unanswered"), "rejected", by={"approver", "course", "operator"}),
            Transition("fall-silent", ("proposed",), "unanswered", by={"time"}),
            Transition("finish", ("approved",), "done", by={"course"}),
            Transition("fail", ("approved",), "failed", by={"course", "operator"}),
        ),
        timers=(Timer("proposed", "fall-silent", after=timedelta(days=14)),),
    )
)

NEGOTIATE_WITHIN, ANSWER_WITHIN = timedelta(days=14), timedelta(days=10)
OPEN_DISPUTE = ("negotiating", "mediating", "proposed")

DISPUTE = define(
    Process(
        name="dispute",
        version=1,
        initial="negotiating",
        states=(
            State("negotiating", Text(zh="双方协商", en="The sides negotiate")),
            State("mediating", Text(zh="调解中", en="In mediation")),
            State("proposed", Text(zh="调解方案待双方答复", en="Mediator's proposal on the table")),
            State("settled", Text(zh="已和解", en="Settled"), final=True),
            State("decided", Text(zh="已裁定", en="Decided"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
        ),
        transitions=(
            Transition("mediate", ("negotiating",), "mediating", by={"payer", "payee", "time", "operator"}),
            Transition("propose", ("mediating", "proposed"), "proposed", by={"operator"}),
            Transition("accept-proposal", ("proposed",), "proposed", by=_PARTIES),
            Transition("settle", ("proposed",), "settled", by={"course"}),
            Transition("reject-proposal", ("proposed",), "mediating", by={"payer", "payee", "time"}),
            Transition("decide", OPEN_DISPUTE, "decided", by={"operator"}, needs_note=True),
            Transition("withdraw", OPEN_DISPUTE, "withdrawn", by={"opener"}),
        ),
        timers=(
            Timer("negotiating", "mediate", after=NEGOTIATE_WITHIN),
            Timer("proposed", "reject-proposal", after=ANSWER_WITHIN),
        ),
    )
)

OPEN_CLAIM = ("proposed", "open", "repaying", "doubtful", "owed-back", "paying-back")
_STANDING_CLAIM = ("open", "repaying", "doubtful", "settled", "written-off")

CLAIM = define(
    Process(
        name="payee-claim",
        version=1,
        initial="proposed",
        states=(
            State("proposed", Text(zh="待另一名运营人员批准", en="Waits for a second operator")),
            State("open", Text(zh="待偿还", en="Owed")),
            State("repaying", Text(zh="收款方称已偿还，待确认", en="Repaid, says the payee; to be confirmed")),
            State(
                "doubtful", Text(zh="拟核销，待另一名运营人员批准", en="To be written off, waits for a second operator")
            ),
            State("settled", Text(zh="已偿清", en="Settled")),
            State("written-off", Text(zh="已核销", en="Written off")),
            State("owed-back", Text(zh="拒付已撤销，平台应退还", en="Chargeback undone: owed back to the payee")),
            State(
                "paying-back", Text(zh="平台称已退还，待收款方确认", en="Paid back, says the platform; to be confirmed")
            ),
            State("dropped", Text(zh="未提出", en="Not claimed"), final=True),
            State("closed", Text(zh="已关闭", en="Closed"), final=True),
        ),
        transitions=(
            Transition("approve", ("proposed",), "open", by={"operator"}),
            Transition("drop", ("proposed",), "dropped", by={"operator", "course"}),
            Transition("say-repaid", ("open",), "repaying", by={"payee"}),
            Transition("confirm-repaid", ("repaying",), "open", by={"operator"}),
            Transition("deny-repaid", ("repaying",), "open", by={"operator"}),
            Transition("settle", ("open",), "settled", by={"course"}),
            Transition("doubt", ("open",), "doubtful", by={"operator"}, needs_note=True),
            Transition("keep", ("doubtful",), "open", by={"operator"}),
            Transition("write-off", ("doubtful",), "written-off", by={"operator"}),
            Transition("overturn", _STANDING_CLAIM, "owed-back", by={"course"}),
            Transition("say-paid-back", ("owed-back",), "paying-back", by={"operator"}),
            Transition("confirm-paid-back", ("paying-back",), "closed", by={"payee"}),
            Transition("deny-paid-back", ("paying-back",), "owed-back", by={"payee"}),
            Transition(
                "close",
                (*_STANDING_CLAIM, "owed-back", "paying-back"),
                "closed",
                by={"operator", "course"},
                needs_note=True,
            ),
        ),
    )
)
