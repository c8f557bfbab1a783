"""Train on what was known, test on what came after."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseCrossValidator

from scoring.validation.columns import Column, column_of

Rows = NDArray[np.intp]
Floats = NDArray[np.float64]
MOST_SPLITS = 5
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (days are counted, no clock is read)


class AsOfSplit(BaseCrossValidator):  # type: ignore[misc]
    """A scikit-learn splitter that never trains on what was unknown when the test rows were scored.

    The rows are put in the order of their as-of dates and the later ones cut into consecutive test blocks. A block
    that begins on day S is tested by a model that learns only from rows dated before S, and with an embargo from rows
    dated S minus the embargo or earlier: their outcomes, watched for as long as the embargo, were known on day S.

    Parameters
    ----------
    embargo : str or float
        How long an outcome is watched: ``"730D"``, ``"104W"``, ``"24M"``, ``"2Y"``, or a number in the dates' own
        unit where the dates are numbers (years, say).
    n_splits : int, optional
        The number of test blocks, about equal in rows and cut between dates. By default as many as there are dates
        that leave something to train on, five at most.
    as_of : str, optional
        The column of X that holds the dates. Without it the dates are given as ``groups``.
    group : str, optional
        The column of X that names who a row is about (a firm): whoever is tested is left out of the training rows.
        With ``as_of``, it can be given as ``groups`` instead.

    Examples
    --------
    >>> import numpy as np
    >>> dates = np.array(["2007-10-01", "2008-10-01", "2009-10-01", "2010-10-01"])
    >>> for train, test in AsOfSplit(embargo="24M").split(np.zeros((4, 1)), groups=dates):
    ...     print(train, test)
    [0] [2]
    [0 1] [3]
    """

    # scikit-learn's metadata routing: `groups` reaches the splitter without being asked for.
    __metadata_request__split: ClassVar[dict[str, bool]] = {"groups": True}

    def __init__(
        self,
        embargo: str | float = "0D",
        n_splits: int | None = None,
        *,
        as_of: str | None = None,
        group: str | None = None,
    ) -> None:
        self.embargo = embargo
        self.n_splits = n_splits
        self.as_of = as_of
        self.group = group

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """The number of splits; without ``n_splits`` it depends on the dates, so X or groups must be given."""
        if self.n_splits is not None:
            return int(self.n_splits)
        return len(self._starts(self._dates(X, groups)))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Indices of training and test rows, earliest test block first.

        Raises
        ------
        ValueError
            If a date is missing or unreadable, or the dates do not allow so many splits.
        """
        column = self._dates(X, groups)
        dates = column.values
        members = self._members(X, groups, len(dates))
        starts = self._starts(column)
        for start, end in zip(starts, [*starts[1:], np.inf], strict=True):
            train, test = self._known_by(column, dates, start), (dates >= start) & (dates < end)
            if members is not None:
                train &= ~np.isin(members, np.unique(members[test]))
                if not train.any():
                    raise ValueError(
                        f"every group trained on is tested from {_shown(column, start)} on: nothing is left"
                    )
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _dates(self, X: Any, groups: Any) -> Column:
        if self.as_of is not None:
            column = column_of(self.as_of, _column(X, self.as_of))
        elif groups is not None:
            column = column_of("groups", groups)
        else:
            raise ValueError("AsOfSplit needs the dates: name their column as as_of=, or pass them as groups=")
        if column.kind == "text":
            raise ValueError(f"the dates in {column.name!r} are not all dates (YYYY-MM-DD) or numbers")
        if column.missing.any():
            raise ValueError(f"{int(column.missing.sum())} dates are missing in {column.name!r}")
        return column

    def _members(self, X: Any, groups: Any, n_rows: int) -> Floats | None:
        if self.group is not None:
            values = _column(X, self.group)
        elif self.as_of is not None and groups is not None:
            values = groups
        else:
            return None
        codes = column_of("group", values).values
        # A row of nobody known belongs to no group but its own.
        alone = -1.0 - np.arange(n_rows)
        return np.where(np.isnan(codes), alone, codes)

    def _known_by(self, column: Column, dates: Floats, start: float) -> NDArray[np.bool_]:
        """Which of ``dates`` a model used on day ``start`` could have learned from."""
        latest = self._minus_embargo(column, start)
        return dates < start if latest == start else dates <= latest

    def _starts(self, column: Column) -> list[float]:
        """The first date of every test block."""
        days, counts = np.unique(column.values, return_counts=True)
        testable = np.array([self._known_by(column, days[:1], day).any() for day in days])
        days, counts = days[testable], counts[testable]
        wanted = self.n_splits or min(MOST_SPLITS, len(days))
        if wanted < 1 or wanted > len(days):
            raise ValueError(
                f"asked for {wanted} splits, but only {len(days)} of the dates have rows dated at least "
                f"{self.embargo} earlier to train on; lower n_splits or the embargo"
                if len(days)
                else f"no two dates lie an embargo of {self.embargo} apart, so nothing can be trained on"
            )
        return [float(days[i]) for i in _cuts(counts, wanted)]

    def _minus_embargo(self, column: Column, day: float) -> float:
        if column.kind == "number":
            if isinstance(self.embargo, str) and self.embargo.strip("0DWMY"):
                raise ValueError(f"the dates are numbers: give the embargo in their unit, not as {self.embargo!r}")
            return day - (0.0 if isinstance(self.embargo, str) else float(self.embargo))
        found = re.fullmatch(r"(\d+)([DWMY])", str(self.embargo).upper())
        if found is None:
            raise ValueError(f"the embargo {self.embargo!r} is not like '730D', '104W', '24M' or '2Y'")
        count, unit = int(found[1]), found[2]
        if unit in "DW":
            return day - count * (7 if unit == "W" else 1)
        return _months_before(day, count * (12 if unit == "Y" else 1))


def _shown(column: Column, day: float) -> str:
    return str((EPOCH + timedelta(days=day)).date()) if column.kind == "date" else f"{day:g}"


def _column(X: Any, name: str) -> Any:
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if not isinstance(frame, nw.DataFrame) or name not in frame.columns:
        raise ValueError(f"X has no column {name!r}")
    return frame[name]


def _cuts(counts: Rows, n_blocks: int) -> list[int]:
    """Where to begin each of ``n_blocks`` runs of about equal sums, none of them empty."""
    before = np.cumsum(counts) - counts
    cuts = [0]
    for block in range(1, n_blocks):
        ideal = int(np.argmin(np.abs(before - before[-1] * block / n_blocks - counts[-1] * block / n_blocks)))
        cuts.append(min(max(ideal, cuts[-1] + 1), len(counts) - (n_blocks - block)))
    return cuts


def _months_before(day: float, months: int) -> float:
    """The same day of an earlier month, or that month's last day."""
    whole = int(np.floor(day))
    date = (EPOCH + timedelta(days=whole)).date()
    index = date.year * 12 + date.month - 1 - months
    first = np.datetime64(f"{index // 12:04d}-{index % 12 + 1:02d}", "M")
    length = int(((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int))
    return float(first.astype("datetime64[D]").astype(int) + min(date.day, length) - 1 + (day - whole))
