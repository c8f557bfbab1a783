"""The loss distribution against closed cases, enumeration, simulation, and itself on a finer grid."""

from itertools import product

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaincinv, ndtr, ndtri
from scipy.stats import binom

import scoring
from fixtures.simulator import SECTORS, simulate_deals, simulate_losses
from scoring.portfolio.exposures import loss_events, read_book

LEVELS = (0.9, 0.99, 0.999)


def test_one_deal_with_a_fixed_loss(single):
    result = scoring.loss_distribution([single(0.03, lost=0.5)], levels=(0.95, 0.98))
    assert result.probability_of_no_loss == pytest.approx(0.97, abs=1e-6)
    assert result.mean.value_minor == 15_000
    assert result.var_minor(0.95) == 0
    assert result.var_minor(0.98) == pytest.approx(500_000, abs=result.resolution_minor)
    assert result.es_minor(0.98) == pytest.approx(500_000, abs=result.resolution_minor)
    assert result.sd_minor == pytest.approx(500_000 * np.sqrt(0.03 * 0.97), rel=1e-3)


def test_one_deal_with_a_beta_loss_has_its_quantiles(single):
    severity = scoring.LossSeverity(mean=scoring.Estimate.exact(0.6), sd=0.25, basis=scoring.Basis.STATED)
    result = scoring.loss_distribution([single(0.2, severity=severity)], levels=(0.9, 0.99))
    for level in (0.9, 0.99):
        wanted = betaincinv(*severity.beta(), 1 - (1 - level) / 0.2) * 1_000_000
        assert result.var_minor(level) == pytest.approx(wanted, abs=2 * result.resolution_minor)
    assert result.sd_minor == pytest.approx(1e6 * np.sqrt(0.2 * (0.6**2 + 0.25**2) - 0.12**2), rel=1e-6)


def test_independent_equal_deals_are_binomial(single):
    deals = [single(0.04, name=f"d{i}") for i in range(64)]
    result = scoring.loss_distribution(deals, sector_correlation=0.0, levels=LEVELS)
    for level in LEVELS:
        assert result.var_minor(level) == pytest.approx(
            binom.ppf(level, 64, 0.04) * 1_000_000, abs=64 * result.resolution_minor
        )
    counts = np.arange(65)
    tail = binom.pmf(counts, 64, 0.04)
    beyond = counts > binom.ppf(0.99, 64, 0.04)
    at = binom.ppf(0.99, 64, 0.04)
    es = (tail[beyond] @ counts[beyond] + at * (0.01 - tail[beyond].sum())) / 0.01
    assert result.es_minor(0.99) == pytest.approx(es * 1_000_000, rel=2e-3)


@pytest.mark.parametrize(("p", "rho"), [(0.02, 0.12), (0.1, 0.24)])
def test_many_equal_deals_approach_vasicek(single, p, rho):
    deals = [single(p, name=f"d{i}", amount=10_000) for i in range(1500)]
    result = scoring.loss_distribution(deals, sector_correlation=rho, levels=LEVELS, intervals=False)
    for level in LEVELS:
        limit = ndtr((ndtri(p) + np.sqrt(rho) * ndtri(level)) / np.sqrt(1 - rho)) * 15_000_000
        assert result.var_minor(level) == pytest.approx(limit, rel=0.015)  # 1,500 names are not infinitely many


def test_all_but_comonotone_deals_fail_together(single):
    deals = [single(0.05, name=f"d{i}") for i in range(10)]
    result = scoring.loss_distribution(deals, sector_correlation=0.99, levels=(0.9, 0.99), spacing=0.03, bins=1024)
    assert result.var_minor(0.9) < 1_000_000
    assert result.var_minor(0.99) == pytest.approx(10_000_000, rel=0.01)


def _enumerated(events, sector, rho, between):
    """All outcomes of few deals, integrated over a fine grid of factors."""
    z = np.linspace(-8, 8, 161)
    w = np.exp(-(z**2) / 2)
    w /= w.sum()
    law = {}
    options = [
        [(None, 0.0)] + [(k, events.first[i, k]) for k in range(events.cumulative.shape[1])] for i in range(len(sector))
    ]
    given_factor = {}
    for s in set(sector):
        y = np.sqrt(between) * z[:, None] + np.sqrt(1 - between) * z[None, :]
        for combo in product(*[options[i] for i in range(len(sector)) if sector[i] == s]):
            p = np.ones_like(y)
            for (k, _), i in zip(combo, [i for i in range(len(sector)) if sector[i] == s], strict=True):
                edges = np.concatenate([[0.0], events.cumulative[i], [1.0]])
                k = len(edges) - 2 if k is None else k
                up, down = (
                    ndtr((ndtri(e) - np.sqrt(rho) * y) / np.sqrt(1 - rho)) if 0 < e < 1 else np.full_like(y, e)
                    for e in (edges[k + 1], edges[k])
                )
                p = p * (up - down)
            given_factor.setdefault(s, {}).setdefault(sum(x for _, x in combo), np.zeros(161))
            given_factor[s][sum(x for _, x in combo)] += p @ w
    for combo in product(*[laws.items() for laws in given_factor.values()]):
        loss = sum(x for x, _ in combo)
        law[loss] = law.get(loss, 0.0) + float(w @ np.prod([p for _, p in combo], axis=0))
    return law


@pytest.mark.parametrize("between", [0.0, 0.4])
def test_few_staged_deals_against_enumeration(single, between):
    stage = single(0.1).stages[0]
    deals = [
        msgspec.structs.replace(
            single(0.1, name=f"d{i}", lost=0.5, sector=f"s{i % 2}"),
            stages=(stage, msgspec.structs.replace(stage, tranche_minor=(i + 1) * 1_000_000)),
        )
        for i in range(4)
    ]
    events = loss_events(read_book(deals, [1.0] * 4))
    law = _enumerated(events, [deal.sector for deal in deals], 0.3, between)
    assert sum(law.values()) == pytest.approx(1.0, abs=1e-9)
    result = scoring.loss_distribution(
        deals, sector_correlation=0.3, factor_correlation=between, levels=(0.9, 0.99), bins=65_536
    )
    amounts = np.array(sorted(law))
    below = np.cumsum([law[a] for a in amounts])
    assert result.probability_of_no_loss == pytest.approx(law[0.0], abs=1e-6)
    assert result.mean.value_minor == pytest.approx(sum(a * p for a, p in law.items()), rel=1e-6)
    for amount, exceed in result.curve[::20]:
        at = np.searchsorted(amounts, amount + 10 * result.resolution_minor) - 1
        if np.abs(amounts - amount).min() > 10 * result.resolution_minor:
            assert exceed == pytest.approx(1 - below[at], abs=1e-5)
    for level in (0.9, 0.99):
        assert result.var_minor(level) == pytest.approx(
            amounts[np.searchsorted(below, level)], abs=8 * result.resolution_minor
        )


def test_a_mixed_portfolio_against_simulation():
    deals = simulate_deals(40, 11)
    events = loss_events(read_book(deals, [1.0] * 40))
    sectors = [deal.sector for deal in deals]
    losses = simulate_losses(events, sectors, within=0.2, between=0.5, paths=40_000, seed=1)
    total = losses.sum(axis=1)
    result = scoring.loss_distribution(deals, sector_correlation=0.2, factor_correlation=0.5, levels=(0.9, 0.99))
    assert result.mean.value_minor == pytest.approx(total.mean(), rel=0.01)
    assert result.sd_minor == pytest.approx(total.std(), rel=0.02)
    for level in (0.9, 0.99):
        assert result.var_minor(level) == pytest.approx(np.quantile(total, level), rel=0.025)
        assert result.es_minor(level) == pytest.approx(total[total >= np.quantile(total, level)].mean(), rel=0.025)
    worst = losses[total >= np.quantile(total, 0.99)].mean(axis=0)
    shares = np.array([share.es_minor for share in result.shares])
    assert np.abs(shares - worst).max() < 0.012 * result.es_minor(0.99)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), between=st.sampled_from([0.0, 0.3, 0.97, 1.0]))
def test_shares_sum_exactly_and_figures_keep_their_order(seed, count, between):
    result = scoring.loss_distribution(
        simulate_deals(count, seed), factor_correlation=between, levels=LEVELS, bins=2048
    )
    assert sum(s.expected_loss_minor for s in result.shares) == result.mean.value_minor
    assert sum(s.var_minor for s in result.shares) == result.var_minor(0.999)
    assert sum(s.es_minor for s in result.shares) == result.es_minor(0.999)
    var = [v.value_minor for v in result.var]
    assert var == sorted(var)
    assert all(
        v.value_minor <= e.value_minor <= result.exposure_minor for v, e in zip(result.var, result.es, strict=True)
    )
    assert all(v.low_minor <= v.value_minor <= v.high_minor for v in (*result.var, *result.es, result.mean))


def test_the_mean_is_the_sum_of_the_deals_and_needs_no_model():
    deals = simulate_deals(60, 9)
    parts = {risk.id: risk.expected_loss_minor.value_minor for risk in scoring.assess_deals(deals)}
    for within, between in ((0.0, 0.0), (0.4, 0.9)):
        result = scoring.loss_distribution(deals, sector_correlation=within, factor_correlation=between)
        assert result.mean.value_minor == pytest.approx(sum(parts.values()), abs=len(deals))
        seen = {share.id: share.expected_loss_minor for share in result.shares}
        assert all(abs(seen[name] - parts[name]) <= 1 for name in parts)


def test_var_within_a_tenth_of_a_per_cent_of_a_fine_grid():
    deals = simulate_deals(60, 21)
    fine = scoring.loss_distribution(deals, bins=32_768, spacing=0.12, intervals=False)
    usual = scoring.loss_distribution(deals)
    for level in fine.levels:
        assert usual.var_minor(level) == pytest.approx(fine.var_minor(level), rel=1e-3)
        assert usual.es_minor(level) == pytest.approx(fine.es_minor(level), rel=1e-3)


def test_the_same_bytes_every_time_and_in_any_order():
    deals = simulate_deals(30, 2)
    once, again = (msgspec.json.encode(scoring.loss_distribution(deals, bins=2048)) for _ in range(2))
    assert once == again
    forwards, backwards = scoring.loss_distribution(deals), scoring.loss_distribution(deals[::-1])
    assert backwards.var_minor(0.999) == pytest.approx(forwards.var_minor(0.999), rel=1e-9)


def test_correlation_thickens_the_tail_and_leaves_the_mean():
    deals = simulate_deals(80, 3)
    runs = [
        scoring.loss_distribution(deals, sector_correlation=rho, factor_correlation=1.0, bins=2048)
        for rho in (0, 0.2, 0.5)
    ]
    tails = [run.es_minor(0.999) for run in runs]
    assert tails == sorted(tails)
    assert len({run.mean.value_minor for run in runs}) == 1


def test_a_correlation_for_each_sector():
    deals = simulate_deals(40, 6)
    same = scoring.loss_distribution(deals, sector_correlation=0.2)
    named = scoring.loss_distribution(deals, sector_correlation=dict.fromkeys(SECTORS, 0.2))
    assert named == same
    with pytest.raises(scoring.InputError, match="every sector"):
        scoring.loss_distribution(deals, sector_correlation={"water": 0.2})


def test_two_currencies_need_rates(single):
    deals = [single(0.1, name="a"), msgspec.structs.replace(single(0.1, name="b"), currency="USD")]
    with pytest.raises(scoring.InputError, match="rates"):
        scoring.loss_distribution(deals)
    result = scoring.loss_distribution(deals, currency="CNY", rates={"USD": 7.0})
    assert result.exposure_minor == 8_000_000
    assert result.mean.value_minor == 800_000


def test_everything_wrong_with_a_call_is_said_at_once(single):
    with pytest.raises(scoring.InputError) as caught:
        scoring.loss_distribution(
            [single(0.1)], sector_correlation=1.5, factor_correlation=-1, levels=(0.99, 0.9), bins=3, spacing=9
        )
    places = {error.column for error in caught.value.errors}
    assert places == {"sector_correlation", "factor_correlation", "levels", "bins", "spacing"}
    with pytest.raises(scoring.InputError, match="at least one deal"):
        scoring.loss_distribution([])


def test_one_unknown_deal_is_a_refusal_that_names_it(single):
    unknown = msgspec.structs.replace(single(0.1).stages[0], hazard=None)
    deals = [single(0.1), msgspec.structs.replace(single(0.1, name="other"), stages=(unknown,))]
    refusal = scoring.loss_distribution(deals)
    assert (refusal.reason, refusal.missing) == ("no-hazards", ("other.stages[0].hazard",))


def test_what_cannot_be_lost_is_not_lost(single):
    safe = [single(0.1, name="guaranteed", guaranteed_share=1.0), single(0.0, name="certain")]
    result = scoring.loss_distribution(safe)
    assert (result.mean.value_minor, result.var_minor(0.999), result.es_minor(0.999)) == (0, 0, 0)
    assert result.probability_of_no_loss == pytest.approx(1.0)


def test_one_giant_beside_many_dwarfs(single):
    deals = [single(0.02, name="giant", amount=10**12), *(single(0.1, name=f"d{i}", amount=10**6) for i in range(100))]
    result = scoring.loss_distribution(deals, sector_correlation=0.0, levels=(0.95, 0.99), bins=4096)
    assert result.var_minor(0.99) == pytest.approx(10**12, rel=1e-3)
    assert result.mean.value_minor == pytest.approx(0.02 * 10**12 + 100 * 10**5, abs=101)


def test_certain_failure_is_certain(single):
    result = scoring.loss_distribution([single(1.0, name="a"), single(1.0, name="b")])
    assert result.var_minor(0.95) == pytest.approx(2_000_000, abs=2 * result.resolution_minor)
    assert result.mean.value_minor == 2_000_000
