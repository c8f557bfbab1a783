"""The holder's cap table for a deal, and what the deal does to it."""

import datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from api.platform import actor_of
from api.routing import SIGNED_IN, get, post
from marketplace.cap_tables.effect import Effect, effect_of
from marketplace.cap_tables.ocf import Position, read, zipped
from marketplace.cap_tables.service import cap_table_of, hand_in, with_investment
from marketplace.database import clock_of
from marketplace.deals import queries
from marketplace.deals.course import side_of
from marketplace.deals.models import Deal
from marketplace.deals.terms import AMOUNT_MAX, Terms, read_terms
from marketplace.errors import Forbidden, only
from marketplace.people.models import Organisation
from scoring import Refusal

_DEAL = "/deals/{deal_id:uuid}"
_Valuation = Annotated[int | None, QueryParameter(ge=1, le=AMOUNT_MAX)]


class CapTableIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Files of the Open Cap Format by their names, the manifest among them."""

    files: Annotated[dict[str, dict[str, Any]], Meta(min_length=1, max_length=50)]


class CapTableOut(Struct, frozen=True, kw_only=True):
    number: int
    as_of: datetime.date
    issuer: str
    fully_diluted: int
    positions: tuple[Position, ...]


@post(f"{_DEAL}/cap-tables", access=SIGNED_IN)
async def hand_in_cap_table(
    request: Request[Any, Any, Any],
    data: JSONBody[CapTableIn],
    session: NamedDependency[AsyncSession],
    own_deal: NamedDependency[Deal],
) -> CapTableOut:
    """Hand in the cap table of the holder's company, which the deal's parties see."""
    if side_of(own_deal, actor_of(request)) != "holder":
        raise Forbidden("holder-only", "The holder hands in its own cap table.", "仅技术持有方可提交股权结构表。")
    made, table = await hand_in(session, deal=own_deal, files=data.files), read(data.files)
    return CapTableOut(
        number=made.number,
        as_of=table.as_of,
        issuer=table.issuer.legal_name,
        fully_diluted=table.fully_diluted,
        positions=table.positions,
    )


async def _terms(session: AsyncSession, deal: Deal) -> Terms:
    return read_terms(only(await queries.offer_at_hand(session, deal), "offer").terms)


@get(f"{_DEAL}/cap-table", access=SIGNED_IN)
async def show_cap_table_effect(
    session: NamedDependency[AsyncSession],
    visible_deal: NamedDependency[Deal],
    next_low_minor: _Valuation = None,
    next_high_minor: _Valuation = None,
) -> Effect | Refusal:
    """Price, new shares and dilution by the terms at hand; for a convertible the range it may come to."""
    table, terms = await cap_table_of(session, visible_deal), await _terms(session, visible_deal)
    today = clock_of(session).now().date()
    return effect_of(table, terms, today=today, next_low_minor=next_low_minor, next_high_minor=next_high_minor)


@get(f"{_DEAL}/cap-table.ocf.zip", access=SIGNED_IN)
async def export_cap_table(
    session: NamedDependency[AsyncSession], visible_deal: NamedDependency[Deal]
) -> Response[bytes]:
    """The cap table in the Open Cap Format with the deal's issuance written into it; as it was, where there is none."""
    table, terms = await cap_table_of(session, visible_deal), await _terms(session, visible_deal)
    today, files = clock_of(session).now().date(), table.files
    if terms.equity is not None or terms.convertible is not None:
        found = effect_of(table, terms, today=today)
        financier = await session.get_one(Organisation, visible_deal.financier_organisation_id)
        effect = found if isinstance(found, Effect) else None
        files = with_investment(table, visible_deal, terms, effect, financier=financier, on=today)
    headers = {"Content-Disposition": f'attachment; filename="deal-{visible_deal.id}.ocf.zip"'}
    return Response(zipped(files), media_type="application/zip", headers=headers)


CAP_TABLES = [hand_in_cap_table, show_cap_table_effect, export_cap_table]
