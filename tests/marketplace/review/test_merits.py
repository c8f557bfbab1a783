"""On calls whose truth is known: intervals that hold, ranks better than those of mean levels, severities found."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from fixtures.simulated_reviews import Simulated, mean_levels, simulate
from marketplace.review.counterfactual import feedback
from marketplace.review.merits import Judged, Review, Scale, judge, margin_if, margins_if
from marketplace.review.stopping import Reviews, further_wanted, saving, stand_of

SEEDS = range(6)


@pytest.fixture(scope="module")
def judged() -> list[tuple[Simulated, Judged]]:
    calls = [simulate(50, 12, 3, seed) for seed in SEEDS] + [simulate(50, 12, 3, 90, noise="normal")]
    return [(call, judge(call.reviews, call.scales)) for call in calls]


def test_nine_in_ten_intervals_hold(judged: list[tuple[Simulated, Judged]]) -> None:
    held = [
        found.merits[name].margin.low <= truth <= found.merits[name].margin.high
        for call, found in judged
        for name, truth in call.truth.items()
    ]
    assert 0.87 <= np.mean(held) <= 0.95


def test_severities_are_found(judged: list[tuple[Simulated, Judged]]) -> None:
    held = [
        found.severities[name].low <= truth <= found.severities[name].high
        for call, found in judged
        for name, truth in call.severity.items()
    ]
    assert 0.84 <= np.mean(held) <= 0.99


def test_the_ranking_is_better_than_that_of_mean_levels(judged: list[tuple[Simulated, Judged]]) -> None:
    ours, theirs = [], []
    for call, found in judged:
        names, means = sorted(call.truth), mean_levels(call)
        truth = [call.truth[name] for name in names]
        ours.append(kendalltau([found.merits[name].margin.value for name in names], truth)[0])
        theirs.append(kendalltau([means[name] for name in names], truth)[0])
    assert np.mean(ours) > np.mean(theirs) + 0.02
    assert sum(a > b for a, b in zip(ours, theirs, strict=True)) >= 5


def test_the_chance_is_honest(judged: list[tuple[Simulated, Judged]]) -> None:
    chances = np.array([found.merits[name].margin.chance for call, found in judged for name in call.truth])
    passed = np.array([truth >= 0 for call, _ in judged for truth in call.truth.values()])
    assert np.mean((chances - passed) ** 2) < 0.12  # a coin would have 0.25
    assert abs(np.mean(chances) - np.mean(passed)) < 0.06


def test_a_harsh_reviewer_does_not_decide() -> None:
    """Two equal applications, one of them before the harsh: the mean of levels has them two levels apart."""
    scale = [Scale(id="merit", levels=5, bar=3)]

    def said(application: str, reviewer: str, level: int) -> Review:
        return Review(application=application, reviewer=reviewer, levels={"merit": level})

    others = [said(f"x{i}", reviewer, level) for i in range(8) for reviewer, level in (("harsh", 0), ("mild", 3))]
    found = judge([*others, said("a", "harsh", 1), said("b", "mild", 3)], scale)
    alone = judge([said("a", "harsh", 1), said("b", "mild", 3)], scale)
    gap, naive = ((f.merits["b"].margin.value - f.merits["a"].margin.value) for f in (found, alone))
    assert found.severities["harsh"].value > 0.5 > 0 > found.severities["mild"].value
    assert gap < naive / 2


def test_reference_applications_tell_severities_before_anything_is_reviewed() -> None:
    def error(call: Simulated, found: Judged) -> float:
        return float(np.mean([(found.severities[name].value - truth) ** 2 for name, truth in call.severity.items()]))

    calls = [simulate(20, 10, 2, seed) for seed in range(4)]
    without = [error(call, judge(call.reviews, call.scales)) for call in calls]
    calibrated = [error(call, judge([*call.reviews, *call.references], call.scales)) for call in calls]
    assert np.mean(calibrated) < 0.8 * np.mean(without)


def test_the_order_of_reviews_changes_nothing() -> None:
    call = simulate(10, 5, 2, 1)
    assert judge(call.reviews, call.scales).merits == judge(call.reviews[::-1], call.scales).merits


def test_stopping_early_saves_reviews_and_keeps_decisions() -> None:
    """Beside five reviews for everybody, the sides that are called clear are right about as often."""
    saved = fixed = wrong = called = 0
    for seed in range(3):
        call = simulate(30, 10, 3, seed)
        reviews = list(call.reviews)
        counts = dict.fromkeys(call.truth, 3)
        while True:
            found = judge(reviews, call.scales)
            stands = {
                name: stand_of(found.merits[name], Reviews(counts[name], 0), wanted=3, most=5) for name in call.truth
            }
            asked = [n for n, k in zip(call.truth, further_wanted(stands, call.truth), strict=True) if k]
            if not asked:
                break
            for name in asked:
                reviews.append(call.further[name][counts[name] - 3])
                counts[name] += 1
        total = saving(stands, {name: Reviews(counts[name], 0) for name in counts}, 5)
        assert total.settled == 30
        saved, fixed = saved + total.saved, fixed + total.fixed
        for name, stand in stands.items():
            if stand.side in ("above", "below"):
                called += 1
                wrong += (call.truth[name] >= 0) != (stand.side == "above")
    assert saved / fixed > 0.08
    assert wrong / called < 0.08


def test_the_change_that_is_named_crosses_the_bar() -> None:
    call = simulate(40, 10, 3, 5)
    found = judge(call.reviews, call.scales)
    tops = {scale.id: scale.levels - 1 for scale in call.scales}
    told = 0
    for name, merit in found.merits.items():
        own = [review for review in call.reviews if review.application == name]
        as_it_is = margin_if(found, own, {})
        assert as_it_is == pytest.approx(merit.margin.value, abs=0.05)
        lifts = [{scale.id: level} for scale in call.scales for level in range(scale.levels)]
        each = [margin_if(found, own, lift) for lift in lifts]
        assert margins_if(found, own, lifts) == pytest.approx(each, abs=1e-8)
        advice = feedback(found, merit, own)
        if merit.margin.value >= 0:
            assert not advice.single
            assert not advice.together
            continue
        told += 1
        assert advice.single or advice.together
        for change in advice.single:
            assert change.seen < change.level <= tops[change.criterion]
            assert margin_if(found, own, {change.criterion: change.level}) >= 0
            assert margin_if(found, own, {change.criterion: change.level - 1}) < 0 or change.level == change.seen + 1
        if advice.together:
            assert margin_if(found, own, {change.criterion: change.level for change in advice.together}) >= 0
    assert told > 5


@pytest.mark.parametrize(
    ("reviews", "scale"),
    [
        ([], Scale(id="m", levels=5, bar=3)),
        ([("a", "r", {"m": 5})], Scale(id="m", levels=5, bar=3)),
        ([("a", "r", {"other": 1})], Scale(id="m", levels=5, bar=3)),
        ([("a", "r", {"m": 1}), ("a", "r", {"m": 2})], Scale(id="m", levels=5, bar=3)),
        ([("a", "r", {"m": 1})], Scale(id="m", levels=5, bar=0)),
    ],
)
def test_what_cannot_be_judged_is_refused(reviews: list[tuple[str, str, dict[str, int]]], scale: Scale) -> None:
    with pytest.raises(ValueError, match=r"review|level"):
        judge([Review(application=a, reviewer=r, levels=levels) for a, r, levels in reviews], [scale])


@pytest.mark.parametrize("level", [0, 2, 4])
def test_a_single_review_is_judged_with_a_wide_interval(level: int) -> None:
    found = judge([Review(application="a", reviewer="r", levels={"m": level})], [Scale(id="m", levels=5, bar=3)])
    margin = found.merits["a"].margin
    assert margin.low < margin.value < margin.high
    assert margin.high - margin.low > 3
    assert margin.crosses_bar or level == 0
