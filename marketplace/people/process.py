"""Verification of an organisation by the operator (know your business)."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define

REVERIFY_AFTER = timedelta(days=730)

ORGANISATION = define(
    Process(
        name="organisation",
        version=1,
        initial="unverified",
        states=(
            State("unverified"),
            State("submitted"),
            State("verified"),
            State("suspended"),
            State("closed", final=True),
        ),
        transitions=(
            Transition("submit", ("unverified",), "submitted", by={"organisation"}),
            Transition("verify", ("submitted",), "verified", by={"operator"}),
            Transition("return", ("submitted",), "unverified", by={"operator"}, needs_note=True),
            Transition("expire", ("verified",), "unverified", by={"time", "operator"}),
            Transition(
                "suspend", ("unverified", "submitted", "verified"), "suspended", by={"operator"}, needs_note=True
            ),
            Transition("reinstate", ("suspended",), "unverified", by={"operator"}, needs_note=True),
            Transition("leave", ("unverified",), "closed", by={"organisation"}),
            Transition(
                "close",
                ("unverified", "submitted", "verified", "suspended"),
                "closed",
                by={"operator"},
                needs_note=True,
            ),
        ),
        timers=(Timer("verified", "expire", after=REVERIFY_AFTER),),
    )
)
