"""An assessment from its opening to its decision, and what each assessor does in it."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

ANSWER_WITHIN = timedelta(days=7)
SCORE_WITHIN = timedelta(days=21)
# Reminders go out this long before the end of either time.
REMIND_BEFORE = timedelta(days=2)

LIVE = ("open", "assigned", "scoring", "further-review")

ASSESSMENT = define(
    Process(
        name="assessment",
        version=1,
        initial="open",
        states=(
            State("open", Text(zh="待指派", en="Open")),
            State("assigned", Text(zh="已指派", en="Assigned")),
            State("scoring", Text(zh="评分中", en="Scoring")),
            State("further-review", Text(zh="补充评审", en="Further review")),
            State("decided", Text(zh="已决定", en="Decided"), final=True),
            State("cancelled", Text(zh="已取消", en="Cancelled"), final=True),
        ),
        transitions=(
            Transition("assign", ("open",), "assigned", by={"operator"}),
            Transition("start", ("assigned",), "scoring", by={"assessor"}),
            # Nobody chooses this: it follows from the scores (the interval crosses the bar).
            Transition("ask-further", ("scoring", "further-review"), "further-review", by={"panel"}),
            Transition("decide", ("scoring", "further-review"), "decided", by={"operator"}),
            Transition("cancel", LIVE, "cancelled", by={"operator", "listing"}, needs_note=True),
        ),
    )
)

ASSIGNMENT = define(
    Process(
        name="assignment",
        version=1,
        initial="invited",
        states=(
            State("invited", Text(zh="已邀请", en="Invited")),
            State("declared", Text(zh="已声明", en="Declared")),
            State("scored", Text(zh="已评分", en="Scored"), final=True),
            State("declined", Text(zh="已谢绝", en="Declined"), final=True),
            State("expired", Text(zh="已超期", en="Expired"), final=True),
            State("released", Text(zh="已解除", en="Released"), final=True),
        ),
        transitions=(
            Transition("declare", ("invited",), "declared", by={"assessor"}),
            Transition("score", ("declared",), "scored", by={"assessor"}),
            Transition("decline", ("invited", "declared"), "declined", by={"assessor"}, needs_note=True),
            Transition("expire", ("invited", "declared"), "expired", by={"time"}),
            # The assessment ended without this score.
            Transition("release", ("invited", "declared"), "released", by={"operator", "panel"}),
        ),
        timers=(
            Timer("invited", "expire", after=ANSWER_WITHIN),
            Timer("declared", "expire", after=SCORE_WITHIN),
        ),
    )
)

PENDING = ("invited", "declared")
