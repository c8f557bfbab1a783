import datetime
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.matching.exposure import Candidate, expose, worth_of

DAY, VIEWER = datetime.date(2026, 3, 2), uuid.UUID(int=7)
CANDIDATES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20)), max_size=40).map(
    lambda rows: [Candidate(id=uuid.UUID(int=i), worth=worth, shown=shown) for i, (worth, shown) in enumerate(rows)]
)


def alike(count: int) -> list[Candidate]:
    """The first ten are shown all the time, the others never; all are nearly as good."""
    return [Candidate(id=uuid.UUID(int=i), worth=1 - i / 1000, shown=100 if i < 10 else 0) for i in range(count)]


@given(CANDIDATES, st.integers(1, 20), st.floats(0, 0.3))
def test_regret_stays_under_its_cap_and_nobody_is_lost(candidates: list[Candidate], page: int, cap: float) -> None:
    found = expose(candidates, page=page, day=DAY, viewer=VIEWER, regret_max=cap)
    assert 0 <= found.regret <= cap
    assert sorted(found.order) == sorted(entry.id for entry in candidates)
    assert found.given <= found.wanted
    assert set(found.promoted) <= set(found.order[:page])
    by_id = {entry.id: entry for entry in candidates}
    assert all(by_id[name].worth > 0 and by_id[name].shown < 5 for name in found.promoted)


def test_the_long_tail_gets_the_places_set_aside_where_it_costs_little() -> None:
    found = expose(alike(50), page=10, day=DAY, viewer=VIEWER)
    assert (found.wanted, found.given, len(found.promoted)) == (2, 2, 2)
    assert 0 < found.regret < 0.02
    assert found.order[:8] == tuple(uuid.UUID(int=i) for i in range(8))


def test_over_the_days_everybody_comes_up() -> None:
    days = [DAY + datetime.timedelta(days=n) for n in range(120)]
    seen = {name for day in days for name in expose(alike(30), page=10, day=day, viewer=VIEWER).promoted}
    assert seen == {uuid.UUID(int=i) for i in range(10, 30)}


def test_the_same_reader_finds_the_same_list_all_day_and_others_another() -> None:
    lists = {expose(alike(50), page=10, day=DAY, viewer=VIEWER).order for _ in range(3)}
    others = {expose(alike(50), page=10, day=DAY, viewer=uuid.UUID(int=n)).promoted for n in range(20)}
    assert len(lists) == 1 < len(others)


def test_no_place_is_given_where_it_would_cost_too_much() -> None:
    good = [Candidate(id=uuid.UUID(int=i), worth=1, shown=100) for i in range(10)]
    poor = [Candidate(id=uuid.UUID(int=i), worth=0.01, shown=0) for i in range(10, 20)]
    found = expose([*good, *poor], page=10, day=DAY, viewer=VIEWER)
    assert (found.promoted, found.wanted, found.given, found.regret) == ((), 2, 0, 0)


def test_a_page_that_shows_rare_ones_anyhow_pays_nothing() -> None:
    found = expose(list(reversed(alike(50)))[:20], page=10, day=DAY, viewer=VIEWER)
    assert (found.promoted, found.given, found.regret) == ((), 2, 0)


@pytest.mark.parametrize(
    ("missed", "unknown", "room", "worth"), [(1, 0, 0.5, 0), (0, 0, 0, 0.5), (0, 0, 3, 1), (0, 2, 0, 0.125)]
)
def test_worth_by_definition(missed: int, unknown: int, room: float, worth: float) -> None:
    assert worth_of(missed=missed, unknown=unknown, room=room) == worth
