"""What holds on every page is asked of one: where the keyboard comes first, and what motion there is."""

from tests.browser.conftest import Open


async def test_the_keyboard_reaches_the_content_first(open_page: Open) -> None:
    page = await open_page("/technologies")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def test_nothing_moves_for_who_wants_no_motion(open_page: Open) -> None:
    page = await open_page("/technologies")
    moved = (
        "[...document.querySelectorAll('*')].filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0)"
    )
    await page.locator("main").evaluate("main => main.classList.add('htmx-request')")
    assert await page.evaluate(f"{moved}.length") > 0
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate(f"{moved}.length") == 0


async def test_an_empty_list_and_a_page_that_is_missing_are_pages_too(open_page: Open) -> None:
    from tests.browser import looks

    page = await open_page("/technologies?medium=noise&trl_min=9")
    assert not await looks.violations(page)
