from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.attribution import channel_of, dimensions, host_of
from shared.domain.kpis import DIMENSIONS

PAGE = "https://www.example.com/demo"


@pytest.mark.requirement("C46", "A25")
@pytest.mark.parametrize(
    ("touch", "channel"),
    [
        ({"utm_source": "Google", "utm_medium": "CPC"}, "google / paid"),
        ({"utm_source": "linkedin", "utm_medium": "paid_social"}, "linkedin / paid"),
        ({"utm_source": "newsletter", "utm_medium": "email"}, "newsletter / email"),
        ({"utm_source": "partner"}, "partner / -"),
        ({"utm_source": "google", "referrer": "https://www.google.com/"}, "google / -"),
        ({"referrer": "https://www.google.com/search", "page_url": PAGE}, "referral / google.com"),
        ({"referrer": "https://example.com/prices", "page_url": PAGE}, "direct"),
        ({"referrer": "https://blog.example.com/", "page_url": PAGE}, "referral / blog.example.com"),
        ({"utm_source": "  ", "utm_medium": "cpc"}, "direct"),
        ({"page_url": PAGE}, "direct"),
        ({}, "direct"),
    ],
)
def test_a_visit_has_one_channel(touch: dict[str, str], channel: str) -> None:
    assert channel_of(touch) == channel


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Example.com:8443/a?b#c", "example.com"),
        ("https://example.com?x=/y", "example.com"),
        ("https://example.com#/y", "example.com"),
        ("https://user@example.com/", "example.com"),
        ("http://[2001:db8::1]:80/", "[2001:db8::1]"),
        ("example.com/a", ""),
        ("", ""),
    ],
)
def test_a_host_is_found_without_port_user_and_www(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.requirement("C46")
def test_first_and_last_touch_become_dimensions_beside_each_other() -> None:
    first = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "spring", "variant": "b"}
    last = {"utm_source": "newsletter", "utm_medium": "email", "variant": "c"}

    assert dimensions(first, last, definition="2026.1", queue=None) == {
        "channel": "google / paid",
        "campaign": "spring",
        "channel_last": "newsletter / email",
        "variant": "b",
        "definition": "2026.1",
    }


touches = st.dictionaries(
    st.sampled_from(["utm_source", "utm_medium", "utm_campaign", "referrer", "page_url", "variant"]),
    st.text(max_size=12),
)


@given(touches, touches)
def test_any_touch_gives_values_of_known_dimensions(first: dict[str, str], last: dict[str, str]) -> None:
    made = dimensions(first, last)

    assert made.keys() <= set(DIMENSIONS)
    assert all(made.values())
    assert {"channel", "channel_last"} <= made.keys()


@pytest.mark.parametrize("mark", ["ada@example.com", "mail-to-ada%40example.com", "x" * 101])
def test_a_mark_that_may_name_somebody_or_is_endless_is_no_label(mark: str) -> None:
    touch = {"utm_source": mark, "utm_medium": mark, "utm_campaign": mark, "variant": mark}

    assert set(dimensions(touch, touch).values()) == {"… / …", "…"}
    assert channel_of({"referrer": f"https://{mark.replace('@', '%40')}/"}) == "referral / …"


def test_a_campaign_of_a_hundred_letters_is_a_label() -> None:
    assert dimensions({"utm_campaign": "x" * 100}, {})["campaign"] == "x" * 100
