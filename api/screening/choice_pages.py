"""Technologies side by side, and the best set of financings under a budget."""

import asyncio
import datetime
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any

from babel.numbers import get_currency_precision
from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from api.routing import PUBLIC, SIGNED_IN, get
from api.site import words
from api.site.render import is_fragment, page
from marketplace.errors import MarketplaceError, NotFound
from marketplace.money import Money
from marketplace.screening import choosing, comparison, queries, service
from marketplace.screening.facts import reference_scorers
from marketplace.screening.models import Screen, ScreeningRun, Watch
from scoring.errors import Refusal
from scoring.portfolio.deal import DealRisk
from scoring.portfolio.programme import Candidate
from scoring.portfolio.selection import Selection
from scoring.portfolio.selection import select as choose_set
from scoring.technology import Text

Ids = Annotated[list[uuid.UUID] | None, QueryParameter(name="ids", max_items=20)]
Rows = Annotated[list[str] | None, QueryParameter(max_items=20)]
# A field left empty arrives as an empty text.
Budget = Annotated[str, QueryParameter(pattern=r"^(\d{1,13}(\.\d{1,4})?)?$")]
Seats = Annotated[str, QueryParameter(pattern=r"^([1-9]\d{0,2})?$")]
Currency = Annotated[str | None, QueryParameter(pattern=r"^[A-Z]{3}$")]
SECONDS = 2.0
KEPT = 100
_CODES = {**words.MEDIA, **words.INDUSTRY_GROUPS, **words.CHAIN_PLACES, **words.PROVENANCES}


@get("/technologies/compare", access=PUBLIC, include_in_schema=False)
async def show_comparison(
    request: Request[Any, Any, Any], session: NamedDependency[AsyncSession], ids: Ids = None
) -> Response[bytes]:
    """Two to five published technologies side by side."""
    wanted, organisation_id = ids or [], actor_of(request).organisation_id
    try:
        found = await comparison.compare(session, wanted)
    except MarketplaceError as error:
        status = 200 if not wanted else 404 if isinstance(error, NotFound) else 422
        return page(request, "screening/compare.html", status=status, found=None, most=comparison.COMPARED_MAX)
    mine = select(Watch.listing_id).where(Watch.organisation_id == organisation_id, Watch.listing_id.in_(wanted))
    watched = set(await session.scalars(mine)) if organisation_id else set()
    return page(
        request, "screening/compare.html", found=found, watched=watched, codes=_CODES, most=comparison.COMPARED_MAX
    )


@get("/screens/{screen_id:uuid}/compare", access=SIGNED_IN, include_in_schema=False)
async def show_row_comparison(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_screen: NamedDependency[Screen],
    rows: Rows = None,
) -> Response[bytes]:
    """Two to five rows of a screen side by side, from the catalogue or from a file."""
    done = next((run for run in await queries.runs_of(session, own_screen) if run.state == "done"), None)
    known = {row.id: row for row in await service.rows_of(session, done)} if done else {}
    wanted = [known[name] for name in dict.fromkeys(rows or ()) if name in known]
    shown: dict[str, Any] = {"screen": own_screen, "run": done, "codes": _CODES, "most": comparison.COMPARED_MAX}
    try:
        technologies = await choosing.technologies_of(session, own_screen, [row.id for row in wanted])
        found = comparison.compare_rows(wanted, technologies)
    except MarketplaceError:
        status = 422 if rows else 200
        return page(request, "screening/compare-rows.html", status=status, found=None, **shown)
    return page(request, "screening/compare-rows.html", found=found, **shown)


class Pool(dict[str, list[Candidate]]):
    """What may be chosen, by currency; the names and the risks of all of them."""

    names: dict[str, Text]
    risks: dict[str, DealRisk]


_POOLS: OrderedDict[uuid.UUID, Pool] = OrderedDict()
_Asked = tuple[uuid.UUID, str, int, int | None]
_CHOSEN: OrderedDict[_Asked, Selection | Refusal] = OrderedDict()


async def _pool(session: AsyncSession, screen: Screen, run: ScreeningRun) -> Pool:
    """Of a finished run, which never changes: worked out once, in a thread."""
    if run.id not in _POOLS:
        found = await choosing.financings(session, screen, await service.rows_of(session, run))
        day = run.as_of or datetime.date.min
        offered = await asyncio.to_thread(choosing.offered_by, found, as_of=day, scorers=reference_scorers())
        pool = Pool(offered.candidates)
        pool.risks = offered.risks
        pool.names = {technology.id: technology.name for technology in found}
        _POOLS[run.id] = pool
        _let_go(_POOLS)
    return _POOLS[run.id]


def _let_go(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)


@get("/screens/{screen_id:uuid}/choose", access=SIGNED_IN, include_in_schema=False)
async def show_choice(
    request: Request[Any, Any, Any],
    session: NamedDependency[AsyncSession],
    own_screen: NamedDependency[Screen],
    budget: Budget = "",
    seats: Seats = "",
    currency: Currency = None,
) -> Response[bytes]:
    """The set of financings worth most under a budget."""
    done = next((run for run in await queries.runs_of(session, own_screen) if run.state == "done"), None)
    pool = await _pool(session, own_screen, done) if done else Pool()
    chosen = currency if currency in pool else max(pool, key=lambda name: len(pool[name]), default=None)
    candidates = pool[chosen] if chosen else []
    whole = sum(candidate.cost_minor for candidate in candidates)
    # Half of everything, until somebody says how much there is.
    minor = _minor(budget, chosen) if budget and chosen else whole // 2
    found = None
    if done and chosen:
        found = await _choice((done.id, chosen, minor, int(seats) if seats else None), candidates)
    return page(
        request,
        "screening/_choice.html" if is_fragment(request) else "screening/choose.html",
        screen=own_screen,
        currencies=sorted(pool),
        currency=chosen,
        names=pool.names if done else {},
        risks=pool.risks if done else {},
        ends=_ends(pool, found),
        by_id={candidate.id: candidate for candidate in candidates},
        whole=whole,
        budget_minor=minor,
        seats=seats,
        money_of=lambda minor: Money(round(minor), chosen or "CNY"),
        major_of=lambda minor: _major(minor, chosen or "CNY"),
        **_read(found),
    )


def _ends(pool: Pool, found: Selection | Refusal | None) -> tuple[float, float]:
    """What the chosen are worth if all of them are at the lower, or all at the upper, ends of their intervals."""
    risks = [pool.risks[one] for one in found.chosen] if isinstance(found, Selection) else []
    return (
        sum(risk.completion.low * risk.commitment_minor for risk in risks),
        sum(risk.completion.high * risk.commitment_minor for risk in risks),
    )


def _major(minor: int, currency: str) -> str:
    """As it is typed: no pence where there are none."""
    digits = get_currency_precision(currency)
    return str(minor // 10**digits if minor % 10**digits == 0 else Decimal(minor).scaleb(-digits))


def _minor(amount: str, currency: str) -> int:
    return int(Decimal(amount).scaleb(get_currency_precision(currency)))


async def _choice(asked: _Asked, candidates: Sequence[Candidate]) -> Selection | Refusal:
    """The answer to a question about a finished run is always the same, unless the time ran out on it."""
    if asked in _CHOSEN:
        return _CHOSEN[asked]
    found = await asyncio.to_thread(_best, candidates, *asked[2:])
    if isinstance(found, Refusal) or found.optimal:
        _CHOSEN[asked] = found
        _let_go(_CHOSEN)
    return found


def _best(candidates: Sequence[Candidate], budget_minor: int, seats: int | None) -> Selection | Refusal:
    return choose_set(candidates, budget=budget_minor, seats=seats, seconds=SECONDS, marginal_seconds=SECONDS)


def _read(found: Selection | Refusal | None) -> dict[str, Any]:
    return {
        "selection": found if isinstance(found, Selection) else None,
        "refusal": found if isinstance(found, Refusal) else None,
        "worth": {one.id: one for one in found.marginal_values} if isinstance(found, Selection) else {},
    }


CHOICES = [show_comparison, show_row_comparison, show_choice]
