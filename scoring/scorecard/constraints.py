"""Features that parameters name, as positions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def places(features: Sequence[Any], names: list[str]) -> list[int]:
    """Positions of features given by name or position."""
    found = []
    for feature in features:
        if isinstance(feature, int | np.integer) and 0 <= feature < len(names):
            found.append(int(feature))
        elif feature in names:
            found.append(names.index(feature))
        else:
            raise ValueError(f"{feature!r} is no feature of X; there are {', '.join(map(repr, names))}")
    return found


def positions_of_pairs(pairs: Sequence[Sequence[Any]], names: list[str]) -> tuple[tuple[int, int], ...]:
    """Each pair once, in the order of the features."""
    kept: dict[tuple[int, int], None] = {}
    for pair in pairs:
        first, second = sorted(places(pair, names)) if len(pair) == 2 else (0, 0)
        if first == second:
            raise ValueError(f"a pair is two different features, not {pair!r}")
        kept[first, second] = None
    return tuple(kept)


def signs(
    monotonic: Mapping[Any, int] | Sequence[int] | None, names: list[str], numeric: Sequence[bool]
) -> tuple[int, ...]:
    """The constraint on each feature."""
    each = [0] * len(names)
    if isinstance(monotonic, Mapping):
        for place, sign in zip(places(list(monotonic), names), monotonic.values(), strict=True):
            each[place] = int(sign)
    elif monotonic is not None:
        if len(monotonic) != len(names):
            raise ValueError(f"monotonic has {len(monotonic)} values for {len(names)} features")
        each = [int(sign) for sign in monotonic]
    for name, sign, is_numeric in zip(names, each, numeric, strict=True):
        if abs(sign) > 1 or (sign and not is_numeric):
            raise ValueError(f"monotonic is -1, 0 or 1, and 0 for a category; got {sign} for {name!r}")
    return tuple(each)
