"""Every page of the site, as a machine sees it: WCAG 2.2 AA in light and dark, languages, widths, targets, focus."""

import itertools

import pytest

from fixtures.pages import PAGES, Page, Tour
from fixtures.people import parties
from tests.browser import looks
from tests.browser.conftest import DESKTOP, PHONE, Open

WAYS = tuple(itertools.product(("zh", "en"), (DESKTOP, PHONE)))
# These are seen in every way; of the others, each is seen in one, and its neighbours in the others.
WHOLLY = ("/", "/calls/{call_id}", "/desk", "/needs/{need_id}", "/screens/{screen_id}", "/technologies")
# What is the same in every language: people's names, and what a language calls itself.
NAMES = ["中文", "吴澄", *(party.person for party in parties())]


def ways_of(place: int, page: Page) -> tuple[tuple[str, dict[str, int]], ...]:
    return WAYS if page.route in WHOLLY else (WAYS[place % len(WAYS)],)


SEEN = [
    pytest.param(page, *way, id=f"{page.route}-{way[0]}-{way[1]['width']}")
    for place, page in enumerate(PAGES)
    for way in ways_of(place, page)
]


@pytest.mark.parametrize(("page", "language", "width"), SEEN)
async def test_a_page_is_sound(page: Page, language: str, width: dict[str, int], tour: Tour, open_page: Open) -> None:
    shown = await open_page(tour.address(page), reader=page.reader, language=language, width=width)
    wrong = await looks.violations(shown) + await looks.dark_violations(shown)
    wrong += await looks.too_wide(shown) + await looks.small_targets(shown)
    wrong += await looks.wrong_language(shown, language, NAMES) + await looks.unseen_focus(shown)
    assert not wrong, "\n".join(wrong)
