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

import psutil
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from fixtures.pages import VISITOR, Tour, touring
from fixtures.site import STOP_WITHIN_S, start_site
from marketplace.embedded.locks import lock_now, locked

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
    """Windows of the browser, one for each reader, language, width and way; what they complain about is kept."""

    def __init__(self, browser: Browser, tour: Tour) -> None:
        self._browser, self._tour = browser, tour
        self._kept: dict[tuple[str, str, int, bool, str], BrowserContext] = {}
        self.complaints: list[str] = []

    async def open(
        self,
        path: str,
        *,
        reader: str = VISITOR,
        language: str = "en",
        width: dict[str, int] = DESKTOP,
        scripts: bool = True,
        window: str = "",
    ) -> Page:
        """The page at this path; signed in as the demo party, where one is named. `window` asks for one apart."""
        key = (reader, language, width["width"], scripts, window)
        if key not in self._kept:
            self._kept[key] = await self._window(*key[:2], width, scripts)
        page = await self._kept[key].new_page()
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        return page

    async def _window(self, reader: str, language: str, width: dict[str, int], scripts: bool) -> BrowserContext:
        window = await self._browser.new_context(
            base_url=self._tour.base,
            locale=LOCALES[language],
            viewport=width,  # type: ignore[arg-type]
            java_script_enabled=scripts,
        )
        window.set_default_timeout(30_000)
        await window.add_cookies(self._tour.cookies(reader))
        return window

    async def clear(self) -> None:
        for window in self._kept.values():
            for page in window.pages:
                await page.close()
        self.complaints.clear()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def windows(browser: Browser, tour: Tour) -> Windows:
    return Windows(browser, tour)


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(windows: Windows) -> AsyncIterator[Open]:
    """``await open_page("/path", language="zh", reader="beichen")``; what the console complains about is a failure."""
    yield windows.open
    complaints = list(windows.complaints)
    await windows.clear()
    assert not complaints
