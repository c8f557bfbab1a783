"""Whole minor units that add up."""

import numpy as np
from numpy.typing import NDArray


def whole_units(parts: NDArray[np.float64], total: int) -> list[int]:
    """Round parts to whole numbers that sum to ``total``; the largest remainders are rounded up, first come first.

    Examples
    --------
    >>> import numpy as np
    >>> whole_units(np.array([1.4, 1.4, 1.2]), 4)
    [2, 1, 1]
    """
    whole = np.floor(parts).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(-(parts - whole), kind="stable")
    each, extra = divmod(missing, len(parts))
    whole += each
    whole[order[:extra]] += 1
    return [int(value) for value in whole]
