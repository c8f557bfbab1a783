"""Assignments that keep every rule, serve the worst served, and say who is short."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.review.affinity import Fields, fits
from marketplace.review.agreement import agreement, apart, opposition
from marketplace.review.assignment import Assignment, Short, Wanted, assign, shortage
from marketplace.review.merits import Review, Scale


def problem(seed: int, n: int = 40, m: int = 12, reviews: int = 3, places: int = 12) -> Wanted:
    rng = np.random.default_rng(seed)
    about, knows = rng.dirichlet([0.3] * 6, n), rng.dirichlet([0.5] * 6, m)
    fit = (about / np.linalg.norm(about, axis=1)[:, None]) @ (knows / np.linalg.norm(knows, axis=1)[:, None]).T
    allowed = rng.random((n, m)) > 0.1
    return Wanted(np.full(n, reviews), np.full(m, places), np.clip(fit, 0, 1), allowed)


def check(wanted: Wanted, found: Assignment) -> None:
    application, reviewer = found.pairs.T
    assert np.array_equal(np.bincount(application, minlength=len(wanted.reviews)), wanted.reviews)
    assert (np.bincount(reviewer, minlength=len(wanted.places)) <= wanted.places).all()
    assert wanted.allowed[application, reviewer].all()
    assert len(np.unique(found.pairs, axis=0)) == len(found.pairs)


def greedy(wanted: Wanted) -> Assignment | None:
    """The best pair that is left, again and again; None where that ends in a dead end."""
    reviews, places = wanted.reviews.copy(), wanted.places.copy()
    order = np.dstack(np.unravel_index(np.argsort(-wanted.fit, axis=None), wanted.fit.shape))[0]
    pairs = []
    for i, r in order.tolist():
        if wanted.allowed[i, r] and reviews[i] and places[r]:
            pairs.append((i, r))
            reviews[i] -= 1
            places[r] -= 1
    if reviews.any():
        return None
    found = np.array(pairs)
    sums = np.bincount(found[:, 0], wanted.fit[found[:, 0], found[:, 1]])
    return Assignment(found, 0.0, float((sums / wanted.reviews).min()), 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_the_worst_served_is_served_better_than_by_taking_the_best_pairs_first(seed: int) -> None:
    wanted = problem(seed)
    found = assign(wanted)
    assert isinstance(found, Assignment)
    check(wanted, found)
    assert found.worst <= found.bound + 1e-6
    assert found.worst >= found.bound - 0.05
    naive = greedy(wanted)
    assert naive is None or found.worst >= naive.worst


@given(
    st.integers(1, 8),
    st.integers(1, 6),
    st.integers(0, 10_000),
    st.floats(0.2, 1.0),
    st.integers(0, 3),
    st.integers(0, 6),
)
@settings(max_examples=60, deadline=None)
def test_every_rule_is_kept_or_somebody_is_named(
    n: int, m: int, seed: int, share: float, reviews: int, places: int
) -> None:
    rng = np.random.default_rng(seed)
    wanted = Wanted(
        rng.integers(0, reviews + 1, n),
        rng.integers(0, places + 1, m),
        rng.random((n, m)).round(1),
        rng.random((n, m)) < share,
    )
    found = assign(wanted)
    if isinstance(found, Assignment):
        check(wanted, found)
        return
    # Proof that nobody could: what these applications want is more than those who may review them can give.
    asked = wanted.reviews[found.applications].sum()
    each = np.minimum(wanted.allowed[found.applications].sum(axis=0), wanted.places).sum()
    assert found.missing > 0
    assert asked - each <= found.missing
    assert len(found.applications)


def test_the_short_are_named_and_nobody_else() -> None:
    wanted = problem(0, n=10, m=4, places=8)
    wanted.allowed[:] = True
    wanted.allowed[3, :3] = False
    found = assign(wanted)
    assert isinstance(found, Short)
    assert (found.missing, found.applications.tolist(), found.reviewers.tolist()) == (2, [3], [3])


def test_nothing_wanted_is_nothing_assigned() -> None:
    wanted = problem(0)._replace(reviews=np.zeros(40, dtype=np.int64))
    found = assign(wanted)
    assert isinstance(found, Assignment)
    assert len(found.pairs) == 0
    assert shortage(wanted) is None


def test_fit_is_the_share_that_is_covered() -> None:
    about = Fields(media=frozenset({"water", "air"}), pollutants=frozenset({"TN"}), languages=frozenset({"zh"}))
    all_of_it = Fields(media=frozenset({"water", "air"}), pollutants=frozenset({"TN"}), languages=frozenset({"zh"}))
    half = Fields(media=frozenset({"water"}), languages=frozenset({"en"}))
    assert fits([about], [all_of_it, half]).round(3).tolist() == [[1.0, round(3 / 11, 3)]]


def said(application: str, reviewer: str, level: int) -> Review:
    return Review(application=application, reviewer=reviewer, levels={"m": level})


def test_agreement_is_krippendorffs_alpha() -> None:
    scale = Scale(id="m", levels=5, bar=2)
    same = [said(a, r, level) for a, level in (("x", 0), ("y", 2), ("z", 4)) for r in "12"]
    assert agreement(same, scale) == 1.0
    assert agreement(same[:1], scale) is None
    # Krippendorff's own example of ordinal data (four observers, twelve units), whose alpha he gives as 0.815.
    rows = {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        "C": [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    }
    given_ones = [
        said(str(unit), observer, level - 1)
        for observer, levels in rows.items()
        for unit, level in enumerate(levels)
        if level is not None
    ]
    assert agreement(given_ones, scale) == pytest.approx(0.815, abs=0.001)


def test_who_stands_on_which_side_of_the_bar() -> None:
    scales = [Scale(id="m", levels=5, bar=2), Scale(id="n", levels=5, bar=2, weight=3)]
    reviews = [
        Review(application="a", reviewer="1", levels={"m": 0, "n": 3}),
        Review(application="a", reviewer="2", levels={"m": 4, "n": 2}),
    ]
    found = apart(reviews, scales)
    assert [(one.criterion, one.lowest, one.highest, one.opposed) for one in found] == [
        ("m", 0, 4, 1.0),
        ("n", 2, 3, 0.0),
    ]
    assert opposition(found, scales) == 0.25
