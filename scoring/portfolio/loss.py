"""The loss distribution of a portfolio of staged deals: deterministic, by quadrature over factors and FFT."""

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from scoring.errors import Refusal
from scoring.portfolio.allocation import tail_shares
from scoring.portfolio.checks import Findings, check_correlations, check_deals, check_levels, is_between
from scoring.portfolio.deal import AmountEstimate, Basis, Deal
from scoring.portfolio.exposures import Book, LossEvents, loss_events, read_book, refuse_deals
from scoring.portfolio.model import Model, build_model
from scoring.portfolio.rounding import whole_units
from scoring.portfolio.stages import HIGH, LOW, VALUE
from scoring.portfolio.tail import quantile, standard_deviation, tail_mean

Floats = NDArray[np.float64]

_BINS = 12288
_BINS_OF_INTERVALS = 2048  # an interval of parameters does not need the resolution of the figure
_CURVE_POINTS = 201


class DealShare(Struct, frozen=True, kw_only=True):
    """One deal's part: of the mean, and (Euler) of the value at risk and the expected shortfall at one level."""

    id: str
    expected_loss_minor: int
    var_minor: int
    es_minor: int


class LossDistribution(Struct, frozen=True, kw_only=True, tag="loss-distribution"):
    """The loss of a whole portfolio, in minor units of one currency.

    ``var[i]`` is exceeded with a probability of at most ``1 - levels[i]``, ``es[i]`` is the mean of the worst
    ``1 - levels[i]``. Their low and high ends (and the mean's) are the figures with every deal's parameters at the
    good or at the bad end of their intervals together. The shares add up exactly to the mean and, at the last level,
    to VaR and ES. ``curve`` holds (loss, probability of losing more) from 0 to where that probability is 1e-6.
    No figure is finer than ``resolution_minor``.
    """

    currency: str
    basis: Basis
    exposure_minor: int
    mean: AmountEstimate
    sd_minor: int
    probability_of_no_loss: float
    levels: tuple[float, ...]
    var: tuple[AmountEstimate, ...]
    es: tuple[AmountEstimate, ...]
    shares: tuple[DealShare, ...]
    curve: tuple[tuple[int, float], ...]
    resolution_minor: float
    assumptions: tuple[str, ...]

    def var_minor(self, level: float) -> int:
        """The value at risk at one of ``levels``."""
        return self.var[self.levels.index(level)].value_minor

    def es_minor(self, level: float) -> int:
        """The expected shortfall at one of ``levels``."""
        return self.es[self.levels.index(level)].value_minor


def loss_distribution(
    deals: Sequence[Deal],
    *,
    sector_correlation: float | Mapping[str, float] = 0.2,
    factor_correlation: float = 0.5,
    levels: Sequence[float] = (0.95, 0.99, 0.999),
    currency: str | None = None,
    rates: Mapping[str, float] | None = None,
    bins: int = _BINS,
    spacing: float | None = None,
    intervals: bool = True,
) -> LossDistribution | Refusal:
    """The distribution of what a portfolio of staged deals loses, without simulation.

    Parameters
    ----------
    deals : sequence of Deal
        All in one currency, unless ``rates`` are given.
    sector_correlation : float or mapping of sector to float
        Correlation between the hidden variables of two deals of one sector, 0 to 0.99. A mapping must name every
        sector of the deals.
    factor_correlation : float
        Correlation between the factors of two sectors, 0 to 0.99, or 1 for one factor common to all.
    levels : sequence of float
        Levels of value at risk and expected shortfall, rising; the shares are taken at the last one.
    currency : str, optional
        Currency of the answer; by default that of the first deal.
    rates : mapping of str to float, optional
        For every other currency, how many minor units of ``currency`` one of its minor units is worth.
    bins : int
        Lattice points up to the sum of all largest losses, at least eight for each deal.
    spacing : float, optional
        Distance of two values of a factor in standard deviations; chosen to suit the portfolio if not given.
    intervals : bool
        Whether to compute the low and high ends too, which takes two more passes; without them they are the value.

    Returns
    -------
    LossDistribution or Refusal
        A refusal that names everything missing where a deal's hazards are unknown or it has nothing at risk.

    Raises
    ------
    InputError
        With every invalid input at once; two currencies without rates are one.

    Notes
    -----
    Given the factors the deals are independent, and the characteristic function of their sum is a product; it is
    integrated over the factors by the trapezium rule and inverted by FFT. Each deal's losses, the distribution of
    their severity included, lie on the lattice with mean and variance kept. The same input gives the same bytes.

    Examples
    --------
    >>> import scoring
    >>> hazard = scoring.prior_hazard(6, 12)
    >>> stage = scoring.DealStage(name="pilot", months=12, tranche_minor=1_000_000, hazard=hazard)
    >>> deals = [scoring.Deal(id=f"d{i}", currency="CNY", instrument="loan", stages=(stage,)) for i in range(50)]
    >>> result = scoring.loss_distribution(deals, sector_correlation=0.2)
    >>> sum(share.es_minor for share in result.shares) == result.es_minor(0.999)
    True
    >>> result.mean.value_minor < result.var_minor(0.99) < result.es_minor(0.99) < result.exposure_minor
    True
    """
    currency = currency or (deals[0].currency if deals else "")
    scale = _check(deals, sector_correlation, factor_correlation, levels, currency, rates or {}, bins, spacing)
    if (refusal := refuse_deals(deals)) is not None:
        return refusal
    names = sorted({deal.sector for deal in deals})
    sectors = [np.array([i for i, deal in enumerate(deals) if deal.sector == name]) for name in names]
    within = [sector_correlation[n] if isinstance(sector_correlation, Mapping) else sector_correlation for n in names]

    book = read_book(deals, scale)
    with _controller().limit(limits=1, user_api="blas"):  # sums in one order, whatever the machine
        return _computed(book, sectors, within, factor_correlation, levels, currency, bins, spacing, intervals)


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def _computed(
    book: Book,
    sectors: list[NDArray[np.intp]],
    within: list[float],
    between: float,
    levels: Sequence[float],
    currency: str,
    bins: int,
    spacing: float | None,
    intervals: bool,
) -> LossDistribution:
    def run(pick: int, points: int) -> tuple[LossEvents, Model]:
        events = loss_events(book, pick)
        return events, build_model(events, sectors, within, between, bins=points, spacing=spacing)

    count = len(book.deals)
    events, model = run(VALUE, max(bins, 8 * count))
    coarse = min(bins, max(_BINS_OF_INTERVALS, 3 * count))
    ends = [_figures(*run(pick, coarse), levels) for pick in (LOW, HIGH) if intervals]
    return _report(book, events, model, ends, tuple(levels), currency)


def _check(
    deals: Sequence[Deal],
    within: float | Mapping[str, float],
    between: float,
    levels: Sequence[float],
    currency: str,
    rates: Mapping[str, float],
    bins: int,
    spacing: float | None,
) -> list[float]:
    """Raise everything wrong with the call, or give each deal's rate."""
    check_deals(deals)
    found = Findings("loss_distribution")
    check_correlations(found, within, between)
    check_levels(found, "levels", levels)
    found.require(type(bins) is int and 64 <= bins <= 2**20, "bins", bins, "a whole number from 64 to 1048576")
    if spacing is not None:
        found.require(is_between(spacing, 0.005, 1.0), "spacing", spacing, "0.005 to 1")
    if isinstance(within, Mapping):
        for sector in sorted({deal.sector for deal in deals} - set(within)):
            found.add(f"sector_correlation[{sector}]", "", "a correlation for every sector of the deals")
    for other in sorted({deal.currency for deal in deals} - {currency}):
        rate = rates.get(other)
        expected = f"a rate from {other} to {currency}, or deals of one currency"
        found.require(is_between(rate, 1e-12, 1e12), f"rates[{other}]", rate, expected)
    found.raise_all()
    return [1.0 if deal.currency == currency else rates[deal.currency] for deal in deals]


def _figures(events: LossEvents, model: Model, levels: Sequence[float]) -> Floats:
    """The mean, then every VaR, then every ES, in minor units."""
    var = [quantile(model.law, level) for level in levels]
    es = [max(v, tail_mean(model.law, level)) for v, level in zip(var, levels, strict=True)]
    return np.array([events.expected.sum(), *(model.unit * np.array([*var, *es]))])


def _report(
    book: Book,
    events: LossEvents,
    model: Model,
    ends: list[Floats],
    levels: tuple[float, ...],
    currency: str,
) -> LossDistribution:
    centre = _figures(events, model, levels)
    low, high = np.min([centre, *ends], axis=0), np.max([centre, *ends], axis=0)
    figures = [AmountEstimate(round(v), round(a), round(b)) for v, a, b in zip(centre, low, high, strict=True)]
    var, es = figures[1 : len(levels) + 1], figures[len(levels) + 1 :]
    by_var, by_es = tail_shares(model, levels[-1], centre[[len(levels), -1]], len(book.deals))
    parts = zip(
        book.deals,
        whole_units(events.expected, figures[0].value_minor),
        whole_units(by_var, var[-1].value_minor),
        whole_units(by_es, es[-1].value_minor),
        strict=True,
    )
    return LossDistribution(
        currency=currency,
        basis=book.basis,
        exposure_minor=round(book.terms.exposure.max(axis=1).sum()),
        mean=figures[0],
        sd_minor=round(standard_deviation(model.law) * model.unit),
        probability_of_no_loss=float(model.law[0]),
        levels=levels,
        var=tuple(var),
        es=tuple(es),
        shares=tuple(DealShare(id=d.id, expected_loss_minor=m, var_minor=v, es_minor=e) for d, m, v, e in parts),
        curve=_curve(model),
        resolution_minor=float(model.unit),
        assumptions=book.assumptions,
    )


def _curve(model: Model) -> tuple[tuple[int, float], ...]:
    """At most 201 points of the chance of losing more than an amount."""
    beyond = np.maximum(1 - np.cumsum(model.law), 0.0)
    last = int(np.searchsorted(-beyond, -1e-6))
    points = np.unique(np.linspace(0, last, min(_CURVE_POINTS, last + 1)).astype(np.intp))
    return tuple((round(p * model.unit), float(beyond[p])) for p in points)
