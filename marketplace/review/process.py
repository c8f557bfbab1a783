"""A round of reviews from its pool to its last decision, and what each reviewer does in it."""

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

ROUND = define(
    Process(
        name="review-round",
        version=1,
        initial="setup",
        states=(
            State("setup", Text(zh="准备中", en="Being set up")),
            State("reviewing", Text(zh="评审中", en="Under review")),
            State("committee", Text(zh="待评审会决定", en="Before the committee")),
            State("decided", Text(zh="已决定", en="Decided"), final=True),
            State("cancelled", Text(zh="已取消", en="Cancelled"), final=True),
        ),
        transitions=(
            Transition("open", ("setup",), "reviewing", by={"organiser"}),
            # Ends the blind pass: nobody reviews any more, and everything blind opens.
            Transition("close", ("reviewing",), "committee", by={"organiser"}),
            # Follows from the last decision, or from the last undecided application leaving.
            Transition("finish", ("committee",), "decided", by={"round"}),
            Transition(
                "cancel",
                ("setup", "reviewing", "committee"),
                "cancelled",
                by={"organiser", "operator"},
                needs_note=True,
            ),
        ),
    )
)
LIVE = ("setup", "reviewing", "committee")

ASSIGNMENT = define(
    Process(
        name="review-assignment",
        version=1,
        initial="assigned",
        states=(
            State("assigned", Text(zh="已指派", en="Assigned")),
            State("submitted", Text(zh="已提交", en="Submitted"), final=True),
            State("recused", Text(zh="已回避", en="Recused"), final=True),
            State("expired", Text(zh="已超期", en="Expired"), final=True),
            State("released", Text(zh="已解除", en="Released"), final=True),
        ),
        transitions=(
            Transition("submit", ("assigned",), "submitted", by={"reviewer"}),
            Transition("recuse", ("assigned",), "recused", by={"reviewer"}, needs_note=True),
            Transition("expire", ("assigned",), "expired", by={"time"}),
            # The round, or the application, ended without this review.
            Transition("release", ("assigned",), "released", by={"organiser", "operator", "round"}),
        ),
        timers=(Timer("assigned", "expire"),),
    )
)
HELD = ("assigned", "submitted")
