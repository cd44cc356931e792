"""The shipped page against the whole local stack: what a person types arrives with sales."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.stack import received, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ANSWERS = {
    "email": "ada@example.com",
    "company": "Example Engines",
    "job_title": "Director",
    "company_size": "201-1000",
}


def fill(page: Page) -> None:
    for name, answer in ANSWERS.items():
        control = page.locator(f"[name={name}]")
        if control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(answer)
        else:
            control.fill(answer)


@pytest.mark.parametrize("with_script", [True, False])
def test_what_a_person_types_becomes_one_message_for_sales(browser: Browser, tmp_path: Path, with_script: bool) -> None:
    context = browser.new_context(java_script_enabled=with_script, viewport={"width": 390, "height": 844})
    page = context.new_page()
    with serving(tmp_path) as running:
        page.goto(f"{running.ready['pages_url']}demo-request")
        fill(page)
        page.locator("[name=consent_mkt_email]").check()
        page.locator("button[type=submit]").click()
        if with_script:
            page.wait_for_selector(".lg-receipt")
        else:
            page.wait_for_url("**/thanks")

        messages = received(running)

    context.close()
    assert [message["type"] for message in messages] == ["lead.sales_qualified"]
    assert messages[0]["data"]["permission"]["reply"] is True


def test_the_page_leaves_no_cookie_and_asks_no_other_host(browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    with serving(tmp_path) as running:
        home = running.ready["pages_url"].rstrip("/")
        for path in ("/", "/demo-request", "/content-download", "/newsletter", "/thanks", "/sorry"):
            page.goto(home + path)

        cookies = context.cookies()

    context.close()
    assert cookies == []
    assert asked == {home.split("/")[2]}


@pytest.mark.requirement("C9")
def test_what_a_person_reads_after_the_form_counts_and_what_an_anonymous_visitor_reads_is_not_sent(
    browser: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path) as running:
        home = running.ready["pages_url"].rstrip("/")
        sent: list[str] = []
        for ticked in (False, True):
            context = browser.new_context()
            context.on("request", lambda request: sent.append(request.url) if "/engagement" in request.url else None)
            page = context.new_page()
            page.goto(f"{home}/demo-request")
            page.locator("[name=email]").fill("ada@example.com" if ticked else "grace@example.com")
            if ticked:
                page.locator("[name=consent_profiling]").check()
            page.locator("button[type=submit]").click()
            page.wait_for_selector(".lg-receipt")
            page.goto(f"{home}/trends")
            page.locator("[data-leadgate-event=content_download]").click()
            page.wait_for_timeout(300)
            page.goto(f"{home}/forms")
            page.wait_for_timeout(500)
            context.close()
            assert bool(sent) is ticked

        log = (tmp_path / "log").read_text("utf-8")

    assert log.count('"message":"engaged"') == 2  # the pressed link, then the page that was left
