"""An application from its first draft to its end."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

# How long an invitation to the next stage waits for an answer.
NEXT_STAGE_WITHIN = timedelta(days=30)
# An accepted application becomes a deal, or is over.
CONCLUDE_WITHIN = timedelta(days=365)

_WAITING = ("submitted", "invited", "waitlisted")
_LIVE = ("draft", *_WAITING)

APPLICATION = define(
    Process(
        name="application",
        version=1,
        initial="draft",
        states=(
            State("draft", Text(zh="草稿", en="Draft")),
            State("submitted", Text(zh="已提交", en="Submitted")),
            State("invited", Text(zh="受邀进入下一阶段", en="Invited to the next stage")),
            State("waitlisted", Text(zh="候补", en="On the waiting list")),
            State("accepted", Text(zh="已入选", en="Accepted")),
            State("concluded", Text(zh="已办结", en="Concluded"), final=True),
            State("rejected", Text(zh="未入选", en="Not selected"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
            State("lapsed", Text(zh="逾期未提交", en="Lapsed"), final=True),
            State("ended", Text(zh="随征集结束", en="Ended with the call"), final=True),
        ),
        transitions=(
            Transition("submit", ("draft", "invited"), "submitted", by={"applicant"}),
            Transition("invite", ("submitted",), "invited", by={"poster"}),
            Transition("waitlist", ("submitted",), "waitlisted", by={"poster"}),
            Transition("accept", ("submitted", "waitlisted"), "accepted", by={"poster"}),
            Transition("reject", ("submitted", "invited", "waitlisted"), "rejected", by={"poster"}),
            Transition("withdraw", (*_LIVE, "accepted"), "withdrawn", by={"applicant", "operator"}),
            Transition("lapse", ("draft", "invited"), "lapsed", by={"time", "closing"}),
            Transition("end", _WAITING, "ended", by={"closing", "operator"}),
            Transition("conclude", ("accepted",), "concluded", by={"deal", "poster", "time", "operator"}),
        ),
        timers=(
            Timer("invited", "lapse", after=NEXT_STAGE_WITHIN),
            Timer("accepted", "conclude", after=CONCLUDE_WITHIN),
        ),
    )
)
LIVE = (*_LIVE, "accepted")
WAITING = _WAITING
# What may be forgotten once the time for questions has passed; what was accepted is part of a deal's records.
FORGETTABLE = ("rejected", "withdrawn", "lapsed", "ended")

# Why an application was not selected: a code for statistics, a sentence for its applicant.
REASONS: dict[str, Text] = {
    "not-eligible": Text(zh="不符合申报条件", en="It does not meet a condition of the call."),
    "below-the-bar": Text(zh="评审分数未达门槛", en="Its score is below the bar."),
    "no-seat-left": Text(zh="名额已满", en="All seats are taken."),
    "too-early": Text(zh="技术成熟度不足", en="It is too early."),
    "benefit-unclear": Text(zh="相对现有方案的优势不清晰", en="The benefit over what exists is not clear."),
    "route-unclear": Text(zh="产业化路径不清晰", en="The commercial route is not clear."),
    "too-vague": Text(zh="信息不足", en="It says too little to judge."),
    "no-fit": Text(zh="与投资方向不符", en="It does not fit the thesis."),
    "other": Text(zh="其他原因", en="Another reason, as noted."),
}
