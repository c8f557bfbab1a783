import pytest

from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.question import understood
from marketplace.search.ranking import matching, matching_unranked, ranked

DOCUMENTS = (
    Document(key="mbr", title="Membrane bioreactor for municipal sewage", body="A compact plant treats town sewage."),
    Document(key="scr", title="Catalyst for flue gas", body="Removes nitrogen oxides from coal boilers at 300 °C."),
    Document(key="soil", title="土壤淋洗修复设备", body="去除重金属镉和铅，适用于工业场地。"),
    Document(key="noise", title="高速铁路声屏障", body="降低列车噪声。"),
)


@pytest.fixture(scope="module")
def reading():
    index = new_index()
    write(index, DOCUMENTS)
    return Reading(index)


def best(reading, text):
    return [reading.key(address) for address in ranked(reading, understood(text, reading)).addresses][:1]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("sewage plants", "mbr"),
        ("生活污水处理", "mbr"),
        ("脱除燃煤锅炉烟气中的氮氧化物", "scr"),
        ("NOx", "scr"),
        ("remediation of soil with cadmium", "soil"),
        ("土壤重金屬修復", "soil"),
        ("railway noise barrier", "noise"),
    ],
)
def test_the_answer_is_found_in_either_language(reading, text, key):
    assert best(reading, text) == [key]


@pytest.mark.parametrize("text", ["", "   ", "?", "the of", "🙂🙂", "qqqqzzzz"])
def test_a_question_without_words_finds_nothing(reading, text):
    assert best(reading, text) == []


@pytest.mark.parametrize(
    "text", ["sewage AND (", '"sewage', "sewage:*^~", "'; DROP TABLE listing; -- sewage", "sewage " * 3000]
)
def test_syntax_is_text(reading, text):
    assert best(reading, text) == ["mbr"]


def test_a_document_replaces_the_one_with_its_key():
    index = new_index()
    write(index, DOCUMENTS)
    write(index, [Document(key="mbr", title="Wind turbine")])
    reading = Reading(index)
    assert reading.size == len(DOCUMENTS)
    assert best(reading, "wind turbines") == ["mbr"]
    assert best(reading, "municipal sewage") != ["mbr"]


def test_a_long_text_finds_its_like(reading):
    text = (
        DOCUMENTS[0].title + " " + DOCUMENTS[0].body + " It needs little energy and no operator, and it pays off " * 3
    )
    assert best(reading, text + "in towns, villages, hotels, hospitals, schools, ships and barracks") == ["mbr"]


@pytest.mark.parametrize(
    "text", ["膜生物反应器处理污水", "重金属污染的土壤", "membrane bioreactors", "土", "列车 noise 镉"]
)
def test_what_is_counted_is_what_is_found(reading, text):
    question = understood(text, reading)
    found, counted = (
        reading.searcher.search(query, 100).count for query in (matching(question), matching_unranked(question))
    )
    assert found == counted > 0


def test_a_topic_learns_from_its_best_answers():
    index = new_index()
    write(index, [
        Document(key="named", title="Kelp rope", body="Seaweed farming in coastal waters for biomass and biofuels."),
        Document(key="like it", title="Growing rope", body="Seaweed biomass from coastal waters for biofuels."),
        Document(key="unlike", title="Steel rope", body="Cranes lift heavy loads at container ports."),
    ])  # fmt: skip
    reading = Reading(index)
    best = ranked(reading, understood("kelp rope", reading))
    assert [reading.key(address) for address in best.addresses] == ["named", "like it", "unlike"]
