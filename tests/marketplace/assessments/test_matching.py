from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.assessments import matching


def candidate(name: str, **changed: Any) -> matching.Candidate:
    given: dict[str, Any] = {"organisation": name, "media": frozenset({"water"}), "capacity": 2}
    return matching.Candidate(assessor=name, **(given | changed))


def seats(name: str = "1", count: int = 2, **changed: Any) -> matching.Seats:
    return matching.Seats(assessment=name, count=count, **({"media": frozenset({"water"})} | changed))


def placed(*args: Any) -> set[tuple[Any, Any]]:
    return {(found.assessment, found.assessor) for found in matching.place(*args)}


def test_the_barred_the_busy_and_those_of_other_fields_are_left_out() -> None:
    candidates = [
        candidate("good"),
        candidate("barred", barred=frozenset({"1"})),
        candidate("busy", load=2),
        candidate("air", media=frozenset({"air"})),
        candidate("colleague", organisation="sits"),
    ]
    assert placed([seats(organisations=frozenset({"sits"}))], candidates) == {("1", "good")}
    assert placed([seats()], []) == set()


def test_two_of_one_organisation_never_sit_together() -> None:
    twins = [candidate("a", organisation="O"), candidate("b", organisation="O")]
    assert len(placed([seats()], twins)) == 1
    assert len(placed([seats("1", 1), seats("2", 1)], twins)) == 2


def test_the_load_spreads() -> None:
    found = placed([seats(str(n), 1) for n in range(3)], [candidate(name, capacity=3) for name in "abc"])
    assert {assessor for _, assessor in found} == {"a", "b", "c"}


def test_a_seat_filled_counts_more_than_a_better_fit() -> None:
    one = candidate("both", capacity=1, media=frozenset({"water", "air"}))
    other = candidate("water-only", capacity=1)
    wanted = [seats("air", 1, media=frozenset({"air"})), seats("water", 1)]
    assert placed(wanted, [one, other]) == {("air", "both"), ("water", "water-only")}


FIELDS = st.frozensets(st.sampled_from(["water", "air", "soil"]), min_size=1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(FIELDS, st.integers(1, 3)), min_size=1, max_size=4),
    st.lists(st.tuples(FIELDS, st.sampled_from("XYZ"), st.integers(0, 3), st.integers(0, 2)), max_size=6),
)
def test_every_placement_keeps_the_rules(wanted: list[Any], offered: list[Any]) -> None:
    wanted_seats = [seats(str(n), count, media=media) for n, (media, count) in enumerate(wanted)]
    candidates = [
        candidate(str(n), media=media, organisation=organisation, capacity=capacity, load=load)
        for n, (media, organisation, capacity, load) in enumerate(offered)
    ]
    found = placed(wanted_seats, candidates)
    by_name = {them.assessor: them for them in candidates}
    for seat in wanted_seats:
        sitting = [by_name[assessor] for assessment, assessor in found if assessment == seat.assessment]
        assert len(sitting) <= seat.count
        assert len({them.organisation for them in sitting}) == len(sitting)
        assert all(them.media & seat.media for them in sitting)
    for them in candidates:
        assert sum(assessor == them.assessor for _, assessor in found) <= them.room
