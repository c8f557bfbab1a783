"""The readiness-risk map: where each technology stands, as places of a drawing and as lines of a table."""

import math
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from marketplace.screening.results import Row
from scoring.technology import Text

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 704, 16, 340
LEVELS = 9
POINTS_MAX = 400
POINTS_WITH_INTERVALS = 60
NAMES_MAX = 5
BANDS = 14
"""Of the drawing's height: what stands in one band at the same level is drawn as one point."""
MAPS_KEPT = 200


class Point(NamedTuple):
    """Technologies that stand at one place. The places of the drawing are in its own units."""

    x: float
    x_low: float
    x_high: float
    y: float
    y_low: float
    y_high: float
    radius: float
    rank: int
    level: int
    level_low: int
    level_high: int
    loss: float
    loss_low: float
    loss_high: float
    number: int
    names: tuple[tuple[str, Text], ...]


class Map(NamedTuple):
    """`lines` are the heights at which a share of loss is written; `left_out` have no level or no risk."""

    points: tuple[Point, ...]
    lines: tuple[tuple[float, float], ...]
    columns: tuple[tuple[int, float], ...]
    with_intervals: bool
    left_out: int


_MAPS: OrderedDict[uuid.UUID, Map] = OrderedDict()


def map_of(run_id: uuid.UUID, rows: Sequence[Row]) -> Map:
    """The map of a finished run, which never changes and so is drawn once."""
    if run_id not in _MAPS:
        _MAPS[run_id] = _drawn(rows)
        while len(_MAPS) > MAPS_KEPT:
            _MAPS.popitem(last=False)
    return _MAPS[run_id]


def _drawn(rows: Sequence[Row]) -> Map:
    placed = [row for row in rows if row.level is not None and row.loss_share is not None]
    highest = max((row.loss_share.high for row in placed if row.loss_share), default=0.1)
    step = _step(highest)
    top = step * math.ceil(highest / step) or step
    points = tuple(_point(group, top) for group in list(_grouped(placed, top))[:POINTS_MAX])
    lines = tuple((_y(share, top), share) for share in (step * n for n in range(round(top / step) + 1)))
    columns = tuple((level, _x(level)) for level in range(1, LEVELS + 1))
    return Map(points, lines, columns, len(points) <= POINTS_WITH_INTERVALS, len(rows) - len(placed))


def _step(highest: float) -> float:
    return next((step for step in (0.01, 0.02, 0.05, 0.1) if highest / step <= 6), 0.2)


def _grouped(rows: Iterable[Row], top: float) -> Iterable[list[Row]]:
    """Those that would be drawn over one another, in the order of the ranking."""
    groups: dict[tuple[int, int, int, int], list[Row]] = {}
    for row in rows:
        if row.level is not None and row.loss_share is not None:
            height = round(row.loss_share.value / top * BANDS)
            key = (row.level.level, row.level.low, row.level.high, height)
            groups.setdefault(key, []).append(row)
    return groups.values()


def _point(group: list[Row], top: float) -> Point:
    first = group[0]
    assert first.level is not None  # noqa: S101 - only such rows are grouped
    shares = [row.loss_share for row in group if row.loss_share is not None]
    loss, low, high = (
        sum(share.value for share in shares) / len(shares),
        min(share.low for share in shares),
        max(share.high for share in shares),
    )
    return Point(
        x=_x(first.level.level), x_low=_x(first.level.low), x_high=_x(first.level.high),
        y=_y(loss, top), y_low=_y(low, top), y_high=_y(high, top),
        radius=round(min(26.0, 9 + 2 * math.sqrt(len(group))), 1),
        rank=first.place.rank if first.place else 0,
        level=first.level.level, level_low=first.level.low, level_high=first.level.high,
        loss=loss, loss_low=low, loss_high=high,
        number=len(group), names=tuple((row.id, row.name) for row in group[:NAMES_MAX]),
    )  # fmt: skip


def _x(level: int) -> float:
    return round(LEFT + (level - 0.5) / LEVELS * (RIGHT - LEFT), 1)


def _y(share: float, top: float) -> float:
    return round(BOTTOM - min(share, top) / top * (BOTTOM - TOP), 1)
