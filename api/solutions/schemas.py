"""What goes in and out about trains and plans."""

import datetime
import uuid

from msgspec import Struct

from api.fields import Line
from marketplace.needs.specification import Specification
from marketplace.solutions.brief import Brief
from marketplace.solutions.keeping import brief_of, plan_of
from marketplace.solutions.knowing import Knowing
from marketplace.solutions.models import CityPlan
from marketplace.solutions.reporting import Plan
from marketplace.solutions.trains import StreamAnswer


class TrainsIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A typed need as it is, or the id of a published one or one's own: one of the two."""

    need_id: uuid.UUID | None = None
    specification: Specification | None = None


class TrainsOut(Struct, frozen=True, kw_only=True):
    """Per stream the trains from the cheapest on, or why there is none; beside them who has done the like."""

    currency: str
    streams: list[StreamAnswer]
    known: Knowing


class CityPlanIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question to be answered now, and kept with its answer."""

    title: Line
    brief: Brief


class CityPlanRow(Struct, frozen=True, kw_only=True):
    """One in a list."""

    id: uuid.UUID
    title: str
    created_at: datetime.datetime

    @classmethod
    def of(cls, kept: CityPlan) -> "CityPlanRow":
        return cls(id=kept.id, title=kept.title, created_at=kept.created_at)


class CityPlanOut(CityPlanRow, frozen=True, kw_only=True):
    """Question and answer as they were on that day."""

    brief: Brief
    plan: Plan

    @classmethod
    def of(cls, kept: CityPlan) -> "CityPlanOut":
        return cls(id=kept.id, title=kept.title, created_at=kept.created_at, brief=brief_of(kept), plan=plan_of(kept))
