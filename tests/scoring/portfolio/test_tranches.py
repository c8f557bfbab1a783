import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scoring
from scoring import Deal, DealStage, Refusal, TrancheDesign, design_tranches, prior_hazard
from scoring.errors import InputError


def deal(*months, amount=10_000_000, level=5, **more):
    stages = tuple(
        DealStage(name=f"s{n}", months=length, tranche_minor=amount, hazard=prior_hazard(level + n, length))
        for n, length in enumerate(months)
    )
    return Deal(id="d", currency="CNY", instrument="grant", stages=stages, **more)


@settings(max_examples=40, deadline=None)
@given(
    months=st.lists(st.integers(6, 36), min_size=1, max_size=3),
    amount=st.integers(1, 10**12),
    most=st.integers(3, 10),
    holdback=st.floats(0, 0.3),
)
def test_a_cut_pays_the_same_over_the_same_time_and_never_loses_more(months, amount, most, holdback):
    own = deal(*months, amount=amount)
    found = design_tranches(own, milestones_max=most, holdback_max=holdback)
    rows = found.proposed.rows
    assert sum(row.upfront_minor + row.holdback_minor for row in rows) == amount * len(months)
    assert sum(row.months for row in rows) == pytest.approx(sum(months))
    assert all(row.upfront_minor >= 0 and row.holdback_minor >= 0 and row.months >= 3 for row in rows)
    assert len(months) <= len(rows) <= most
    assert found.proposed.expected_loss_minor.value_minor <= found.own.expected_loss_minor.value_minor
    saved = found.saved_minor
    assert saved.low_minor <= saved.value_minor <= saved.high_minor
    assert (
        saved.value_minor == found.own.expected_loss_minor.value_minor - found.proposed.expected_loss_minor.value_minor
    )


def test_the_way_it_is_paid_does_not_change_how_likely_it_is_to_succeed():
    found = design_tranches(deal(24, 12), milestones_max=8)
    assert found.proposed.completion == pytest.approx(found.own.completion, abs=1e-12)


def test_the_loss_at_each_exit_is_the_librarys_own():
    found = design_tranches(deal(24))
    for schedule in (found.own, found.proposed):
        risk = scoring.assess_deal(schedule.deal)
        assert [row.expected_loss_minor for row in schedule.rows] == [s.expected_loss_minor for s in risk.stages]
        assert schedule.expected_loss_minor == risk.expected_loss_minor


def test_nothing_is_cut_where_nothing_is_saved():
    """A stage too short to cut and no holdback allowed: the proposal is the parties' own schedule."""
    own = deal(6)
    found = design_tranches(own, holdback_max=0.0)
    assert found.proposed.deal == own
    assert found.saved_minor.value_minor == 0


def test_each_milestone_has_a_stop_rule_in_both_languages():
    found = design_tranches(deal(24), milestones_max=4)
    assert [rule.milestone for rule in found.stop_rules] == [row.milestone for row in found.proposed.rows]
    assert all(rule.text and rule.text_zh and rule.expected_loss_minor > 0 for rule in found.stop_rules)
    assert found.stop_rules[-1].after_month == 6 + 3  # its length and one review of grace


def test_without_hazards_there_is_no_honest_number():
    own = Deal(id="d", currency="CNY", instrument="loan", stages=(DealStage(name="s", months=6, tranche_minor=1),))
    refused = design_tranches(own)
    assert isinstance(refused, Refusal)
    assert refused.reason == "no-hazards"
    assert not isinstance(refused, TrancheDesign)


def test_every_bad_limit_is_named():
    with pytest.raises(InputError) as caught:
        design_tranches(deal(12, 12), milestones_max=1, holdback_max=0.5, months_min=1)
    assert {error.column for error in caught.value.errors} == {"milestones_max", "holdback_max", "months_min"}
