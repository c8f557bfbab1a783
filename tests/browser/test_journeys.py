"""The main task of each kind of user, from signing in to the end, as people do it.

Four ways between them pair each language with each width, and both with and without scripts; one needs no mouse.
With EVERY_WAY=1 (`make journeys`) the other four are walked as well: each language at each width, both with and without
scripts.
"""

import os
import re
import uuid
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.async_api import Page, expect

from fixtures.pages import HOLDER, INCUBATOR, INVESTOR, Tour
from fixtures.people import PASSWORD, parties
from tests.browser import looks
from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.hands import Hands

WORK_WITHIN_MS = 120_000
LOOK_EVERY_MS = 500
ID = "[0-9a-f-]{36}"


class Way(NamedTuple):
    """How somebody comes to the site; `number` keeps what one journey makes apart from the others'."""

    number: int
    language: str
    width: dict[str, int]
    scripts: bool
    keyboard: bool = False


WAYS = [
    pytest.param(Way(0, "en", DESKTOP, True, keyboard=True), id="en-desktop-keyboard"),
    pytest.param(Way(1, "zh", PHONE, True), id="zh-phone"),
    pytest.param(Way(2, "zh", DESKTOP, False), id="zh-desktop-no-scripts"),
    pytest.param(Way(3, "en", PHONE, False), id="en-phone-no-scripts"),
]
if os.environ.get("EVERY_WAY"):
    WAYS += [
        pytest.param(Way(4, "zh", DESKTOP, True), id="zh-desktop"),
        pytest.param(Way(5, "en", PHONE, True), id="en-phone"),
        pytest.param(Way(6, "en", DESKTOP, False), id="en-desktop-no-scripts"),
        pytest.param(Way(7, "zh", PHONE, False), id="zh-phone-no-scripts"),
    ]


async def signed_in(open_apart: Open, way: Way, key: str) -> Hands:
    """From the first page through the form."""
    page = await open_apart("/", language=way.language, width=way.width, scripts=way.scripts)
    page.on("dialog", lambda asked: asked.accept())
    hands = Hands(page, keyboard=way.keyboard)
    await hands.press(page.locator("header a[href='/sign-in']"))
    await hands.fill("email", next(party.email for party in parties() if party.key == key))
    await hands.fill("password", PASSWORD)
    await hands.press("form button.main")
    assert page.url.endswith("/desk")
    return hands


async def is_sound(page: Page, way: Way) -> None:
    """Without scripts a page cannot be asked; then it is at least no page for errors."""
    assert not await page.locator("main [role=alert]").count(), await page.locator("main [role=alert]").inner_text()
    if way.scripts:
        assert not await looks.too_wide(page)


async def arrived(page: Page, address: str) -> None:
    await expect(page).to_have_url(re.compile(address + "$"))


@pytest.mark.parametrize("way", WAYS)
async def test_an_investor_screens_chooses_under_a_budget_and_expresses_interest(way: Way, open_apart: Open) -> None:
    hands = await signed_in(open_apart, way, INVESTOR)
    page = hands.page
    await hands.press(page.locator("header nav a[href='/screens']"))
    await hands.press("a[href='/screens/new']")
    await hands.fill("name", f"Journey {way.number}")
    await hands.press("form[action='/screens'] button.main")
    await arrived(page, f"/screens/{ID}")
    screen = page.url
    await answered(page, way)
    await is_sound(page, way)
    await hands.press("a[href$='/choose']")
    await hands.fill("budget", "20000000")
    if way.scripts:
        await page.keyboard.press("Enter")
    else:
        await hands.press("form:has([name=budget]) button")
    await expect(page.locator("main table").first).to_be_attached(timeout=WORK_WITHIN_MS)
    await is_sound(page, way)
    await page.goto(screen)
    await hands.press(page.locator("main th a[href^='/technologies/']").nth(4 + way.number))
    await arrived(page, f"/technologies/{ID}")
    await hands.press("a[href^='/introductions/new']")
    await hands.choose("purpose", 1)
    await hands.fill("amount.amount_minor", "1000000")
    await hands.choose("instrument", 1)
    await hands.fill("message", "We would like to see the pilot's figures.")
    await hands.press("form[action='/introductions'] button.main")
    await arrived(page, f"/desk/introductions/{ID}")
    await is_sound(page, way)


async def answered(page: Page, way: Way) -> None:
    """With scripts the page follows the work by itself; without, one looks again."""
    for _ in range(WORK_WITHIN_MS // LOOK_EVERY_MS):
        if await page.locator("main a[href$='/choose']").count():
            return
        await page.wait_for_timeout(LOOK_EVERY_MS)
        if not way.scripts:
            await page.reload()
    raise AssertionError("no answer")


@pytest.mark.parametrize("way", WAYS)
async def test_an_incubator_writes_a_call_publishes_it_and_sets_up_its_reviews(way: Way, open_apart: Open) -> None:
    hands = await signed_in(open_apart, way, INCUBATOR)
    page = hands.page
    await hands.press("a[href='/desk/calls']")
    await hands.press("a[href^='/desk/calls/new']")
    await hands.fill("title.zh", f"征集 {way.number}")
    await hands.fill("title.en", f"Journey {way.number}")
    await hands.press("form button.main >> nth=-1")
    await arrived(page, f"/desk/calls/{ID}")
    call = page.url.rpartition("/")[2]
    await is_sound(page, way)
    await hands.press(f"form[action='/desk/calls/{call}/publish'] button", stays=True)
    await page.locator(f"main a[href='/desk/calls/{call}/rounds/new']").wait_for()
    await hands.press(f"a[href='/desk/calls/{call}/rounds/new']")
    await hands.press("form button.main")
    await arrived(page, f"/desk/calls/rounds/{ID}")
    await is_sound(page, way)
    await hands.press(page.locator("header nav a[href='/calls']"))
    await expect(page.locator(f"main a[href='/calls/{call}']").first).to_be_visible()


class Fit(NamedTuple):
    """A call, and one of the holder's technologies that nothing keeps from applying."""

    call: str
    listing: str
    amount: str


@pytest.fixture(scope="session")
def fits(tour: Tour) -> list[Fit]:
    """One for each way; a technology applies a second time only where there are not enough of them."""
    found = list(_fits(tour))
    apart = {fit.listing: fit for fit in found}
    return [*apart.values(), *(fit for fit in found if fit not in apart.values())]


def _fits(tour: Tour) -> Iterator[Fit]:
    holder, applied = tour.client(HOLDER), set(_applied(tour))
    for call in dict.fromkeys(re.findall(f'href="/calls/({ID})"', holder.get("/calls").text)):
        page = holder.get(f"/calls/{call}").text
        for listing, name in re.findall(f'<option value="({ID})"[^>]*>([^<]+)<', page):
            answer = holder.get(f"/calls/{call}", params={"listing": listing}).text
            if (call, name) not in applied and "Nothing stops an application" in answer:
                asked = re.search(r'name="amount"[^>]* value="([^"]+)"', answer)
                yield Fit(call, listing, asked[1] if asked else "")


def _applied(tour: Tour) -> Iterator[tuple[str, str]]:
    """Calls, and the names of what has applied to them."""
    holder = tour.client(HOLDER)
    for address in re.findall(f'href="(/desk/applications/{ID})"', holder.get("/desk/applications").text):
        page = holder.get(address).text
        name, call = re.search("<h1>([^<]+)<", page), re.search(f'href="/calls/({ID})"', page)
        if name and call:
            yield call[1], name[1]


@pytest.mark.parametrize("way", WAYS)
async def test_a_holder_lists_a_technology_and_applies_to_a_call(way: Way, fits: list[Fit], open_apart: Open) -> None:
    hands = await signed_in(open_apart, way, HOLDER)
    page = hands.page
    await hands.press("a[href='/desk/technologies/new']")
    mark = uuid.uuid4().hex[:6]
    await hands.fill("technology.name.zh", f"工艺 {mark}")
    await hands.fill("technology.name.en", f"Process {mark}")
    await hands.press("form button.main")
    await arrived(page, f"/desk/technologies/{ID}")
    await is_sound(page, way)

    call, listing, amount = fits[way.number]
    await hands.press(page.locator("header nav a[href='/calls']"))
    await hands.press(f"a[href='/calls/{call}']")
    await is_sound(page, way)
    await hands.press("a[href*='/apply']")
    offered = await page.locator("main select[name=listing_id] option").evaluate_all("all => all.map(one => one.value)")
    await hands.choose("listing_id", offered.index(listing))
    await hands.press("form button.main")
    await arrived(page, f"/desk/applications/{ID}")
    await hands.fill("asked", amount)
    await answer_everything(hands)
    await hands.press("form button.main")
    await is_sound(page, way)
    await arrived(page, f"/desk/applications/{ID}")
    await expect(page.locator("main button[formaction$='/submit']")).to_have_count(0)


async def answer_everything(hands: Hands) -> None:
    for place in await hands.page.locator("main #draft :is(textarea, input:not([type=hidden], [type=radio]))").all():
        name, kind = await place.get_attribute("name"), await place.get_attribute("type")
        if kind == "file":
            await place.set_input_files({"name": "paper.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
        elif name and not await place.input_value():
            await hands.fill(name, "12")
    for group in await hands.page.locator("main #draft fieldset").all():
        await hands.tick(group.locator("input[type=radio]").first)
