"""What a classifier is given, as columns: numbers as doubles, categories as texts, NaN or None where missing."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length, validate_data

from scoring.io.problems import Problems, Unexpected
from scoring.scorecard.place import category, number, quoted

FIRST_ROW = 2  # the header is row 1


class InputColumn(NamedTuple):
    """One feature: an array of doubles, or of texts and None."""

    name: str
    values: NDArray[Any]
    categorical: bool


def columns_to_learn(estimator: Any, X: Any, y: ArrayLike | None) -> dict[str, Any]:
    """The columns of ``X`` by name, after the checks of scikit-learn; ``estimator`` learns their names and number."""
    return _columns(estimator, X, y, reset=True)


def columns_to_score(estimator: Any, X: Any) -> dict[str, Any]:
    """The columns of ``X`` by name, which have to be those learned from."""
    return _columns(estimator, X, "no_validation", reset=False)


def _columns(estimator: Any, X: Any, y: Any, *, reset: bool) -> dict[str, Any]:
    """The columns by name.

    A table's columns stay as they are (narwhals Series); an array's are called as in fitting, or ``x0``, ``x1``, ….
    """
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        validate_data(estimator, X, y, reset=reset, skip_check_array=True)
        if reset:
            check_consistent_length(X, y)
        series = [frame[:, position] for position in range(estimator.n_features_in_)]
        return dict(zip(_names(estimator), series, strict=True))
    checked = validate_data(estimator, X, y, dtype=None, ensure_all_finite="allow-nan", reset=reset)
    array = checked[0] if reset else checked
    return {name: array[:, position] for position, name in enumerate(_names(estimator))}


def _names(estimator: Any) -> list[str]:
    names = getattr(estimator, "feature_names_in_", None)
    return [f"x{position}" for position in range(estimator.n_features_in_)] if names is None else names.tolist()


def read_columns(columns: Mapping[str, Any], categorical: Collection[str] = ()) -> list[InputColumn]:
    """Every column in the type its values ask for.

    Texts and categories make a categorical feature, and so does a place in ``categorical``; all else is a number.

    Raises
    ------
    InputError
        With every value that is neither.
    """
    with Problems("X") as problems:
        return [_column(name, values, name in categorical, problems) for name, values in columns.items()]


def _column(name: str, values: Any, categorical: bool, problems: Problems) -> InputColumn:
    if not categorical and (numbers := _as_numbers(values)) is not None:
        return InputColumn(name, numbers, False)
    items = values.to_list() if isinstance(values, nw.Series) else values.tolist()
    categorical = categorical or any(isinstance(item, str) for item in items) or _is_category(values)
    convert = category if categorical else number
    result = []
    for row, item in enumerate(items, FIRST_ROW):
        try:
            result.append(convert(item))
        except Unexpected as error:
            problems.add(str(error), row=row, column=name, value=quoted(item))
            result.append(None)
    return InputColumn(name, np.array(result, dtype=object if categorical else np.float64), categorical)


def _as_numbers(values: Any) -> NDArray[np.float64] | None:
    """The doubles of a column that has a numeric type, unless one of them is infinite."""
    if isinstance(values, nw.Series):
        if not values.dtype.is_numeric():
            return None
        values = (values.cast(nw.Float64) if values.null_count() else values).to_numpy()
    if values.dtype.kind not in "fiub":
        return None
    numbers: NDArray[np.float64] = values.astype(np.float64)
    return None if np.isinf(numbers).any() else numbers


def _is_category(values: Any) -> bool:
    return isinstance(values, nw.Series) and values.dtype in (nw.String, nw.Categorical, nw.Enum)
