"""A data room from its preparation to its closing, and a question from asking to its answer."""

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

OPEN, PREPARING = "open", "preparing"
# Its content can still be arranged by the owner.
ARRANGEABLE = ("preparing", "open")

ROOM = define(
    Process(
        name="data-room",
        version=1,
        initial="preparing",
        states=(
            State("preparing", Text(zh="准备中", en="In preparation")),
            State("open", Text(zh="开放", en="Open")),
            State("frozen", Text(zh="已冻结", en="Frozen")),
            State("suspended", Text(zh="被平台暂停", en="Suspended by the platform")),
            State("closed", Text(zh="已关闭", en="Closed"), final=True),
        ),
        transitions=(
            Transition("open", ("preparing",), "open", by={"owner"}),
            # Stays open with another day of closing: the timer of before belongs to a state that was left.
            Transition("extend", ("open",), "open", by={"owner"}),
            Transition("freeze", ("open",), "frozen", by={"owner"}, needs_note=True),
            Transition("reopen", ("frozen",), "open", by={"owner"}),
            # Nobody sees a room in preparation: there is nothing to suspend.
            Transition("suspend", ("open", "frozen"), "suspended", by={"operator"}, needs_note=True),
            Transition("release", ("suspended",), "frozen", by={"operator"}, needs_note=True),
            Transition("close", ("preparing", "open", "frozen"), "closed", by={"owner"}),
            Transition("expire", ("open", "frozen"), "closed", by={"time"}),
            Transition("end", ("preparing", "open", "frozen", "suspended"), "closed", by={"operator"}, needs_note=True),
        ),
        timers=(Timer("open", "expire"), Timer("frozen", "expire")),
    )
)

# What the owner still has to do something about.
WAITING = ("asked", "assigned", "drafted")

QUESTION = define(
    Process(
        name="room-question",
        version=1,
        initial="asked",
        states=(
            State("asked", Text(zh="已提问", en="Asked")),
            State("assigned", Text(zh="已分派", en="With an expert")),
            State("drafted", Text(zh="已拟答复", en="Answer drafted")),
            State("answered", Text(zh="已答复", en="Answered"), final=True),
            State("declined", Text(zh="不予答复", en="Not answered"), final=True),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
        ),
        transitions=(
            Transition("assign", WAITING, "assigned", by={"coordinator"}),
            Transition("draft", ("asked", "assigned", "drafted"), "drafted", by={"expert", "coordinator"}),
            Transition("publish", WAITING, "answered", by={"coordinator"}),
            Transition("decline", WAITING, "declined", by={"coordinator", "operator"}, needs_note=True),
            Transition("withdraw", WAITING, "withdrawn", by={"asker"}),
        ),
    )
)
