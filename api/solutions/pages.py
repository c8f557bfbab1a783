"""What answers a need, as pages: treatment trains drawn as a flow, each with its table; and plans for a place."""

import uuid
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.ext.asyncio import AsyncSession

from api.needs.interview_form import InterviewForm
from api.needs.routes import kept_envelopes
from api.platform import actor_of, platform_of
from api.routing import PUBLIC, get, post
from api.site import words
from api.site.forms import read_form
from api.site.language import CURRENT
from api.site.render import page
from api.solutions.answering import answered, seen_need
from api.solutions.drawing import Flow, flow_of, front_of
from api.solutions.figures import significant, whole_money
from api.solutions.plan_pages import PLAN_PAGES
from marketplace.errors import FieldError, Invalid, MarketplaceError
from marketplace.needs.interview import interview
from marketplace.needs.models import Need
from marketplace.needs.service import specification_of
from marketplace.needs.specification import Specification, Stream
from marketplace.solutions.describing import Train
from marketplace.solutions.trains import StreamAnswer
from scoring.technology import Text


class _Counted(NamedTuple):
    """What is said of one, and of several; Chinese says both alike."""

    zh: str
    one: str
    several: str


LEFT_OUT = {
    "impossible": _Counted("声称了物理上不可能的效果", "claims what physics forbids", "claim what physics forbids"),
    "scale-unknown": _Counted(
        "未说明适用规模", "does not say for which scale it is", "do not say for which scale they are"
    ),
    "depth-unsaid": _Counted(
        "按体积或质量定规模，需求未给出污染深度",
        "is sized by volume or mass, and the depth is not said",
        "are sized by volume or mass, and the depth is not said",
    ),
    "density-unsaid": _Counted(
        "按质量定规模，需求未给出土壤容重",
        "is sized by mass, and the bulk density is not said",
        "are sized by mass, and the bulk density is not said",
    ),
    "scale": _Counted("规模不适用", "is for another scale", "are for another scale"),
    "climate": _Counted("气候不适用", "is for another climate", "are for another climate"),
    "price-unknown": _Counted("未说明价格", "does not say its price", "do not say their price"),
}


def left_out(reason: str, count: int) -> Text:
    """Why so many were left out."""
    said = LEFT_OUT[reason]
    return Text(zh=said.zh, en=said.one if count == 1 else said.several)


@get("/needs/{need_id:uuid}/trains", access=PUBLIC, include_in_schema=False)
async def show_trains(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], need_id: FromPath[uuid.UUID]
) -> Response[bytes]:
    """The trains for a need: the cheapest for each room and maturity, or why there is none."""
    need = await seen_need(session, actor_of(request), need_id)
    return await _answer_page(
        request, session, specification_of(need), title=need.title, address=f"/needs/{need.id}", need=need
    )


@post("/needs/interview/trains", access=PUBLIC, problems=(), status_code=200, include_in_schema=False)
async def show_trains_of_interview(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    """The same for what an interview has brought so far; nothing is kept."""
    form = await read_form(request, InterviewForm)
    title = Text(zh="我描述的问题", en="The problem as described")
    specification, faults = (
        Specification(),
        [FieldError(field=name, expected=said) for name, said in form.errors.items()],
    )
    if form.value is not None:
        try:
            technologies = await kept_envelopes(platform_of(request), session)
            specification = interview(form.value.text, form.value.said(), technologies).specification
        except Invalid as error:
            faults = list(error.fields)
        except MarketplaceError as error:
            faults = [FieldError(field="text", expected=error.message, expected_zh=error.message_zh or "")]
    return await _answer_page(request, session, specification, title=title, address="/needs/interview", faults=faults)


async def _answer_page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    specification: Specification,
    *,
    title: Text,
    address: str,
    faults: list[FieldError] | None = None,
    need: Need | None = None,
) -> Response[bytes]:
    answer, lacking = None, list(faults or ())
    if not lacking:
        try:
            answer = await answered(platform_of(request), session, specification, of=need)
        except Invalid as error:
            lacking = list(error.fields)
    return page(
        request,
        "solutions/trains.html",
        title=title,
        address=address,
        specification=specification,
        media=words.MEDIA,
        answer=answer,
        lacking=lacking,
        streams=specification.streams,
        left_out=left_out,
        drawn=_drawn,
        front_of=front_of,
        rooms=_room,
        sig=significant,
        cost=whole_money,
        considered=lambda stream: stream.considered - sum(stream.left_out.values()),
    )


def _drawn(train: Train, stream: Stream) -> Flow:
    return flow_of(train, stream, [step.name.in_language(CURRENT.get()) for step in train.steps])


def _room(stream: StreamAnswer, number: int) -> float:
    """The least room of a train, in the worst case."""
    return min((margin.low or 0.0 for margin in stream.trains[number].margins), default=0.0)


PAGES = [show_trains, show_trains_of_interview, *PLAN_PAGES]
