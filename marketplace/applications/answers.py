"""What applicants write: checked against the call's questions, carried over to the next call."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from marketplace.calls.content import CallContent, Question
from marketplace.calls.eligibility import Key
from marketplace.errors import FieldError
from marketplace.texts import Line

Answer = (
    bool | Annotated[float, Meta(ge=-1e15, le=1e15)] | Annotated[str, Meta(max_length=20_000, pattern=r"^[^\x00]*$")]
)
# What may be carried over: the options of a choice are a call's own.
_CARRIED = ("text", "number", "yes-no")


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document handed in, by the hash of its content."""

    key: Key
    name: Line
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


def faults_of_answers(content: CallContent, stage: str, answers: Mapping[str, Answer | None]) -> Iterator[FieldError]:
    """What is wrong with answers as they are saved; None takes an answer back."""
    asked = {question.key: question for question in content.questions_of(stage)}
    for key, answer in answers.items():
        if key not in asked:
            known = ", ".join(asked) or "none"
            yield _fault(f"answers.{key}", "", f"a question of this stage ({known})", "须为本阶段的问题")
        elif answer is not None and (said := _expected(asked[key], answer)):
            yield _fault(f"answers.{key}", str(answer)[:80], said.en, said.zh)


class _Expected(Struct, frozen=True):
    en: str
    zh: str


def _expected(question: Question, answer: Answer) -> _Expected | None:
    """What the question wants instead; None where the answer will do."""
    if question.kind == "yes-no":
        return None if isinstance(answer, bool) else _Expected("true or false", "须为true或false")
    if question.kind == "text":
        if not isinstance(answer, str):
            return _Expected("a text", "须为文本")
        most = question.characters_max
        return None if len(answer) <= most else _Expected(f"at most {most} characters", f"不超过{most}字")
    if isinstance(answer, (bool, str)):
        return _Expected("a number", "须为数字")
    options = len(question.options)
    if question.kind == "choice" and answer not in range(options):
        return _Expected(f"the place of an option, from 0 to {options - 1}", f"须为选项序号0至{options - 1}")
    return None


def faults_of_documents(content: CallContent, stage: str, documents: Sequence[Document]) -> Iterator[FieldError]:
    asked = {document.key for document in content.documents_of(stage)}
    seen = set[str]()
    for number, document in enumerate(documents):
        if document.key not in asked:
            known = ", ".join(sorted(asked)) or "none"
            yield _fault(f"documents.{number}.key", document.key, f"one asked for ({known})", "须为本阶段要求的材料")
        if document.key in seen:
            yield _fault(f"documents.{number}.key", document.key, "each document once", "同一材料只提交一份")
        seen.add(document.key)


def missing(
    content: CallContent, stage: str, answers: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]
) -> Iterator[FieldError]:
    """What a submission lacks."""
    for question in content.questions_of(stage):
        answer = answers.get(question.key)
        if question.required and (answer is None or (isinstance(answer, str) and not answer.strip())):
            asked = question.text
            yield _fault(
                f"answers.{question.key}", "", f"an answer: {asked.en or asked.zh}", f"请回答：{asked.zh or asked.en}"
            )
    held = {document["key"] for document in documents}
    for document in content.documents_of(stage):
        if document.required and document.key not in held:
            name = document.name
            yield _fault(
                f"documents.{document.key}",
                "",
                f"the document: {name.en or name.zh}",
                f"请提交材料：{name.zh or name.en}",
            )


def carried_over(content: CallContent, known: Mapping[str, Any]) -> dict[str, Any]:
    """Answers given before that answer this call's questions, too."""
    return {
        question.key: known[question.key]
        for question in content.questions
        if question.kind in _CARRIED and question.key in known and _expected(question, known[question.key]) is None
    }


def worth_keeping(content: CallContent, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What the next application can begin with."""
    kinds = {question.key: question.kind for question in content.questions}
    return {key: answer for key, answer in answers.items() if kinds.get(key) in _CARRIED}


def _fault(field: str, value: str, expected: str, expected_zh: str) -> FieldError:
    return FieldError(field=field, value=value, expected=expected, expected_zh=expected_zh)
