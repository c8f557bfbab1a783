"""From a draft to a recommended technology, and out again."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

# A published listing that nobody renews is out of date; its holder is reminded before.
VALID_FOR = timedelta(days=365)

_OPEN = ("draft", "submitted", "formal-check", "assessment", "recommended", "suspended")

LISTING = define(
    Process(
        name="listing",
        version=1,
        initial="draft",
        states=(
            State("draft", Text(zh="草稿", en="Draft")),
            State("submitted", Text(zh="已提交", en="Submitted")),
            State("formal-check", Text(zh="形式审查", en="Formal check")),
            State("assessment", Text(zh="专家评估", en="Assessment")),
            State("recommended", Text(zh="已推荐", en="Recommended")),
            State("suspended", Text(zh="已暂停", en="Suspended")),
            State("withdrawn", Text(zh="已撤回", en="Withdrawn"), final=True),
        ),
        transitions=(
            Transition("submit", ("draft",), "submitted", by={"holder"}),
            Transition("check", ("submitted",), "formal-check", by={"operator"}),
            Transition(
                "return", ("submitted", "formal-check", "assessment"), "draft", by={"operator"}, needs_note=True
            ),
            # Award and catalogue technologies enter on the formal check alone (the service says which those are).
            Transition("recommend", ("formal-check", "assessment"), "recommended", by={"operator"}),
            Transition("assess", ("formal-check",), "assessment", by={"operator"}),
            Transition("revise", ("recommended",), "draft", by={"holder"}),
            Transition("renew", ("recommended",), "recommended", by={"holder"}),
            Transition("expire", ("recommended",), "suspended", by={"time"}),
            Transition("suspend", ("recommended",), "suspended", by={"operator"}, needs_note=True),
            Transition("reopen", ("suspended",), "draft", by={"holder", "operator"}),
            Transition("withdraw", _OPEN, "withdrawn", by={"holder", "operator"}),
        ),
        timers=(Timer("recommended", "expire", after=VALID_FOR),),
    )
)

PUBLISHED = "recommended"
EDITABLE = frozenset({"draft"})
