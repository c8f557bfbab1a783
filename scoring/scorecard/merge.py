"""Which lines of a table say nearly the same: agglomeration by the least loss of squares (Ward 1963).

Joining two lines at their weighted mean moves the score by a mean square of ``w1 w2 / (w1 + w2) * distance²``.
"""

import numpy as np

from scoring.scorecard.boosting import Floats, Ints


def runs(lines: Floats, share: Floats, across: Floats, cost_max: float) -> list[Ints]:
    """Neighbouring lines joined until the next merger would cost more than ``cost_max``.

    Parameters
    ----------
    lines : array of shape (n_lines, …)
        The values of each line.
    share : array of shape (n_lines,)
        The share of the rows in each line.
    across : array of the shape of a line
        The share of the rows in each place of a line.

    Examples
    --------
    >>> runs(np.array([0.0, 0.1, 3.0, 0.0]), np.full(4, 0.25), np.array(1.0), 0.01)
    [array([0, 1]), array([2]), array([3])]
    """
    means, share = lines.reshape(len(lines), -1).copy(), share.copy()
    starts = np.arange(len(lines), dtype=np.intp)
    while len(starts) > 1:
        joint = share[:-1] * share[1:] / (share[:-1] + share[1:] + 1e-12)
        costs = joint * (np.diff(means, axis=0) ** 2 @ across.ravel())
        least = int(np.argmin(costs))
        if costs[least] > cost_max:
            break
        pair, mass = slice(least, least + 2), share[least] + share[least + 1]
        if mass > 0:
            means[least] = share[pair] @ means[pair] / mass
        share[least] = mass
        means, share = np.delete(means, least + 1, axis=0), np.delete(share, least + 1)
        starts = np.delete(starts, least + 1)
    return np.split(np.arange(len(lines)), starts[1:])


def groups(lines: Floats, share: Floats, across: Floats, cost_max: float) -> list[Ints]:
    """As :func:`runs`, for lines without an order: any two may be joined.

    Examples
    --------
    >>> groups(np.array([[0.0], [0.1], [3.0], [0.0]]), np.full(4, 0.25), np.array([1.0]), 0.01)
    [array([0, 1, 3]), array([2])]
    """
    if not len(lines):
        return []
    means, share = lines.reshape(len(lines), -1).copy(), share.copy()
    group = np.arange(len(lines), dtype=np.intp)
    costs = np.stack([_costs(line, means, share, across) for line in range(len(lines))])
    while True:
        first, second = sorted(divmod(int(costs.argmin()), len(lines)))
        if costs[first, second] > cost_max:
            return [np.flatnonzero(group == each) for each in np.unique(group)]
        pair, mass = [first, second], share[first] + share[second]
        if mass > 0:
            means[first] = share[pair] @ means[pair] / mass
        share[first] = mass
        group[group == second] = first
        gone = np.isinf(costs[first])
        costs[second] = costs[:, second] = np.inf
        costs[first] = np.where(gone, np.inf, _costs(first, means, share, across))
        costs[first, second] = np.inf
        costs[:, first] = costs[first]


def _costs(line: int, means: Floats, share: Floats, across: Floats) -> Floats:
    """What joining ``line`` with each other would cost; with itself, more than anything."""
    joint = share[line] * share / (share[line] + share + 1e-12)
    costs: Floats = joint * ((means - means[line]) ** 2 @ across.ravel())
    costs[line] = np.inf
    return costs
