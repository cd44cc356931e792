"""One Chromium for all browser tests, a fresh context and a fresh stub for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.builders import an_agreement
from tests.browser.stub_api import StubApi, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# A browser that talks to the stub only.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def chromium_path() -> str | None:
    """The Chromium to drive, or None when this machine has none."""
    named = os.environ.get("LEADGATE_CHROMIUM")
    candidates = [named, "/usr/bin/chromium", shutil.which("chromium"), shutil.which("google-chrome")]
    return next((path for path in candidates if path and Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = chromium_path()
    if path is None:
        # Reason: nothing else opens a page. Not proved then: what pages and script do when a person uses them. What
        # remains: tests/test_pages.py and tests/web/test_pages.py read the pages, tests/walk posts what they post.
        pytest.skip("no Chromium found: set LEADGATE_CHROMIUM or install chromium")  # no browser, nothing to open with
    with playwright.sync_playwright() as engine:
        launched = engine.chromium.launch(executable_path=path, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def stub() -> Iterator[StubApi]:
    with served(an_agreement()) as running:
        yield running


@pytest.fixture
def base_url(stub: StubApi) -> str:
    """Where the pages and the API are."""
    return stub.url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone-sized page; a breach of the policy or an error of the script fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce", locale="en-GB")
    context.set_default_timeout(10_000)
    opened = context.new_page()
    violations: list[str] = []
    opened.on("console", lambda line: violations.append(line.text) if "Content Security Policy" in line.text else None)
    opened.on("pageerror", lambda error: violations.append(str(error)))
    yield opened
    context.close()
    assert violations == []
