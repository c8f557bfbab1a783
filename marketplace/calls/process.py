"""A call and a financing request, from beginning to end."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

# A closed call whose poster never decides ends by itself, so that nobody waits for ever.
DECIDE_WITHIN = timedelta(days=180)

CALL = define(
    Process(
        name="call",
        version=1,
        initial="draft",
        states=(
            State("draft", Text(zh="草稿", en="Draft")),
            State("published", Text(zh="征集中", en="Open")),
            State("closed", Text(zh="已截止", en="Closed")),
            State("completed", Text(zh="已完成", en="Completed"), final=True),
            State("cancelled", Text(zh="已取消", en="Cancelled"), final=True),
        ),
        transitions=(
            Transition("publish", ("draft",), "published", by={"poster"}),
            Transition("amend", ("published",), "published", by={"poster"}),
            Transition("close", ("published",), "closed", by={"time"}),
            Transition("complete", ("closed",), "completed", by={"poster", "time", "operator"}),
            Transition(
                "cancel", ("draft", "published", "closed"), "cancelled", by={"poster", "operator"}, needs_note=True
            ),
        ),
        timers=(Timer("published", "close"), Timer("closed", "complete", after=DECIDE_WITHIN)),
    )
)
# What everybody may read.
PUBLIC_STATES = ("published", "closed", "completed")

FINANCING_REQUEST = define(
    Process(
        name="financing-request",
        version=1,
        initial="draft",
        states=(
            State("draft", Text(zh="草稿", en="Draft")),
            State("published", Text(zh="已发布", en="Published")),
            State("funded", Text(zh="已获融资", en="Funded"), final=True),
            State("expired", Text(zh="已到期", en="Expired"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
        ),
        transitions=(
            Transition("publish", ("draft",), "published", by={"holder"}),
            Transition("extend", ("published",), "published", by={"holder"}),
            Transition("fund", ("published",), "funded", by={"holder", "deal"}),
            Transition("expire", ("published",), "expired", by={"time"}),
            Transition("withdraw", ("draft", "published"), "withdrawn", by={"holder", "operator"}),
        ),
        timers=(Timer("published", "expire"),),
    )
)
