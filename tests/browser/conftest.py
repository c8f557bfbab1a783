"""A real browser on a real server with the demo data; skipped, with a word, where no browser is installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fixtures.people import PASSWORD, parties

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
START_WITHIN_S = 240
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if BROWSER is None:
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no Chromium is installed: apt-get install chromium"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own, with the demo data."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("site")
    environment = os.environ | {"GREENHATCH_HOME": str(home), "GREENHATCH_REQUESTS_PER_MINUTE": "0"}
    command = [str(Path(sys.executable).with_name("greenhatch")), "serve", "--demo", "--port", str(port)]
    with (home / "serve.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, home / "serve.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the server did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """One for each test: the library's own event loop runs as long as it is open, and other tests need theirs."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """``open_page("/path", language="zh", as_kind="holder")``: a page in a browser of its own.

    Whatever the console complains about is a failure.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(
        path: str,
        *,
        language: str = "en",
        width: dict[str, int] = DESKTOP,
        scripts: bool = True,
        as_kind: str | None = None,
    ) -> Page:
        context = browser.new_context(
            base_url=site,
            locale=LOCALES[language],
            viewport=width,
            java_script_enabled=scripts,  # type: ignore[arg-type]
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if as_kind is not None:
            sign_in(page, as_kind)
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints


def sign_in(page: Page, kind: str) -> None:
    """As the first of the demo's parties of this kind."""
    email = next(party.email for party in parties() if party.kind == kind)
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.locator("main form button.main").click()
