"""The real events of Central Asia behind the API, and Debian's Chromium in front of it."""

from __future__ import annotations

import asyncio
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from steppe.cli.commands.migrate import ensure_topic
from steppe.contracts.topics import DEALS, PARTITIONS_DEFAULT
from tests.conftest import clone_database, drop_database
from tests.services.api.reading_api import Log
from tests.stack import Service, Stack, database_of, start_service

ROOT = Path(__file__).parent.parent.parent
EVENTS = ROOT / "examples" / "central-asia" / "events.ndjson"
ARTEFACTS = ROOT / "build" / "screenshots"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture(scope="session")
def page_of_central_asia(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An API that answers with what follows from the example's events."""
    topic = f"{DEALS.name}.{uuid.uuid4().hex[:12]}"
    name = f"steppe_page_{uuid.uuid4().hex[:12]}"
    asyncio.run(ensure_topic(stack.kafka, DEALS, PARTITIONS_DEFAULT, name=topic))
    asyncio.run(clone_database(stack, template, name, topic))
    database = database_of(stack.database, name)
    events = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    asyncio.run(Log(database, topic).append(*events))
    asyncio.run(Log(database, topic).append_records([(b"broken", b"\xff\xfe no event <script>alert(1)</script>")]))
    settings = {"STEPPE_DATABASE": database.api, "STEPPE_TOPIC": topic, "STEPPE_KAFKA": stack.kafka}
    service = start_service("api", settings, tmp_path_factory.mktemp("page"))
    yield service
    service.stop()
    asyncio.run(drop_database(stack, name))


@pytest.fixture(scope="session")
def address(page_of_central_asia: Service) -> str:
    """The address of that API."""
    return page_of_central_asia.address


@pytest.fixture
def browser(address: str) -> Iterator[Browser]:
    """The machine's Chromium. One for each test: while Playwright's event loop runs, no other one in this process can."""
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    assert executable is not None, "there is no Chromium here: `make system` installs Debian's"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(_QUIET))
        yield running
        running.close()


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
