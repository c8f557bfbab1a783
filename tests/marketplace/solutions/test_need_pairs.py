from fixtures.catalogue import technologies
from fixtures.need_pairs import questions


def test_the_questions_name_technologies_of_the_catalogue() -> None:
    known = {technology.id for technology in technologies()}
    asked = questions()
    assert sum(len(question.relevant) for question in asked) >= 150
    assert {grade for question in asked for grade in question.relevant.values()} == {1, 2}
    assert {name for question in asked for name in question.relevant} <= known
    assert len({question.text for question in asked}) == len(asked)
    assert {question.language for question in asked} == {"zh", "en"}


def test_every_technology_is_asked_for() -> None:
    answered = {name for question in questions() for name, grade in question.relevant.items() if grade == 2}
    assert answered == {technology.id for technology in technologies()}
