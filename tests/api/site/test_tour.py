"""Every page stands in the table from which browsers' tests, benchmarks and screenshots take theirs."""

from fixtures.pages import PAGES, SOUGHT, pattern_of
from tests.api.test_access import ROUTES

NOT_LOOKED_AT = ("/api/", "/static/", "/health", "/metrics")
STREAMS = ("/screens/{screen_id}/progress",)


def pages() -> list[str]:
    looked_at = (route.path for route in ROUTES if route.method == "GET" and not route.path.startswith(NOT_LOOKED_AT))
    return sorted(path for path in looked_at if path not in STREAMS)


def test_every_page_has_a_row() -> None:
    assert [page.route for page in PAGES] == pages(), "add it to PAGES in fixtures/pages.py, where they are sorted"


def test_what_leads_to_a_page_is_a_page() -> None:
    routes = {page.route for page in PAGES}
    assert {page.link_on for page in PAGES} - {""} <= routes
    assert set(SOUGHT) <= routes
    assert all(page.link_on for page in PAGES if "{" in page.route)


def test_an_id_is_not_a_word() -> None:
    assert not pattern_of("/needs/{need_id}").fullmatch("/needs/interview")
