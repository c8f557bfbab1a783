"""WCAG 2.2 AA as far as a machine can tell, on every page, light and dark, phone and desktop."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, Open

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PUBLIC = ["/", "/technologies", "/technologies?medium=noise&trl_min=9", "/sign-in", "/sign-up"]


def violations(page: Page) -> str:
    found = Axe().run(page, options=RULES)
    return found.generate_report() if found.violations_count else ""


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_public_pages_have_no_violations(path: str, language: str, open_page: Open) -> None:
    page = open_page(path, language=language)
    assert not violations(page)
    page.emulate_media(color_scheme="dark")
    assert not violations(page)


@pytest.mark.parametrize("path", PUBLIC)
def test_no_page_is_wider_than_a_phone(path: str, open_page: Open) -> None:
    page = open_page(path, width=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_technology_s_page_has_no_violations(open_page: Open) -> None:
    page = open_page("/technologies", width=DESKTOP)
    page.locator(".rows h3 a").first.click()
    assert not violations(page)
    small = open_page(page.url, width=PHONE, language="zh")
    assert not violations(small)
    assert small.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_targets_that_stand_alone_are_large_enough_for_a_finger(open_page: Open) -> None:
    page = open_page("/sign-up", width=PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, nav a, input, select, summary, .choice')]
            .filter(one => one.type !== 'hidden')
            .filter(one => !one.closest('label.choice') || one.matches('.choice'))
            .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
            .filter(([_, box]) => box.width && box.height < 43.5).map(([html]) => html)"""
    )
    assert not small


def test_the_keyboard_reaches_the_content_first_and_focus_is_seen(open_page: Open) -> None:
    page = open_page("/technologies")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
