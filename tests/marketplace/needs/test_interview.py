import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.catalogue import technologies
from marketplace.errors import Invalid
from marketplace.needs.answers import UNKNOWN, Answer
from marketplace.needs.envelopes import envelope_of
from marketplace.needs.interview import Interview, interview

CATALOGUE = [envelope_of(uuid.uuid5(uuid.NAMESPACE_OID, entry.id), entry) for entry in technologies()]


def held(text: str, *answers: tuple[str, str]) -> Interview:
    return interview(text, [Answer(question=question, option=option) for question, option in answers], CATALOGUE)


def test_somebody_who_says_nothing_is_asked_for_the_medium_first() -> None:
    found = held("")
    assert (len(found.remaining), found.total) == (122, 122)
    assert found.question is not None
    assert found.question.key == "medium"
    counts = {option.key: option.remaining for option in found.question.options}
    assert (counts["water"], counts[UNKNOWN]) == (30, 122)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_each_answer_leaves_as_many_as_the_question_said_until_none_helps(data: st.DataObject) -> None:
    answers: list[tuple[str, str]] = []
    found = held("")
    while found.question is not None:
        assert found.question.expected_remaining < len(found.remaining)
        assert all(option.label.zh and option.label.en for option in found.question.options)
        option = data.draw(st.sampled_from(found.question.options))
        answers.append((found.question.key, option.key))
        after = held("", *answers)
        assert len(after.remaining) == option.remaining <= len(found.remaining)
        assert set(after.remaining) <= set(found.remaining)
        found = after
        assert len(answers) < 12
    assert found.stopped.zh
    assert found.stopped.en


def test_words_are_answers_too() -> None:
    found = held("氟化物 2 mg/L 的废水")
    assert found.question is None or not found.question.key.startswith(("medium", "pollutant", "concentration"))
    assert 0 < len(found.remaining) < 5


def test_not_knowing_changes_nothing_and_is_not_asked_again() -> None:
    first = held("污水厂总氮超标")
    assert first.question is not None
    after = held("污水厂总氮超标", (first.question.key, UNKNOWN))
    assert after.remaining == first.remaining
    assert after.question is None or after.question.key != first.question.key


def test_whoever_knows_better_than_the_options_says_so_in_their_form() -> None:
    found = held("", ("medium", "water"), ("concentration.TN", "32..48 mg/L"), ("limit.TN", "0..10 mg/L"))
    (pollutant,) = found.specification.streams[0].pollutants
    assert (pollutant.low, pollutant.high, pollutant.limit) == (32, 48, 10)


def test_all_answers_that_make_no_sense_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        held(
            "",
            ("medium", "plasma"),
            ("medium", "water"),
            ("weather", "fine"),
            ("flow", "9..1 m3/d"),
            ("capex", "x"),
            ("pollutant", "  "),
            ("concentration.TN", "0..1  "),
            ("limit.TN", "0..1e999 mg/L"),
        )
    assert [error.field.split(".")[1] for error in refused.value.fields] == ["0", "2", "3", "4", "5", "6", "7"]


def test_when_nothing_suits_it_says_so() -> None:
    found = held("废水总氮 90000 mg/L，低于 0.001 mg/L")
    assert (found.remaining, found.question) == ((), None)
    assert "expert" in found.stopped.en  # type: ignore[operator]
