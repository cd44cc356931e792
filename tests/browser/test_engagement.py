"""What the script tells of a visitor after the form, and that it tells nothing of anybody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.stub_api import ENGAGEMENT, Knock, StubApi
from tests.browser.test_form import RECEIPT, SEND, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARTICLE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trends</title></head><body>
<main data-leadgate-event="content_view" data-leadgate-content="trends-report"><h1>Trends</h1></main>
<section data-leadgate-event="pricing_view"></section>
<a href="#guide" id="guide" data-leadgate-event="content_download" data-leadgate-content="beginners-guide">
<b>Guide</b></a>
<button type="button" id="other">Nothing marked</button>
<video data-leadgate-event="video_watched"></video>
<script src="/web/leadgate.js" defer></script></body></html>"""
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"


@pytest.fixture
def article(stub: StubApi) -> str:
    stub.host_pages["/blog/trends"] = (ARTICLE, POLICY)
    return f"{stub.url}/blog/trends?email=ada@example.com#top"


def reports(stub: StubApi) -> list[Knock]:
    return [knock for knock in stub.posts if knock.path == "/v1/engagement"]


def send_form(page: Page, base_url: str, *, ticked: bool) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    if ticked:
        page.check("[name=consent_profiling]")
    page.click(SEND)
    page.wait_for_selector(RECEIPT)


def leave(page: Page) -> None:
    page.goto("about:blank")
    page.wait_for_timeout(300)


@pytest.mark.requirement("C7a")
def test_a_visit_without_a_token_sends_nothing_at_all(page: Page, stub: StubApi, article: str) -> None:
    for _ in range(3):
        page.goto(article)
        page.click("#guide")
        page.wait_for_timeout(100)
        leave(page)

    assert stub.posts == []
    assert {knock.path.partition("?")[0] for knock in stub.knocks} <= {"/blog/trends", "/web/leadgate.js"}


@pytest.mark.requirement("N10")
def test_without_the_tick_nothing_is_kept_in_the_tab_and_nothing_is_told(
    page: Page, base_url: str, stub: StubApi, article: str
) -> None:
    send_form(page, base_url, ticked=False)
    assert page.evaluate("sessionStorage.length") == 0

    page.goto(article)
    page.click("#guide")
    leave(page)

    assert reports(stub) == []


def test_with_the_tick_a_page_is_told_once_when_it_is_left(
    page: Page, base_url: str, stub: StubApi, article: str
) -> None:
    send_form(page, base_url, ticked=True)
    page.goto(article)
    page.wait_for_timeout(1100)

    leave(page)
    wait_until(lambda: bool(reports(stub)), page)

    (knock,) = reports(stub)
    view, pricing = knock.json["events"]
    assert knock.json["token"] == ENGAGEMENT["token"]
    assert (view["kind"], view["context"]["content"]) == ("content_view", "trends-report")
    assert view["context"]["page_url"] == f"{stub.url}/blog/trends"
    assert view["context"]["time_on_page_s"] >= 1
    assert view["context"]["scroll_depth_pct"] == 100
    assert pricing["kind"] == "pricing_view"
    assert view["event_id"] != pricing["event_id"]
    assert "cookie" not in knock.headers


def test_a_pressed_link_is_told_at_once_and_once(page: Page, base_url: str, stub: StubApi, article: str) -> None:
    send_form(page, base_url, ticked=True)
    page.goto(article)

    page.click("#guide b")
    page.click("#other")
    page.click("#guide")
    wait_until(lambda: bool(reports(stub)), page)
    page.wait_for_timeout(200)

    (knock,) = reports(stub)
    (event,) = knock.json["events"]
    assert (event["kind"], event["context"]) == (
        "content_download",
        {"page_url": f"{stub.url}/blog/trends", "content": "beginners-guide"},
    )


def test_a_video_that_was_played_is_told_by_its_share(page: Page, base_url: str, stub: StubApi, article: str) -> None:
    send_form(page, base_url, ticked=True)
    page.goto(article)
    page.evaluate("""() => {
      const video = document.querySelector("video");
      Object.defineProperty(video, "duration", { value: 100 });
      Object.defineProperty(video, "played", { value: { length: 2, start: (i) => i * 50, end: (i) => i * 50 + 30 } });
    }""")

    leave(page)
    wait_until(lambda: bool(reports(stub)), page)

    shares = [event["context"].get("video_pct") for event in reports(stub)[0].json["events"]]
    assert shares == [None, None, 60]


def test_the_token_lives_in_the_tab_and_not_in_a_cookie(page: Page, base_url: str) -> None:
    send_form(page, base_url, ticked=True)

    kept = json.loads(page.evaluate("sessionStorage.getItem('leadgate token')"))

    assert kept == {"token": ENGAGEMENT["token"], "url": f"{base_url}/v1/engagement"}
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []
    other_tab = page.context.new_page()
    other_tab.goto(base_url)
    assert other_tab.evaluate("sessionStorage.length") == 0


def test_a_later_form_without_the_tick_ends_it(page: Page, base_url: str, stub: StubApi, article: str) -> None:
    send_form(page, base_url, ticked=True)
    leave(page)
    send_form(page, base_url, ticked=False)

    page.goto(article)
    leave(page)

    assert reports(stub) == []


def test_every_report_of_the_script_passes_the_strict_reader(
    page: Page, base_url: str, stub: StubApi, article: str
) -> None:
    statuses: list[int] = []
    page.on("response", lambda reply: statuses.append(reply.status) if "engagement" in reply.url else None)
    send_form(page, base_url, ticked=True)
    page.goto(article)

    page.click("#guide")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    wait_until(lambda: len(statuses) == 2, page)

    assert statuses == [202, 202]


def test_a_page_is_told_to_another_origin_even_while_it_is_left(page: Page, stub: StubApi) -> None:
    elsewhere = stub.url.replace("127.0.0.1", "localhost")
    stub.host_pages["/blog/trends"] = (ARTICLE, f"default-src 'none'; script-src 'self'; connect-src {elsewhere}")
    page.goto(f"{stub.url}/blog/trends")
    held = {"token": ENGAGEMENT["token"], "url": f"{elsewhere}/v1/engagement"}
    page.evaluate("held => sessionStorage.setItem('leadgate token', JSON.stringify(held))", held)

    leave(page)
    wait_until(lambda: bool(reports(stub)), page)

    assert [event["kind"] for event in reports(stub)[0].json["events"]] == ["content_view", "pricing_view"]
    assert "OPTIONS" in {knock.method for knock in stub.knocks}
