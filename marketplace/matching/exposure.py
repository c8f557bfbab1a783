"""A list in which rarely shown technologies get a place, while what the reader loses by it stays under a cap.

What a reader gains from a list is the worth of each technology times the attention its place gets, which falls with
the logarithm of the place (as in discounted cumulative gain). Regret is the share of the best list's gain that is lost.
"""

import datetime
import hashlib
import math
import uuid
from collections.abc import Sequence

from msgspec import Struct

REGRET_MAX = 0.02
SEATS_SHARE = 0.2
RARELY = 5


class Candidate(Struct, frozen=True, kw_only=True):
    """`worth` of being shown to this reader, above 0 for what may be shown at all; `shown` is how often it was."""

    id: uuid.UUID
    worth: float
    shown: int


class Exposed(Struct, frozen=True, kw_only=True):
    """`order` is the whole list; `promoted` got a place that their worth alone would not have given them.

    `wanted` places were set aside for the rarely shown, `given` hold one; where those are fewer, the cap left no room
    or there were no more of them. `regret` was paid, `regret_max` allowed.
    """

    order: tuple[uuid.UUID, ...]
    promoted: tuple[uuid.UUID, ...]
    regret: float
    regret_max: float
    wanted: int
    given: int


def expose(
    candidates: Sequence[Candidate],
    *,
    page: int,
    day: datetime.date,
    viewer: uuid.UUID,
    regret_max: float = REGRET_MAX,
    seats_share: float = SEATS_SHARE,
    rarely: int = RARELY,
) -> Exposed:
    """Put rarely shown candidates into the first `page` places of a list that is best first.

    Who comes in: the least shown first, equals in an order drawn for this day and this viewer, so that a reader who
    comes back finds the same list, and everybody's list differs. They go as low on the page as they can, each only if
    the regret of all of them together stays within `regret_max`.
    """
    ordered = sorted(candidates, key=lambda entry: -entry.worth)
    top = ordered[:page]
    wanted = math.ceil(seats_share * len(top)) if len(ordered) > len(top) else 0
    here = sum(entry.shown < rarely for entry in top)
    tail = sorted(
        (entry for entry in ordered[page:] if entry.shown < rarely and entry.worth > 0),
        key=lambda entry: (entry.shown, _lot(day, viewer, entry.id)),
    )
    promoted = _promoted(top, tail, wanted - here, regret_max, rarely)
    shown = _with(top, promoted, rarely)
    moved = {entry.id for entry in shown}
    rest = [entry for entry in ordered if entry.id not in moved]
    return Exposed(
        order=tuple(entry.id for entry in (*shown, *rest)),
        promoted=tuple(entry.id for entry in promoted),
        regret=_regret(top, shown),
        regret_max=regret_max,
        wanted=wanted,
        given=min(wanted, here + len(promoted)),
    )


def _promoted(
    top: Sequence[Candidate], tail: Sequence[Candidate], free: int, regret_max: float, rarely: int
) -> list[Candidate]:
    """As many as fit, in the order of the tail; who is too dear is passed over."""
    promoted: list[Candidate] = []
    for entry in tail:
        if len(promoted) >= free:
            break
        if _regret(top, _with(top, [*promoted, entry], rarely)) <= regret_max:
            promoted.append(entry)
    return promoted


def _with(top: Sequence[Candidate], promoted: Sequence[Candidate], rarely: int) -> list[Candidate]:
    """The page with the promoted at its end, in place of the last ones that are shown often anyhow."""
    often = [entry for entry in top if entry.shown >= rarely]
    leaving = {entry.id for entry in often[len(often) - len(promoted) :]}
    kept = [entry for entry in top if entry.id not in leaving]
    return [*kept, *sorted(promoted, key=lambda entry: (-entry.worth, entry.id.int))]


def _regret(best: Sequence[Candidate], shown: Sequence[Candidate]) -> float:
    most = _gain(best)
    return max(0.0, 1 - _gain(shown) / most) if most > 0 else 0.0


def _gain(shown: Sequence[Candidate]) -> float:
    return sum(entry.worth / math.log2(place + 2) for place, entry in enumerate(shown))


def worth_of(*, missed: int, unknown: int, room: float) -> float:
    """What a technology is worth to a reader whose limits it is held to, by definition and not by estimate.

    Nothing where a limit is missed; from 1/2 on the limit to 1 with as much room again; half of that for each limit
    where nothing is known.
    """
    if missed:
        return 0.0
    return float((1 + min(max(room, 0.0), 1.0)) / 2 * 0.5**unknown)


def _lot(day: datetime.date, viewer: uuid.UUID, id: uuid.UUID) -> bytes:
    return hashlib.blake2b(f"{day.isoformat()} {viewer} {id}".encode(), digest_size=16).digest()
