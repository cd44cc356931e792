"""Where a submission came from: an allow-list of marketing marks and aggregated counters, never traces of behaviour."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.domain.errors import Fault
from shared.sources.plain_text import BadText, one_line

_URL_LENGTH = 2048
_URL = re.compile(
    r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@\\:\[\]]+)(?::[0-9]{1,5})?"  # host and port, no user and password
    r"(?:/[^\s?\\]*)?(?:\?\S*)?",
    re.IGNORECASE,
)
_WEEK = 7 * 86_400

URLS = ("page_url", "referrer")
TEXT_LENGTHS: Mapping[str, int] = {
    **dict.fromkeys(("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"), 200),
    **dict.fromkeys(("gclid", "gbraid", "wbraid", "fbclid", "msclkid", "li_fat_id", "ttclid", "twclid"), 512),
    **dict.fromkeys(("variant", "cta", "lang"), 64),
    "lead_magnet": 100,
}
COUNTER_LIMITS: Mapping[str, int] = {
    **dict.fromkeys(("time_on_page_s", "form_fill_s"), _WEEK),
    **dict.fromkeys(("scroll_depth_pct", "video_pct"), 100),
    **dict.fromkeys(("pages_viewed", "visits"), 100_000),
}
NAMES = frozenset((*URLS, *TEXT_LENGTHS, *COUNTER_LIMITS))
# Named only for the clearer answer: whatever is not in NAMES is refused anyway.
RAW_TRACES = frozenset(
    ("mouse_path", "mouse_moves", "pointer_path", "scroll_path", "key_timings", "keystrokes", "clicks", "touches")
)


def read(given: Mapping[str, Any]) -> tuple[dict[str, str | int], list[Fault]]:
    """The cleaned context, empty members left out, and everything that is wrong with it."""
    context: dict[str, str | int] = {}
    faults = _refused_names(given)
    for name in sorted(given.keys() & NAMES):
        try:
            value = _value(name, given[name])
        except BadText as bad:
            faults.append(Fault(f"/context/{name}", bad.code))
        else:
            if value != "":
                context[name] = value
    return context, faults


def from_text(name: str, text: str) -> str | float:
    """What `text` from a flat form says about `name`: counters come as decimal digits there."""
    return float(text) if name in COUNTER_LIMITS and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else text


def _refused_names(given: Mapping[str, Any]) -> list[Fault]:
    others = given.keys() - NAMES
    traces = [name for name in others if name in RAW_TRACES or isinstance(given[name], list | dict)]
    codes = ["raw_trace"] * bool(traces) + ["unknown_member"] * (len(others) > len(traces))
    return [Fault("/context", code) for code in codes]


def _value(name: str, value: Any) -> str | int:
    if isinstance(value, list | dict):
        raise BadText("raw_trace")
    if value is None or value == "":
        return ""
    if name in COUNTER_LIMITS:
        return _counter(value, COUNTER_LIMITS[name])
    if not isinstance(value, str):
        raise BadText("not_text")
    return _url(value) if name in URLS else one_line(value, TEXT_LENGTHS[name])


def _counter(value: Any, limit: int) -> int:
    """Whole units; a page that measures 41.7 seconds is no reason to lose somebody."""
    if type(value) not in (int, float):
        raise BadText("not_a_number")
    if not 0 <= value <= limit:
        raise BadText("out_of_range")
    return int(value)


def _url(text: str) -> str:
    """The address without its fragment, which no server ever sees."""
    url = one_line(text, _URL_LENGTH).partition("#")[0]
    if url and not _URL.fullmatch(url):
        raise BadText("invalid_url")
    return url
