"""What `greenhatch db check` asks of the ledger."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.checks import Finding, check
from marketplace.ledger import chain
from marketplace.ledger.statements import LEGS, open_clearing
from marketplace.settings import Settings

_UNBALANCED = text("SELECT currency FROM ledger_account GROUP BY currency HAVING sum(balance_minor) <> 0 ORDER BY 1")
_DRIFTED = text(f"""
    WITH moved AS (SELECT account_id, sum(minor) AS minor FROM ({LEGS}) l GROUP BY account_id),
    promised AS (
        SELECT p.debit_account_id AS account_id, sum(p.amount_minor) AS minor FROM ledger_transfer p
        WHERE p.phase = 'pending' AND NOT EXISTS (SELECT FROM ledger_transfer r WHERE r.resolves_id = p.id)
        GROUP BY 1
    )
    SELECT a.code FROM ledger_account a LEFT JOIN moved m ON m.account_id = a.id
        LEFT JOIN promised p ON p.account_id = a.id
    WHERE a.balance_minor <> coalesce(m.minor, 0) OR a.reserved_minor <> coalesce(p.minor, 0) ORDER BY a.code
""")  # noqa: S608 - put together from constants


async def faults(session: AsyncSession) -> list[str]:
    """What is wrong with the balances: they sum to zero in each currency, and are what the journal adds up to."""
    unbalanced = [f"{currency} does not sum to zero" for currency in await session.scalars(_UNBALANCED)]
    drifted = [f"{code} is not what its transfers add up to" for code in await session.scalars(_DRIFTED)]
    return unbalanced + drifted


@check("ledger")
async def ledger_is_whole(session: AsyncSession, settings: Settings) -> Finding:
    """Balances, sums and chains."""
    await chain.seal(session)
    wrong, verdict = await faults(session), await chain.verify(session)
    if verdict.broken is not None:
        wrong.append(f"the chain is broken at {verdict.broken}: {verdict.reason}")
    if wrong:
        return Finding(ok=False, said="; ".join(wrong))
    waiting = await open_clearing(session)
    since = f", {len(waiting)} movements wait for the other side since {waiting[0].since:%Y-%m-%d}" if waiting else ""
    return Finding(ok=True, said=f"{verdict.transfers} transfers sum to zero; the chains hold{since}")
