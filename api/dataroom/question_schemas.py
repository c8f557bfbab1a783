"""What goes in and out about questions and answers."""

import datetime
import uuid
from typing import Annotated, Literal

from msgspec import Meta, Struct

from marketplace.dataroom.models import Question
from marketplace.dataroom.standing import Standing

Words = Annotated[str, Meta(min_length=1, max_length=5_000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class QuestionIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """About a document that the asker may know of, or about nothing in particular."""

    text: Words
    document_id: uuid.UUID | None = None


class ExpertIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    expert_id: uuid.UUID


class DraftIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    answer: Words


class AnswerIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `answer` the draft is published. `all` shows question and answer to every group, without who asked."""

    readers: Literal["group", "all"] = "group"
    answer: Words | None = None


class ReasonIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00]*$")] = ""


class QuestionOut(Struct, frozen=True, kw_only=True):
    """`mine`: of the caller's own group. Who asked is told to the owner and to the group itself."""

    id: uuid.UUID
    text: str
    document_id: uuid.UUID | None
    asked_at: datetime.datetime
    state: str
    answer: str | None
    readers: str
    mine: bool
    group_id: uuid.UUID | None
    asked_by: uuid.UUID | None
    expert_id: uuid.UUID | None

    @classmethod
    def of(cls, found: Question, standing: Standing) -> "QuestionOut":
        owner, mine = standing.side == "owner", standing.group_id == found.group_id
        told = owner or mine
        return cls(
            id=found.id,
            text=found.text,
            document_id=found.document_id if told else None,
            asked_at=found.asked_at,
            state=found.state,
            answer=found.answer if owner or found.state == "answered" else None,
            readers=found.readers,
            mine=mine,
            group_id=found.group_id if told else None,
            asked_by=found.asked_by if told else None,
            expert_id=found.expert_id if owner else None,
        )
