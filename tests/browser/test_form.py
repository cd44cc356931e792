"""What a visitor lives through with the form, in a real browser under a strict Content-Security-Policy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import pytest

from tests.browser.builders import BOXES, FIELDS, WORDING, a_form, an_agreement
from tests.browser.stub_api import Scripted, StubApi, host_page, problem, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SEND = "button[type=submit]"
RECEIPT = ".lg-receipt"
BUSY = Scripted(503, {"title": "unavailable"}, {"Retry-After": "0.5"})


def wait_until(holds: Callable[[], bool], page: Page, seconds: float = 8) -> None:
    """Lets the browser run until `holds`, for a bounded time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(50)


def test_a_visitor_fills_and_sends_the_form_with_the_keyboard_only(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.focus("[name=email]")

    for answer in (
        "ada@example.com",
        "Ada",
        "Lovelace",
        "Example Ltd",
        "CTO",
        "51",
        "United Kingdom",
        "+442071838750",
        "A demo",
    ):
        page.keyboard.type(answer)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _ in range(20):
        if page.evaluate("document.activeElement.matches('button[type=submit]')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(RECEIPT)

    sent = stub.posts[0].json
    assert sent["fields"] == {
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": "Example Ltd",
        "job_title": "CTO",
        "company_size": "51-200",
        "country": "GB",
        "phone": "+442071838750",
        "message": "A demo",
    }
    assert sent["consents"] == {"mkt_email": True, "mkt_phone": False, "profiling": False}
    assert sent["notice"] == "website-privacy@1"
    assert UUID(sent["submission_id"]).version == 4


def test_boxes_are_empty_at_load_and_again_after_a_reload(page: Page, base_url: str) -> None:
    page.goto(base_url)
    ticked = page.locator("input[type=checkbox]:checked")
    assert ticked.count() == 0
    page.check("[name=consent_mkt_email]")

    page.reload()

    assert ticked.count() == 0
    assert page.locator("input[type=checkbox]").count() == len(BOXES)


def test_labels_and_wording_are_shown_to_the_letter(page: Page, base_url: str) -> None:
    page.goto(base_url)

    assert page.locator(".lg-field label span").all_text_contents() == [asked.label for asked in FIELDS]
    assert page.locator(".lg-box label").all_text_contents() == [box.label for box in BOXES]
    assert page.locator(".lg-form details p").text_content() == WORDING


def test_nothing_is_sent_before_the_button_is_pressed(page: Page, base_url: str, stub: StubApi) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    shown = page.goto(base_url + "/?utm_source=letter")

    page.fill("[name=email]", "ada@example.com")
    page.check("[name=consent_profiling]")
    page.mouse.wheel(0, 2000)
    page.wait_for_timeout(300)

    assert shown is not None
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert all(url.startswith(base_url) for url in asked)
    assert all(knock.method == "GET" for knock in stub.knocks)
    assert not any("ada" in knock.path for knock in stub.knocks)


def test_no_cookie_and_no_storage_is_left_behind(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("new FormData(document.querySelector('form')).get('email')") == ""


def test_a_server_error_keeps_the_input_and_is_tried_again_with_the_same_bytes(
    page: Page, base_url: str, stub: StubApi
) -> None:
    stub.script.extend([BUSY, Scripted(0), Scripted(429, {}, {"Retry-After": "0.5"})])
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    page.locator("[role=status]", has_text="trying again").wait_for()
    assert page.input_value("[name=email]") == "ada@example.com"
    page.wait_for_selector(RECEIPT)

    assert len(stub.posts) == 4
    assert len({post.body for post in stub.posts}) == 1


def test_a_cut_or_foreign_answer_is_no_receipt(page: Page, base_url: str, stub: StubApi) -> None:
    stub.script.extend([Scripted(200, {"login": "please"}, {}, "application/json")])
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    assert len(stub.posts) == 2


def test_retry_after_is_waited_for(page: Page, base_url: str, stub: StubApi) -> None:
    stub.script.append(Scripted(503, {}, {"Retry-After": "2"}))
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    wait_until(lambda: len(stub.posts) == 1, page)
    answered = time.monotonic()
    page.wait_for_selector(RECEIPT)

    assert time.monotonic() - answered >= 1.9


def test_what_is_sent_offline_arrives_once_when_the_line_is_back(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.context.set_offline(True)

    page.click(SEND)
    page.locator("[role=status]", has_text="offline").wait_for()
    assert page.input_value("[name=email]") == "ada@example.com"
    assert page.evaluate("sessionStorage.length") == 1
    page.context.set_offline(False)
    page.wait_for_selector(RECEIPT)

    assert len(stub.recorded) == 1
    assert page.evaluate("sessionStorage.length") == 0


def test_leaving_the_page_while_offline_and_coming_back_loses_nothing(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.check("[name=consent_mkt_phone]")
    page.context.set_offline(True)
    page.click(SEND)
    wait_until(lambda: page.evaluate("sessionStorage.length") == 1, page)
    pending = page.evaluate("JSON.parse(Object.values(sessionStorage)[0]).body")

    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(base_url)
    page.wait_for_selector(RECEIPT)

    assert stub.posts[-1].body.decode() == pending
    assert len(stub.recorded) == 1


def test_a_double_click_sends_once(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")

    page.dblclick(SEND)
    page.wait_for_selector(RECEIPT)
    page.wait_for_timeout(200)

    assert len(stub.posts) == 1


def test_refused_answers_are_named_beside_their_fields_and_the_summary_has_the_focus(
    page: Page, base_url: str, stub: StubApi
) -> None:
    faults = (
        ("/fields/email", "invalid_email"),
        ("/fields/phone", "invalid_phone"),
        ("/consents/mkt_phone", "odd"),
        ("", "odd"),
    )
    stub.script.append(problem("invalid_submission", *faults))
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=phone]", "12")

    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    assert page.evaluate("document.activeElement.className") == "lg-summary"
    assert page.locator(".lg-summary li").count() == 4
    assert page.get_attribute("[name=phone]", "aria-invalid") == "true"
    described_by = page.get_attribute("[name=phone]", "aria-describedby")
    assert "country code" in page.inner_text(f"[id='{described_by}']")
    page.click(".lg-summary a >> nth=1")
    assert page.evaluate("document.activeElement.name") == "phone"
    assert page.input_value("[name=phone]") == "12"


def test_the_real_reader_refuses_a_number_and_the_form_says_so(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=phone]", "12")

    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    assert page.inner_text(".lg-summary h2") == "Please check your answers"
    assert page.inner_text(".lg-summary a").startswith("Phone: Please write a phone number with its country code")
    assert stub.recorded == {}


def test_the_browser_itself_names_a_missing_address_and_sends_nothing(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.fill("[name=first_name]", "Ada")

    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    assert stub.posts == []
    assert page.inner_text(".lg-summary a") == "Work e-mail: Please fill this in."
    assert page.input_value("[name=first_name]") == "Ada"


def test_a_refusal_about_all_boxes_blames_none_of_them(page: Page, base_url: str, stub: StubApi) -> None:
    stub.script.append(problem("not_a_lead", ("/consents", "no_permission")))
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    assert page.inner_text(".lg-summary h2") == "Nothing was stored"
    assert page.inner_text("fieldset > .lg-error") == "Without a tick we may not write to you."
    assert page.locator(".lg-box .lg-error").count() == 0


def test_errors_of_the_last_try_are_gone_after_the_next(page: Page, base_url: str, stub: StubApi) -> None:
    stub.script.append(problem("invalid_submission", ("/fields/phone", "invalid_phone")))
    stub.script.append(problem("invalid_submission", ("/fields/email", "invalid_email")))
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.click(SEND)
    page.wait_for_selector("[name=phone][aria-invalid]")

    page.click(SEND)
    page.wait_for_selector("[name=email][aria-invalid]")

    assert page.get_attribute("[name=phone]", "aria-invalid") is None
    assert not page.get_attribute("[name=phone]", "aria-describedby")
    assert page.locator(".lg-error").count() == 1
    assert page.locator(".lg-summary").count() == 1


def test_changed_answers_after_a_refusal_get_a_new_id(page: Page, base_url: str, stub: StubApi) -> None:
    stub.script.append(problem("invalid_submission", ("/fields/phone", "invalid_phone")))
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.fill("[name=phone]", "12")
    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    page.fill("[name=phone]", "+442071838750")
    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    first, second = (post.json["submission_id"] for post in stub.posts)
    assert first != second


def test_a_change_while_waiting_stops_the_old_sending_and_gets_a_new_id(
    page: Page, base_url: str, stub: StubApi
) -> None:
    stub.script.append(Scripted(503, {}, {"Retry-After": "1"}))
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.click(SEND)
    page.locator("[role=status]", has_text="trying again").wait_for()

    page.fill("[name=email]", "grace@example.com")
    page.wait_for_timeout(1500)
    assert len(stub.posts) == 1
    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    assert [post.json["fields"]["email"] for post in stub.posts] == ["ada@example.com", "grace@example.com"]
    assert stub.posts[0].json["submission_id"] != stub.posts[1].json["submission_id"]


def test_the_receipt_says_what_was_recorded_what_is_left_and_how_to_withdraw(
    page: Page, base_url: str, stub: StubApi
) -> None:
    stub.to_do = [{"purpose": "mkt_email", "what": "confirm_by_email"}]
    page.set_extra_http_headers({"Sec-GPC": "1"})
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.check("[name=consent_mkt_email]")

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    shown = page.inner_text(RECEIPT)
    assert f"Yes: {BOXES[0].label}" in shown
    assert f"No: {BOXES[1].label}" in shown
    assert "confirm your e-mail address" in shown
    assert "one word is enough" in shown
    assert "Opt-Out Preference Signal Honored" in shown
    assert "22 November 2026" in shown or "November 22, 2026" in shown
    assert page.evaluate("document.activeElement.className") == "lg-receipt"


def test_without_the_signal_the_receipt_is_silent_about_it(page: Page, base_url: str) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    assert "Signal" not in page.inner_text(RECEIPT)
    assert "left to do" not in page.inner_text(RECEIPT)


def test_marketing_context_comes_from_the_address_without_its_fragment(
    page: Page, base_url: str, stub: StubApi
) -> None:
    page.goto(base_url + "/?utm_source=letter&utm_campaign=autumn&gclid=g1&secret=1#part", referer=base_url + "/forms")
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    context = stub.posts[0].json["context"]
    assert context["page_url"] == base_url + "/?utm_source=letter&utm_campaign=autumn&gclid=g1&secret=1"
    assert context["referrer"] == base_url + "/forms"
    assert (context["utm_source"], context["utm_campaign"], context["gclid"]) == ("letter", "autumn", "g1")
    assert "secret" not in context


def test_marketing_context_never_costs_a_visitor_the_request(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url + "/?utm_source=%00bad&utm_term=" + "x" * 500)
    page.fill("[name=email]", "ada@example.com")

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    first, second = (post.json for post in stub.posts)
    assert "utm_term" not in first["context"]
    assert second["context"] == {}
    assert second["fields"] == first["fields"]
    assert second["submission_id"] != first["submission_id"]


@pytest.mark.parametrize("ticked", [True, False])
def test_engagement_is_counted_only_with_the_box_for_it(page: Page, base_url: str, stub: StubApi, ticked: bool) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.set_checked("[name=consent_profiling]", ticked)
    page.wait_for_timeout(1100)

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    context = stub.posts[0].json["context"]
    counters = {name: value for name, value in context.items() if isinstance(value, int)}
    assert set(counters) == ({"time_on_page_s", "scroll_depth_pct", "form_fill_s"} if ticked else set())
    if ticked:
        assert 1 <= counters["time_on_page_s"] <= 10
        assert 0 < counters["scroll_depth_pct"] <= 100


def test_the_largest_share_of_any_video_is_counted(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.evaluate(
        """() => [[[0, 10], [20, 25]], [[0, 5]], []].forEach((spans) => {
            const played = { length: spans.length, start: (i) => spans[i][0], end: (i) => spans[i][1] };
            const video = document.body.appendChild(document.createElement("video"));
            Object.defineProperties(video, { played: { value: played }, duration: { value: spans.length ? 30 : NaN } });
        })"""
    )
    page.fill("[name=email]", "ada@example.com")
    page.check("[name=consent_profiling]")

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    assert stub.posts[0].json["context"]["video_pct"] == 50


def test_a_hidden_page_does_not_count_as_visible_time(page: Page, base_url: str, stub: StubApi) -> None:
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.check("[name=consent_profiling]")
    page.evaluate(
        """() => { Object.defineProperty(document, "hidden", { value: true });
            document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    page.wait_for_timeout(2500)

    page.click(SEND)
    page.wait_for_selector(RECEIPT)

    context = stub.posts[0].json["context"]
    assert context["time_on_page_s"] <= 1 < context["form_fill_s"]


def test_without_scripts_the_form_posts_itself_and_follows_the_redirect(
    browser: Browser, base_url: str, stub: StubApi
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.check("[name=consent_mkt_email]")

    page.click(SEND)
    page.wait_for_url("**/thanks")

    assert "text/html" in stub.posts[0].headers["accept"]
    assert stub.posts[0].headers["content-type"] == "application/x-www-form-urlencoded"
    sent = stub.posts[0].flat
    assert {name: value for name, value in sent.items() if value} == {
        "email": "ada@example.com",
        "consent_mkt_email": "true",
        "notice": "website-privacy@1",
    }
    assert "recorded" in page.inner_text("h1")
    context.close()


def test_another_site_embeds_the_same_form_by_two_lines(page: Page, stub: StubApi) -> None:
    with served(an_agreement()) as other:
        other.host_pages["/host"] = host_page(stub.url, "demo-request")
        page.goto(other.url + "/host")
        page.wait_for_selector(SEND)
        names = page.evaluate("[...document.forms[0].elements].map((e) => [e.name, e.type, e.required])")
        labels = page.locator(".lg-form label span").all_text_contents()
        countries = page.locator("[name=country] option").count()
        page.fill("[name=email]", "ada@example.com")
        page.select_option("[name=country]", "DE")
        page.click(SEND)
        page.wait_for_selector(RECEIPT)

    page.goto(stub.url)
    assert page.evaluate("[...document.forms[0].elements].map((e) => [e.name, e.type, e.required])") == names
    assert page.locator(".lg-form label span").all_text_contents() == labels
    assert page.locator("[name=country] option").count() == countries == 250
    assert stub.posts[0].json["fields"]["country"] == "DE"
    assert other.posts == []


def test_an_embedded_form_that_cannot_be_loaded_says_so_and_tries_again_on_request(page: Page, stub: StubApi) -> None:
    stub.host_pages["/host"] = host_page(stub.url, "demo-request")
    page.route("**/v1/forms/demo-request", lambda route: route.abort(), times=1)
    page.goto(stub.url + "/host")
    page.wait_for_selector("text=could not be loaded")

    page.click("text=Try again")

    page.wait_for_selector(SEND)


def test_hostile_words_in_the_agreement_stay_words(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>\"'&"
    form = a_form(
        title=evil, fields=(FIELDS[0], a_form().fields[5]), boxes=(BOXES[0].__class__("mkt_email", "email", evil),)
    )
    with served(an_agreement(form)) as stub:
        stub.host_pages["/host"] = host_page(stub.url, "demo-request")
        for path in ("/demo-request", "/host"):
            page.goto(stub.url + path)
            page.wait_for_selector(SEND)
            assert page.inner_text(SEND) == evil
            assert page.locator(".lg-box label").text_content() == evil
            assert page.locator("main img, div img").count() == 0


def test_every_control_has_a_name_and_every_target_is_large_enough(page: Page, base_url: str) -> None:
    page.goto(base_url)

    controls = page.locator("input:not([type=hidden]), select, textarea, button")
    for control in controls.all():
        assert control.evaluate("(e) => (e.labels?.[0] || e).textContent.trim()")
    targets = page.locator(".lg-field input, select, textarea, button, summary, .lg-box label, .foot a, .top > a")
    assert min(box["height"] for target in targets.all() if (box := target.bounding_box())) >= 44
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "en"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (390, 1), (640, 2), (1280, 1), (1280, 2)])
def test_nothing_scrolls_sideways(page: Page, base_url: str, stub: StubApi, width: int, zoom: int) -> None:
    stub.script.append(problem("invalid_submission", ("/fields/phone", "invalid_phone")))
    page.set_viewport_size({"width": width // zoom, "height": 640})
    page.goto(base_url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width // zoom
    page.fill("[name=email]", "a" * 60 + "@example.com")

    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    assert page.evaluate("document.documentElement.scrollWidth") <= width // zoom


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_keeps_a_contrast_of_four_and_a_half(
    browser: Browser, base_url: str, stub: StubApi, scheme: Literal["light", "dark"]
) -> None:
    stub.script.append(problem("invalid_submission", ("/fields/phone", "invalid_phone")))
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(base_url)
    page.fill("[name=email]", "ada@example.com")
    page.click(SEND)
    page.wait_for_selector(".lg-summary")

    for selector in READ:
        ink, ground = page.locator(selector).first.evaluate(COLOURS)
        assert contrast(ink, ground) >= 4.5, selector
    border, ground = page.locator("[name=company]").evaluate(BORDER)
    assert contrast(border, ground) >= 3
    context.close()


READ = (
    *("h1", ".lead", ".promises li", ".foot a", ".lg-field label", "small", "input", "select", SEND),
    *(".lg-error", ".lg-summary a", ".lg-box span", "summary", "details span"),
)
COLOURS = """(e) => { const ink = getComputedStyle(e).color;
    while (e && getComputedStyle(e).backgroundColor == "rgba(0, 0, 0, 0)") e = e.parentElement;
    return [ink, getComputedStyle(e).backgroundColor]; }"""
BORDER = """(e) => [getComputedStyle(e).borderColor, getComputedStyle(e).backgroundColor]"""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2 for two CSS `rgb(…)` colours."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_focus_is_always_visible_and_follows_the_page(page: Page, base_url: str) -> None:
    page.goto(base_url)

    visited = []
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement == document.body"):
            break
        visited.append(page.evaluate("document.activeElement.name || document.activeElement.tagName"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", visited[-1]
    boxes = [f"consent_{box.purpose}" for box in BOXES]
    assert visited == ["A", "A", *(asked.name for asked in FIELDS), *boxes, "SUMMARY", "P", "BUTTON", "A"]


def test_the_form_does_not_jump_when_the_script_arrives(page: Page, base_url: str) -> None:
    page.add_init_script(
        "globalThis.shift = 0;"
        "new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(base_url)
    page.wait_for_timeout(500)

    assert page.evaluate("shift") < 0.01
