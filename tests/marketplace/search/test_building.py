from marketplace.search.building import building
from marketplace.search.finding import Reader, Wish, search
from marketplace.search.highlighting import Marker, plain_texts
from marketplace.search.index import Document, Reading, new_index, write
from marketplace.search.question import understood

DOCUMENTS = [
    Document(key=f"listing:{number}", title=title, readers=(reader,), facets={"medium": [medium]}, shown=b"{}")
    for number, (title, reader, medium) in enumerate([
        ("低温烟气脱硝", "everybody", "air"),
        ("Membrane bioreactor for sewage", "everybody", "water"),
        ("Membrane of a secret kind", "holder", "water"),
        ("Membranes of others", "another", "water"),
    ])
]  # fmt: skip


def _answers(reading, text, reader):
    found = search(reading, Wish(text=text), reader)
    return found.total, found.facets["medium"], len(found.items)


def _built(processes):
    index = new_index()
    with building(index, processes) as builder:
        builder.add(DOCUMENTS)
        builder.finish()
    assert builder.count == len(DOCUMENTS)
    return Reading(index)


def test_an_index_built_by_several_processes_answers_as_one_written_here():
    index = new_index()
    write(index, DOCUMENTS)
    here, elsewhere = Reading(index), _built(2)
    for text in ("membrane", "脱硝", "denitration"):
        assert _answers(here, text, Reader()) == _answers(elsewhere, text, Reader())


def test_what_is_withheld_is_left_out_of_everything():
    reading = _built(1)
    assert _answers(reading, "membrane", Reader()) == (1, {"water": 1}, 1)
    assert _answers(reading, "membrane", Reader("holder")) == (2, {"water": 2}, 2)
    assert _answers(reading, "membrane", Reader("nobody")) == (1, {"water": 1}, 1)
    assert _answers(reading, "membrane", Reader(sees_all=True)) == (3, {"water": 3}, 3)


def test_marks_stand_where_the_words_stand():
    reading = _built(1)
    english, chinese = "The membranes, twice: MEMBRANE", "采用低溫烟气脱硝"
    shown = {"title": {"en": english}, "summary": {"zh": chinese, "en": None}}
    marked = Marker(understood("membrane 低温烟气", reading)).highlights(plain_texts(shown))
    assert [english[start:end] for start, end in marked.title["en"]] == ["membranes", "MEMBRANE"]
    assert [chinese[start:end] for start, end in marked.summary["zh"]] == ["低溫烟气"]
