import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from scoring.uncertainty.venn_abers import monotone, venn_abers

rows = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 1)), min_size=1, max_size=30)


@settings(deadline=None, max_examples=50)
@given(rows, st.integers(-2, 18).map(lambda half: half / 2))
def test_both_probabilities_are_isotonic_fits_with_the_row_itself(rows, query):
    scores, labels = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    both = venn_abers(scores, labels, [query])
    for label, probability in enumerate(both):
        fit = IsotonicRegression().fit(np.append(scores, query), np.append(labels, label))
        assert probability[0] == pytest.approx(fit.predict([query])[0])


@settings(deadline=None, max_examples=50)
@given(rows)
def test_the_interval_is_ordered_and_rises_with_the_score(rows):
    scores, labels = zip(*rows, strict=True)
    low, high = venn_abers(scores, labels, np.linspace(-1, 9, 21))
    assert (low <= high).all()
    assert (np.diff(low) >= -1e-12).all()
    assert (np.diff(high) >= -1e-12).all()


def test_a_weight_of_two_is_the_row_twice():
    once = venn_abers([1, 2, 3], [1, 0, 1], [1.5, 2.5], sample_weight=[2, 1, 1])
    twice = venn_abers([1, 1, 2, 3], [1, 1, 0, 1], [1.5, 2.5])
    np.testing.assert_allclose(once, twice)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 3)), min_size=1, max_size=20))
def test_monotone_is_the_isotonic_regression(pairs):
    values, weight = (np.array(column) for column in zip(*pairs, strict=True))
    expected = IsotonicRegression().fit_transform(np.arange(len(values)), values, sample_weight=weight)
    np.testing.assert_allclose(monotone(values, weight), expected, atol=1e-9)
