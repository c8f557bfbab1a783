"""A large answer's workbook is written by a job: it shows progress, survives a reload, and is kept."""

import re

from sqlalchemy import update

from marketplace.actors import system
from marketplace.database import Sessions, transaction
from marketplace.jobs import Context, drain
from marketplace.screening import exports
from marketplace.screening.models import ScreeningRun
from tests.api.conftest import Party
from tests.api.screening.test_pages import ENGLISH, HTML, context, investor, published, screened, send

__all__ = ["context", "investor", "published"]


async def enlarged(sessions: Sessions, **values: object) -> None:
    """What ten thousand technologies would come to."""
    async with transaction(sessions, system("test")) as session:
        await session.execute(update(ScreeningRun).values({"row_count": exports.AT_ONCE_MAX + 1} | values))


async def test_a_large_answers_workbook_is_asked_for_followed_and_kept(
    investor: Party, published: list[str], context: Context, sessions: Sessions
) -> None:
    screen = await screened(investor, context)
    small = (await investor.browser.get(screen, headers=ENGLISH)).text
    assert "export?format=xlsx" in small
    await enlarged(sessions)
    assert "export?format=xlsx" not in (await investor.browser.get(screen, headers=ENGLISH)).text
    for _ in range(2):  # asking twice is asking once
        assert (await send(investor, screen, f"{screen}/workbook")).status_code == 303
    for _ in range(2):  # a reload shows it still
        page = (await investor.browser.get(screen, headers=HTML)).text
        assert f'data-progress="{screen}/progress"' in page
        assert "正在生成表格" in page
    await drain(context)
    page = (await investor.browser.get(screen, headers=ENGLISH)).text
    assert "data-progress" not in page
    told = (await investor.browser.get(f"{screen}/progress", headers=ENGLISH)).text
    assert "event: done" in told
    address = re.search(r'href="(/api/v1/screening-runs/[^"]+format=xlsx)"', page)
    assert address
    first, second = [(await investor.browser.get(address[1])).content for _ in range(2)]
    assert first == second
    assert first[:2] == b"PK"


async def test_a_workbook_that_failed_can_be_asked_for_again(
    investor: Party, published: list[str], context: Context, sessions: Sessions
) -> None:
    screen = await screened(investor, context)
    await enlarged(sessions, workbook_state="failed")
    assert "fault of ours" in (await investor.browser.get(screen, headers=ENGLISH)).text
    assert (await send(investor, screen, f"{screen}/workbook")).status_code == 303
    await drain(context)
    assert "export?format=xlsx" in (await investor.browser.get(screen, headers=ENGLISH)).text
