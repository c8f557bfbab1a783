"""The numbers behind severity-corrected scores: a cumulative-logit model with random effects, fitted in one go.

A reviewer r who rates application i on criterion c gives the level between whose cut points the sum

    merit(i, c) - severity(r) + view(i, r) + logistic noise

falls. Merits of one application vary together (what all its criteria share) and apart (what is particular to one);
a view is how one reviewer happens to see one application, on all criteria alike. All effects and the cut points are
found together at the top of their posterior by Newton's method, their variances by EM, and the spread around the top
(Laplace) gives the intervals. Levels are only ever compared with cut points: nothing adds or averages them.

Source: cumulative link mixed models (Agresti, Categorical Data Analysis, ch. 10); many-facet rating models (Linacre).
"""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.special import logit

from marketplace.review.cut_points import log_chance, slopes

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

ROUNDS, TOLERANCE = 60, 1e-3
# Each level counts as given this often beside what was given, so that a level that nobody used keeps its place.
PSEUDO_RATINGS = 0.5
# What the variances are taken to be before anything is seen, and how many observations that is worth.
PRIOR_WEIGHT = 4.0
LEAST_VARIANCE = 0.02


class Variances(NamedTuple):
    """Of what an application's criteria share, of what is particular to one, of views, of severities."""

    merit: float = 2.0
    criterion: float = 0.7
    view: float = 0.7
    severity: float = 0.6


PRIOR = Variances()


class Ratings(NamedTuple):
    """One entry a rating; levels count from 0. `slot` numbers the reviews of an application."""

    application: Places
    reviewer: Places
    slot: Places
    criterion: Places
    level: Places


class Sizes(NamedTuple):
    applications: int
    reviewers: int
    slots: int
    levels: tuple[int, ...]

    @property
    def criteria(self) -> int:
        return len(self.levels)

    @property
    def local(self) -> int:
        """Unknowns of one application: a merit a criterion, a view a review."""
        return self.criteria + self.slots

    @property
    def first_cut(self) -> Places:
        """Where each criterion's cut points begin among the unknowns that all applications share."""
        return self.reviewers + np.concatenate([[0], np.cumsum(np.array(self.levels) - 1)[:-1]]).astype(np.intp)

    @property
    def shared(self) -> int:
        return self.reviewers + sum(self.levels) - self.criteria


class Fitted(Struct, frozen=True):
    """The top of the posterior and what is needed for spreads around it.

    `local` (applications, criteria + slots) and `shared` (severities, then cut points) are the effects; `inverse` are
    the inverses of the local blocks, `reach` how shared unknowns move local ones, `covariance` that of the shared.
    """

    sizes: Sizes
    variances: Variances
    local: Floats
    shared: Floats
    inverse: Floats
    reach: Floats
    covariance: Floats

    def variance_of(self, local: Floats, shared: Floats) -> Floats:
        """Posterior variance, for every application, of `local · its unknowns + shared · the shared unknowns`."""
        own = (self.inverse @ local) @ local
        through = shared - np.tensordot(self.reach, local, axes=(1, 0))
        result: Floats = own + ((through @ self.covariance) * through).sum(axis=1)
        return result


class _Design(NamedTuple):
    """Rows of the upper and the lower cut point of every rating, over all unknowns; ends of a scale have none."""

    upper: csr_array
    lower: csr_array
    has_upper: NDArray[np.bool_]
    has_lower: NDArray[np.bool_]
    weight: Floats


def fit_ordinal(ratings: Ratings, sizes: Sizes) -> Fitted:
    """Fit all effects, cut points and variances; the caller has checked that every index is in range."""
    design = _design(ratings, sizes)
    split = sizes.applications * sizes.local
    unknowns = np.concatenate([np.zeros(split + sizes.reviewers), *(_even_cuts(count) for count in sizes.levels)])
    variances, seen = PRIOR, _reviewed(ratings, sizes)
    for _ in range(ROUNDS):
        blocks = _blocks(design, unknowns, sizes, variances)
        step = _newton(blocks, _gradient(design, unknowns, sizes, variances), sizes)
        unknowns = _stepped(design, unknowns, step, sizes, variances)
        found = _fitted(sizes, variances, unknowns, blocks)
        fresh = _updated(found, seen)
        moved = max(float(np.abs(step).max()), *(abs(a - b) / b for a, b in zip(fresh, variances, strict=True)))
        variances = fresh
        if moved < TOLERANCE:
            break
    return _fitted(sizes, variances, unknowns, _blocks(design, unknowns, sizes, variances))


def merit_covariance(variances: Variances, criteria: int) -> Floats:
    return variances.merit * np.ones((criteria, criteria)) + variances.criterion * np.eye(criteria)


def _even_cuts(levels: int) -> Floats:
    cuts: Floats = 1.3 * logit(np.arange(1, levels) / levels)
    return cuts


def _design(ratings: Ratings, sizes: Sizes) -> _Design:
    levels = np.array(sizes.levels)
    base, count = sizes.applications * sizes.local, len(ratings.level)
    pseudo_criterion = np.repeat(np.arange(sizes.criteria), levels)
    pseudo_level = np.concatenate([np.arange(n) for n in sizes.levels])
    criterion = np.concatenate([ratings.criterion, pseudo_criterion])
    level = np.concatenate([ratings.level, pseudo_level])
    has_upper, has_lower = level < levels[criterion] - 1, level > 0
    cut = base + sizes.first_cut[criterion] + level
    place, row = ratings.application * sizes.local, np.arange(count)
    merit, view = place + ratings.criterion, place + sizes.criteria + ratings.slot
    effects = [(row, merit, -1.0), (row, view, -1.0), (row, base + ratings.reviewer, 1.0)]
    shape = (len(level), base + sizes.shared)
    return _Design(
        upper=_sparse([*effects, (np.flatnonzero(has_upper), cut[has_upper], 1.0)], shape),
        lower=_sparse([*effects, (np.flatnonzero(has_lower), cut[has_lower] - 1, 1.0)], shape),
        has_upper=has_upper,
        has_lower=has_lower,
        weight=np.concatenate([np.ones(count), np.full(len(pseudo_level), PSEUDO_RATINGS)]),
    )


def _sparse(entries: list[tuple[Places, Places, float]], shape: tuple[int, int]) -> csr_array:
    rows = np.concatenate([row for row, _, _ in entries])
    columns = np.concatenate([column for _, column, _ in entries])
    values = np.concatenate([np.full(len(row), value) for row, _, value in entries])
    return coo_array((values, (rows, columns)), shape=shape).tocsr()


def _ends(design: _Design, unknowns: Floats) -> tuple[Floats, Floats]:
    a = np.where(design.has_upper, design.upper @ unknowns, np.inf)
    b = np.where(design.has_lower, design.lower @ unknowns, -np.inf)
    return a, b


def _precisions(sizes: Sizes, variances: Variances) -> tuple[Floats, Floats]:
    """Of the prior: the block of one application, and the diagonal of what is shared."""
    block = np.zeros((sizes.local, sizes.local))
    block[: sizes.criteria, : sizes.criteria] = np.linalg.inv(merit_covariance(variances, sizes.criteria))
    block[sizes.criteria :, sizes.criteria :] = np.eye(sizes.slots) / variances.view
    shared = np.zeros(sizes.shared)
    shared[: sizes.reviewers] = 1 / variances.severity
    return block, shared


def _gradient(design: _Design, unknowns: Floats, sizes: Sizes, variances: Variances) -> Floats:
    bent = slopes(*_ends(design, unknowns))
    rise = design.upper.T @ (design.weight * bent.upper * design.has_upper)
    rise += design.lower.T @ (design.weight * bent.lower * design.has_lower)
    result: Floats = rise - _pulled(unknowns, sizes, variances)
    return result


def _pulled(unknowns: Floats, sizes: Sizes, variances: Variances) -> Floats:
    block, shared = _precisions(sizes, variances)
    local = unknowns[: sizes.applications * sizes.local].reshape(sizes.applications, sizes.local)
    return np.concatenate([(local @ block).ravel(), shared * unknowns[local.size :]])


class _Blocks(NamedTuple):
    inverse: Floats
    reach: Floats
    covariance: Floats


def _blocks(design: _Design, unknowns: Floats, sizes: Sizes, variances: Variances) -> _Blocks:
    """Minus the second derivatives, inverted: applications touch one another only through what is shared."""
    bent, weight = slopes(*_ends(design, unknowns)), design.weight
    between = design.upper - design.lower
    curve = _weighted(design.upper, weight * bent.bend_upper) + _weighted(design.lower, weight * bent.bend_lower)
    curve = (curve + _weighted(between, weight * bent.bend_gap)).tocoo()
    n, width = sizes.applications, sizes.local
    block, shared = _precisions(sizes, variances)
    row, column = curve.coords
    local, mixed, common = row < n * width, (row < n * width) & (column >= n * width), row >= n * width
    inner = np.tile(block, (n, 1, 1))
    within = local & (column < n * width)
    np.add.at(inner, (row[within] // width, row[within] % width, column[within] % width), curve.data[within])
    across = np.zeros((n * width, sizes.shared))
    across[row[mixed], column[mixed] - n * width] = curve.data[mixed]
    outer, inside = np.diag(shared), common & (column >= n * width)
    outer[row[inside] - n * width, column[inside] - n * width] += curve.data[inside]
    inverse: Floats = np.linalg.inv(inner).astype(float)
    reach = inverse @ across.reshape(n, width, sizes.shared)
    covariance: Floats = np.linalg.inv(outer - across.T @ reach.reshape(n * width, sizes.shared)).astype(float)
    return _Blocks(inverse, reach, covariance)


def _weighted(rows: csr_array, weight: Floats) -> csr_array:
    return rows.T @ rows.multiply(weight[:, None]).tocsr()


def _newton(blocks: _Blocks, gradient: Floats, sizes: Sizes) -> Floats:
    n, width = sizes.applications, sizes.local
    local, shared = gradient[: n * width].reshape(n, width), gradient[n * width :]
    moved = blocks.covariance @ (shared - np.tensordot(blocks.reach, local, axes=([0, 1], [0, 1])))
    own = (blocks.inverse @ local[:, :, None])[:, :, 0] - blocks.reach @ moved
    return np.concatenate([own.ravel(), moved])


def _stepped(design: _Design, unknowns: Floats, step: Floats, sizes: Sizes, variances: Variances) -> Floats:
    """As far along the step as the posterior rises; it is log-concave, so that halving finds a place."""

    def height(at: Floats) -> float:
        a, b = _ends(design, at)
        return float(design.weight @ log_chance(a, b) - 0.5 * at @ _pulled(at, sizes, variances))

    before = height(unknowns)
    for halvings in range(12):
        after = unknowns + step * 0.5**halvings
        if height(after) >= before - 1e-9:
            return after
    return unknowns


def _fitted(sizes: Sizes, variances: Variances, unknowns: Floats, blocks: _Blocks) -> Fitted:
    local = unknowns[: sizes.applications * sizes.local].reshape(sizes.applications, sizes.local)
    return Fitted(sizes, variances, local, unknowns[local.size :], *blocks)


def _reviewed(ratings: Ratings, sizes: Sizes) -> NDArray[np.bool_]:
    """The slots that hold a review."""
    held = np.zeros((sizes.applications, sizes.slots), dtype=bool)
    held[ratings.application, ratings.slot] = True
    return held


def _updated(found: Fitted, reviewed: NDArray[np.bool_]) -> Variances:
    """The variances that fit the effects and what is not known of them best."""
    sizes, count = found.sizes, found.sizes.criteria
    through = found.reach @ found.covariance
    merits, reach = found.local[:, :count], found.reach[:, :count]
    moments = found.inverse[:, :count, :count].sum(axis=0) + merits.T @ merits
    moments += (through[:, :count] @ reach.transpose(0, 2, 1)).sum(axis=0)
    along, n = float(moments.sum()) / count, sizes.applications
    apart = _weighed(float(np.trace(moments)) - along, n * (count - 1), PRIOR.criterion)
    common = _weighed(along, n, PRIOR.criterion + count * PRIOR.merit)
    spread = np.einsum("ijj->ij", found.inverse) + (through * found.reach).sum(axis=2)
    views = (spread + found.local**2)[:, count:][reviewed]
    severities = np.diag(found.covariance)[: sizes.reviewers] + found.shared[: sizes.reviewers] ** 2
    return Variances(
        merit=max((common - apart) / count, LEAST_VARIANCE),
        criterion=apart,
        view=_weighed(float(views.sum()), len(views), PRIOR.view),
        severity=_weighed(float(severities.sum()), len(severities), PRIOR.severity),
    )


def _weighed(total: float, count: int, prior: float) -> float:
    return max((total + PRIOR_WEIGHT * prior) / (count + PRIOR_WEIGHT), LEAST_VARIANCE)
