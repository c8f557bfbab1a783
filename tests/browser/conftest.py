"""A real browser on a real server with the demo data; skipped, with a word, where no browser is installed.

Everything here runs on one event loop, the session's: the browser and its windows outlive a test.
"""

import fcntl
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from fixtures.pages import VISITOR, Tour, touring
from fixtures.site import STOP_WITHIN_S, start_site
from marketplace.embedded.locks import lock_now, locked
from tests.browser import looks

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}

Open = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            # In front, so that it comes before what the automatic mode would choose.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if BROWSER is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed: apt-get install chromium"))


@pytest.fixture(scope="session")
def site(testrun_uid: str) -> Iterator[str]:
    """The address of one server for all test processes: the first starts it, the last one stops it.

    `SITE_UNDER_TEST` names one with the demo data that runs already, for who works on a test.
    """
    if given := os.environ.get("SITE_UNDER_TEST"):
        yield given
        return
    place = Path(tempfile.gettempdir()) / f"greenhatch-site-{testrun_uid[:12]}"
    (home := place / "home").mkdir(parents=True, exist_ok=True)
    for folder in (place, home):
        folder.chmod(0o711)  # PostgreSQL has an account of its own under root
    told = place / "address"
    with (place / "users").open("ab") as users:
        with locked(place / "starting"):
            fcntl.flock(users, fcntl.LOCK_SH)
            if not told.exists():
                server, address = start_site(home)
                # It may outlive this process; until then somebody waits for it.
                threading.Thread(target=server.wait, daemon=True).start()
                told.write_text(f"{server.pid} {address}")
        pid, address = told.read_text().split()
        yield address
        fcntl.flock(users, fcntl.LOCK_UN)
        with locked(place / "starting"):
            last = lock_now(users)
        if last:
            stop(int(pid))
            shutil.rmtree(place, ignore_errors=True)


def stop(pid: int) -> None:
    """The server may be another test process's child."""
    os.kill(pid, signal.SIGTERM)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=STOP_WITHIN_S)


@pytest.fixture(scope="session")
def tour(site: str) -> Iterator[Tour]:
    with touring(site) as going:
        yield going


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        await launched.close()


class Windows:
    """Windows of the browser; what they complain about is kept.

    One for each language serves whoever looks at a page: a new window or tab costs more than most pages do.
    """

    def __init__(self, browser: Browser, tour: Tour) -> None:
        self._browser, self._tour = browser, tour
        self._shared: dict[str, Page] = {}
        self._apart: list[BrowserContext] = []
        self.complaints: list[str] = []

    async def open(
        self, path: str, *, reader: str = VISITOR, language: str = "en", width: dict[str, int] = DESKTOP
    ) -> Page:
        """The page at this path; signed in as the demo party, where one is named."""
        if language not in self._shared:
            self._shared[language] = await self._page(language)
            await self._shared[language].add_init_script(looks.AXE)
        page = self._shared[language]
        await page.emulate_media(media="null", color_scheme="null", reduced_motion="null")
        await page.set_viewport_size(width)  # type: ignore[arg-type]
        await page.context.clear_cookies()
        await page.context.add_cookies(self._tour.cookies(reader))
        return await _at(page, path)

    async def open_apart(self, path: str, *, language: str, width: dict[str, int], scripts: bool) -> Page:
        """The same as a visitor in a window of one's own, until the end of the test."""
        page = await self._page(language, viewport=width, java_script_enabled=scripts)
        self._apart.append(page.context)
        return await _at(page, path)

    async def _page(self, language: str, **options: Any) -> Page:
        window = await self._browser.new_context(base_url=self._tour.base, locale=LOCALES[language], **options)
        window.set_default_timeout(30_000)
        page = await window.new_page()
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    async def clear(self) -> None:
        for window in self._apart:
            await window.close()
        self._apart.clear()
        self.complaints.clear()


async def _at(page: Page, path: str) -> Page:
    answer = await page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    return page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def windows(browser: Browser, tour: Tour) -> Windows:
    return Windows(browser, tour)


@pytest_asyncio.fixture(loop_scope="session")
async def quiet_windows(windows: Windows) -> AsyncIterator[Windows]:
    """What the console complains about is a failure."""
    yield windows
    complaints = list(windows.complaints)
    await windows.clear()
    assert not complaints


@pytest.fixture
def open_page(quiet_windows: Windows) -> Open:
    """``await open_page("/path", language="zh", reader="beichen", width=PHONE)``."""
    return quiet_windows.open


@pytest.fixture
def open_apart(quiet_windows: Windows) -> Open:
    """``await open_apart("/path", language="zh", width=PHONE, scripts=False)``: nobody else's window."""
    return quiet_windows.open_apart
