import pytest
from tantivy import Query

from marketplace.search.finding import Reader, Wish, search, suggested
from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.spelling import meant


def document(key: str, title: str, summary: str = "", **more) -> Document:
    shown = f'{{"id": "{key}", "kind": "listing", "title": {{"en": "{title}"}}, "summary": {{"en": "{summary}"}}}}'
    return Document(key=key, title=title, body=summary, shown=shown.encode(), **more)


DOCUMENTS = (
    document("mbr", "Membrane bioreactor for municipal sewage", "A compact plant."),
    document("scr", "Denitrification catalyst for flue gas", "Coal boilers at 300 °C."),
    document("secret", "Vermicomposting of sludge", readers=("holder",)),
    Document(
        key="zh", title="低温烟气脱硝催化剂", shown='{"id": "zh", "title": {"zh": "低温烟气脱硝催化剂"}}'.encode()
    ),
)


@pytest.fixture(scope="module")
def reading() -> Reading:
    index = new_index()
    write(index, DOCUMENTS)
    return Reading(index)


def found(reading: Reading, text: str, reader: Reader = Reader()) -> tuple[list[str], dict[str, str]]:  # noqa: B008
    answer = search(reading, Wish(text=text), reader)
    return [one.shown["id"] for one in answer.items], answer.spelled


@pytest.mark.parametrize(
    ("typed", "key", "spelled"),
    [
        ("membrnae", "mbr", {"membrnae": "membrane"}),
        ("bioreacter", "mbr", {"bioreacter": "bioreactor"}),
        ("denitrifcation catalist", "scr", {"denitrifcation": "denitrification", "catalist": "catalyst"}),
        ("Membrnae for sewage", "mbr", {"Membrnae": "membrane"}),
    ],
)
def test_a_misspelt_word_is_taken_for_the_nearest(reading: Reading, typed: str, key: str, spelled: dict[str, str]):
    keys, taken = found(reading, typed)
    assert keys[0] == key
    assert taken == spelled


@pytest.mark.parametrize("typed", ["membrane", "sewage boilers", "xyzzyqwert", "MBBR", "scr", "helicopter", "膜"])
def test_what_is_right_short_or_like_nothing_stays(reading: Reading, typed: str):
    assert found(reading, typed)[1] == {}


def test_why_it_was_found_says_so(reading: Reading):
    (first, *_) = search(reading, Wish(text="membrnae"), Reader()).items
    assert [(reason.way, reason.asked) for reason in first.why] == [("spelling", "membrnae")]


def test_nobody_learns_a_word_that_only_stands_where_they_may_not_look(reading: Reading):
    assert found(reading, "vermicompostng") == ([], {})
    assert found(reading, "vermicompostng", Reader("holder")) == (["secret"], {"vermicompostng": "vermicomposting"})
    assert suggested(reading, "vermi", Reader()) == []


@pytest.mark.parametrize("typed", ["低文烟气脱硝催化剂", "低温烟气脱销催化剂", "低温烟汽脱硝"])
def test_one_wrong_character_of_chinese_still_finds(reading: Reading, typed: str):
    assert found(reading, typed)[0][0] == "zh"


def test_a_question_without_mistakes_asks_the_index_nothing_more(reading: Reading):
    asked: list[Query] = []
    assert meant("membrane bioreactor 脱硝", reading, lambda query: asked.append(query) or query).spelled == {}
    assert asked == []


def test_trying_words_tells_nothing_of_what_is_hidden():
    """One letter beside "catalyst": corrected as if the hidden title, which has that very word, were not there."""
    hidden = [document(f"hidden {number}", "Cataryst Catalysq", readers=("holder",)) for number in range(3)]
    with_hidden, without = new_index(), new_index()
    write(with_hidden, [*DOCUMENTS, *hidden])
    write(without, DOCUMENTS)
    for typed in ("cataryst", "catalysq", "catalyst", "catalysr", "catarysts"):
        assert found(Reading(with_hidden), typed) == found(Reading(without), typed)
    assert found(Reading(with_hidden), "cataryst")[1] == {"cataryst": "catalyst"}


def test_who_may_read_a_word_is_not_corrected_in_it(reading: Reading):
    for reader in (Reader("holder"), Reader(sees_all=True)):
        assert found(reading, "vermicomposts", reader) == (["secret"], {})
    assert found(reading, "vermicomposts") == ([], {})


def test_what_is_hidden_takes_no_place_among_suggestions():
    index = new_index()
    hidden = [document(f"hidden {n}", "Hidden", names=[f"Membrane {n}"], readers=("holder",)) for n in range(20)]
    write(index, [*hidden, document("shown", "Shown", names=["Membrane reactor"])])
    assert suggested(Reading(index), "membr", Reader()) == ["Membrane reactor"]
