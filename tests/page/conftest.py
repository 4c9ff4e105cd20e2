"""The real events of Central Asia behind the API, and Debian's Chromium in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.central_asia import api_of_central_asia
from tests.stack import Service, Stack

ROOT = Path(__file__).parent.parent.parent
ARTEFACTS = ROOT / "build" / "screenshots"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture(scope="session")
def page_of_central_asia(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An API that answers with what follows from the example's events."""
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("page")) as service:
        yield service


@pytest.fixture(scope="session")
def address(page_of_central_asia: Service) -> str:
    """The address of that API."""
    return page_of_central_asia.address


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium. While it runs, no other event loop can in this process."""
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    assert executable is not None, "there is no Chromium here: `make system` installs Debian's"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(_QUIET))
        yield running
        running.close()


@pytest.fixture
def browser(address: str) -> Iterator[Browser]:
    """A browser for each test."""
    with chromium() as running:
        yield running


class Visit:
    """A page, and the errors and warnings on its console."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.console_errors: list[str] = []
        self.page.on(
            "console",
            lambda message: self.console_errors.append(message.text) if message.type in ("error", "warning") else None,
        )
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """A page of a desktop's width; it must end without errors on the console."""
    context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}, accept_downloads=True)
    opened = Visit(context)
    yield opened
    context.close()
    assert opened.console_errors == []
