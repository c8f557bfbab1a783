import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fixtures.catalogue import technologies
from scoring.errors import Refusal
from scoring.portfolio.selection import Selection, select
from scoring.report.render import write_report
from scoring.report.texts import TEXTS
from scoring.screening.portfolio import portfolio_loss
from scoring.screening.screen import screen
from scoring.technology import Medium, Technology, Text

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect", "line", "circle", "use", "stop", "image"}


class Balanced(HTMLParser):
    """Collects what is opened and not closed, and every address that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.fetched += [given[name] or "" for name in ("src", "href") if name in given]
        if tag == "script":
            self.wrong.append("a script")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    hostile = Technology(id='<"&', name=Text(en="<script>alert(1)</script>"), claimed_trl=4)
    some = [*[found for found in technologies() if found.financing][:8], hostile]
    found = screen(some, as_of=date(2026, 11, 21), cards={}, propose=lambda _: Refusal(reason="no-text"))
    chosen = select(found, budget=30_000 * 1_000_000)
    assert isinstance(chosen, Selection)
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(found, path, source="demo", portfolio=portfolio_loss(found), selection=chosen)
    return path.read_text(encoding="utf-8")


def test_it_is_one_file_that_fetches_nothing(report: str) -> None:
    page = Balanced()
    page.feed(report)
    assert page.wrong == []
    assert page.open == []
    assert [address for address in page.fetched if not address.startswith("#")] == []
    assert "url(http" not in report


def test_what_holders_write_never_becomes_markup(report: str) -> None:
    assert "<script" not in report
    assert "&lt;script&gt;" in report


def test_both_languages_are_there(report: str) -> None:
    for key in ("title", "ranking", "portfolio", "selection", "details", "how"):
        assert str(TEXTS[key].zh) in report
        assert str(TEXTS[key].en) in report


def test_the_map_names_media_in_its_language(report: str) -> None:
    said = set(re.findall(r"<text[^>]*>([^<]*)</text>", report))
    assert {"大气", "Air", "水", "Water"} <= said
    assert said.isdisjoint(medium.value for medium in Medium)


def test_every_word_of_the_report_exists_in_both_languages() -> None:
    assert [key for key, text in TEXTS.items() if not (text.zh and text.en)] == []


def test_every_page_linked_to_is_there(report: str) -> None:
    targets = set(re.findall(r'href="#([^"]+)"', report))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', report))


def test_without_anything_ranked_there_is_still_a_report(tmp_path: Path) -> None:
    unknown = Technology(id="a", name=Text(zh="一个想法"))
    found = screen([unknown], as_of=date(2026, 11, 21), cards={}, propose=lambda _: Refusal(reason="no-text"))
    path = tmp_path / "report.html"
    write_report(found, path, language="zh")
    assert "一个想法" in path.read_text(encoding="utf-8")
