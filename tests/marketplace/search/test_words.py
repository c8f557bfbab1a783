from collections import Counter

import pytest

from marketplace.search.analysis import analysed, shadow
from marketplace.search.glossary import concepts as concepts_of
from marketplace.search.meaning import meaning, unpacked
from marketplace.search.names import Names, skeleton
from marketplace.search.shadows import Said, shadows
from marketplace.search.translation import translatable, translated
from marketplace.search.words import chinese_runs, folded, folding, stems


def concepts(text):
    return concepts_of(folding(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Ｔｅｓｌａ Zürich", "tesla zurich"), ("總磷與廢氣", "总磷与废气"), ("NOₓ", "nox"), ("", "")],
)
def test_folding(text, expected):
    assert folded(text) == expected


def test_stems_leave_out_words_without_meaning():
    assert stems("what is tesla’s treatment of 1,200 wastewaters") == ["tesla", "treatment", "1200", "wastewat"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("总磷", "total phosphorus"),
        ("总磷", "TP"),
        ("氟化物", "F⁻"),
        ("氮氧化物", "NOₓ"),
        ("反滲透", "reverse osmosis"),
        ("ＣＯＤ", "chemical oxygen demand"),
        ("碳捕集", "CO2 capture"),
    ],
)
def test_one_concept_in_any_writing(one, other):
    assert concepts(one) == concepts(other) != []


def test_a_symbol_that_is_a_word_counts_only_with_its_capital():
    assert concepts("as good as lead") == concepts("lead")
    assert concepts("As in soil") == concepts("砷 in soil")


def test_the_dictionary_speaks_for_words_and_for_their_parts():
    best = sorted(translated("污水处理"), key=translated("污水处理").__getitem__, reverse=True)
    assert {"sewag", "treatment"} <= set(best[:6])
    assert translated("龘龘龘龘") == translated("龘龘龘龘")


def test_what_no_dictionary_has_is_cut_into_what_it_has():
    assert "".join(translatable("超低排放改造技术")) == "超低排放改造技术"


def test_names_are_found_by_their_sound():
    names = Names(["carolina", "jared", "norman", "water", "defense"])
    assert [match.name for match in names.matches("卡罗莱纳")] == ["carolina"]
    assert names.matches("贾里德")[0].name == "jared"
    assert names.matches("污水") == ()


def test_skeletons_keep_the_consonants():
    assert skeleton("jared") == skeleton("jalled") == "slt"


def test_chinese_casts_an_english_shadow():
    [found] = analysed(["污水处理，采用膜生物反应器。"])
    assert {"sewag", "membran"} <= set(shadows(Said([found.segments], [1]), Said([[]], [1])).texts[0].split())
    assert "membrane-bioreactor" in found.concepts
    assert found.latin == []


def test_many_shadows_at_once_are_what_each_is_alone():
    texts = ["污水处理厂采用膜生物反应器", "low-temperature catalysts for flue gas", "低温催化剂 catalysts", ""]
    terms = analysed(texts)
    together = shadows(Said([said.segments for said in terms], [1]), Said([said.latin for said in terms], [1]))
    for text, said, cast, kept in zip(texts, terms, together.texts, together.meanings, strict=True):
        alone = shadow(chinese_runs(folded(text)))
        assert Counter(cast.split()) == {stem: round(4 * weight) for stem, weight in alone.items() if weight > 0.125}
        weights = Counter(alone)
        weights.update(said.latin)
        assert unpacked(kept) == pytest.approx(meaning(weights), abs=0.005)
