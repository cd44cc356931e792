"""Marketing context: an allow-list, and nothing that could replay what a visitor did."""

from __future__ import annotations

from typing import Any

import pytest

from shared.sources.marketing_context import COUNTER_LIMITS, RAW_TRACES, TEXT_LENGTHS, URLS
from tests.sources.builders import read, rejection


def context(**given: Any) -> dict[str, str | int]:
    return dict(read(context=given).context)


def refused(**given: Any) -> set[tuple[str, str]]:
    code, faults = rejection(read, context=given)
    assert code == "invalid_submission"
    return faults


@pytest.mark.requirement("C42")
def test_marks_and_counters_are_kept() -> None:
    words = {"utm_source": "linkedin", "gclid": "Cj0KCQ", "variant": "b", "cta": "hero-button"}
    given = {**words, "time_on_page_s": 41, "scroll_depth_pct": 80}

    assert context(**given) == given


def test_empty_members_are_left_out() -> None:
    assert context(utm_source="", utm_term="  ", referrer=None, page_url="#top", time_on_page_s="", visits=0) == {
        "visits": 0
    }


@pytest.mark.parametrize(("name", "limit"), TEXT_LENGTHS.items())
def test_a_mark_is_as_long_as_its_limit(name: str, limit: int) -> None:
    assert context(**{name: "a" * (limit - 1)})
    assert context(**{name: "a" * limit})
    assert refused(**{name: "a" * (limit + 1)}) == {(f"/context/{name}", "too_long")}


@pytest.mark.parametrize(("name", "limit"), COUNTER_LIMITS.items())
def test_a_counter_stays_within_its_range(name: str, limit: int) -> None:
    for number in (0, 1, limit - 1, limit):
        assert context(**{name: number}) == {name: number}
    assert refused(**{name: -1}) == {(f"/context/{name}", "out_of_range")}
    assert refused(**{name: limit + 1}) == {(f"/context/{name}", "out_of_range")}


@pytest.mark.parametrize("value", [0, 41, 41.0, 41.7])
def test_a_counter_is_kept_in_whole_units(value: float) -> None:
    assert read(context={"time_on_page_s": value}).context == {"time_on_page_s": int(value)}


@pytest.mark.parametrize("value", [True, False, "1", "x", "١"])
def test_a_counter_is_a_number(value: Any) -> None:
    assert refused(visits=value) == {("/context/visits", "not_a_number")}


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://www.example.com/demo?utm_source=x&a=b%20c", "https://www.example.com/demo?utm_source=x&a=b%20c"),
        ("HTTP://example.com:8080", "HTTP://example.com:8080"),
        ("https://example.com?x", "https://example.com?x"),
        ("https://[2001:db8::1]:443/a@b:c", "https://[2001:db8::1]:443/a@b:c"),
        ("https://example.com/#ada@example.com", "https://example.com/"),
        ("https://example.com/?q=a\\b/c@d", "https://example.com/?q=a\\b/c@d"),
        ("https://bücher.example.com/ä", "https://bücher.example.com/ä"),
    ],
)
def test_a_web_address_loses_only_its_fragment(name: str, url: str, kept: str) -> None:
    assert context(**{name: url}) == {name: kept}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.com",
        "android-app://com.example",
        "//example.com",
        "/demo",
        "example.com",
        "https:example.com",
        "https:///example.com",
        "https://",
        "https://ada@example.com",
        "https://ada:secret@example.com/",
        "https://example.com\\@example.org",
        "https://example.com/a b",
        "https://example.com/a\\b",
        "https://example.com:port/",
        "https://example.com:123456/",
    ],
)
def test_another_kind_of_address_is_refused(url: str) -> None:
    assert refused(page_url=url, referrer=url) == {
        ("/context/page_url", "invalid_url"),
        ("/context/referrer", "invalid_url"),
    }


def test_a_web_address_has_up_to_2048_characters() -> None:
    url = "https://example.com/".ljust(2047, "a")

    assert context(page_url=url)
    assert context(page_url=url + "a")
    assert refused(page_url=url + "aa") == {("/context/page_url", "too_long")}


@pytest.mark.parametrize("name", ["utm_source", "page_url", "lang", "gclid"])
@pytest.mark.parametrize("value", [1, True, 1.5])
def test_a_mark_is_text(name: str, value: Any) -> None:
    assert refused(**{name: value}) == {(f"/context/{name}", "not_text")}


def test_a_mark_is_one_clean_line() -> None:
    assert refused(utm_source="a\nb", cta="\u202e") == {
        ("/context/utm_source", "forbidden_character"),
        ("/context/cta", "forbidden_character"),
    }


@pytest.mark.parametrize("name", sorted(RAW_TRACES))
@pytest.mark.parametrize("value", [[[1, 2]], {}, "1,2;3,4", 7])
def test_raw_traces_of_behaviour_are_refused(name: str, value: Any) -> None:
    assert refused(**{name: value}) == {("/context", "raw_trace")}


@pytest.mark.parametrize("value", [[], [1], {}, {"a": 1}])
def test_a_list_or_an_object_is_a_trace_under_any_name(value: Any) -> None:
    assert refused(anything=value) == {("/context", "raw_trace")}
    assert refused(visits=value) == {("/context/visits", "raw_trace")}
    assert refused(utm_source=value) == {("/context/utm_source", "raw_trace")}


def test_unknown_marks_are_refused_without_repeating_their_names() -> None:
    assert refused(ada="x", mouse_path="y") == {("/context", "unknown_member"), ("/context", "raw_trace")}
    assert refused(ada="x") == {("/context", "unknown_member")}
