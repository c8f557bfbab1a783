"""``assess``: one technology, one framework, one day."""

from datetime import date
from typing import get_args

from scoring.errors import Refusal
from scoring.readiness.advice import next_best_evidence
from scoring.readiness.arl import arl_band
from scoring.readiness.assessment import Assessment, ScaleResult, Status, UnknownPolicy
from scoring.readiness.explain import explain
from scoring.readiness.framework import FRAMEWORKS, Index, index_of
from scoring.readiness.ledger import Ledger
from scoring.readiness.reading import Reading, blockers, criterion_results, read_scale, unspoken
from scoring.readiness.totals import TOTALS, Total
from scoring.technology import Technology


def assess(
    technology: Technology,
    framework: str = "trl",
    *,
    unknown: UnknownPolicy = "worst",
    as_of: date | None = None,
) -> Assessment | Refusal:
    """How ready a technology is, as an interval between what is proven and what is claimed.

    Parameters
    ----------
    technology : Technology
        With its ratings, evidence and facts.
    framework : str
        A name in ``scoring.FRAMEWORKS``.
    unknown : {"worst", "ignore", "best"}
        What ``level`` makes of criteria nobody has spoken of: not met, left out, or met. The interval stays the same.
    as_of : date, optional
        The day of assessment; by default the technology's own ``as_of``, else today. Later documents do not count.

    Returns
    -------
    Assessment or Refusal
        A refusal where nothing is known, where the ladder cannot be chosen, or where a rating is not on its scale.

    Raises
    ------
    ValueError
        For a framework or a policy that does not exist.

    Examples
    --------
    >>> from datetime import date
    >>> from scoring.technology import Evidence, EvidenceGrade, Text
    >>> report = Evidence(id="report", grade=EvidenceGrade.TESTED, dated=date(2025, 3, 1), sha256="9f86d0",
    ...                   supports=("trl.6",))
    >>> membrane = Technology(id="m1", name=Text(en="membrane"), claimed_trl=8, evidence=(report,))
    >>> found = assess(membrane, "trl", as_of=date(2026, 1, 1))
    >>> found.low, found.level, found.high
    (6, 6, 8)
    >>> found.next_best_evidence.supports, found.next_best_evidence.low
    ('trl.8', 8)
    >>> assess(Technology(id="m2", name=Text(en="an idea"))).reason
    'no-evidence'
    """
    check_arguments(framework, unknown)
    index = index_of(framework)
    chosen = _chosen_scale(index, technology)
    if index.framework.chosen_by and chosen is None:
        return _unchosen(index)
    ledger = Ledger(index, technology, as_of or technology.as_of or date.today(), chosen)  # noqa: DTZ011
    if ledger.errors:
        return _invalid(ledger.errors)
    scales = tuple(s for s, scale in enumerate(index.framework.scales) if chosen in (None, scale.id))
    refused = _unscorable(index, ledger, scales)
    return refused or _assessment(index, ledger, scales, unknown)


def check_arguments(framework: str, unknown: str) -> None:
    """ValueError where a framework or a policy does not exist."""
    if framework not in FRAMEWORKS:
        raise ValueError(f"framework={framework!r}: expected one of {', '.join(FRAMEWORKS)}")
    if unknown not in get_args(UnknownPolicy):
        raise ValueError(f"unknown={unknown!r}: expected one of {', '.join(get_args(UnknownPolicy))}")


def _chosen_scale(index: Index, technology: Technology) -> str | None:
    field = index.framework.chosen_by
    value = getattr(technology, field) if field else None
    return None if value is None else str(value)


def _unchosen(index: Index) -> Refusal:
    names = ", ".join(scale.id for scale in index.framework.scales)
    return Refusal(
        reason="class-unknown",
        missing=(str(index.framework.chosen_by),),
        message=f"{index.framework.name.en} has a ladder for each class; say which applies: {names}.",
        message_zh=f"{index.framework.name.zh}按技术类别分设等级，请先指明类别：{names}。",
    )


def _invalid(errors: list[str]) -> Refusal:
    return Refusal(
        reason="invalid-rating",
        missing=tuple(errors),
        message=f"{len(errors)} of the ratings cannot be read; nothing was scored.",
        message_zh=f"有{len(errors)}项评级无法识别，未作评价。",
    )


def _unscorable(index: Index, ledger: Ledger, scales: tuple[int, ...]) -> Refusal | None:
    deciding = [scale for scale in scales if index.framework.scales[scale].decides]
    if not ledger.spoken_of.intersection(deciding):
        claim = (index.framework.claimed_by,) if index.framework.claimed_by else ()
        return Refusal(
            reason="no-evidence",
            missing=(*claim, *(index.scale_refs[scale] for scale in deciding)),
            message=f"Nothing is said or shown that {index.framework.name.en} could judge.",
            message_zh=f"没有任何可供{index.framework.name.zh}评价的声明或证据。",
        )
    if ledger.not_applicable.issuperset(deciding):
        return Refusal(
            reason="nothing-applicable",
            missing=tuple(index.scale_refs[scale] for scale in deciding),
            message="Every dimension is rated not applicable.",
            message_zh="所有维度均被评为不适用。",
        )
    return None


def _assessment(index: Index, ledger: Ledger, scales: tuple[int, ...], unknown: UnknownPolicy) -> Assessment:
    readings = [read_scale(index, ledger, scale, unknown) for scale in scales]
    deciding = [reading for reading in readings if index.framework.scales[reading.scale].decides]
    total = TOTALS[index.framework.aggregator]
    low, level, high = _ends(deciding, total)
    blocking = blockers(index, ledger, _binding(deciding, total, index.top))
    return Assessment(
        technology=ledger.technology.id,
        framework=index.framework.id,
        aggregator=index.framework.aggregator,
        as_of=ledger.as_of,
        unknown=unknown,
        level=level,
        low=low,
        high=high,
        profile=tuple(_scale_result(index, reading) for reading in readings),
        criteria=criterion_results(index, ledger, scales),
        blocking=blocking,
        missing=unspoken(index, ledger, deciding),
        next_best_evidence=next_best_evidence(ledger, deciding, total),
        discounted=tuple(dict.fromkeys(ledger.discounts)),
        explanation=explain(index.framework, deciding, (low, high), blocking),
        band=None if low is None or index.framework.aggregator != "arl-table" else arl_band(low),
        route=_route(index, ledger),
    )


def _ends(deciding: list[Reading], total: Total | None) -> tuple[int | None, int | None, int | None]:
    if total is None:
        return None, None, None
    low, high = total([reading.low for reading in deciding], [reading.high for reading in deciding])
    counted = [(reading.level, reading.high) for reading in deciding if reading.level is not None]
    level, _ = total([level for level, _ in counted], [high for _, high in counted])
    return low, level, high


def _binding(deciding: list[Reading], total: Total | None, top: int) -> list[Reading]:
    """The scales that hold the level down: every one in a profile, the lowest ones in a total."""
    open_scales = [reading for reading in deciding if reading.proven < top]
    if total is None:
        return open_scales
    lowest = min((reading.proven for reading in open_scales), default=top)
    return [reading for reading in open_scales if reading.proven == lowest]


def _scale_result(index: Index, reading: Reading) -> ScaleResult:
    return ScaleResult(
        scale=index.scale_refs[reading.scale],
        name=index.framework.scales[reading.scale].name,
        level=reading.level,
        low=reading.low,
        high=reading.high,
        known=reading.known,
    )


def _route(index: Index, ledger: Ledger) -> str | None:
    """The way into a library of technologies: a formal check where the provenance allows it, otherwise a review."""
    if "route" not in index.targets:
        return None
    (criterion,) = index.targets["route"].criteria
    return "formal-check" if ledger.status[criterion] in (Status.PROVEN, Status.CLAIMED) else "review"
