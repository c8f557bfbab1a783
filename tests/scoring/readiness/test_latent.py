"""The ordinal latent model against planted levels, raters and exact sums."""

import math
from itertools import pairwise

import numpy as np
import pytest

from scoring import Refusal
from scoring.readiness.aggregators import LevelRating, OrderStatistic
from scoring.readiness.latent import OrdinalLatent, latent_levels

ERROR, SEVERITY = 0.6, 0.4


def said(dimension, level, rater):
    return LevelRating(dimension=str(dimension), low=int(level), high=int(level), rater=str(rater))


def simulated(seed, dimensions=24, raters=6):
    """Planted levels, raters of planted severity, and what they say."""
    draw = np.random.default_rng(seed)
    levels = draw.integers(1, 10, dimensions)
    severities = draw.normal(0, SEVERITY, raters)
    seen = levels[:, None] + severities[None, :] + draw.normal(0, ERROR, (dimensions, raters))
    answers = np.clip(np.rint(seen), 1, 9)
    return levels, severities, [said(d, answers[d, r], r) for d in range(dimensions) for r in range(raters)]


@pytest.fixture(scope="module")
def recovered():
    """Forty planted panels and what the model makes of them."""
    planted = [simulated(seed) for seed in range(40)]
    return [(*panel, latent_levels(panel[2], error=ERROR, severity=SEVERITY)) for panel in planted]


def test_planted_levels_are_recovered_within_half_a_level(recovered):
    """90 % of planted levels: the median of the posterior is the planted level itself."""
    errors = [
        abs(found.levels[str(d)].level - level) for levels, _, _, found in recovered for d, level in enumerate(levels)
    ]
    assert np.mean(np.array(errors) <= 0.5) >= 0.90


def test_intervals_cover_planted_levels(recovered):
    inside = [
        found.levels[str(d)].low <= level <= found.levels[str(d)].high
        for levels, _, _, found in recovered
        for d, level in enumerate(levels)
    ]
    assert np.mean(inside) >= 0.90


def test_probabilities_mean_what_they_say(recovered):
    """Among levels given a chance near p, about p are the planted ones."""
    chances, hits = [], []
    for levels, _, _, found in recovered:
        for d, level in enumerate(levels):
            chances.extend(found.levels[str(d)].probabilities)
            hits.extend(np.arange(1, 10) == level)
    chances, hits = np.array(chances), np.array(hits)
    for low, high in pairwise((0.05, 0.3, 0.7, 0.97)):
        near = (chances > low) & (chances <= high)
        assert near.sum() > 30
        assert abs(hits[near].mean() - chances[near].mean()) < 0.12


def test_knowing_the_raters_beats_the_median_of_what_they_say(recovered):
    median = OrderStatistic("lower-median", 0.5)
    ours, plain = [], []
    for levels, _, ratings, found in recovered:
        for d, level in enumerate(levels):
            answers = [
                LevelRating(dimension=str(r.rater), low=r.low, high=r.high) for r in ratings if r.dimension == str(d)
            ]
            ours.append(found.levels[str(d)].level == level)
            plain.append(median(answers).level == level)
    assert np.mean(ours) > np.mean(plain)


def test_severities_are_found(recovered):
    truth = np.concatenate([severities for _, severities, _, _ in recovered])
    found = np.array([severity for *_, fit in recovered for severity in fit.severities.values()])
    assert np.corrcoef(truth, found)[0, 1] > 0.85


def test_one_dimension_is_exact():
    """Severity and error add up for a rater seen once, so that the posterior is a product of normal intervals."""
    answers = (5, 6, 6)
    spread = math.hypot(0.7, 0.5)

    def chance(level, answer):
        below = math.erf((answer - 0.5 - level) / spread / math.sqrt(2))
        return 0.5 * (math.erf((answer + 0.5 - level) / spread / math.sqrt(2)) - below)

    weights = np.array([math.prod(chance(level, answer) for answer in answers) for level in range(1, 10)])
    found = latent_levels([said("a", answer, rater) for rater, answer in enumerate(answers)]).levels["a"]
    assert found.probabilities == pytest.approx(weights / weights.sum(), abs=2e-3)


def test_more_raters_who_agree_narrow_the_interval():
    widths = []
    for raters in (1, 3, 9, 27):
        found = latent_levels([said("a", 5, rater) for rater in range(raters)]).levels["a"]
        assert found.level == 5
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0


def test_a_severe_rater_is_corrected_for():
    """One rater says two steps less than five others everywhere; alone, that rater is believed less literally."""
    common = [said(d, 6, rater) for d in range(12) for rater in range(5)]
    severe = [said(d, 4, "Wu") for d in range(12)]
    found = latent_levels([*common, *severe, said("alone", 4, "Wu")])
    trusted = latent_levels([said("alone", 4, "Wu")])
    assert found.severities["Wu"] < -1
    assert found.levels["0"].level == 6
    assert found.levels["alone"].level > trusted.levels["alone"].level == 4


def test_a_vague_rating_says_less():
    vague = LevelRating(dimension="a", low=3, high=7)
    wide = latent_levels([vague]).levels["a"]
    narrow = latent_levels([said("a", 5, "Li")]).levels["a"]
    assert wide.high - wide.low > narrow.high - narrow.low
    everything = latent_levels([LevelRating(dimension="a", low=1, high=9)]).levels["a"]
    assert everything.probabilities == pytest.approx([1 / 9] * 9)


def test_the_order_of_ratings_changes_nothing_that_matters():
    _, _, ratings = simulated(3)
    forth, back = latent_levels(ratings), latent_levels(ratings[::-1])
    for dimension, outcome in forth.levels.items():
        assert outcome.probabilities == pytest.approx(back.levels[dimension].probabilities, abs=1e-6)


def test_as_an_aggregator_it_gives_the_lowest_dimension():
    ratings = [said("a", 8, "Li"), said("b", 3, "Li"), said("a", 8, "Ada"), said("b", 3, "Ada")]
    found = OrdinalLatent()(ratings)
    alone = latent_levels(ratings).levels["b"]
    assert found.level == alone.level == 3
    assert found.probabilities == pytest.approx(alone.probabilities, abs=1e-3)


def test_nothing_said_is_refused():
    assert isinstance(latent_levels([]), Refusal)


def test_a_rating_that_counts_for_more_draws_the_level_to_itself():
    apart = [said("d", 5, "low"), said("d", 7, "high")]
    even, drawn = (latent_levels(apart, weights=weights) for weights in ([1, 1], [2.0, 0.2]))
    assert even == latent_levels(apart)
    low, high = (sum(found.levels["d"].probabilities[:5]) for found in (even, drawn))
    assert high > low + 0.1
