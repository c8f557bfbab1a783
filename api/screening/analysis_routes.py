"""Side by side, in groups, and from need to money."""

import uuid
from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.routing import OPERATOR, PUBLIC, SIGNED_IN, get
from marketplace.errors import FieldError, Invalid
from marketplace.listings.catalogue import CatalogueFilter
from marketplace.screening import aggregates, comparison, funnel
from marketplace.screening.aggregates import OF_RUNS_ONLY, Dimension, Group, Measure
from marketplace.screening.models import ScreeningRun
from scoring.technology import Medium

Dimensions = Annotated[list[Dimension] | None, QueryParameter(min_items=1, max_items=2)]
BY_MEDIUM: list[Dimension] = ["medium"]
BY_GRADE: list[Dimension] = ["grade"]
Compared = Annotated[list[uuid.UUID], QueryParameter(name="listing_id", min_items=2, max_items=5)]


@get("/catalogue/comparison", access=PUBLIC)
async def compare(session: NamedDependency[AsyncSession], listing_ids: Compared) -> comparison.Comparison:
    """Two to five published technologies side by side (`?listing_id=…&listing_id=…`)."""
    return await comparison.compare(session, listing_ids)


@get("/catalogue/aggregates", access=PUBLIC, problems=())
async def aggregate_catalogue(
    session: NamedDependency[AsyncSession],
    by: Dimensions = None,
    measure: FromQuery[Measure] = "trl_low",
    medium: FromQuery[Medium | None] = None,
) -> list[Group]:
    """Count, median and quartiles of published technologies by one or two dimensions (`?by=medium&by=provenance`)."""
    dimensions = by or BY_MEDIUM
    _check(dimensions, [*dimensions, measure], of_run=False)
    return await aggregates.of_catalogue(session, CatalogueFilter(medium=medium), measure=measure, by=dimensions)


@get("/screening-runs/{run_id:uuid}/aggregates", access=SIGNED_IN)
async def aggregate_run(
    session: NamedDependency[AsyncSession],
    own_screening_run: NamedDependency[ScreeningRun],
    by: Dimensions = None,
    measure: FromQuery[Measure] = "expected_loss_share",
) -> list[Group]:
    """The same of one run; also by grade, and of the expected loss and of what it is ranked by."""
    dimensions = by or BY_GRADE
    _check(dimensions, [], of_run=True)
    return await aggregates.of_run(session, own_screening_run, measure=measure, by=dimensions)


def _check(dimensions: list[Dimension], names: list[str], *, of_run: bool) -> None:
    errors = []
    if len(set(dimensions)) < len(dimensions):
        errors.append(FieldError(field="by", expected="each dimension once", expected_zh="同一维度只能出现一次"))
    if not of_run and (unknown := OF_RUNS_ONLY.intersection(names)):
        expected = "what the catalogue has; runs of a screen have grades and losses"
        errors.append(
            FieldError(
                field="by, measure", value=", ".join(sorted(unknown)), expected=expected, expected_zh="目录中没有该项"
            )
        )
    if errors:
        raise Invalid(errors)


@get("/funnel", access=OPERATOR, problems=())
async def show_funnel(session: NamedDependency[AsyncSession]) -> list[funnel.StepCount]:
    """How many get from a need to money, and the median of days from step to step."""
    return await funnel.funnel(session)


ANALYSES = [compare, aggregate_catalogue, aggregate_run, show_funnel]
