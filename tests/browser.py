"""A real browser for pages; tests that need one skip where there is none."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from playwright.async_api import ConsoleMessage, Locator, async_playwright, expect
from playwright.async_api import Page as AsyncPage
from playwright.sync_api import Page, sync_playwright

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 15.0
"""Seconds that a page has to show what it should."""

SCREENSHOTS = Path(__file__).parents[1] / "build" / "screenshots"

expect.set_options(timeout=PATIENCE * 1000)


@contextmanager
def open_page() -> Iterator[Page]:
    """An empty page of a fresh Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_find_chromium(), args=CHROMIUM_ARGS)
        yield browser.new_page()
        browser.close()


@asynccontextmanager
async def open_slack(
    url: str, *, user: str = "U0RECRUIT", channel: str = "C0HIRING", **context: Any
) -> AsyncIterator[SlackPage]:
    """Somebody at the Slack of the emulator at `url`, in a fresh Chromium.

    What the browser complains about (scripts, the page's own security policy) fails the test.

    :param context: of the browser, as `java_script_enabled=False` or `color_scheme="dark"`.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_find_chromium(), args=CHROMIUM_ARGS
        )
        settings = {"locale": "en-GB", "viewport": {"width": 1180, "height": 800}, **context}
        page = await browser.new_page(**settings)
        problems: list[str] = []

        def note_error(said: ConsoleMessage) -> None:
            if said.type == "error":
                problems.append(said.text)

        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", note_error)
        slack = SlackPage(page, url)
        await slack.look(user=user, channel=channel)
        yield slack
        await browser.close()
    assert problems == []


def _find_chromium() -> str:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    return CHROMIUM


class SlackPage:
    """A person at the emulator's Slack: types, fills in, presses, and sees.

    Everything waits for the page, at most `PATIENCE`. What is filled in or pressed is looked
    for in the open modal first.

    >>> async with open_slack(emulator.url) as slack:
    ...     await slack.type_command("reference_check")
    ...     await slack.fill("E-mail", "ada@people.test")
    ...     await slack.submit()
    ...     await slack.closes()
    ...     await slack.shows("done in", within=60)

    :ivar page: Playwright's page, for what is not here.
    """

    def __init__(self, page: AsyncPage, url: str) -> None:
        self.page = page
        self.url = url

    async def look(self, *, user: str = "U0RECRUIT", channel: str = "C0HIRING") -> None:
        """Be this person, in this conversation."""
        await self.page.goto(f"{self.url}/?channel={channel}&as={user}")

    async def type(self, text: str) -> None:
        """Write a message or a command where one is, and send it with Enter."""
        line = self.page.get_by_label("Message or command")
        await line.fill(text)
        await line.press("Enter")
        await self._settle()

    async def type_command(self, text: str = "") -> None:
        """Type `/talent` with this text."""
        await self.type(f"/talent {text}".strip())

    async def reply(self, text: str, *, to: str) -> None:
        """Answer the newest message that says `to`, in its thread."""
        await self.message(to).hover()
        await self.message(to).get_by_label("Reply in thread").click()
        await self.page.get_by_label("Reply", exact=True).fill(text)
        await self.page.get_by_role("button", name="Reply").last.click()
        await self._settle()

    async def attach(self, *files: Path, text: str = "") -> None:
        """Send files into the conversation."""
        await self.page.get_by_label("Attach files").set_input_files(files)
        await self.type(text)

    async def fill(self, label: str, value: Any) -> None:
        """Enter something into the field with this label.

        :param value: what a person would type: text, a date as 2026-12-31, a time as 09:30, both
            joined by a T; the name of an option, or a list of the names to choose; a path or a
            list of them for files.
        """
        field = self.field(label)
        kind = await field.evaluate("field => field.type ?? 'list'")
        match kind:
            case "select-one":
                await field.select_option(label=value)
            case "file":
                await field.set_input_files(value)
            case "list":
                await self._choose(field, [value] if isinstance(value, str) else value)
            case _:
                await field.fill(str(value))
        await self._settle()

    async def _choose(self, field: Locator, wanted: list[str]) -> None:
        search = field.get_by_role("searchbox")
        if await search.count():
            for name in wanted:
                await search.press_sequentially(name)
                await field.get_by_label(name).check()
                await search.clear()
            return
        for box in await field.get_by_role("checkbox").all():
            if await box.is_checked():
                await box.uncheck()
        for name in wanted:
            await field.get_by_label(name).check()

    def field(self, label: str) -> Locator:
        name = re.compile(rf"^\s*{re.escape(label)}\s*(\(optional\))?\s*$")
        return self._front().get_by_label(name).first

    async def press(self, button: str, *, confirm: str | None = None) -> None:
        """Press a button; of several with this name, the last.

        :param confirm: the button to press in the question that comes then.
        """
        await self._front().get_by_role("button", name=button, exact=True).last.click()
        if confirm:
            question = self.page.locator("dialog[open]")
            await question.get_by_role("button", name=confirm, exact=True).click()
        await self._settle()

    async def submit(self) -> None:
        """Press the modal's submit button."""
        await self.modal.locator("footer .primary").click()
        await self._settle()

    async def open_home(self) -> None:
        """Look at the app's home."""
        await self.page.locator(".side").get_by_role("button", name="Talent").click()
        await self._settle()

    async def use_shortcut(self, name: str, *, message: str | None = None) -> None:
        """Choose one of the app's shortcuts: a global one, or one of the newest message that
        says `message`."""
        if message is None:
            await self.page.get_by_role("button", name="Shortcuts").click()
        else:
            await self.message(message).hover()
            tools = self.message(message).locator(".tools")
            await tools.get_by_label("More actions").click()
        await self.page.get_by_role("button", name=name, exact=True).click()
        await self._settle()

    @property
    def modal(self) -> Locator:
        return self.page.locator(".modal")

    def message(self, text: str) -> Locator:
        """The newest message that says this."""
        return self.page.get_by_role("article").filter(has_text=text).last

    async def shows(self, text: str, *, within: float = PATIENCE) -> None:
        """Wait until the text can be seen, `within` seconds."""
        found = self._front().get_by_text(text).filter(visible=True).first
        await expect(found).to_be_visible(timeout=within * 1000)

    async def shows_no(self, text: str, *, within: float = PATIENCE) -> None:
        """Wait until the text cannot be seen anywhere."""
        found = self.page.get_by_text(text).filter(visible=True)
        await expect(found).to_have_count(0, timeout=within * 1000)

    async def closes(self) -> None:
        """Wait until no modal is open."""
        await expect(self.modal).to_have_count(0)

    async def screenshot(self, name: str) -> None:
        """Keep what is seen as `build/screenshots/<name>.png`."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    def _front(self) -> Locator:
        """Where a person can act: all but what stands behind a modal."""
        return self.page.locator("body > :not([inert])")

    async def _settle(self) -> None:
        await expect(self.page.locator("[aria-busy]")).to_have_count(0)
