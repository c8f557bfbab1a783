"""A need, the solutions proposed for it, and consultations, from beginning to end."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

# A published need that nobody answers is overdue for another look.
OPEN_FOR = timedelta(days=90)
ASSIGN_WITHIN = timedelta(days=3)
ANSWER_WITHIN = timedelta(days=7)
CLOSE_AFTER = timedelta(days=14)
ARCHIVE_AFTER = timedelta(days=180)

NEED = define(
    Process(
        name="need",
        version=1,
        initial="draft",
        states=(
            State("draft", Text(zh="草稿", en="Draft")),
            State("published", Text(zh="已发布", en="Published")),
            State("answered", Text(zh="已有方案", en="Answered")),
            State("solved", Text(zh="已解决", en="Solved"), final=True),
            State("expired", Text(zh="已到期", en="Expired"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
        ),
        transitions=(
            Transition("publish", ("draft",), "published", by={"seeker"}),
            Transition("answer", ("published",), "answered", by={"solver"}),
            Transition("extend", ("published",), "published", by={"seeker"}),
            Transition("extend", ("answered",), "answered", by={"seeker"}),
            Transition("solve", ("answered",), "solved", by={"seeker"}),
            Transition("expire", ("published", "answered"), "expired", by={"time"}),
            Transition("withdraw", ("draft", "published", "answered"), "withdrawn", by={"seeker", "operator"}),
        ),
        timers=(Timer("published", "expire"), Timer("answered", "expire")),
    )
)
OPEN = ("published", "answered")

SOLUTION = define(
    Process(
        name="solution",
        version=1,
        initial="proposed",
        states=(
            State("proposed", Text(zh="已提出", en="Proposed")),
            State("shortlisted", Text(zh="入围", en="Shortlisted")),
            State("accepted", Text(zh="已采纳", en="Accepted"), final=True),
            State("declined", Text(zh="未采纳", en="Declined"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
        ),
        transitions=(
            Transition("shortlist", ("proposed",), "shortlisted", by={"seeker"}),
            Transition("accept", ("shortlisted",), "accepted", by={"seeker"}),
            Transition("decline", ("proposed", "shortlisted"), "declined", by={"seeker", "closing"}),
            Transition("withdraw", ("proposed", "shortlisted"), "withdrawn", by={"proposer", "operator"}),
        ),
    )
)

# Why a solution was declined: a code for statistics, a sentence for its proposer.
REASONS: dict[str, Text] = {
    "limit-not-met": Text(zh="达不到排放限值", en="It does not keep the limits."),
    "scale": Text(zh="规模不匹配", en="It is not for this scale."),
    "too-expensive": Text(zh="费用超出上限", en="It costs more than the cap."),
    "too-early": Text(zh="技术成熟度不足", en="It is not ready enough."),
    "no-reference": Text(zh="缺少同类工程案例", en="There is no comparable reference."),
    "site": Text(zh="不适合现场条件", en="It does not fit the site or the climate."),
    "too-vague": Text(zh="方案信息不足", en="It says too little to judge."),
    "other": Text(zh="其他原因", en="Another reason, as noted."),
}
CLOSING_REASONS: dict[str, Text] = {
    "another-accepted": Text(zh="已采纳其他方案", en="Another solution was accepted."),
    "need-closed": Text(zh="需求已结束", en="The need has ended."),
}

_UNDER_WAY = ("open", "escalated", "assigned", "answered")
CONSULTATION = define(
    Process(
        name="consultation",
        version=1,
        initial="open",
        states=(
            State("open", Text(zh="待受理", en="Open")),
            State("escalated", Text(zh="超时未受理", en="Escalated")),
            State("assigned", Text(zh="已分派", en="Assigned")),
            State("answered", Text(zh="已答复", en="Answered")),
            State("closed", Text(zh="已办结", en="Closed")),
            State("archived", Text(zh="已归档", en="Archived"), final=True),
        ),
        transitions=(
            Transition("escalate", ("open",), "escalated", by={"time", "operator"}),
            Transition("assign", ("open", "escalated", "assigned"), "assigned", by={"operator"}),
            Transition("return", ("assigned",), "escalated", by={"time", "operator", "expert"}),
            Transition("answer", ("assigned",), "answered", by={"expert"}),
            Transition("close", _UNDER_WAY, "closed", by={"asker", "time", "operator"}),
            Transition("reopen", ("answered", "closed"), "open", by={"asker"}),
            Transition("archive", (*_UNDER_WAY, "closed"), "archived", by={"time", "operator"}),
        ),
        timers=(
            Timer("open", "escalate", after=ASSIGN_WITHIN),
            Timer("assigned", "return", after=ANSWER_WITHIN),
            Timer("answered", "close", after=CLOSE_AFTER),
            Timer("closed", "archive", after=ARCHIVE_AFTER),
        ),
    )
)
