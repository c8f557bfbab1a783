import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from marketplace.monitoring.warning import (
    PlanPoint,
    Progress,
    chance_on_time,
    expected_on,
    planned_for,
    variance,
    warn,
)
from scoring.errors import Refusal
from scoring.technology import Text

DAY = datetime.date(2026, 1, 1)
NITROGEN = Text(zh="出水总氮", en="Effluent nitrogen")
PLAN = [PlanPoint(DAY, 40.0), PlanPoint(datetime.date(2026, 1, 11), 20.0)]
RUNNING = Progress(
    level=6, level_low=5, level_high=7, began_on=DAY, due_on=datetime.date(2027, 1, 1), today=datetime.date(2026, 7, 1)
)


@pytest.fixture(autouse=True, scope="module")
def read_hazards() -> None:
    """The first question reads the tables; the time of a test is not for that."""
    chance_on_time(RUNNING)


def test_the_plan_is_a_line_between_its_points_and_nothing_beyond() -> None:
    assert planned_for(PLAN, datetime.date(2026, 1, 6)) == 30.0
    assert planned_for(PLAN, datetime.date(2026, 1, 12)) is None
    assert planned_for([], DAY) is None


@pytest.mark.parametrize(("direction", "off_by"), [("at-most", 2.0), ("at-least", -2.0)])
def test_worse_than_planned_is_positive(direction: str, off_by: float) -> None:
    found = variance(PLAN, datetime.date(2026, 1, 6), 32.0, direction=direction, tolerance=1.0)
    assert found is not None
    assert (found.off_by, found.within_tolerance) == (off_by, off_by <= 1)


@given(st.integers(1, 9), st.integers(0, 400))
def test_the_chance_is_an_interval_and_grows_as_the_stage_survives(level: int, days: int) -> None:
    now = replace(RUNNING, level=level, level_low=level, level_high=level, today=DAY + datetime.timedelta(days=days))
    found, before = chance_on_time(now), chance_on_time(replace(now, today=DAY))
    assert not isinstance(found, Refusal)
    assert not isinstance(before, Refusal)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value >= before.value


def test_without_a_level_there_is_no_number() -> None:
    found = chance_on_time(replace(RUNNING, level=None))
    assert isinstance(found, Refusal)
    told = warn(replace(RUNNING, level=None), at_entry=None, off_plan=[], overdue=0)
    assert (told.on_time, told.basis) == (None, "The technology's readiness is not known.")


def test_the_pace_so_far_tells_of_delay_before_the_day() -> None:
    slow = replace(RUNNING, done=0.25, reported_on=datetime.date(2026, 7, 1))
    assert expected_on(slow) == datetime.date(2027, 12, 26)
    told = warn(slow, at_entry=None, off_plan=[], overdue=0)
    assert (told.state, [reason.en for reason in told.reasons]) == (
        "likely-late",
        ["at the pace so far it is reached 359 days late"],
    )
    quick = replace(slow, done=0.75)
    assert warn(quick, at_entry=None, off_plan=[], overdue=0).state == "on-track"
    assert expected_on(replace(slow, done=0.05)) is None, "too early to tell"
    hasty = replace(slow, reported_on=RUNNING.began_on + datetime.timedelta(days=3))
    assert expected_on(hasty) is None, "three days are no pace"


def test_every_reason_is_told() -> None:
    told = warn(replace(RUNNING, today=datetime.date(2027, 2, 1)), at_entry=0.99, off_plan=[NITROGEN], overdue=2)
    assert told.state == "late"
    assert len(told.reasons) == 4
    assert all(reason.zh and reason.en for reason in told.reasons)
    assert told.reasons[0] == Text(zh="出水总氮偏离计划", en="Effluent nitrogen is off its plan")
    assert warn(RUNNING, at_entry=None, off_plan=[NITROGEN], overdue=0).state == "behind"
