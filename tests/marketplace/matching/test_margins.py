import random
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from benchmarks.matching import naive, profile, terms
from marketplace.matching.board import best_first, board, nearest, transposed
from marketplace.matching.columns import columns_of
from marketplace.matching.margins import fitting, relaxation
from marketplace.matching.terms import LevelRange, Profile, Terms, impossible
from scoring.portfolio.deal import Estimate
from scoring.technology import Medium, Text

SEEDS = st.integers(0, 10**6)


def technology(**said: Any) -> Profile:
    return Profile(id=uuid.UUID(int=1), holder_id=uuid.UUID(int=2), name=Text(en="T"), **said)


def only_margin(asked: Terms, **said: Any) -> Any:
    (margin,) = fitting(asked, technology(**said)).margins
    return margin


def test_a_level_inside_the_range_has_room_to_the_nearer_end() -> None:
    margin = only_margin(Terms(trl_min=4, trl_max=8), trl=LevelRange(4, 5, 6))
    assert (margin.room_low, margin.room_typical, margin.room_high) == (0, 1, 2)
    assert (margin.low, margin.typical, margin.high) == (0, 1 / 8, 2 / 8)
    assert (margin.verdict, margin.unit) == ("met", "level")


def test_an_interval_that_crosses_the_limit_is_neither_met_nor_missed() -> None:
    assert only_margin(Terms(trl_min=6), trl=LevelRange(5, 6, 7)).verdict == "likely"
    assert only_margin(Terms(trl_min=6), trl=LevelRange(4, 5, 6)).verdict == "possible"
    assert only_margin(Terms(trl_min=6), trl=LevelRange(3, 4, 5)).verdict == "missed"


def test_an_interval_wider_than_the_range_is_best_in_its_middle() -> None:
    margin = only_margin(Terms(trl_min=4, trl_max=6), trl=LevelRange(2, 3, 9))
    assert (margin.room_low, margin.room_typical, margin.room_high) == (-3, -1, 1)


def test_money_is_counted_in_its_minor_units_and_as_a_share_of_the_nearer_end() -> None:
    asked = Terms(ticket_low_minor=100_00, ticket_high_minor=1000_00, currency="CNY")
    margin = only_margin(asked, asks_minor=1200_00, asks_currency="CNY")
    assert (margin.room_high, margin.unit, margin.verdict) == (-200_00, "minor CNY", "missed")
    assert margin.high == pytest.approx(-0.2)
    assert margin.reason.en == "amount asked for 1,200.00 CNY, where 100.00 CNY–1,000.00 CNY is asked for"


def test_no_currency_is_converted() -> None:
    margin = only_margin(Terms(ticket_high_minor=10**9, currency="CNY"), asks_minor=1, asks_currency="EUR")
    assert (margin.verdict, margin.typical, margin.room_typical) == ("unknown", None, None)
    assert "EUR" in margin.reason.en
    assert "EUR" in margin.reason.zh


def test_risk_keeps_its_interval() -> None:
    margin = only_margin(Terms(loss_share_max=0.4), loss_share=Estimate(0.3, 0.2, 0.5))
    assert (margin.room_low, margin.room_typical, margin.room_high) == pytest.approx((-0.1, 0.1, 0.2))
    assert margin.verdict == "likely"


def test_unknown_stays_unknown_and_binds_nothing() -> None:
    asked = Terms(
        fields=(Medium.WATER,), regions=("CN",), instruments=("loan",), trl_min=3, ticket_high_minor=9, currency="CNY",
        loss_share_max=0.3, revenue_min_minor=9, term_months_max=12, at_least={"cases": 1}, at_most={"trl-claimed": 9},
        any_of={"pollutant": ("TN",)},
    )  # fmt: skip
    found = fitting(asked, technology())
    assert (found.fit, found.unknown, found.missed, found.binding) == ("unknown", 11, 0, None)
    assert all(margin.reason.zh and margin.reason.en for margin in found.margins)


def test_what_is_not_asked_for_is_no_limit() -> None:
    assert fitting(Terms(), technology(trl=LevelRange(1, 1, 1))).margins == ()


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_the_board_agrees_with_each_pair_looked_at_alone(seed: int) -> None:
    rng = random.Random(seed)
    profiles, asked = [profile(i, rng) for i in range(12)], [terms(rng) for _ in range(4)]
    columns = columns_of(profiles)
    found = board(asked, columns)
    for row, entry in enumerate(asked):
        for column, one in enumerate(columns.profiles):
            pair = fitting(entry, one)
            counted = found.missed[row, column], found.unknown[row, column]
            assert counted == (pair.missed, pair.unknown) == naive(entry, one)[:2]
            room = pair.binding.typical if pair.binding else -1.0
            assert found.room[row, column] == pytest.approx(room) == pytest.approx(naive(entry, one)[2])


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_relaxing_what_is_said_lets_in_the_technology_that_is_nearest(seed: int) -> None:
    rng = random.Random(seed)
    profiles, asked = [profile(i, rng) for i in range(12)], terms(rng)
    columns = columns_of(profiles)
    alone = [found for found in (fitting(asked, one) for one in columns.profiles) if found.missed == 1]
    for near in nearest(board([asked], columns), 0):
        one = columns.profiles[near.technology]
        change = relaxation(asked, one, near.limit)
        assert change.share == pytest.approx(near.shortfall)
        assert fitting(change.terms, one).missed == 0
        shortfalls = [-(m.high or 0) for found in alone for m in found.margins if m.limit == near.limit]
        assert near.shortfall == pytest.approx(max(0, min(short for short in shortfalls if short > 0)))


def test_ranking_puts_missed_behind_unknown_behind_known_and_more_room_first() -> None:
    def entry(number: int, trl: LevelRange | None) -> Profile:
        return Profile(id=uuid.UUID(int=number), holder_id=uuid.UUID(int=9), name=Text(en="T"), trl=trl)

    given_ = [
        entry(1, LevelRange(2, 2, 2)),
        entry(2, None),
        entry(3, LevelRange(5, 5, 5)),
        entry(4, LevelRange(7, 7, 7)),
    ]
    columns = columns_of(given_)
    found = board([Terms(trl_min=4)], columns)
    assert [columns.profiles[i].id.int for i in best_first(found, 0)] == [4, 3, 2, 1]
    assert [columns.profiles[i].id.int for i in best_first(found, 0, most=2)] == [4, 3]


@given(SEEDS, st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_the_first_few_are_those_of_the_whole_ranking(seed: int, most: int) -> None:
    rng = random.Random(seed)
    columns = columns_of([profile(i, rng) for i in range(60)])
    found = board([terms(rng) for _ in range(3)], columns)
    for row in range(3):
        np.testing.assert_array_equal(best_first(found, row, most=most), best_first(found, row)[:most])
    turned = transposed(found)
    assert list(best_first(turned, 0, most=2)) == list(best_first(turned, 0))[:2]


def test_nothing_beside_nothing_is_nothing() -> None:
    assert board([], columns_of([])).missed.shape == (0, 0)
    assert best_first(board([Terms(trl_min=3)], columns_of([])), 0, most=5).size == 0
    assert nearest(board([Terms(trl_min=3)], columns_of([])), 0) == []


def test_all_that_is_impossible_is_named_at_once() -> None:
    wrong = Terms(trl_min=7, trl_max=3, ticket_low_minor=5, ticket_high_minor=2)
    wrong = replace(wrong, at_least={"cases": 3, "luck": 1}, at_most={"cases": 1}, any_of={"provenance": ("moon",)})
    faults = list(impossible(wrong))
    assert [fault.field.removeprefix("terms.") for fault in faults] == [
        "trl_min", "ticket_low_minor", "currency", "at_least", "any_of.provenance", "at_least.cases",
    ]  # fmt: skip
    assert all(fault.expected_zh for fault in faults)


def test_relaxing_what_is_not_missed_is_refused() -> None:
    with pytest.raises(ValueError, match="not missed"):
        relaxation(Terms(trl_min=3), technology(trl=LevelRange(5, 5, 5)), "trl")
