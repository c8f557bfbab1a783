from itertools import pairwise

import msgspec
import pytest

import scoring
from scoring.readiness.framework import FRAMEWORKS, GRADES, Framework, index_of
from scoring.technology import Technology

EVERY = pytest.mark.parametrize("name", list(FRAMEWORKS))


def both_languages(value):
    """Every text anywhere in a framework has both languages."""
    if isinstance(value, dict):
        if value and set(value) <= {"zh", "en"}:
            return bool(value.get("zh")) and bool(value.get("en"))
        return all(map(both_languages, value.values()))
    return all(map(both_languages, value)) if isinstance(value, list) else True


def test_the_six_frameworks_are_there():
    assert set(scoring.FRAMEWORKS) == {"trl", "doe-arl", "cri", "kth-irl", "water-trl", "neett-entry"}
    assert len(FRAMEWORKS) == 6
    with pytest.raises(KeyError):
        FRAMEWORKS["../trl"]


@EVERY
def test_every_text_is_in_both_languages(name):
    assert both_languages(msgspec.to_builtins(FRAMEWORKS[name]))


@EVERY
def test_every_criterion_has_a_unique_id_and_a_provenance(name):
    framework = FRAMEWORKS[name]
    ids = [criterion.id for criterion in framework.criteria]
    assert len(set(ids)) == len(ids)
    for criterion in framework.criteria:
        assert criterion.id.startswith(f"{name}.")
        assert criterion.provenance.startswith("adapted from ")
        assert "," in criterion.provenance, "a document and its clause"
    questions = [criterion.question.en for criterion in framework.criteria]
    assert len(set(questions)) == len(questions)
    assert framework.source


@EVERY
def test_every_scale_has_criteria_for_each_level_and_thread(name):
    framework = FRAMEWORKS[name]
    levels = [step.level for step in framework.levels]
    assert levels == list(range(1, len(levels) + 1))
    for scale in framework.scales:
        criteria = [criterion for criterion in framework.criteria if criterion.scale == scale.id]
        asked = sorted({criterion.level for criterion in criteria})
        assert asked == levels[levels.index(asked[0]) :]
        assert asked[0] in (1, 2), "only the floor of a scale needs no proof"
        for thread in {criterion.thread for criterion in criteria}:
            assert sorted(criterion.level for criterion in criteria if criterion.thread == thread) == asked
    assert {criterion.scale for criterion in framework.criteria} == {scale.id for scale in framework.scales}


@EVERY
def test_higher_levels_never_ask_for_weaker_evidence(name):
    framework = FRAMEWORKS[name]
    for steps in (framework.levels, framework.integration):
        assert all(GRADES[a.grade] <= GRADES[b.grade] for a, b in pairwise(steps))


@EVERY
def test_every_reference_resolves_to_what_it_names(name):
    index = index_of(name)
    for i, criterion in enumerate(index.framework.criteria):
        assert i in index.resolve(criterion.id).criteria
        assert i in index.resolve(criterion.id.removeprefix(f"{name}.")).criteria
        scale = next(s for s, scale in enumerate(index.framework.scales) if scale.id == criterion.scale)
        assert i in index.resolve(index.level_ref(scale, criterion.level)).criteria
    assert index.resolve("no-such-criterion") is None


@EVERY
def test_facts_meet_criteria_that_exist(name):
    index = index_of(name)
    assert len({rule.id for rule in index.framework.facts}) == len(index.framework.facts)
    for rule in index.framework.facts:
        assert rule.provenance.startswith("adapted from ")
        assert all(index.resolve(reference) for reference in rule.meets)


@EVERY
def test_fields_that_claim_or_choose_are_fields_of_a_technology(name):
    framework = FRAMEWORKS[name]
    for field in (framework.claimed_by, framework.chosen_by):
        assert field is None or field in Technology.__struct_fields__


@pytest.mark.parametrize(
    ("name", "scales", "levels", "criteria"),
    [
        ("trl", 1, 9, 27),
        ("doe-arl", 17, 3, 34),
        ("cri", 8, 6, 40),
        ("kth-irl", 6, 9, 54),
        ("water-trl", 3, 9, 54),
        ("neett-entry", 6, 2, 6),
    ],
)
def test_frameworks_have_their_sources_dimensions(name, scales, levels, criteria):
    framework = FRAMEWORKS[name]
    assert (len(framework.scales), len(framework.levels), len(framework.criteria)) == (scales, levels, criteria)


def test_arl_dimensions_stand_in_four_areas():
    areas = [scale.area.en for scale in FRAMEWORKS["doe-arl"].scales]
    assert [areas.count(area) for area in dict.fromkeys(areas)] == [3, 3, 6, 5]


def test_a_framework_file_with_an_unknown_field_is_refused():
    file = msgspec.to_builtins(FRAMEWORKS["trl"]) | {"agregator": "minimum"}
    with pytest.raises(msgspec.ValidationError, match="agregator"):
        msgspec.convert(file, Framework)
