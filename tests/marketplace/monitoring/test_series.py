"""Series that were measured are left alone; copied, drawn and invented ones are found."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.monitoring.series import (
    CHANCE_MAX,
    last_digits,
    repeated_block,
    resolution,
    suspicions_of,
    too_smooth,
)


def measured(rng: random.Random, count: int = 60) -> list[float]:
    """A plant's effluent: a level, memory from day to day, noise, two decimals."""
    level, values = rng.uniform(5, 50), []
    drift = 0.0
    for _ in range(count):
        drift = 0.7 * drift + rng.gauss(0, level / 20)
        values.append(round(level + drift, 2))
    return values


def test_honest_series_are_hardly_ever_doubted() -> None:
    rng = random.Random(7)
    doubted = sum(bool(suspicions_of(measured(rng))) for _ in range(1000))
    assert doubted <= 10, "each of three tests: about one in a thousand"


def test_a_copied_week_is_found() -> None:
    rng = random.Random(7)
    found = 0
    for _ in range(100):
        values = measured(rng)
        values[40:47] = values[10:17]
        found += repeated_block(values) is not None
    assert found == 100


def test_a_ruled_line_is_found_and_a_coarse_one_is_not() -> None:
    assert too_smooth([round(20 - 0.25 * day, 2) for day in range(30)]) is not None
    assert too_smooth([float(day // 4) for day in range(40)]) is None
    assert too_smooth([5.0] * 30) is None, "a meter that stands still is no line"


def test_invented_digits_are_found() -> None:
    rng = random.Random(7)
    invented = [rng.randrange(100, 900) + rng.choice([0.1, 0.3, 0.3, 0.7, 0.7, 0.7]) for _ in range(80)]
    found = last_digits(invented)
    assert found is not None
    assert found.chance < CHANCE_MAX
    halves = [rng.randrange(100, 900) + rng.choice([0.0, 0.5]) for _ in range(80)]
    assert last_digits(halves) is None, "an instrument that reads in halves"


@pytest.mark.parametrize(("values", "unit"), [([1.0, 2.5], "0.1"), ([100.0, 200.0], "1E+2"), ([0.001], "0.001")])
def test_the_unit_of_the_last_digit(values: list[float], unit: str) -> None:
    assert str(resolution(values)) == unit


@given(st.lists(st.floats(-1e9, 1e9), max_size=80))
def test_nothing_breaks_the_tests(values: list[float]) -> None:
    for suspicion in suspicions_of(values):
        assert 0 <= suspicion.chance <= CHANCE_MAX
