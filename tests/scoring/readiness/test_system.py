from datetime import date

import pytest

from scoring import Refusal
from scoring.readiness import Assessment
from scoring.readiness.matrix import system_maturity
from scoring.readiness.system import Element, Link, SystemAssessment, assess_system
from scoring.technology import Text
from tests.scoring.readiness.making import TODAY, document, technology


def part(name, level, grade="E4", framework="trl", **fields):
    """An element whose level is proven as far as the grade goes."""
    proof = document(f"{framework}.{level}", grade=grade)
    thing = technology(technology_class="treatment", evidence=(proof,), claimed_trl=level)
    return Element(id=name, name=Text(en=name), technology=thing, **fields)


def plant(*elements, links=()):
    return Element(id="plant", elements=elements, links=links)


def test_a_system_is_as_ready_as_its_least_ready_element():
    found = assess_system(plant(part("a", 8), part("b", 5), part("c", 7)), as_of=TODAY)
    assert isinstance(found, SystemAssessment)
    assert (found.low, found.level, found.high, found.limiting) == (5, 5, 5, ("b",))
    assert isinstance(found.elements["a"], Assessment)


def test_elements_that_are_not_critical_are_shown_and_do_not_decide():
    found = assess_system(plant(part("a", 8), part("b", 5, critical=False)), as_of=TODAY)
    assert found.low == 8
    assert set(found.elements) == {"a", "b"}


def test_trees_nest():
    line = Element(id="line", elements=(part("pump", 9), part("membrane", 4, "E1")))
    found = assess_system(plant(line, part("control", 6)), as_of=TODAY)
    assert (found.low, found.high, found.limiting) == (4, 4, ("line",))
    assert found.elements["line"].limiting == ("membrane",)


def test_an_element_that_is_refused_may_be_anything():
    bare = Element(id="c", technology=technology())
    found = assess_system(plant(part("a", 8), bare), as_of=TODAY)
    assert (found.low, found.high) == (1, 8)
    assert found.refused["c"].reason == "no-evidence"


def test_a_leaf_is_a_plain_assessment():
    assert isinstance(assess_system(part("a", 8), as_of=TODAY), Assessment)


def water(name, level):
    return part(name, level, framework="water-trl")


def test_integrated_water_technologies_follow_the_matrix():
    proof = document(grade="E4")
    links = (
        Link(first="a", second="b", level=7, evidence=(proof,)),
        Link(first="b", second="c", level=6, evidence=(proof,)),
    )
    found = assess_system(plant(water("a", 8), water("b", 5), water("c", 7), links=links), "water-trl", as_of=TODAY)
    expected = system_maturity([8, 5, 7], {(0, 1): 7, (1, 2): 6})
    assert found.aggregator == "maturity-matrix"
    assert (found.low, found.level, found.high) == (expected.level,) * 3
    assert (found.minimum, found.limiting) == (5, ("b",))


@pytest.mark.parametrize(
    ("evidence", "proven"),
    [
        ((), 1),
        ((document(grade="E1"),), 4),
        ((document(grade="E2"),), 7),
        ((document(grade="E3"),), 8),
        ((document(grade="E4", dated=date(2027, 1, 1)),), 1),
    ],
)
def test_a_link_is_proven_as_far_as_its_evidence_goes(evidence, proven):
    links = (Link(first="a", second="b", level=8, evidence=evidence),)
    found = assess_system(plant(water("a", 8), water("b", 8), links=links), "water-trl", as_of=TODAY)
    assert found.low == system_maturity([8, 8], {(0, 1): proven}).level
    assert found.high == 8
    assert found.minimum == proven


def test_a_link_nobody_rated_may_be_anything():
    links = (Link(first="a", second="b"),)
    found = assess_system(plant(water("a", 8), water("b", 8), links=links), "water-trl", as_of=TODAY)
    assert found.low == system_maturity([8, 8], {(0, 1): 1}).level
    assert found.high == system_maturity([8, 8], {(0, 1): 9}).level
    assert found.limiting == ("a–b",)


def test_the_matrix_without_links_is_refused():
    found = assess_system(plant(water("a", 8), water("b", 8)), "water-trl", as_of=TODAY)
    assert (found.reason, found.missing) == ("no-links", ("links",))


def test_a_profile_has_no_total_to_give():
    assert assess_system(plant(part("a", 8)), "kth-irl", as_of=TODAY).reason == "no-total"


def test_a_system_of_which_nothing_is_known_is_refused():
    found = assess_system(plant(Element(id="c", technology=technology())), as_of=TODAY)
    assert isinstance(found, Refusal)
    assert "c: claimed_trl" in found.missing


def test_everything_wrong_with_a_tree_is_named_at_once():
    links = (Link(first="a", second="x"), Link(first="a", second="a"), Link(first="a", second="b", level=12))
    broken = plant(part("a", 8), part("a", 7), part("b", 5), Element(id="empty"), links=links)
    found = assess_system(broken, as_of=TODAY)
    assert found.reason == "invalid-system"
    assert len(found.missing) == 5
    nothing_critical = plant(part("a", 8, critical=False))
    assert "critical" in assess_system(nothing_critical, as_of=TODAY).missing[0]


def test_a_framework_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="framework"):
        assess_system(plant(part("a", 8)), "srl")
