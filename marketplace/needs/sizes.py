"""How much is to be treated: as it was said, and what follows for soil, whose area with its depth is a volume."""

from typing import Literal

from msgspec import Struct

from marketplace.needs.quantities import converted, dimension
from marketplace.needs.specification import Ground, Stream

Unsaid = Literal["depth", "density"]


class Size(Struct, frozen=True):
    """From `low` to `high`, since nobody knows to the spade how deep soil is polluted."""

    unit: str
    low: float
    high: float


def sizes(stream: Stream) -> tuple[Size, ...]:
    """As it was said first; then the volume and the mass of soil, as far as depth and density are known.

    >>> from marketplace.needs.specification import Flow
    >>> ground = Ground(depth_low_m=0.5, depth_high_m=1, density_high_t_per_m3=1.5)
    >>> [(size.unit, size.low, size.high) for size in sizes(Stream(flow=Flow(amount=2, unit="ha"), ground=ground))]
    [('ha', 2, 2), ('m3', 10000.0, 20000.0), ('t', 15000.0, 30000.0)]
    """
    if stream.flow is None:
        return ()
    found = [Size(stream.flow.unit, stream.flow.amount, stream.flow.amount)]
    ground = stream.ground or Ground()
    for into, per, low, high in (
        ("m3", "m2", ground.depth_low_m, ground.depth_high_m),
        ("t", "m3", ground.density_low_t_per_m3, ground.density_high_t_per_m3),
    ):
        if (made := _times(found[-1], per, into, low, high)) is not None:
            found.append(made)
    return tuple(found)


def _times(size: Size, per: str, into: str, low: float | None, high: float | None) -> Size | None:
    least, most = low if low is not None else high, high if high is not None else low
    share = converted(1.0, size.unit, per)
    return (
        None
        if least is None or most is None or share is None
        else Size(into, size.low * share * least, size.high * share * most)
    )


def size_in(stream: Stream, unit: str) -> Size | None:
    """In the unit, if it can be told in it."""
    for size in sizes(stream):
        if (share := converted(1.0, size.unit, unit)) is not None:
            return Size(unit, size.low * share, size.high * share)
    return None


def unsaid(stream: Stream, unit: str) -> Unsaid | None:
    """What would have to be known of the ground, first of all, to tell the size in the unit."""
    known, wanted = {dimension(size.unit)[0] for size in sizes(stream)}, dimension(unit)[0]
    if wanted in known or wanted not in ("m3", "t"):
        return None
    if "m3" not in known:
        return "depth" if "area" in known else None
    return "density"
