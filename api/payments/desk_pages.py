"""The statement of one's organisation, and the operator's reconciliation desk."""

import datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.payments import words
from api.payments.desk_schemas import DeskOut
from api.platform import actor_of
from api.routing import OPERATOR, SIGNED_IN, get
from api.site.render import page
from marketplace.clock import BEIJING
from marketplace.database import clock_of
from marketplace.errors import Forbidden
from marketplace.ledger import statements
from marketplace.payments import queries

MONTH = datetime.timedelta(days=31)
Day = Annotated[str | None, QueryParameter(pattern=r"^$|^(199\d|20\d\d|21\d\d)-\d\d-\d\d$")]


@get("/desk/statement", access=SIGNED_IN, problems=(), include_in_schema=False)
async def show_statement_page(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], since: Day = None, until: Day = None
) -> Response[bytes]:
    """What moved on the organisation's side of its deals within some days; the last month by default."""
    own = actor_of(request).organisation_id
    if own is None:
        raise Forbidden("organisation-only", "This is for members of an organisation.", "仅限机构成员操作。")
    today = clock_of(session).now().astimezone(BEIJING).date()
    last = _day(until) or today
    first = _day(since) or last - MONTH
    start, end = _midnight(first), _midnight(last + datetime.timedelta(days=1))
    found = await statements.statement(session, organisation_id=own, since=start, until=end)
    return page(
        request, "payments/statement.html", statement=found, since=first, until=last, mistaken=first > last, words=words
    )


def _day(typed: str | None) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


def _midnight(date: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(date, datetime.time(), BEIJING)


@get("/desk/operator/money", access=OPERATOR, problems=(), include_in_schema=False)
async def show_money_desk(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> Response[bytes]:
    """What share of all money is explained, what is not and since when, and everything that waits for somebody."""
    desk = DeskOut.of(await queries.desk(session))
    balance = await statements.trial_balance(session)
    told: list[Any] = [
        *desk.clearing,
        *desk.hanging,
        *desk.contradictions,
        *desk.refunds,
        *desk.disputes,
        *desk.frozen,
        *desk.claims,
    ]
    about = await queries.technologies_of(session, (one.deal_id for one in told if one.deal_id))
    return page(request, "payments/desk.html", desk=desk, balance=balance, about=about, words=words)


DESK_PAGES = [show_statement_page, show_money_desk]
