"""Everybody's desk shows what is theirs, in their language."""

import re
from typing import Any

import pytest
from litestar import Litestar

from api.desk.words import QUEUES
from tests.api.calls import things as calls
from tests.api.introductions import things as introductions
from tests.api.screening import things as screening

EN = {"accept": "text/html", "accept-language": "en"}
ZH = {"accept": "text/html", "accept-language": "zh"}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("holder", "My technologies"),
        ("investor", "My calls"),
        ("incubator", "Applications received"),
        ("demand", "My needs"),
        ("assessor", "Assessments to do"),
        ("operator", "Organisations to verify"),
    ],
)
async def test_each_kind_finds_its_own_queues(kind: str, said: str, party: Any) -> None:
    page = await (await party(kind)).browser.get("/desk", headers=EN)
    assert page.status_code == 200
    assert said in page.text
    assert "Nothing waits for you." in page.text


async def test_a_draft_waits_for_its_holder_and_for_nobody_else(party: Any, sessions: Any) -> None:
    holder, other = await party("holder"), await party("holder")
    listing = await screening.drafted_listing(sessions, holder)
    mine = (await holder.browser.get("/desk", headers=ZH)).text
    assert f'href="/desk/technologies/{listing}"' in mine
    assert "1 项待您处理" in mine
    assert "草稿" in mine
    assert str(listing) not in (await other.browser.get("/desk", headers=ZH)).text


async def test_both_sides_see_an_introduction_and_the_asked_side_that_it_waits(party: Any, sessions: Any) -> None:
    investor = await party("investor")
    introduction = await introductions.expressed_interest(sessions, investor)
    page = (await investor.browser.get("/desk", headers=EN)).text
    assert f'href="/desk/introductions/{introduction}"' in page
    assert "Interest expressed" in page


async def test_who_posted_a_call_sees_it(party: Any, sessions: Any) -> None:
    investor = await party("investor")
    call = await calls.published_call(sessions, investor)
    assert f'href="/desk/calls/{call}"' in (await investor.browser.get("/desk", headers=EN)).text


async def test_who_is_not_verified_is_told_what_to_do(party: Any) -> None:
    page = await (await party("holder", verified=False)).browser.get("/desk", headers=EN)
    assert 'href="/account/verification"' in page.text


def test_every_queue_leads_to_pages_that_exist(app: Litestar) -> None:
    known = {re.sub(r"\{[^}]*\}", "{id}", route.path_format) for route in app.routes}
    for name, words in QUEUES.items():
        begin = [words.begin[0]] if words.begin else []
        for address in (words.address, words.one, *begin):
            assert address in known, f"{name}: {address}"
