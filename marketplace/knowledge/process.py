"""Who may write what, how an item gets from a draft into the open, and how a seat at an event is taken."""

from marketplace.process import Process, State, Transition, define
from scoring.technology import Text

# Which kinds of organisation write each kind of item; everything is reviewed by an operator before it is published.
AUTHORS: dict[str, frozenset[str]] = {
    "showcase": frozenset({"operator", "holder"}),
    "case": frozenset({"operator", "holder"}),
    "demonstration-base": frozenset({"operator"}),
    "policy": frozenset({"operator"}),
    "standard": frozenset({"operator"}),
    "event": frozenset({"operator"}),
    "team": frozenset({"operator", "assessor"}),
    "zone": frozenset({"operator"}),
    "review": frozenset({"operator", "assessor"}),
}
KINDS = tuple(AUTHORS)

_OPEN = ("draft", "review", "published")

KNOWLEDGE = define(
    Process(
        name="knowledge",
        version=1,
        initial="draft",
        states=(
            State("draft", Text(zh="草稿", en="Draft")),
            State("review", Text(zh="审核中", en="In review")),
            State("published", Text(zh="已发布", en="Published")),
            State("archived", Text(zh="已归档", en="Archived"), final=True),
        ),
        transitions=(
            Transition("submit", ("draft",), "review", by={"author"}, label=Text(zh="提交审核", en="Submit")),
            Transition(
                "return",
                ("review",),
                "draft",
                by={"operator"},
                needs_note=True,
                label=Text(zh="退回修改", en="Return"),
            ),
            Transition("publish", ("review",), "published", by={"operator"}, label=Text(zh="发布", en="Publish")),
            # What was published stays in the open until its successor has been reviewed …
            Transition(
                "revise", ("published",), "draft", by={"author", "operator"}, label=Text(zh="修订", en="Revise")
            ),
            # … unless it must not be seen any longer.
            Transition(
                "withdraw",
                _OPEN,
                "draft",
                by={"author", "operator"},
                needs_note=True,
                label=Text(zh="撤下", en="Withdraw"),
            ),
            Transition("archive", _OPEN, "archived", by={"author", "operator"}, label=Text(zh="归档", en="Archive")),
        ),
    )
)
EDITABLE = frozenset({"draft"})

REGISTRATION = define(
    Process(
        name="event-registration",
        version=1,
        initial="waiting",
        states=(
            State("waiting", Text(zh="候补", en="On the waiting list")),
            State("confirmed", Text(zh="已确认", en="Confirmed")),
            State("cancelled", Text(zh="已取消", en="Cancelled"), final=True),
        ),
        transitions=(
            Transition("confirm", ("waiting",), "confirmed", by={"platform"}, label=Text(zh="确认席位", en="Confirm")),
            Transition(
                "cancel",
                ("waiting", "confirmed"),
                "cancelled",
                by={"attendee", "operator"},
                label=Text(zh="取消报名", en="Cancel"),
            ),
        ),
    )
)
