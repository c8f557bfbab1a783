"""Cards and rows made at random from a seed, with everything a card can have."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from scoring.scorecard.card import (
    Applicability,
    Axis,
    BandTable,
    CategoricalAxis,
    Feature,
    Grade,
    Novelty,
    NumericAxis,
    Range,
    Scale,
    ScoreBands,
    Scorecard,
    Term,
)
from scoring.technology import Text

HOSTILE_NAMES = ["plain", 'quo"te', "tick`s", "a b", "水质", "it's", "; DROP TABLE x --", "日 $1 %s {x}", "back\\slash"]
HOSTILE_TEXTS = [
    "O'Neil",
    "\\",
    "\\'",
    "'; DROP TABLE t; --",
    "${system:user.home}",
    "环保",
    "",
    " ",
    '"',
    "\n",
    "%s",
    "{0}",
]
CardOf = Callable[..., Scorecard]


@pytest.fixture(scope="session")
def card_of() -> CardOf:
    """From a seed to a card: numbers and categories with hostile names, pairs, bands by segment, novelty, grades."""
    return _card


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., list[dict[str, Any]]]:
    """From a card, a seed and a number to rows: on and off the edges, missing values, unseen categories."""
    return _rows


def _card(seed: int, *, bare: bool = False, names: list[str] = HOSTILE_NAMES) -> Scorecard:
    random = Random(seed)
    chosen = random.sample(names, random.randint(2, len(names)))
    axes = [_axis(random, name) for name in chosen]
    pairs = [random.sample(axes, 2) for _ in range(2)]
    shapes = [[axis] for axis in axes] + [[_axis_like(random, axis) for axis in pair] for pair in pairs]
    unique = {tuple(sorted(axis.feature for axis in shape)): shape for shape in shapes}
    return Scorecard(
        name="random",
        version="1",
        outcome=Text(zh="违约", en="default"),
        outcome_is_bad=random.random() < 0.5,
        intercept=round(random.gauss(0, 1), 6),
        terms=tuple(_term(random, shape) for shape in unique.values()),
        scale=Scale(points_rise_with=random.choice(["outcome", "its-absence"])),
        grades=() if bare else _grades(random),
        bands=None if bare else _bands(random, axes),
        applicability=None if bare else _applicability(random, axes),
        features=(Feature(name=chosen[0], label=Text(zh="特征", en="the feature"), unit="m³/d"),),
        about={"source": "drawn at random", "seed": seed},
    )


def _axis(random: Random, feature: str) -> Axis:
    if random.random() < 0.5:
        return CategoricalAxis(feature, tuple(random.sample(HOSTILE_TEXTS, random.randint(1, len(HOSTILE_TEXTS)))))
    size, spread = random.randint(0, 12), 10.0 ** random.randint(-6, 9)
    return NumericAxis(feature, tuple(sorted({round(random.gauss(0, 1), 2) * spread + 0.0 for _ in range(size)})))


def _axis_like(random: Random, axis: Axis) -> Axis:
    """The same feature, cut more coarsely."""
    if isinstance(axis, CategoricalAxis) and random.random() < 0.5:
        cells = [random.randrange(3) for _ in axis.categories]
        return CategoricalAxis(axis.feature, axis.categories, tuple(sorted(set(cells)).index(cell) for cell in cells))
    if isinstance(axis, CategoricalAxis):
        return CategoricalAxis(axis.feature, axis.categories[::2])
    return NumericAxis(axis.feature, tuple(sorted({*axis.edges[::3], random.gauss(0, 1)})))


def _term(random: Random, axes: list[Axis]) -> Term:
    size = 1
    for axis in axes:
        size *= axis.size
    values = tuple(round(random.gauss(0, 0.5), random.randint(0, 6)) + 0.0 for _ in range(size))
    return Term(axes=tuple(axes), log_odds=values, reference=round(random.gauss(0, 0.1), 6) + 0.0)


def _grades(random: Random) -> tuple[Grade, ...]:
    limits = sorted({round(random.random(), 3) for _ in range(4)} - {1.0})
    names = ["AA", "A'", "级别", "D\\"]
    grades = [Grade(name=name, probability_max=limit) for name, limit in zip(names, limits, strict=False)]
    return (*grades, Grade(name="last", probability_max=1.0))


def _steps(random: Random) -> dict[str, tuple[float, ...]]:
    edges = sorted({round(random.gauss(0, 2), 3) for _ in range(random.randint(0, 9))})
    pairs = [sorted((random.random(), random.random())) for _ in range(len(edges) + 1)]
    return {"edges": tuple(edges), "low": tuple(low for low, _ in pairs), "high": tuple(high for _, high in pairs)}


def _bands(random: Random, axes: list[Axis]) -> ScoreBands:
    segment = random.choice([None, *axes])
    tables = [
        BandTable(**_steps(random)) if random.random() < 0.6 else None for _ in range(segment.size if segment else 0)
    ]
    return ScoreBands(method="venn-abers", level=0.9, segment=segment, by_segment=tuple(tables), **_steps(random))


def _applicability(random: Random, axes: list[Axis]) -> Applicability:
    tables = [
        Novelty(axis=axis, novelty=tuple(round(random.gammavariate(2, 1), 4) for _ in range(axis.size)))
        for axis in [_axis_like(random, axis) for axis in axes]
    ]
    numeric = [axis for axis in axes if isinstance(axis, NumericAxis) and axis.edges]
    ranges = [Range(feature=a.feature, low=a.edges[0] - abs(a.edges[0]), high=a.edges[-1] + 1) for a in numeric]
    return Applicability(tables=tuple(tables), threshold=2.5 * len(axes), level=0.05, ranges=tuple(ranges))


def _rows(card: Scorecard, seed: int, count: int) -> list[dict[str, Any]]:
    random = Random(seed)
    axes = [axis for term in card.terms if len(term.axes) == 1 for axis in term.axes]
    return [{axis.feature: _value(random, axis) for axis in axes} for _ in range(count)]


def _value(random: Random, axis: Axis) -> Any:
    if random.random() < 0.1:
        return None
    if isinstance(axis, CategoricalAxis):
        return random.choice([*axis.categories, "never seen", "另"])
    if axis.edges and random.random() < 0.5:
        return random.choice(axis.edges) * random.choice([1.0, 1.0000000000000002, 0.9999999999999999])
    return random.gauss(0, 2) * 10.0 ** random.randint(-7, 10)
