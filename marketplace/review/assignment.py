"""Who reviews what: the best fit of a whole call at once, and nobody served much worse than the rest.

First the application that is served worst is served as well as possible; then, without making that worse, the fit of
all reviews together is as good as possible. Loads, numbers of reviews and conflicts of interest are kept exactly.

Whether it can be done at all is a flow problem, solved exactly over all pairs; where it cannot, the smallest cut
names who is short. The fit is a linear programme over each side's best pairs. The rows that keep applications from
being served badly are added only for those that would be; the programme with fewer rows bounds what is possible.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy  # its parts are loaded when they are first used: most processes never need them
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Allowed = NDArray[np.bool_]

# How many reviewers are weighed for each application, and at least as many applications for each place of a reviewer.
CANDIDATES = 20
# Equal fits make the programme slow, so that ties are drawn by a fixed lot worth at most this much of a fit of 1.
LOT, LOT_SEED = 0.005, 20_260_301
# An application among so many of the worst served gets its row at the first try.
WATCHED_SHARE, WATCHED_LEAST, TRIES = 0.02, 20, 8
NEARLY = 1e-6


class Wanted(NamedTuple):
    """`reviews` (n,) more for each application, at most `places` (m,) more of each reviewer; `fit` (n, m) from 0 to 1.

    `allowed` (n, m) is False for a conflict of interest, an undeclared pair, or one that exists already.
    """

    reviews: Counts
    places: Counts
    fit: Floats
    allowed: Allowed


class Assignment(NamedTuple):
    """`pairs` (k, 2) of application and reviewer; `worst` is the mean fit of the application served worst.

    No assignment over the pairs weighed has a better worst than `bound`.
    """

    pairs: Counts
    mean: float
    worst: float
    bound: float


class Short(NamedTuple):
    """`missing` reviews cannot be placed: these applications want more than these reviewers, and nobody else, offer."""

    missing: int
    applications: Counts
    reviewers: Counts


class _Pairs(NamedTuple):
    application: Counts
    reviewer: Counts
    fit: Floats


def assign(wanted: Wanted) -> Assignment | Short:
    """Place every review that is wanted, or say who is short."""
    short = shortage(wanted)
    if short is not None:
        return short
    if not wanted.reviews.any():
        return Assignment(np.empty((0, 2), dtype=np.int64), 0.0, 0.0, 0.0)
    pairs = _weighed(wanted)
    shares, bound = _served(pairs, wanted)
    chosen = shares > 1 - NEARLY
    for n in _made_whole(shares, pairs, wanted):
        chosen[n] = True
    return _assignment(pairs, chosen, wanted, bound)


def shortage(wanted: Wanted, allowed: Allowed | None = None) -> Short | None:
    """None if every review has a place."""
    mask = wanted.allowed if allowed is None else allowed
    graph, end = _network(wanted, mask), wanted.reviews.size + wanted.places.size + 1
    found = scipy.sparse.csgraph.maximum_flow(graph, 0, end)
    missing = int(wanted.reviews.sum() - found.flow_value)
    if missing == 0:
        return None
    left = (graph - found.flow).tocsr()
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    reached = scipy.sparse.csgraph.breadth_first_order(left, 0, return_predecessors=False)
    applications = np.sort(reached[(reached > 0) & (reached <= wanted.reviews.size)] - 1)
    reviewers = np.flatnonzero(mask[applications].any(axis=0))
    return Short(missing, applications.astype(np.int64), reviewers.astype(np.int64))


def _network(wanted: Wanted, mask: Allowed) -> csr_array:
    """Source → applications → reviewers → sink."""
    n, m = mask.shape
    application, reviewer = np.nonzero(mask)
    rows = np.concatenate([np.zeros(n, dtype=np.int64), application + 1, np.arange(m) + n + 1])
    columns = np.concatenate([np.arange(n) + 1, reviewer + n + 1, np.full(m, n + m + 1)])
    capacities = np.concatenate([wanted.reviews, np.ones(len(application), dtype=np.int64), wanted.places])
    return csr_array((capacities.astype(np.int32), (rows, columns)), shape=(n + m + 2, n + m + 2))


def _weighed(wanted: Wanted) -> _Pairs:
    """The best pairs of either side; twice as many as long as they do not suffice."""
    n, m = wanted.fit.shape
    lots = np.random.default_rng(LOT_SEED).random((n, m)) * LOT
    fits = np.where(wanted.allowed, wanted.fit + lots, -1.0)
    width = CANDIDATES
    while True:
        mask = np.zeros((n, m), dtype=bool)
        np.put_along_axis(mask, np.argsort(-fits, axis=1)[:, :width], True, axis=1)
        np.put_along_axis(mask, np.argsort(-fits, axis=0)[: max(width, width * n // m)], True, axis=0)
        mask &= wanted.allowed & (wanted.reviews > 0)[:, None] & (wanted.places > 0)[None, :]
        if width >= max(n, m) or shortage(wanted, mask) is None:
            application, reviewer = np.nonzero(mask)
            return _Pairs(application, reviewer, fits[application, reviewer])
        width *= 2


def _served(pairs: _Pairs, wanted: Wanted) -> tuple[Floats, float]:
    """Shares of pairs, nearly all 0 or 1, that serve the worst as well as possible; and how well that is."""
    watched = np.zeros(len(wanted.reviews), dtype=bool)
    shares, bound = _solved(pairs, wanted, watched)
    for _ in range(TRIES):
        fits = _mean_fits(pairs, shares, wanted)
        if watched.any() and np.nanmin(fits) >= bound - NEARLY:
            break
        count = max(WATCHED_LEAST, int(WATCHED_SHARE * len(fits)))
        worst = np.sort(fits[~np.isnan(fits)])[:count][-1] if not watched.any() else bound - NEARLY
        watched |= fits <= worst
        shares, bound = _solved(pairs, wanted, watched)
    return shares, bound


def _solved(pairs: _Pairs, wanted: Wanted, watched: Allowed) -> tuple[Floats, float]:
    """Maximise the worst mean fit of those watched, then the fit of all; the last unknown is that worst fit."""
    n, m, count = len(wanted.reviews), len(wanted.places), len(pairs.fit)
    column, who = np.arange(count), np.flatnonzero(watched)
    each = csr_array((np.ones(count), (pairs.application, column)), shape=(n, count + 1))
    load = csr_array((np.ones(count), (pairs.reviewer, column)), shape=(m, count + 1))
    fits = csr_array((-pairs.fit, (pairs.application, column)), shape=(n, count))[who]
    floor = hstack([fits, csr_array(wanted.reviews[who, None].astype(float))])
    solved = scipy.optimize.linprog(
        np.append(-pairs.fit / wanted.reviews.sum(), -1.0 if len(who) else 0.0),
        A_ub=vstack([load, floor]).tocsr(),
        b_ub=np.append(wanted.places, np.zeros(len(who))),
        A_eq=each,
        b_eq=wanted.reviews,
        bounds=np.column_stack([np.zeros(count + 1), np.append(np.ones(count), 1 + LOT)]),
        method="highs-ipm",
    )
    if solved.x is None:
        raise RuntimeError(f"a flow exists, and the programme found none: {solved.message}")
    return solved.x[:-1], float(solved.x[-1])


def _mean_fits(pairs: _Pairs, shares: Floats, wanted: Wanted) -> Floats:
    """Of each application; not a number where it wants nothing."""
    sums = np.bincount(pairs.application, pairs.fit * shares, len(wanted.reviews))
    means: Floats = np.divide(sums, wanted.reviews, out=np.full(len(sums), np.nan), where=wanted.reviews > 0)
    return means


def _made_whole(shares: Floats, pairs: _Pairs, wanted: Wanted) -> Iterator[int]:
    """Decide the few pairs that the programme left open, all others staying: the worst served first."""
    open_ones = np.flatnonzero((shares > NEARLY) & (shares < 1 - NEARLY))
    if not len(open_ones):
        return
    given = np.bincount(pairs.application, shares > 1 - NEARLY, len(wanted.reviews))
    held = np.bincount(pairs.reviewer, shares > 1 - NEARLY, len(wanted.places))
    fits = np.bincount(pairs.application, pairs.fit * (shares > 1 - NEARLY), len(wanted.reviews))
    who, row = np.unique(pairs.application[open_ones], return_inverse=True)
    count, column, fit = len(open_ones), np.arange(len(open_ones)), pairs.fit[open_ones]
    each = csr_array((np.ones(count), (row, column)), shape=(len(who), count + 1))
    load = csr_array((np.ones(count), (pairs.reviewer[open_ones], column)), shape=(len(wanted.places), count + 1))
    floor = csr_array(np.append(np.zeros((len(who), count)), -wanted.reviews[who, None], axis=1))
    floor = floor + csr_array((fit, (row, column)), shape=(len(who), count + 1))
    rules = [
        scipy.optimize.LinearConstraint(each, wanted.reviews[who] - given[who], wanted.reviews[who] - given[who]),
        scipy.optimize.LinearConstraint(load, -np.inf, wanted.places - held),
        scipy.optimize.LinearConstraint(floor, -fits[who], np.inf),
    ]
    solved = scipy.optimize.milp(
        np.append(-fit / wanted.reviews.sum(), -1.0),
        integrality=np.append(np.ones(count), 0),
        bounds=scipy.optimize.Bounds(0, np.append(np.ones(count), 1 + LOT)),
        constraints=rules,
        options={"node_limit": 200},
    )
    if solved.x is None:
        raise RuntimeError(f"shares could not be made whole: {solved.message}")
    yield from open_ones[solved.x[:-1] > 0.5]


def _assignment(pairs: _Pairs, chosen: Allowed, wanted: Wanted, bound: float) -> Assignment:
    """Without the lots: what is told are the fits as they were given."""
    found = np.column_stack([pairs.application[chosen], pairs.reviewer[chosen]]).astype(np.int64)
    fits = wanted.fit[found[:, 0], found[:, 1]]
    sums = np.bincount(found[:, 0], fits, len(wanted.reviews))
    served = sums[wanted.reviews > 0] / wanted.reviews[wanted.reviews > 0]
    return Assignment(found, float(fits.mean()), float(served.min()), min(1.0, bound))
