"""Selection against enumeration of every set, and the explanations against solving again."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from scoring import Candidate, Quota


def pool(seed, count):
    rng = np.random.default_rng(seed)
    return [
        Candidate(
            id=f"c{i}",
            cost_minor=int(rng.integers(1, 60)) * 1_000_000,
            value=round(float(rng.uniform(0.1, 9)), 3),
            risk_minor=int(rng.integers(0, 30)),
            groups=(f"medium:{i % 3}", f"holder:{i % 4}"),
        )
        for i in range(count)
    ]


def keeps(members, budget, seats, quotas, risk_limit):
    inside = [[c for c in members if quota.group in c.groups] for quota in quotas]
    return (
        sum(c.cost_minor for c in members) <= budget
        and (seats is None or len(members) <= seats)
        and (risk_limit is None or sum(c.risk_minor for c in members) <= risk_limit)
        and all(
            (quota.min_count is None or len(own) >= quota.min_count)
            and (quota.max_count is None or len(own) <= quota.max_count)
            and (quota.max_amount_minor is None or sum(c.cost_minor for c in own) <= quota.max_amount_minor)
            and (quota.max_risk_minor is None or sum(c.risk_minor for c in own) <= quota.max_risk_minor)
            for quota, own in zip(quotas, inside, strict=True)
        )
    )


def best_value(candidates, **limits):
    sets = (s for size in range(len(candidates) + 1) for s in combinations(candidates, size) if keeps(s, **limits))
    return max((sum(c.value for c in s) for s in sets), default=None)


limits_of = st.fixed_dictionaries(
    {
        "budget": st.integers(0, 250).map(lambda x: x * 1_000_000),
        "seats": st.none() | st.integers(0, 6),
        "risk_limit": st.none() | st.integers(0, 120),
        "quotas": st.lists(
            st.builds(
                Quota,
                group=st.sampled_from(["medium:0", "medium:1", "holder:2"]),
                min_count=st.none() | st.integers(1, 2),
                max_count=st.integers(0, 4),
                max_amount_minor=st.none() | st.integers(0, 100).map(lambda x: x * 1_000_000),
                max_risk_minor=st.none() | st.integers(0, 60),
            ),
            max_size=2,
        ),
    }
)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), limits=limits_of)
def test_the_best_of_all_sets_and_what_each_member_is_worth(seed, limits):
    candidates = pool(seed, 9)
    wanted = best_value(candidates, **limits)
    result = scoring.select(candidates, **limits)
    if wanted is None:
        assert result.reason == "infeasible"
        return
    members = [c for c in candidates if c.id in result.chosen]
    assert keeps(members, **limits)
    assert result.value == pytest.approx(wanted)
    assert result.value == pytest.approx(sum(c.value for c in members))
    assert result.optimal
    for marginal in result.marginal_values:
        without = best_value([c for c in candidates if c.id != marginal.id], **limits)
        if without is None:
            assert marginal.value is None
        else:
            assert marginal.value == pytest.approx(wanted - without, abs=1e-6)
            assert marginal.low == marginal.high == marginal.value


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), limits=limits_of)
def test_swaps_are_the_cheapest_exchanges_of_at_most_two(seed, limits):
    candidates = pool(seed, 10)
    result = scoring.select(candidates, **limits)
    if isinstance(result, scoring.Refusal):
        return
    by_id = {c.id: c for c in candidates}
    members = [by_id[name] for name in result.chosen]
    assert {swap.id for swap in result.swaps} == set(by_id) - set(result.chosen)
    for swap in result.swaps:
        fits = [
            sum(c.value for c in leave) - by_id[swap.id].value
            for size in range(3)
            for leave in combinations(members, size)
            if keeps([*(c for c in members if c not in leave), by_id[swap.id]], **limits)
        ]
        assert (swap.loss is None) == (not fits)
        if fits:
            assert swap.loss == pytest.approx(max(min(fits), 0.0), abs=1e-9)
            left = [c for c in members if c.id not in swap.leave]
            assert keeps([*left, by_id[swap.id]], **limits)


def test_the_order_of_the_candidates_does_not_matter():
    candidates = pool(1, 60) + [Candidate(id=f"twin{i}", cost_minor=10_000_000, value=2.0) for i in range(6)]
    forwards = scoring.select(candidates, budget=300_000_000, seats=9)
    assert scoring.select(candidates[::-1], budget=300_000_000, seats=9) == forwards


def test_a_tie_is_worth_nothing_at_the_margin():
    twins = [Candidate(id=name, cost_minor=10, value=5.0) for name in "abc"]
    result = scoring.select(twins, budget=20)
    assert [marginal.value for marginal in result.marginal_values] == [0.0, 0.0]
    assert result.swaps[0].loss == 0.0


def test_required_excluded_and_what_cannot_be_swapped():
    candidates = pool(5, 12)
    dear = max(candidates, key=lambda c: c.cost_minor / c.value)
    good = max(candidates, key=lambda c: c.value / c.cost_minor)
    result = scoring.select(candidates, budget=150_000_000, required=[dear.id], excluded=[good.id])
    assert dear.id in result.chosen
    assert good.id not in result.chosen
    assert next(m for m in result.marginal_values if m.id == dear.id).value is None
    assert next(s for s in result.swaps if s.id == good.id).leave is None
    assert all(dear.id not in (swap.leave or ()) for swap in result.swaps)


def test_contradicting_limits_are_named_and_only_those():
    candidates = pool(2, 20)
    quotas = [Quota(group="medium:0", min_count=5), Quota(group="holder:1", max_count=3)]
    refusal = scoring.select(candidates, budget=2_000_000, seats=9, risk_limit=1000, quotas=quotas)
    assert refusal.missing == ("budget", "at least 5 of medium:0")
    refusal = scoring.select(candidates, budget=10**9, seats=1, required=["c1", "c2"])
    assert set(refusal.missing) == {"seats", "required: c1", "required: c2"}


def test_binding_limits_are_named():
    candidates = pool(3, 30)
    result = scoring.select(candidates, budget=10**10, seats=4)
    assert result.binding == ("seats",)
    assert len(result.chosen) == 4
    assert scoring.select(candidates, budget=10**10).binding == ()


def test_counting_instead_of_valuing():
    candidates = pool(4, 15)
    result = scoring.select(candidates, budget=100_000_000, objective="count")
    cheapest = np.cumsum(sorted(c.cost_minor for c in candidates))
    assert len(result.chosen) == int((cheapest <= 100_000_000).sum())


def test_no_hair_of_a_very_large_budget_is_overspent():
    rng = np.random.default_rng(0)
    candidates = [
        Candidate(id=str(i), cost_minor=int(rng.integers(10**13, 10**14)), value=float(rng.uniform(1, 2)))
        for i in range(40)
    ]
    result = scoring.select(candidates, budget=7 * 10**14 + 1)
    assert sum(c.cost_minor for c in candidates if c.id in result.chosen) <= result.budget_minor
    assert result.cost_minor <= result.budget_minor


def test_when_time_is_short_bounds_are_given():
    candidates = pool(8, 80)
    full = scoring.select(candidates, budget=500_000_000, marginal_seconds=60)
    hasty = scoring.select(candidates, budget=500_000_000, marginal_seconds=0.01)
    assert hasty.chosen == full.chosen
    for exact, bounds in zip(full.marginal_values, hasty.marginal_values, strict=True):
        assert bounds.low - 1e-6 <= exact.value <= bounds.high + 1e-6


def test_anything_with_candidates_can_be_selected_from():
    class Screening:
        def candidates(self):
            return pool(1, 5)

    assert scoring.select(Screening(), budget=10**9) == scoring.select(pool(1, 5), budget=10**9)


def test_every_bad_input_is_named_at_once():
    bad = [
        Candidate(id="a", cost_minor=-1, value=float("nan")),
        Candidate(id="a", cost_minor=1, value=1.0, currency="USD"),
    ]
    with pytest.raises(scoring.InputError) as caught:
        scoring.select(
            bad,
            budget=-5,
            quotas=[Quota(group="nobody", min_count=1), Quota(group="empty")],
            required=["x"],
            objective="luck",
            seconds=0,
        )
    places = {error.column for error in caught.value.errors}
    assert {"budget", "id", "a.cost_minor", "a.value", "currency", "quotas", "required", "objective"} <= places
    assert {"quotas[empty]", "seconds"} <= places


def test_nothing_affordable_is_an_empty_set():
    result = scoring.select(pool(1, 4), budget=0)
    assert (result.chosen, result.value, result.cost_minor) == ((), 0.0, 0)
