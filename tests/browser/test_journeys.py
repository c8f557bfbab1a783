"""The main task of each kind of user, from the first page to the end, as people do it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.test_accessibility import RULES

WAYS = [
    pytest.param("en", DESKTOP, True, id="en-desktop"),
    pytest.param("zh", PHONE, True, id="zh-phone"),
    pytest.param("zh", DESKTOP, False, id="zh-no-scripts"),
    pytest.param("en", PHONE, False, id="en-phone-no-scripts"),
]
WORK_WITHIN_MS = 120_000


def is_sound(page: Page) -> None:
    """No wider than the window; where scripts run, no violation that a machine can find."""
    assert "Error" not in page.title()
    if page.evaluate("typeof EventSource") != "undefined":
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize(("language", "width", "scripts"), WAYS)
def test_an_investor_screens_the_catalogue_and_chooses_under_a_budget(
    language: str, width: dict[str, int], scripts: bool, open_page: Open
) -> None:
    page = open_page("/screens/new", language=language, width=width, scripts=scripts, as_kind="investor")
    form = page.locator("main form[action='/screens']")
    form.locator("[name=name]").fill(f"{language} {width['width']} {scripts}")
    form.locator("button.main").click()
    expect(page).to_have_url(re.compile(r"/screens/[0-9a-f-]{36}"))
    ranking = page.locator("form[action='/technologies/compare'] table, main table").first
    if not scripts:
        for _ in range(60):
            if page.locator("main svg").count():
                break
            page.wait_for_timeout(1000)
            page.reload()
    ranking.wait_for(state="attached", timeout=WORK_WITHIN_MS)
    is_sound(page)
    page.locator("a[href$='/choose']").first.click()
    expect(page).to_have_url(re.compile("/choose"))
    page.locator("main form [name=budget]").last.fill("20000000")
    page.locator("main form button").last.click()
    expect(page.locator("main table").first).to_be_attached(timeout=WORK_WITHIN_MS)
    is_sound(page)


@pytest.mark.parametrize(("language", "width", "scripts"), WAYS)
def test_a_holder_finds_a_call_sees_whether_it_can_apply_and_keeps_a_draft(
    language: str, width: dict[str, int], scripts: bool, open_page: Open
) -> None:
    page = open_page("/calls", language=language, width=width, scripts=scripts, as_kind="holder")
    page.locator("main .rows a").first.click()
    expect(page.locator("main .met, main .missed").first).to_be_visible()
    is_sound(page)
    page.locator("main a[href*='/apply']").first.click()
    # Each way applies with a technology of its own.
    number = WAYS_IDS.index((language, width["width"], scripts))
    page.locator("main form select[name=listing_id]").first.select_option(index=number + 1)
    page.wait_for_load_state("networkidle")
    page.locator("main form button.main, main form .button.main").first.click()
    expect(page).to_have_url(re.compile(r"/desk/applications/[0-9a-f-]{36}"))
    is_sound(page)
    page.goto("/desk/applications")
    assert page.locator("main a[href*='/desk/applications/']").count() >= 1


@pytest.mark.parametrize(("language", "width", "scripts"), WAYS)
def test_an_incubator_posts_a_call_from_a_template(
    language: str, width: dict[str, int], scripts: bool, open_page: Open
) -> None:
    page = open_page("/desk/calls", language=language, width=width, scripts=scripts, as_kind="incubator")
    page.locator("main a[href*='/desk/calls/new']").first.click()
    page.locator("main form button.main").last.click()
    page.wait_for_load_state()
    is_sound(page)
    assert page.url.endswith("/desk/calls/new") or re.search(r"/desk/calls/[0-9a-f-]{36}", page.url)


WAYS_IDS = [(way.values[0], way.values[1]["width"], way.values[2]) for way in WAYS]

SIGNED_IN = {
    "holder": [
        "/desk",
        "/desk/technologies",
        "/desk/technologies/new",
        "/desk/applications",
        "/desk/deals",
        "/account",
    ],
    "investor": ["/desk", "/screens", "/desk/calls", "/desk/introductions", "/desk/rooms", "/desk/statement"],
    "demand": ["/desk", "/desk/needs", "/needs", "/needs/interview", "/knowledge"],
    "assessor": ["/desk", "/desk/assignments", "/desk/reviews"],
    "operator": ["/desk/operator", "/desk/operator/audit", "/desk/operator/money", "/desk/operator/knowledge"],
}


@pytest.mark.parametrize("kind", SIGNED_IN)
def test_pages_behind_the_door_have_no_violations(kind: str, open_page: Open) -> None:
    page = open_page("/desk", as_kind=kind)
    wrong = []
    for path in SIGNED_IN[kind]:
        answer = page.goto(path)
        found = Axe().run(page, options=RULES)
        if answer is None or answer.status != 200 or found.violations_count:
            wrong.append(f"{path} {answer and answer.status}: {found.generate_report()[:600]}")
    assert not wrong, "\n\n".join(wrong)
