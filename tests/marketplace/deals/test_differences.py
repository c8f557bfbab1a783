import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.deals.differences import differences, is_material
from marketplace.deals.terms import Terms
from tests.marketplace.deals.table import CONDITION, MILESTONE, terms

amounts = st.integers(2, 10_000)
some_terms = st.builds(
    terms,
    amounts,
    cooling_off_days=st.integers(0, 60),
    notes=st.sampled_from([{}, {"en": "a"}, {"zh": "甲"}]),
    conditions=st.sampled_from([[], [CONDITION], [CONDITION, {**CONDITION, "key": "notes"}]]),
)


def test_each_clause_that_differs_is_named_in_both_languages() -> None:
    found = {change.path: change for change in differences(terms(100), terms(120, conditions=[CONDITION]))}
    assert found["milestones.1.amount_minor"].label.zh == "里程碑 · 1 · 金额"
    assert found["milestones.1.amount_minor"].label.en == "milestone · 1 · amount"
    assert (found["amount.amount_minor"].before, found["amount.amount_minor"].after) == (100, 120)
    assert found["conditions.permit.text.zh"].before is None
    assert "instrument" not in found


def test_every_clause_has_a_name() -> None:
    """A field of the terms that nobody gave a label would show its programmer's name."""

    def names(kind: object) -> set[str]:
        found = set()
        for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
            found.add(field.name)
            for inner in (field.type, *getattr(field.type, "types", ()), getattr(field.type, "item_type", None)):
                if isinstance(inner, msgspec.inspect.StructType):
                    found |= names(inner.cls)
        return found

    from marketplace.deals.differences import _LABELS

    assert names(Terms) <= set(_LABELS)


@given(some_terms)
def test_nothing_differs_from_itself(one: Terms) -> None:
    assert differences(one, one) == []


@settings(max_examples=50)
@given(some_terms, some_terms)
def test_differences_are_the_same_both_ways_and_empty_only_for_equal_terms(one: Terms, other: Terms) -> None:
    forth, back = differences(one, other), differences(other, one)
    assert {(c.path, c.before, c.after) for c in forth} == {(c.path, c.after, c.before) for c in back}
    assert bool(forth) == (one != other)


def test_wording_is_not_material_and_money_is() -> None:
    named = {**MILESTONE, "title": {"en": "Another name"}, "amount_minor": 100, "due_on": "2026-09-01"}
    one = terms(100, milestones=[{**MILESTONE, "amount_minor": 100, "due_on": "2026-09-01"}])
    assert not is_material(differences(one, terms(100, milestones=[named], notes={"en": "More words"})))
    assert is_material(differences(one, terms(100, milestones=[{**named, "due_on": "2026-10-01"}])))
    assert is_material(differences(terms(), terms(conditions=[{**CONDITION, "key": "notes"}])))
