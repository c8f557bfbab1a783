import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace import process_definition
from marketplace.deals import negotiation
from marketplace.deals.process import DEAL
from marketplace.errors import Conflict
from marketplace.process import define
from tests.marketplace.deals.table import Table, sit_down


async def test_a_running_deal_stays_on_its_version(session: AsyncSession) -> None:
    """In the second version what is offered stands: it cannot be retracted."""
    old = await sit_down(session)
    ways = tuple(way for way in DEAL.transitions if way.name != "retract")
    define(msgspec.structs.replace(DEAL, version=2, transitions=ways))
    try:
        new = await sit_down(session)
        assert (old.deal.process_version, new.deal.process_version) == (1, 2)
        await retract(old)
        with pytest.raises(Conflict):
            await retract(new)
        assert (old.deal.state, new.deal.state) == ("negotiating", "offered")
    finally:
        process_definition._DEFINED[DEAL.name].pop(2)


async def retract(table: Table) -> None:
    await table.offer()
    with table.as_financier():
        await negotiation.retract_offer(table.session, deal=table.deal)
