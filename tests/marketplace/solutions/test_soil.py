"""Trains for soil that is given as an area: sized by its depth, or told what is missing."""

import pytest

from marketplace.needs.interview import UNKNOWN, Answer, interview
from marketplace.needs.margins import margins_of
from marketplace.needs.specification import Cap, Flow, Ground, Pollutant, Specification, Stream
from marketplace.solutions.trains import trains
from scoring.technology import Medium
from tests.marketplace.solutions.needs import catalogue

CHROMIUM = Pollutant(name="Cr6+", unit="mg/kg", low=50, high=300, limit=5.7)


def _need(flow: Flow, ground: Ground | None = None, capex: Cap | None = None) -> Specification:
    stream = Stream(flow=flow, ground=ground, pollutants=(CHROMIUM,))
    return Specification(medium=Medium.SOIL, streams=(stream,), capex=capex)


def test_without_a_depth_the_answer_says_that_it_is_missing() -> None:
    [answer] = trains(_need(Flow(amount=30, unit="mu")), catalogue()).streams
    assert answer.trains == ()
    assert answer.refusal is not None
    assert answer.refusal.reason == "ground-unsaid"
    assert answer.refusal.missing == (
        "specification.streams.0.ground.depth_low_m", "specification.streams.0.ground.depth_high_m",
    )  # fmt: skip
    assert answer.left_out["depth-unsaid"] >= 1


def test_an_area_with_its_depth_is_priced_as_its_largest_volume() -> None:
    ground = Ground(depth_low_m=0.3, depth_high_m=0.8)
    [answer] = trains(_need(Flow(amount=30, unit="mu"), ground), catalogue()).streams
    [volume] = trains(_need(Flow(amount=16_000, unit="m3")), catalogue()).streams
    assert answer.trains
    assert [train.annual_minor for train in answer.trains] == [train.annual_minor for train in volume.trains]
    assert [train.energy_kwh_per_year for train in answer.trains] == [
        train.energy_kwh_per_year for train in volume.trains
    ]
    assert [size.unit for size in answer.sizes] == ["mu", "m3"]
    assert (answer.sizes[1].low, answer.sizes[1].high) == pytest.approx((6_000, 16_000))


def test_all_of_the_span_has_to_be_within_the_scale() -> None:
    for ground in (Ground(depth_low_m=0.8, depth_high_m=2), Ground(depth_low_m=0.001, depth_high_m=0.5)):
        [answer] = trains(_need(Flow(amount=30, unit="mu"), ground), catalogue()).streams
        assert answer.trains == ()
        assert answer.left_out["scale"] >= 1


def test_a_cap_per_volume_binds_an_area_with_a_depth() -> None:
    ground, dear = Ground(depth_low_m=0.3, depth_high_m=0.8), Cap(amount_minor=1, currency="CNY", per_unit="m3")
    [answer] = trains(_need(Flow(amount=30, unit="mu"), ground, dear), catalogue()).streams
    assert answer.refusal is not None
    assert answer.refusal.reason == "caps"


def test_margins_compare_the_volume_and_say_what_is_missing() -> None:
    iron = next(one.envelope for one in catalogue() if "Cr6+" in one.envelope.removal and "soil" in one.envelope.media)
    bare, deep = (
        next(
            margin
            for margin in margins_of(_need(Flow(amount=30, unit="mu"), ground), iron)
            if margin.limit.endswith("flow")
        )
        for ground in (None, Ground(depth_low_m=0.3, depth_high_m=0.8))
    )
    assert bare.verdict == "unknown"
    assert "deep" in bare.reason.in_language("en")
    assert deep.verdict == "met"
    assert deep.typical == pytest.approx((20_000 - 16_000) / 20_000)


def test_the_interviewer_asks_for_the_depth_where_it_decides() -> None:
    technologies = [one.envelope for one in catalogue() if "soil" in one.envelope.media]
    text, answers, seen = "面积30亩的污染土壤，石油烃500–10000 mg/kg", list[Answer](), list[str]()
    while (question := interview(text, answers, technologies).question) is not None and question.key not in seen:
        seen.append(question.key)
        answers.append(Answer(question=question.key, option=UNKNOWN))
    assert "depth" in seen
