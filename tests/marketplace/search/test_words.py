from collections import Counter

import numpy as np
import pytest

from marketplace.search import vocabulary
from marketplace.search.analysis import Terms, analysed, analysis, shadow
from marketplace.search.glossary import concepts as concepts_of
from marketplace.search.meaning import meaning, unpacked
from marketplace.search.names import Names, skeleton
from marketplace.search.shadows import shadows
from marketplace.search.translation import translatable, translated
from marketplace.search.words import (
    END,
    apart,
    chinese_runs,
    folded,
    folding,
    latin_pieces,
    latin_words,
    only_chinese,
    segments,
    stems,
)


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


def test_a_simplified_form_that_nobody_writes_is_not_taken() -> None:
    assert concepts("焚燒二噁英，NOₓ") == [*concepts("焚烧"), *concepts("二噁英"), *concepts("NOx")]
    assert len(concepts("二噁英")) == 1


TEXTS = [
    "污水处理，采用膜生物反应器。",
    "",
    "Low-temperature Catalysts for flue gas; As, Pb and CO₂ at 1,200.5 m³/d in AbcDef2 (Nørrebro)",
    "總磷與 ﬁltration，Ｔｅｓｌａ：2⁻ NOₓ F⁻",
    "İstanbul PMs asPb As2 1.5abc a.5 end.",
    "A line\nand 另一行\r\n垃圾焚烧飞灰二噁英低温催化分解",
    "the of and",
    "😀 𝔘𝔫𝔦 車 龘龘龘",
]


def test_texts_analysed_together_say_what_each_says_alone() -> None:
    both = analysed(TEXTS)
    alone = [analysed([text]) for text in TEXTS]
    for name in Terms._fields:
        assert apart(getattr(both, name)) == [text for one in alone for text in apart(getattr(one, name))], name


def test_texts_are_analysed_as_questions_are() -> None:
    for text in TEXTS:
        found, both = analysed([text]), folding(text)
        runs = chinese_runs(both.plain)
        assert found.latin == [*stems(both.plain), END]
        assert found.concepts == [*concepts_of(both), END]
        assert found.segments == [*segments(runs), END]
        assert apart(found.chinese) == [" ".join(runs)]


def test_the_end_of_a_text_is_not_taken_from_a_text() -> None:
    assert apart(analysed(["water\0air", "soil"]).latin) == ["water air", "soil"]


def test_chinese_casts_an_english_shadow() -> None:
    text = "污水处理，采用膜生物反应器。"
    found = analysed([text])
    assert {"sewag", "membran"} <= set(shadows(analysis([text]), [1]).texts[0].split())
    assert "membrane-bioreactor" in found.concepts
    assert found.latin == [END]


def test_many_shadows_at_once_are_what_each_is_alone() -> None:
    texts = [
        "污水处理厂采用膜生物反应器",
        "low-temperature catalysts for flue gas",
        "低温催化剂 catalysts",
        "",
        "water unheardofword",
    ]
    together = shadows(analysis(texts), [1])
    for text, cast, kept in zip(texts, together.texts, together.meanings, strict=True):
        alone, plain = shadow(chinese_runs(folded(text))), folded(text)
        assert Counter(cast.split()) == {stem: round(4 * weight) for stem, weight in alone.items() if weight > 0.125}
        weights = Counter(alone)
        weights.update(stems(plain))
        assert unpacked(kept) == pytest.approx(meaning(weights), abs=0.005)


def test_a_title_counts_as_often_as_it_is_said() -> None:
    once, twice = (analysis([text, "废气 air"]) for text in ("水 water", "水 水 water water"))
    of_one, of_two = shadows(once, (2, 1)), shadows(twice, (1, 1))
    assert of_one.texts == of_two.texts
    assert (of_one.meanings == of_two.meanings).all()


def test_a_vocabulary_that_has_met_too_much_begins_anew() -> None:
    before, said = vocabulary.vocabulary(), analysed(TEXTS)
    assert vocabulary.vocabulary() is before
    assert vocabulary.vocabulary(most=1) is not before
    assert analysed(TEXTS) == said


def test_lists_are_kept_however_many_and_long_they_are() -> None:
    lists, wanted = vocabulary.Lists(object, np.int32), [(3, 0), (0, 0), (vocabulary.ROOM, 1), (2, 2)]
    for size, number in wanted:
        lists.append([f"{number}"] * size, [number] * size)
    for _ in range(vocabulary.ROOM):
        lists.append([], [])
    said, numbers = lists.of(np.array([3, 1, 2, 3], np.int32))
    assert numbers.tolist() == [2, 2, *[1] * vocabulary.ROOM, 2, 2]
    assert said.tolist() == list(map(str, numbers.tolist()))
    assert [len(found) for found in lists.of(np.empty(0, np.int32))] == [0, 0]


@pytest.mark.parametrize("text", [*TEXTS, "水\ud800氣abc", "\x01 1,200.5abc.5 ..,5 a,b", "。，"])
def test_pieces_have_the_words_that_the_text_has(text: str) -> None:
    pieces = latin_pieces(text)
    assert [word for piece in pieces for word in latin_words(piece)] == latin_words(text)
    assert only_chinese(text).split() == chinese_runs(text)
