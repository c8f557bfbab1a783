"""From what a technology asks for to a staged deal that can be assessed."""

from scoring.errors import Refusal
from scoring.portfolio.checks import Findings, check_estimate
from scoring.portfolio.deal import Deal, DealStage, Estimate
from scoring.portfolio.priors import prior_hazard
from scoring.technology import FinancingRequest, Stage, Technology, Text


def deal_from_technology(
    technology: Technology,
    *,
    level: int,
    level_low: int | None = None,
    level_high: int | None = None,
    pd_12_months: Estimate | None = None,
    pd_source: str = "",
) -> Deal | Refusal:
    """Make a staged deal of the financing a technology asks for, its hazards from level and card.

    Parameters
    ----------
    technology : Technology
        With ``financing`` and its stages; the first medium is the deal's sector.
    level : int
        Technology readiness level today that evidence supports, 1 to 9; ``level_low`` and ``level_high`` its interval.
        Later stages are entered at the target level of the stage before (or one level higher than it was).
    pd_12_months : Estimate, optional
        A card's probability of default within a year, and ``pd_source`` its name.

    Returns
    -------
    Deal or Refusal
        A refusal where the technology asks for no financing or says nothing of the stages it is paid in.
    """
    _check_request(level, level_low, level_high, pd_12_months)
    asked = technology.financing
    planned = _planned_stages(asked)
    if asked is None or not planned:
        return _refusal(technology, asked)
    below, above = level - (level if level_low is None else level_low), (level_high or level) - level
    stages, entered = [], level
    for number, stage in enumerate(planned, start=1):
        hazard = prior_hazard(
            entered,
            stage.months,
            level_low=max(1, entered - below),
            level_high=min(9, entered + above),
            pd_12_months=pd_12_months,
            pd_source=pd_source,
        )
        name = stage.name.en or stage.name.zh or f"stage {number}"
        stages.append(
            DealStage(
                name=name,
                name_zh=stage.name.zh,
                months=stage.months,
                tranche_minor=stage.cost_minor,
                hazard=hazard,
            )
        )
        entered = min(9, max(entered, stage.target_level or entered + 1))
    return Deal(
        id=technology.id,
        currency=asked.currency,
        instrument=asked.instrument,  # type: ignore[arg-type]  # an unknown one is named when the deal is assessed
        stages=tuple(stages),
        sector=technology.media[0].value if technology.media else "unspecified",
        collateral_minor=asked.collateral_minor or 0,
        guaranteed_share=asked.guaranteed_share or 0.0,
    )


def _planned_stages(asked: FinancingRequest | None) -> tuple[Stage, ...]:
    """The stages asked for; an amount with a term alone is one stage, all of it paid at once."""
    if asked is None:
        return ()
    if asked.stages or asked.term_months is None:
        return asked.stages
    return (Stage(name=Text(zh="全期", en="whole term"), cost_minor=asked.amount_minor, months=asked.term_months),)


def _refusal(technology: Technology, asked: FinancingRequest | None) -> Refusal:
    return Refusal(
        reason="no-financing-asked" if asked is None else "no-stages",
        missing=(f"{technology.id}.financing",)
        if asked is None
        else (f"{technology.id}.financing.stages", f"{technology.id}.financing.term_months"),
        message="Without the amounts and lengths of its stages a deal's risk would be a guess.",
        message_zh="缺少各阶段的金额与期限,融资风险只能靠猜测。",
    )


def _check_request(level: int, low: int | None, high: int | None, pd: Estimate | None) -> None:
    found = Findings("deal_from_technology")
    ends = (level if low is None else low, level, level if high is None else high)
    found.require(1 <= ends[0] <= level <= ends[2] <= 9, "level", ends, "1 <= level_low <= level <= level_high <= 9")
    if pd is not None:
        check_estimate(found, "pd_12_months", pd)
    found.raise_all()
