"""Plans that an organisation keeps: what was asked, and what the answer was on that day."""

import datetime
import uuid
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.base import Record


class CityPlan(Record):
    """One plan for a city or a park. Neither question nor answer changes: what is asked again is another plan."""

    __tablename__ = "city_plan"
    __audited__: ClassVar[bool] = False  # that it was kept or put away is recorded by itself

    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"))
    title: Mapped[str]
    brief: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any]]
    removed_at: Mapped[datetime.datetime | None]

    __table_args__ = (Index("ix_city_plan_organisation_id", "organisation_id", "id"),)
