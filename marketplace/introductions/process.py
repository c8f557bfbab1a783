"""An introduction from the first word to open contact data, and the reasons for saying no."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

ANSWER_WITHIN = timedelta(days=21)
CONSENT_WITHIN = timedelta(days=30)
# After this long nobody will say any more what came of it.
CONCLUDE_AFTER = timedelta(days=180)

LIVE = ("expressed", "mutual", "opened")

INTRODUCTION = define(
    Process(
        name="introduction",
        version=1,
        initial="expressed",
        states=(
            State("expressed", Text(zh="已表达意向", en="Interest expressed")),
            State("mutual", Text(zh="双方有意", en="Interest on both sides")),
            State("opened", Text(zh="已互换联系方式", en="Contact data open")),
            State("concluded", Text(zh="已完结", en="Concluded"), final=True),
            State("declined", Text(zh="已谢绝", en="Declined"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
            State("expired", Text(zh="已过期", en="Expired"), final=True),
            State("closed", Text(zh="平台已关闭", en="Closed by the platform"), final=True),
        ),
        transitions=(
            Transition("reciprocate", ("expressed",), "mutual", by={"recipient"}),
            Transition("decline", ("expressed", "mutual"), "declined", by={"recipient"}),
            Transition("withdraw", ("expressed", "mutual"), "withdrawn", by={"initiator"}),
            # Nobody chooses this: it follows from the second of the two consents.
            Transition("open", ("mutual",), "opened", by={"consents"}),
            Transition("expire", ("expressed", "mutual"), "expired", by={"time"}),
            Transition("conclude", ("opened",), "concluded", by={"initiator", "recipient", "time"}),
            Transition("close", LIVE, "closed", by={"operator"}, needs_note=True),
        ),
        timers=(
            Timer("expressed", "expire", after=ANSWER_WITHIN),
            Timer("mutual", "expire", after=CONSENT_WITHIN),
            Timer("opened", "conclude", after=CONCLUDE_AFTER),
        ),
    )
)

PURPOSES: dict[str, Text] = {
    "invest": Text(zh="投资", en="Invest"),
    "incubate": Text(zh="孵化", en="Incubate"),
    "co-develop": Text(zh="合作开发", en="Develop further together"),
    "pilot": Text(zh="中试或示范", en="Pilot or demonstrate"),
    "license": Text(zh="许可", en="License"),
    "acquire": Text(zh="受让", en="Acquire"),
}

# Why somebody said no: a code for statistics, a sentence for the other side.
REASONS: dict[str, Text] = {
    "too-early": Text(zh="技术尚处早期", en="The technology is too early for us."),
    "benefit-unclear": Text(zh="相对现有方案的优势不清晰", en="The gain over what is in use is unclear."),
    "market-unclear": Text(zh="商业化路径不清晰", en="The way to a market is unclear."),
    "description-unclear": Text(zh="说明不够清楚", en="The description leaves too much open."),
    "evidence-missing": Text(zh="缺少证据或案例", en="Evidence or references are missing."),
    "rights-unclear": Text(zh="知识产权状况不清晰", en="The state of the rights is unclear."),
    "outside-focus": Text(zh="不在关注领域或地区", en="It is outside our field or region."),
    "terms": Text(zh="金额、工具或时间不合适", en="Amount, instrument or time do not suit."),
    "no-capacity": Text(zh="目前没有精力或资金", en="We have no time or money for it at present."),
    "conflict": Text(zh="与现有合作存在冲突", en="It conflicts with what we are engaged in."),
    "other": Text(zh="其他原因", en="Another reason, as noted."),
}

OUTCOMES: dict[str, Text] = {
    "deal": Text(zh="达成交易", en="It led to a deal."),
    "nda": Text(zh="已签保密协议", en="It led to a non-disclosure agreement."),
    "talks": Text(zh="仍在商谈", en="Talks go on."),
    "nothing": Text(zh="未有结果", en="Nothing came of it."),
    "no-contact": Text(zh="未能联系上", en="The other side could not be reached."),
}
