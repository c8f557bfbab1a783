"""How the intervals of a framework's scales make the interval of the whole."""

from collections.abc import Callable, Sequence

from scoring.readiness.arl import arl_interval

Total = Callable[[Sequence[int], Sequence[int]], tuple[int, int]]


def lowest(lows: Sequence[int], highs: Sequence[int]) -> tuple[int, int]:
    """The whole is as ready as its least ready scale."""
    return min(lows), min(highs)


TOTALS: dict[str, Total | None] = {"minimum": lowest, "arl-table": arl_interval, "profile": None}
