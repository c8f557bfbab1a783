"""A cohort from its opening to its places."""

from datetime import timedelta

from marketplace.process import Process, State, Timer, Transition, define
from scoring.technology import Text

RANK_WITHIN = timedelta(days=60)

COHORT = define(
    Process(
        name="cohort",
        version=1,
        initial="wishing",
        states=(
            State("wishing", Text(zh="填报志愿", en="Technologies wish")),
            State("ranking", Text(zh="征集方排序", en="Calls rank")),
            State("placed", Text(zh="已分配", en="Placed"), final=True),
            State("cancelled", Text(zh="已取消", en="Cancelled"), final=True),
        ),
        transitions=(
            # Wishes are closed before anybody places: whoever runs the cohort does not choose the moment.
            Transition("close-wishes", ("wishing",), "ranking", by={"time"}),
            Transition("place", ("ranking",), "placed", by={"organiser"}),
            Transition("cancel", ("wishing", "ranking"), "cancelled", by={"organiser", "operator", "time"}),
        ),
        timers=(Timer("wishing", "close-wishes"), Timer("ranking", "cancel", after=RANK_WITHIN)),
    )
)
