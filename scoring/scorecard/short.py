"""Tables of pairs as a file has them: most of a card's bytes would be theirs otherwise.

A value is a whole number of the last of ``decimals`` places. Dividing it by the power of ten gives the double that the
written-out decimal stands for, as IEEE 754 rounds both correctly; so nothing is lost, and the sums stay exact.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from scoring.scorecard.parts import Axis, CategoricalAxis, Term

DECIMALS_MAX = 6


def written_short(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms as a file has them.

    Examples
    --------
    >>> from scoring.scorecard.parts import NumericAxis
    >>> pair = Term(axes=(NumericAxis("a", ()), NumericAxis("b", ())), log_odds=(-0.12, 0.0, 0.3, 0.0))
    >>> (short,) = written_short([pair])
    >>> short.log_odds, short.decimals, written_out([short]) == (pair,)
    ((-12.0, 0.0, 30.0, 0.0), 2, True)
    """
    own = _own_categories(terms)
    return tuple(_short(term, own) if len(term.axes) == 2 else term for term in terms)


def written_out(terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of a file as a card has them; what cannot be, is left for the check of the card to find."""
    own = _own_categories(terms)
    return tuple(_out(term, own) if len(term.axes) == 2 else term for term in terms)


def _own_categories(terms: Iterable[Term]) -> dict[str, tuple[str, ...]]:
    axes = [term.axes[0] for term in terms if len(term.axes) == 1]
    return {axis.feature: axis.categories for axis in axes if isinstance(axis, CategoricalAxis)}


def _short(term: Term, own: dict[str, tuple[str, ...]]) -> Term:
    axes = tuple(_unnamed(axis) if _is_named_by(axis, own) else axis for axis in term.axes)
    for decimals in range(1, DECIMALS_MAX + 1):
        whole = tuple(float(round(value * 10**decimals)) for value in term.log_odds)
        if all(part / 10**decimals == value for part, value in zip(whole, term.log_odds, strict=True)):
            return replace(term, axes=axes, log_odds=whole, decimals=decimals)
    return replace(term, axes=axes)


def _is_named_by(axis: Axis, own: dict[str, tuple[str, ...]]) -> bool:
    return isinstance(axis, CategoricalAxis) and bool(axis.cells) and axis.categories == own.get(axis.feature)


def _unnamed(axis: Axis) -> Axis:
    return replace(axis, categories=())


def _out(term: Term, own: dict[str, tuple[str, ...]]) -> Term:
    axes = tuple(_named(axis, own) for axis in term.axes)
    if not 0 < term.decimals <= DECIMALS_MAX:
        return replace(term, axes=axes)
    unit = 10.0**term.decimals
    return replace(term, axes=axes, log_odds=tuple([value / unit for value in term.log_odds]), decimals=0)


def _named(axis: Axis, own: dict[str, tuple[str, ...]]) -> Axis:
    if isinstance(axis, CategoricalAxis) and axis.cells and not axis.categories:
        return replace(axis, categories=own.get(axis.feature, ()))
    return axis
