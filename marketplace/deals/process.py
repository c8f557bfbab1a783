"""A deal from the table to its end. The parties bargain, agree, cool off, settle conditions and sign.

Besides `holder` and `financier`, who are the parties, roles are: `offerer` and `recipient` of the offer that is open,
`course` (the platform moving on by itself once everything for it is there), `payments`, `operator` and `time`.
What several have to do one after another (approve, reconfirm, sign) leads from a state to itself; the course moves on.
"""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

NEGOTIATE_WITHIN = timedelta(days=180)
APPROVE_WITHIN = timedelta(days=14)
ANSWER_CHANGE_WITHIN = timedelta(days=7)
CONDITIONS_WITHIN = timedelta(days=180)  # unless the terms name a long-stop date
SIGN_WITHIN = timedelta(days=30)
JUDGE_TRIAL_WITHIN = timedelta(days=30)
FUND_WITHIN = timedelta(days=60)

_PARTIES = {"holder", "financier"}
# Nobody is bound yet: who leaves needs no reason.
FREE = ("negotiating", "offered", "agreed", "cooling-off", "amending", "reconfirming")
SETTLED = ("cooling-off", "conditions", "signing")
SIGNED = ("in-trial", "judging", "awaiting-funds", "funded")
ENDED = ("completed", "returned", "withdrawn", "lapsed", "terminated")
# Steps after which nothing is committed any more.
LEAVING = ("withdraw", "break-off", "lapse", "terminate", "return")
AGREED = ("agreed", "amending", "reconfirming", *SETTLED)

DEAL = define(
    Process(
        name="deal",
        version=1,
        initial="negotiating",
        states=(
            State("negotiating", Text(zh="洽谈中", en="Negotiating")),
            State("offered", Text(zh="要约待答复", en="Offer on the table")),
            State("agreed", Text(zh="已达成一致，待复核", en="Agreed, waiting for approval")),
            State("cooling-off", Text(zh="冷静期", en="Cooling off")),
            State("amending", Text(zh="变更待答复", en="Change proposed")),
            State("reconfirming", Text(zh="重大变更，待重新确认", en="Material change, waiting for both to reconfirm")),
            State("conditions", Text(zh="待先决条件成就", en="Waiting for conditions precedent")),
            State("signing", Text(zh="待签署", en="Waiting for signatures")),
            State("in-trial", Text(zh="试用中", en="On trial")),
            State("judging", Text(zh="试用期满，待决定", en="Trial over, waiting for the decision")),
            State("awaiting-funds", Text(zh="已签署，待付款", en="Signed, awaiting funds")),
            State("funded", Text(zh="资金已到位", en="Funded")),
            State("completed", Text(zh="已完成", en="Completed"), final=True),
            State("returned", Text(zh="试用后退回", en="Returned after trial"), final=True),
            State("withdrawn", Text(zh="已撤出", en="Withdrawn"), final=True),
            State("lapsed", Text(zh="已失效", en="Lapsed"), final=True),
            State("terminated", Text(zh="已终止", en="Terminated"), final=True),
        ),
        transitions=(
            Transition(
                "offer", ("negotiating",), "offered", by=_PARTIES, label=Text(zh="提出要约", en="Make an offer")
            ),
            Transition("counter", ("offered",), "offered", by={"recipient"}, label=Text(zh="还价", en="Counter")),
            Transition("decline", ("offered",), "negotiating", by={"recipient"}, label=Text(zh="拒绝", en="Decline")),
            Transition("retract", ("offered",), "negotiating", by={"offerer"}, label=Text(zh="撤回要约", en="Retract")),
            Transition("expire", ("offered",), "negotiating", by={"time"}, label=Text(zh="要约到期", en="Expire")),
            Transition("accept", ("offered",), "agreed", by={"recipient"}, label=Text(zh="接受", en="Accept")),
            Transition("approve", ("agreed",), "agreed", by=_PARTIES, label=Text(zh="复核通过", en="Approve")),
            Transition(
                "refuse",
                ("agreed",),
                "negotiating",
                by=_PARTIES,
                needs_note=True,
                label=Text(zh="复核不通过", en="Refuse approval"),
            ),
            Transition(
                "cool-off", ("agreed",), "cooling-off", by={"course"}, label=Text(zh="进入冷静期", en="Cool off")
            ),
            Transition(
                "end-cooling-off",
                ("cooling-off",),
                "conditions",
                by={"time", "course"},
                label=Text(zh="冷静期结束", en="End of cooling off"),
            ),
            Transition(
                "open-signing",
                ("conditions",),
                "signing",
                by={"course"},
                label=Text(zh="条件齐备", en="Conditions settled"),
            ),
            Transition("sign", ("signing",), "signing", by=_PARTIES, label=Text(zh="签署", en="Sign")),
            Transition(
                "take-effect", ("signing",), "awaiting-funds", by={"course"}, label=Text(zh="生效", en="Take effect")
            ),
            Transition(
                "begin-trial", ("signing",), "in-trial", by={"course"}, label=Text(zh="开始试用", en="Begin trial")
            ),
            Transition("amend", SETTLED, "amending", by=_PARTIES, label=Text(zh="提议变更", en="Propose a change")),
            Transition(
                "accept-change",
                ("amending",),
                "agreed",
                by={"recipient"},
                label=Text(zh="接受变更", en="Accept the change"),
            ),
            Transition(
                "keep-terms",
                ("amending",),
                "agreed",
                by={"recipient", "offerer", "time"},
                label=Text(zh="维持原条款", en="Keep the terms"),
            ),
            Transition(
                "report-change",
                SETTLED,
                "reconfirming",
                by={"holder", "financier", "operator"},
                needs_note=True,
                label=Text(zh="报告重大变更", en="Report a material change"),
            ),
            Transition(
                "reconfirm", ("reconfirming",), "reconfirming", by=_PARTIES, label=Text(zh="重新确认", en="Reconfirm")
            ),
            Transition("resume", ("reconfirming",), "agreed", by={"course"}, label=Text(zh="恢复", en="Resume")),
            Transition(
                "end-trial",
                ("in-trial",),
                "judging",
                by={"time", "financier"},
                label=Text(zh="结束试用", en="End the trial"),
            ),
            Transition(
                "convert",
                ("judging",),
                "awaiting-funds",
                by={"financier"},
                label=Text(zh="行使受让权", en="Take up the option"),
            ),
            Transition(
                "return",
                ("judging",),
                "returned",
                by={"financier", "time", "operator"},
                label=Text(zh="退回", en="Return"),
            ),
            Transition(
                "fund", ("awaiting-funds",), "funded", by={"payments"}, label=Text(zh="资金到位", en="Funds arrived")
            ),
            Transition("complete", ("funded",), "completed", by={"payments"}, label=Text(zh="完成", en="Complete")),
            Transition(
                "withdraw",
                FREE,
                "withdrawn",
                by={"holder", "financier", "operator"},
                label=Text(zh="撤出", en="Withdraw"),
            ),
            Transition(
                "break-off",
                ("conditions", "signing"),
                "withdrawn",
                by={"holder", "financier", "operator"},
                needs_note=True,
                label=Text(zh="中止交易", en="Break off"),
            ),
            Transition(
                "lapse",
                ("negotiating", "agreed", "reconfirming", "conditions", "signing", "awaiting-funds"),
                "lapsed",
                by={"time", "operator"},
                label=Text(zh="失效", en="Lapse"),
            ),
            Transition(
                "terminate",
                SIGNED,
                "terminated",
                by={"operator", "payments"},
                needs_note=True,
                label=Text(zh="终止", en="Terminate"),
            ),
        ),
        timers=(
            Timer("negotiating", "lapse", after=NEGOTIATE_WITHIN),
            Timer("offered", "expire"),
            Timer("agreed", "lapse", after=APPROVE_WITHIN),
            Timer("cooling-off", "end-cooling-off"),
            Timer("amending", "keep-terms", after=ANSWER_CHANGE_WITHIN),
            Timer("reconfirming", "lapse", after=ANSWER_CHANGE_WITHIN),
            Timer("conditions", "lapse", after=CONDITIONS_WITHIN),
            Timer("signing", "lapse", after=SIGN_WITHIN),
            Timer("in-trial", "end-trial"),
            Timer("judging", "return", after=JUDGE_TRIAL_WITHIN),
            Timer("awaiting-funds", "lapse", after=FUND_WITHIN),
        ),
    )
)
