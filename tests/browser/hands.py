"""What a person does to a page: with a mouse, or with nothing but a keyboard."""

from playwright.async_api import Locator, Page

TABS_MAX = 400
_IS_FOCUSED = "one => one === document.activeElement"


class Hands:
    """Fill in, choose and press. With a keyboard, Tab leads to every place or the journey ends there."""

    def __init__(self, page: Page, *, keyboard: bool = False) -> None:
        self.page, self._keyboard = page, keyboard

    async def fill(self, name: str, text: str) -> None:
        place = self.field(name)
        if not self._keyboard:
            await place.fill(text)
            return
        await self._reach(place)
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(text)

    async def choose(self, name: str, index: int) -> None:
        place = self.field(name)
        if not self._keyboard:
            await place.select_option(index=index)
            return
        await self._reach(place)
        await self.page.keyboard.press("Home")
        for _ in range(index):
            await self.page.keyboard.press("ArrowDown")

    async def press(self, place: Locator | str, *, stays: bool = False) -> None:
        """A button or a link, by what it is or by a selector within the main part; then the next page is there.

        `stays`: where scripts run, the page is changed instead.
        """
        wanted = self.page.locator(f"main {place}").first if isinstance(place, str) else place.first
        if self._keyboard:
            await self._reach(wanted)
        if stays:
            await self._press(wanted)
            return
        async with self.page.expect_navigation(timeout=60_000):
            await self._press(wanted)

    async def _press(self, wanted: Locator) -> None:
        if self._keyboard:
            await self.page.keyboard.press("Enter")
        else:
            await wanted.click()

    async def tick(self, place: Locator) -> None:
        if not self._keyboard:
            await place.check()
            return
        await self._reach(place)
        await self.page.keyboard.press("Space")

    def field(self, name: str) -> Locator:
        return self.page.locator(f"main [name='{name}']:not([type=hidden])").first

    async def _reach(self, place: Locator) -> None:
        for _ in range(TABS_MAX):
            if await place.evaluate(_IS_FOCUSED):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {place} on {self.page.url}")
