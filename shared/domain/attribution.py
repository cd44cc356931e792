"""Where a lead came from, as the values by which figures are shown: channel and campaign, first and last, and variant.

A touch is what `Lead.first_touch` and `Lead.last_touch` hold: UTM marks, referrer, page (requirements C46, A25).
"""

from __future__ import annotations

from collections.abc import Mapping

DIRECT = "direct"
PAID = ("cpc", "ppc", "paid", "paidsocial", "paid-social", "paid_social", "display")


def channel_of(touch: Mapping[str, str]) -> str:
    """`source / medium` of the UTM marks in lower case, else `referral / host` of a page elsewhere, else direct.

    Paid media have many names and count as `paid`, so that one source is not many channels.
    """
    source, medium = (touch.get(name, "").strip().lower() for name in ("utm_source", "utm_medium"))
    if source:
        return f"{source} / {'paid' if medium in PAID else medium or '-'}"
    host = host_of(touch.get("referrer", ""))
    return f"referral / {host}" if host and host != host_of(touch.get("page_url", "")) else DIRECT


def dimensions(first: Mapping[str, str], last: Mapping[str, str], **others: str | None) -> dict[str, str]:
    """The dimensions of a lead's facts; `others` such as definition, buyer_stage or queue are taken as they are."""
    touches = {
        "channel": channel_of(first),
        "campaign": first.get("utm_campaign"),
        "channel_last": channel_of(last),
        "campaign_last": last.get("utm_campaign"),
        "variant": first.get("variant"),
    }
    return {name: value for name, value in {**touches, **others}.items() if value}


def host_of(url: str) -> str:
    """The host of a web address in lower case, without `www.`, port and user; empty when there is none."""
    _, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2].lower()
    return host.partition(":")[0].removeprefix("www.") if not host.startswith("[") else host.partition("]")[0] + "]"
