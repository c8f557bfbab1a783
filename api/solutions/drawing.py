"""Trains as drawings: the flow from left to right, and the alternatives by cost and room. Coordinates only.

What a drawing shows stands in a table beside it, so that nobody depends on seeing it.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from marketplace.needs.specification import Stream
from marketplace.solutions.balance import Balance, Interval
from marketplace.solutions.describing import Train

LINK, NODE, ROW, TOP, BAR = 122, 150, 38, 44, 98
NAME_LINES, LINE_EMS = 4, 10.0


class Bar(NamedTuple):
    """One pollutant on one arrow, on a scale of powers of ten; `state` is what its limit makes of it."""

    name: str
    unit: str
    amount: Interval
    y: int
    x: float
    width: float
    limit_x: float | None
    state: str


class Link(NamedTuple):
    """An arrow and what flows along it."""

    x: int
    bars: list[Bar]


class Node(NamedTuple):
    """One step; its name is cut into lines, since SVG has none."""

    x: int
    number: int
    lines: list[str]


class Flow(NamedTuple):
    width: int
    height: int
    links: list[Link]
    nodes: list[Node]


def flow_of(train: Train, stream: Stream, names: Sequence[str]) -> Flow:
    """A train of at least one step; `names` are its technologies' in the reader's language."""
    limits = {pollutant.name: pollutant.limit for pollutant in stream.pollutants}
    between = [[(one, one.enters) for one in train.steps[0].balance]]
    between += [[(one, one.leaves) for one in step.balance] for step in train.steps]
    scales = {one.pollutant: _scale(one.pollutant, between, limits) for one in train.steps[0].balance}
    links = [
        Link(at * (LINK + NODE), [_bar(row, *pair, limits, scales) for row, pair in enumerate(pairs)])
        for at, pairs in enumerate(between)
    ]
    nodes = [
        Node(LINK + at * (LINK + NODE), at + 1, wrapped(name, LINE_EMS, NAME_LINES)) for at, name in enumerate(names)
    ]
    count = len(train.steps)
    height = TOP + max(ROW * len(scales), 90) + 8
    return Flow((count + 1) * LINK + count * NODE, height, links, nodes)


class _Scale(NamedTuple):
    low: float
    high: float

    def at(self, amount: float) -> float:
        """From 0 to the width of a bar; nothing at all stands at 0."""
        if amount <= self.low:
            return 0.0
        return round(BAR * min(1.0, math.log(amount / self.low) / math.log(self.high / self.low)), 1)


def _scale(name: str, between: Iterable[Sequence[tuple[Balance, Interval]]], limits: dict[str, float | None]) -> _Scale:
    amounts = [end for pairs in between for one, amount in pairs if one.pollutant == name for end in amount]
    known = [amount for amount in (*amounts, limits[name] or 0.0) if amount > 0] or [1.0]
    # Less than a hundred-thousandth of what comes in is nothing on a drawing.
    low = max(min(known) / 2, max(known) * 1e-5)
    return _Scale(low, max(known) if max(known) > low else low * 2)


def _bar(row: int, one: Balance, amount: Interval, limits: dict[str, float | None], scales: dict[str, _Scale]) -> Bar:
    scale, limit = scales[one.pollutant], limits[one.pollutant]
    start, end = scale.at(amount.low), scale.at(amount.high)
    x = min(start, BAR - 3.0)
    return Bar(
        one.pollutant, one.unit, amount, TOP + row * ROW, x, max(end - x, 3.0),
        None if limit is None else scale.at(limit), _state(amount, limit),
    )  # fmt: skip


def _state(amount: Interval, limit: float | None) -> str:
    if limit is None:
        return "free"
    return "met" if amount.high <= limit else "unsure" if amount.low <= limit else "missed"


def wrapped(text: str, ems: float, lines_max: int) -> list[str]:
    """Lines of at most so many ems: broken at blanks, within a word only where a line holds no blank."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < lines_max:
        fits = _fitting(rest, ems)
        cut = fits
        if fits < len(rest) and rest[fits] != " " and rest[fits - 1].isascii() and rest[fits].isascii():
            cut = rest.rfind(" ", 0, fits) if " " in rest[:fits] else fits
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        lines[-1] = lines[-1][:-1] + "…"
    return lines


def _fitting(text: str, ems: float) -> int:
    """How many characters fit: a Chinese one takes an em, others a little more than half of one."""
    taken = 0.0
    for at, char in enumerate(text):
        taken += 1.0 if unicodedata.east_asian_width(char) in "WF" else 0.55
        if taken > ems and at:
            return at
    return len(text)


class Point(NamedTuple):
    """One train among the alternatives; `room` is at the limit that binds, in the worst case."""

    number: int
    x: float
    y: float
    annual_minor: int
    room: float
    trl: int | None


class Front(NamedTuple):
    """`columns` and `lines` are where the axes are marked, with what they mean there."""

    points: list[Point]
    columns: list[tuple[float, int]]
    lines: list[tuple[float, float]]


LEFT, RIGHT, UPPER, LOWER = 70.0, 690.0, 20.0, 230.0


def front_of(trains: Sequence[Train]) -> Front:
    """Cost to the right, room upwards."""
    rooms = [min((margin.low or 0.0 for margin in train.margins), default=0.0) for train in trains]
    dearest = max((train.annual_minor for train in trains), default=0) or 1
    low, high = min([0.0, *rooms]), max([0.5, *rooms])
    points = [
        Point(
            number, LEFT + (RIGHT - LEFT) * train.annual_minor / (dearest * 1.08),
            LOWER - (LOWER - UPPER) * (room - low) / (high - low), train.annual_minor, room, train.trl,
        )
        for number, (train, room) in enumerate(zip(trains, rooms, strict=True), start=1)
    ]  # fmt: skip
    columns = [(LEFT + (RIGHT - LEFT) * share / 1.08, round(dearest * share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    marks = [low + (high - low) * share for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    lines = [(LOWER - (LOWER - UPPER) * (mark - low) / (high - low), mark) for mark in marks]
    return Front([_rounded(point) for point in points], columns, lines)


def _rounded(point: Point) -> Point:
    return point._replace(x=round(point.x, 1), y=round(point.y, 1))
