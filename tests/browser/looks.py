"""What a machine can see of a page: each function gives what is wrong, in words, or nothing."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

# A window that is looked at is given this script before its first page: it is then compiled once, not for each page.
AXE: str = Axe().axe_script

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
LANG = {"zh": "zh-Hans", "en": "en"}
TARGET_PX = 44

# Controls that stand alone: links within a text are as high as its lines.
_SMALL = """least => [...document.querySelectorAll(
    'button, .button, nav a, .top a, .foot a, summary, input, select, textarea, .choice, .crumbs a, .pager a, .tabs a')]
  .filter(one => one.type !== 'hidden' && !one.matches('.skip, .visually-hidden'))
  .map(one => one.matches('input[type=checkbox], input[type=radio]') ? one.closest('label') ?? one : one)
  .map(one => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([_, box]) => box.width && box.height && box.height < least - .5).map(([html]) => html)"""

_UNSEEN_FOCUS = """() => [...document.querySelectorAll(
    'a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(one => one.checkVisibility() && !one.disabled && one.type !== 'hidden')
  .filter(one => {
    one.focus();
    if (document.activeElement !== one) return false;
    const shown = getComputedStyle(one);
    return (shown.outlineStyle === 'none' || parseFloat(shown.outlineWidth) < 2) && shown.boxShadow === 'none';
  }).map(one => one.outerHTML.slice(0, 90))"""

# Words that are said in the other language without being marked as such: a string without its translation.
_FOREIGN = """([language, names]) => {
  const han = /[\\u4e00-\\u9fff]/, words = /[A-Za-z]{4,}[^]* [^]*[A-Za-z]{4,}/;
  const foreign = text => language === 'zh' ? words.test(text) && !han.test(text) : han.test(text);
  const own = language === 'zh' ? 'zh-Hans' : 'en';
  const said = [];
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node = walk.currentNode; node; node = walk.nextNode()) {
    const around = node.nodeType === 3 ? node.parentElement : node;
    if (around.closest('script, style, title, code, pre, textarea, option')) continue;
    if (around.closest('[lang]').lang !== own) continue;
    if (node.nodeType === 3) said.push(node.data);
    else for (const name of ['aria-label', 'placeholder', 'title', 'alt']) said.push(node.getAttribute(name) ?? '');
  }
  return [...new Set(said.map(text => text.trim().replace(/\\s+/g, ' ')))]
    .filter(text => foreign(names.reduce((left, name) => left.replaceAll(name, ''), text)));
}"""


async def violations(page: Page, options: dict[str, Any] = RULES) -> list[str]:
    """Of WCAG 2.2 AA, as far as axe knows."""
    found = await page.evaluate("async options => (await axe.run(document, options)).violations", options)
    return [f"axe {one['id']} ({one['help']}): {one['nodes'][0]['html'][:160]} … {len(one['nodes'])}×" for one in found]


async def dark_violations(page: Page) -> list[str]:
    """In the dark only the colours are others."""
    await page.emulate_media(color_scheme="dark")
    found = await violations(page, COLOURS)
    await page.emulate_media(color_scheme="light")
    return [f"dark: {one}" for one in found]


async def too_wide(page: Page) -> list[str]:
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{wide} px wider than the window"] if wide > 0 else []


async def small_targets(page: Page) -> list[str]:
    return [f"smaller than a finger: {html}" for html in await page.evaluate(_SMALL, TARGET_PX)]


async def unseen_focus(page: Page) -> list[str]:
    """After a key was pressed, browsers show the focus wherever a script puts it, as they do for the keyboard's."""
    await page.keyboard.press("Tab")
    return [f"focus is not seen: {html}" for html in await page.evaluate(_UNSEEN_FOCUS)]


async def wrong_language(page: Page, language: str, names: list[str]) -> list[str]:
    """`names` are the same in every language."""
    held = await page.evaluate("document.documentElement.lang")
    wrong = [] if held == LANG[language] else [f"lang is {held}"]
    return wrong + [f"in the other language: {text[:120]}" for text in await page.evaluate(_FOREIGN, [language, names])]
