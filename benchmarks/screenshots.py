"""``python -m benchmarks.screenshots FOLDER [--all]``: every page of the site as a picture, with the demo data.

One picture a page, small enough to be kept; ``--all`` takes each in Chinese and English, on a desktop and on a phone,
and lays them out on sheets of twelve, for who wants to look through all of them. ``--site`` takes a site that runs.
"""

import argparse
import asyncio
import io
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw
from playwright.async_api import Browser, BrowserContext, async_playwright

from benchmarks.pages import BROWSER
from fixtures.pages import PAGES, Page, Tour, touring
from fixtures.site import served

DESKTOP_PX, PHONE_PX = 1280, 390
HEIGHT_PX = 860
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
KEPT_WIDTH_PX, KEPT_HEIGHT_MAX_PX, KEPT_BYTES_MAX = 880, 1200, 40_000
SHEET_PLACES, SHEET_COLUMNS, THUMB_PX = 12, {DESKTOP_PX: 3, PHONE_PX: 6}, {DESKTOP_PX: 620, PHONE_PX: 320}
SHEET_ROW_PX = 900


class Shot(NamedTuple):
    """One picture: which page, in which language, how wide."""

    page: Page
    language: str
    width: int

    @property
    def name(self) -> str:
        words = self.page.route.strip("/").replace("{", "").replace("}", "").replace("_", "-").replace("/", "-")
        return f"{words or 'home'}-{self.language}"


def chosen(everything: bool) -> list[Shot]:
    """Every page once, the languages by turns; or all of them in every way."""
    if everything:
        ways = itertools.product((DESKTOP_PX, PHONE_PX), LOCALES)
        return [Shot(page, language, width) for width, language in ways for page in PAGES]
    return [Shot(page, tuple(LOCALES)[place % 2], DESKTOP_PX) for place, page in enumerate(PAGES)]


async def taken(tour: Tour, shots: list[Shot]) -> AsyncIterator[tuple[Shot, Image.Image]]:
    """The pictures of whole pages, one after another."""
    windows: dict[tuple[str, str, int], BrowserContext] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        for shot in shots:
            key = (shot.page.reader, shot.language, shot.width)
            if key not in windows:
                windows[key] = await _window(browser, tour, shot)
            shown = await windows[key].new_page()
            await shown.goto(tour.address(shot.page), wait_until="load")
            yield shot, Image.open(io.BytesIO(await shown.screenshot(full_page=True))).convert("RGB")
            await shown.close()
        await browser.close()


async def _window(browser: Browser, tour: Tour, shot: Shot) -> BrowserContext:
    window = await browser.new_context(
        base_url=tour.base,
        locale=LOCALES[shot.language],
        viewport={"width": shot.width, "height": HEIGHT_PX},
        color_scheme="light",
    )
    await window.add_cookies(tour.cookies(shot.page.reader))
    return window


def keep(picture: Image.Image, path: Path) -> None:
    """Small: the upper part, fewer pixels, and as good as the allowance permits."""
    wide = picture.resize((KEPT_WIDTH_PX, picture.height * KEPT_WIDTH_PX // picture.width), Image.Resampling.LANCZOS)
    upper = wide.crop((0, 0, wide.width, min(wide.height, KEPT_HEIGHT_MAX_PX)))
    for quality in (60, 45, 30, 15):
        upper.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size <= KEPT_BYTES_MAX:
            return


class Sheets:
    """Twelve pages beside one another, each with its name above; a sheet is written when it is full."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self._waiting: list[tuple[Shot, Image.Image]] = []

    def add(self, shot: Shot, picture: Image.Image) -> None:
        if self._waiting and self._waiting[0][0].width != shot.width:
            self.write()
        thumb = THUMB_PX[shot.width]
        small = picture.resize((thumb, picture.height * thumb // picture.width), Image.Resampling.LANCZOS)
        self._waiting.append((shot, small.crop((0, 0, thumb, min(small.height, SHEET_ROW_PX)))))
        if len(self._waiting) == SHEET_PLACES:
            self.write()

    def write(self) -> None:
        if not self._waiting:
            return
        width = self._waiting[0][0].width
        columns, thumb = SHEET_COLUMNS[width], THUMB_PX[width]
        rows = -(-len(self._waiting) // columns)
        sheet = Image.new("RGB", (columns * (thumb + 10), rows * (SHEET_ROW_PX + 30)), "#888888")
        draw = ImageDraw.Draw(sheet)
        for place, (shot, small) in enumerate(self._waiting):
            left, top = place % columns * (thumb + 10), place // columns * (SHEET_ROW_PX + 30)
            sheet.paste(small, (left, top + 26))
            draw.text((left + 4, top + 6), shot.name, fill="white")
        sheet.save(self._folder / f"sheet-{self._number:02}-{width}.png")
        self._number, self._waiting = self._number + 1, []


@contextmanager
def _site(address: str | None) -> Iterator[str]:
    if address:
        yield address
        return
    with tempfile.TemporaryDirectory(prefix="greenhatch-screenshots-") as home:
        Path(home).chmod(0o711)
        with served(Path(home)) as started:
            yield started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screenshots", description="Every page as a picture.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="both languages, desktop and phone, and sheets of twelve")
    parser.add_argument("--site", help="the address of a site with the demo data that runs already")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with _site(given.site) as address, touring(address) as tour:
        number = asyncio.run(_take(tour, given.folder, everything=given.all))
    print(f"{number} pictures in {given.folder}")


async def _take(tour: Tour, folder: Path, *, everything: bool) -> int:
    shots, sheets = chosen(everything), Sheets(folder)
    async for shot, picture in taken(tour, shots):
        keep(picture, folder / f"{shot.name}{'-phone' if shot.width == PHONE_PX else ''}.webp")
        if everything:
            sheets.add(shot, picture)
    sheets.write()
    return len(shots)


if __name__ == "__main__":
    main()
