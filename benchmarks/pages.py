"""Every page of the site on the demo data: how long the server takes, what is sent, and whether the page moves.

The server is a process of its own. A page's time is the median of its answers, asked one after another; what is sent
is the first view of an empty cache: the page, styles, scripts and pictures, as compressed as they come.
"""

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from benchmarks.rows import Row
from fixtures.pages import PAGES, Page, Tour, touring
from fixtures.site import served

ROUNDS = 9
WORST_SHOWN = 5
WIDTH_PX, HEIGHT_PX = 390, 844
SETTLED_MS = 400
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

_SHIFT = """() => new Promise(told => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => told(sum), %d);
})"""


class Seen(NamedTuple):
    """What one page takes."""

    page: Page
    median_ms: float
    fastest_ms: float
    sent_bytes: int


def run(data: Path | None) -> list[Row]:
    """The rows of the benchmark table."""
    with tempfile.TemporaryDirectory(prefix="greenhatch-pages-") as home:
        Path(home).chmod(0o711)
        with served(Path(home)) as address, touring(address) as tour:
            seen = [look(tour, page) for page in PAGES]
            shifts = asyncio.run(shifts_of(tour)) if BROWSER else None
    return [*_times(seen), *_sizes(seen), _movement(shifts)]


def look(tour: Tour, page: Page) -> Seen:
    client, address = tour.client(page.reader), tour.address(page)
    client.get(address)  # templates are compiled, plans are made
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        answer = client.get(address)
        times.append((time.perf_counter() - start) * 1000)
        answer.raise_for_status()
    return Seen(page, median(times), min(times), sum(_sent(client, address)))


def _sent(client: httpx.Client, address: str) -> Iterator[int]:
    """Bytes of the page and of every file that it loads at once."""
    page = client.get(address)
    yield page.num_bytes_downloaded
    for file in sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))):
        yield client.get(file).num_bytes_downloaded


def _times(seen: list[Seen]) -> Iterator[Row]:
    slow = sorted(seen, key=lambda one: -one.median_ms)
    within = sum(one.median_ms <= 50 for one in seen)
    yield Row(
        f"pages: server time, median of {ROUNDS}, one after another",
        f"{median(one.median_ms for one in seen):.0f} ms; {within} of {len(seen)} within 50 ms",
        "",
        None,
        "≤ 50 ms each",
    )
    for one in slow[:WORST_SHOWN]:
        yield Row(
            f"pages: slow: {one.page.route}",
            f"{one.median_ms:.0f} ms (fastest {one.fastest_ms:.0f})",
            "",
            None,
            "≤ 50 ms",
        )


def _sizes(seen: list[Seen]) -> Iterator[Row]:
    heavy = sorted(seen, key=lambda one: -one.sent_bytes)
    yield Row(
        "pages: first view, styles, scripts and charts included",
        f"{median(one.sent_bytes for one in seen) / 1000:.0f} kB; heaviest {heavy[0].page.route}: "
        f"{heavy[0].sent_bytes / 1000:.0f} kB",
        "",
        None,
        "≤ 100 kB",
    )


async def shifts_of(tour: Tour) -> dict[str, float]:
    """By route: how much of the page moved while it was loaded, as a phone shows it."""
    from playwright.async_api import async_playwright

    found = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        for page in PAGES:
            window = await browser.new_context(
                base_url=tour.base, viewport={"width": WIDTH_PX, "height": HEIGHT_PX}, locale="zh-CN"
            )
            await window.add_cookies(tour.cookies(page.reader))
            shown = await window.new_page()
            await shown.goto(tour.address(page))
            found[page.route] = await shown.evaluate(_SHIFT % SETTLED_MS)
            await window.close()
        await browser.close()
    return found


def _movement(shifts: dict[str, float] | None) -> Row:
    what = "pages: cumulative layout shift on a phone, worst page"
    if shifts is None:
        return Row(what, "no browser is installed", "", None, "0")
    worst = max(shifts, key=lambda route: shifts[route])
    moved = sum(shift > 0 for shift in shifts.values())
    return Row(what, f"{shifts[worst]:.4f} {worst}; {moved} of {len(shifts)} move at all", "", None, "0")
