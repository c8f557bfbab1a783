import random
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.monitoring.forecasting import (
    HALF_TRUST,
    WEIGHT_HIGH,
    WEIGHT_LOW,
    Scored,
    brier,
    drawn,
    log_score,
    record_of,
    reliability,
    wilson,
)
from scoring.validation.metrics import brier as library_brier

ANY = st.lists(st.builds(Scored, st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(ANY, st.floats(0, 1))
def test_scores_agree_with_the_library_and_weights_stay_in_bounds(scored: list[Scored], rate: float) -> None:
    happened = [one.happened for one in scored]
    if len(set(happened)) == 2:
        assert brier(scored) == pytest.approx(library_brier(happened, [one.probability for one in scored]))
    assert log_score(scored) >= 0
    assert WEIGHT_LOW <= record_of(scored, rate).weight <= WEIGHT_HIGH


def test_a_record_counts_for_more_the_longer_it_is() -> None:
    good = [Scored(0.9, True), Scored(0.1, False)]
    short, long = record_of(good, 0.5), record_of(good * 50, 0.5)
    assert 1 < short.weight < long.weight
    assert short.skill == long.skill == pytest.approx(0.96)
    assert record_of(good * (HALF_TRUST // 2), 0.5).weight == pytest.approx(1 + 0.96 / 2)
    bad = [Scored(1 - one.probability, one.happened) for one in good]
    assert record_of(bad * 50, 0.5).weight == WEIGHT_LOW


def test_calibrated_forecasts_lie_on_the_diagonal() -> None:
    rng = random.Random(7)
    said = [rng.random() for _ in range(5000)]
    found = reliability([Scored(p, rng.random() < p) for p in said])
    assert (len(found.bins), found.known, found.left_out) == (10, 5000, 0)
    inside = [one.observed_low <= one.mean_forecast <= one.observed_high for one in found.bins]
    assert sum(inside) >= 8
    picture = ElementTree.fromstring(drawn(found))
    assert len([element for element in picture.iter() if element.tag.endswith("circle")]) == 10


def test_few_outcomes_are_not_shown() -> None:
    few = reliability([Scored(0.5, True)] * 19)
    assert (few.bins, few.brier, few.known) == ([], None, 19)
    assert "from 20 on" in drawn(few)
    lone = reliability([Scored(0.5, True)] * 20 + [Scored(0.95, False)] * 2)
    assert (len(lone.bins), lone.left_out) == (1, 2)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_share(count: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, count))
    low, high = wilson(successes, count)
    assert 0 <= low <= successes / count <= high <= 1
