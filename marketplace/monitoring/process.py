"""A report of a milestone from the day it is awaited to its acceptance."""

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

# Evidence can still be added, and the report sent in.
WRITABLE = ("awaited", "late", "returned")
SETTLED = ("accepted", "waived")

REPORT = define(
    Process(
        name="milestone-report",
        version=1,
        initial="awaited",
        states=(
            State("awaited", Text(zh="待提交", en="Awaited")),
            State("late", Text(zh="逾期", en="Late")),
            State("submitted", Text(zh="已提交", en="Submitted")),
            State("returned", Text(zh="退回补充", en="Returned")),
            State("unanswered", Text(zh="未答复", en="Not answered in time")),
            State("accepted", Text(zh="已接受", en="Accepted"), final=True),
            State("waived", Text(zh="已豁免", en="Waived"), final=True),
            State("ended", Text(zh="已终止", en="Ended"), final=True),
        ),
        transitions=(
            Transition("run-late", ("awaited",), "late", by={"time"}),
            Transition("submit", WRITABLE, "submitted", by={"holder"}),
            Transition("return", ("submitted", "unanswered"), "returned", by={"financier"}, needs_note=True),
            # `course`: the terms say that silence accepts, and nothing about the report is open to doubt.
            Transition("accept", ("submitted", "unanswered"), "accepted", by={"financier", "operator", "course"}),
            Transition("fall-silent", ("submitted",), "unanswered", by={"time"}),
            Transition("waive", (*WRITABLE, "submitted", "unanswered"), "waived", by={"financier"}, needs_note=True),
            Transition(
                "end", (*WRITABLE, "submitted", "unanswered"), "ended", by={"operator", "deal"}, needs_note=True
            ),
        ),
        timers=(Timer("awaited", "run-late"), Timer("submitted", "fall-silent")),
    )
)
