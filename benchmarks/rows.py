"""One line of the benchmark table: what was measured, ours, the peer's in the same run, and what was asked for."""

from typing import NamedTuple


class Row(NamedTuple):
    """A figure beside the peer's; ``peer`` is None where the peer is not installed or has no such thing."""

    what: str
    ours: str
    peer_name: str
    peer: str | None
    asked: str
