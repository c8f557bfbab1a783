"""Every cell of the DOE table, by counts and through whole assessments."""

import random
from itertools import product

import pytest

from scoring.readiness import assess
from scoring.readiness.arl import arl_band, arl_interval, arl_level
from scoring.readiness.framework import FRAMEWORKS
from tests.scoring.readiness.making import TODAY, document, rating, technology

DIMENSIONS = [scale.id for scale in FRAMEWORKS["doe-arl"].scales]

# The source's table a second time, written down its columns: for so many High risks, the level with 0, 1, … 8+ Medium.
BY_HIGH = (
    "988776531",
    "877665421",
    "766554311",
    "544332111",
    "322111111",
    "111111111",
    "111111111",
    "111111111",
    "111111111",
)


def rated(medium, high, rest="low", **fields):
    """A technology whose 17 dimensions are rated, with good evidence for each."""
    risks = ["medium"] * medium + ["high"] * high
    risks += [rest] * (len(DIMENSIONS) - len(risks))
    proof = document(*(f"doe-arl.{dimension}" for dimension in DIMENSIONS))
    ratings = tuple(rating(d, risk, **fields) for d, risk in zip(DIMENSIONS, risks, strict=True))
    return technology(evidence=(proof,), ratings={"doe-arl": ratings})


@pytest.mark.parametrize("high", range(9))
@pytest.mark.parametrize("medium", range(9))
def test_all_81_cells(medium, high):
    assert arl_level(medium, high) == int(BY_HIGH[high][medium])


@pytest.mark.parametrize("high", range(18))
def test_every_count_of_17_ratings(high):
    for medium in range(18 - high):
        found = assess(rated(medium, high), "doe-arl", as_of=TODAY)
        expected = int(BY_HIGH[min(high, 8)][min(medium, 8)])
        assert (found.low, found.level, found.high) == (expected, expected, expected)
        assert found.band == {1: "low", 4: "medium", 7: "high"}[(expected - 1) // 3 * 3 + 1]


def test_the_bands_are_the_sources():
    assert [arl_band(level) for level in range(1, 10)] == ["low"] * 3 + ["medium"] * 3 + ["high"] * 3


def test_one_more_risk_never_raises_the_level():
    for medium in range(10):
        for high in range(10):
            assert arl_level(medium + 1, high) <= arl_level(medium, high)
            assert arl_level(medium, high + 1) <= arl_level(medium, high)


def test_the_source_falls_from_high_to_medium_risk_in_known_cells_only():
    """The published table is not monotone there; it is kept as published."""
    falls = {
        (medium, high)
        for medium in range(17)
        for high in range(1, 18 - medium)
        if arl_level(medium + 1, high - 1) < arl_level(medium, high)
    }
    assert falls == {(6, 1), (6, 2), (7, 1)}


@pytest.mark.parametrize("seed", range(40))
def test_an_interval_holds_every_way_the_dimensions_may_turn_out(seed):
    choose = random.Random(seed)
    ends = [sorted(choose.choices((1, 2, 3), k=2)) for _ in range(9)] + [[2, 2]] * choose.randrange(9)
    lows, highs = zip(*ends, strict=True)
    ways = {
        arl_level(way.count(2), way.count(1))
        for way in product(*(range(low, high + 1) for low, high in zip(lows, highs, strict=True)))
    }
    assert arl_interval(lows, highs) == (min(ways), max(ways))


def test_not_applicable_with_a_reason_does_not_count():
    found = assess(rated(2, 1, rest="n/a", rationale="no such input"), "doe-arl", as_of=TODAY)
    assert found.low == found.high == arl_level(2, 1)
    assert {c.status for c in found.criteria if c.criterion.startswith("doe-arl.community")} == {"not-applicable"}


@pytest.mark.parametrize("rationale", [None, "", "  "])
def test_not_applicable_without_a_reason_is_high_risk(rationale):
    found = assess(rated(2, 1, rest="n/a", rationale=rationale), "doe-arl", as_of=TODAY)
    assert (found.low, found.high) == (1, 1)


def test_a_rating_without_evidence_is_only_an_upper_bound():
    proven = rated(0, 0)
    claimed = technology(ratings=proven.ratings)
    found = assess(claimed, "doe-arl", as_of=TODAY)
    assert (found.low, found.level, found.high) == (1, 1, 9)
    assert found.next_best_evidence.level == 3


def test_dimensions_nobody_rated_are_high_risk_in_the_worst_case_and_left_out_on_request():
    some = rated(0, 1)
    fewer = technology(evidence=some.evidence, ratings={"doe-arl": some.ratings["doe-arl"][:10]})
    worst = assess(fewer, "doe-arl", as_of=TODAY)
    assert (worst.low, worst.level, worst.high) == (arl_level(0, 8), 1, arl_level(0, 1))
    assert worst.missing == tuple(f"doe-arl.{dimension}" for dimension in DIMENSIONS[10:])
    left_out = assess(fewer, "doe-arl", as_of=TODAY, unknown="ignore")
    assert (left_out.low, left_out.level, left_out.high) == (1, 8, 8)


def test_high_risks_block_before_medium_ones():
    found = assess(rated(3, 2), "doe-arl", as_of=TODAY)
    blocked = [blocker.criterion for blocker in found.blocking]
    assert blocked == [f"doe-arl.{dimension}.medium" for dimension in DIMENSIONS[3:5]]
    found = assess(rated(3, 0), "doe-arl", as_of=TODAY)
    assert [b.criterion for b in found.blocking] == [f"doe-arl.{dimension}.low" for dimension in DIMENSIONS[:3]]


def test_everything_not_applicable_is_refused():
    found = assess(rated(0, 0, rest="n/a", rationale="not a technology"), "doe-arl", as_of=TODAY)
    assert found.reason == "nothing-applicable"
    assert len(found.missing) == 17


def test_where_no_document_moves_the_table_the_advice_goes_to_a_high_risk():
    claims = {d: rating(d, "low") for d in DIMENSIONS[:12]}
    claims[DIMENSIONS[0]] = rating(DIMENSIONS[0], "low", evidence=("weak",))
    proof = document(f"doe-arl.{DIMENSIONS[0]}.medium", id="weak", grade="E1")
    found = assess(technology(evidence=(proof,), ratings={"doe-arl": tuple(claims.values())}), "doe-arl", as_of=TODAY)
    assert [scale.low for scale in found.profile[:2]] == [2, 1]
    assert (found.next_best_evidence.supports, found.next_best_evidence.low) == (f"doe-arl.{DIMENSIONS[1]}.low", 1)
