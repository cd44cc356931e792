"""Where a lead came from, as the values by which figures are shown: channel and campaign, first and last, and variant.

A touch is what `Lead.first_touch` and `Lead.last_touch` hold: UTM marks, referrer, page (requirements C46, A25).
"""

from __future__ import annotations

from collections.abc import Mapping

DIRECT = "direct"
NOT_SHOWN = "…"  # stands for a mark that looks like an address, or that is too long to be anybody's name for a campaign
LONGEST_MARK = 100
PAID = ("cpc", "ppc", "paid", "paidsocial", "paid-social", "paid_social", "display")


def channel_of(touch: Mapping[str, str]) -> str:
    """`source / medium` of the UTM marks in lower case, else `referral / host` of a page elsewhere, else direct.

    Paid media have many names and count as `paid`, so that one source is not many channels.
    """
    source, medium = (_mark(touch, name).strip().lower() for name in ("utm_source", "utm_medium"))
    if source:
        return f"{source} / {'paid' if medium in PAID else medium or '-'}"
    host = host_of(touch.get("referrer", ""))
    return f"referral / {_shown(host)}" if host and host != host_of(touch.get("page_url", "")) else DIRECT


def dimensions(first: Mapping[str, str], last: Mapping[str, str], **others: str | None) -> dict[str, str]:
    """The dimensions of a lead's facts; `others` such as definition, buyer_stage or queue are taken as they are."""
    touches = {
        "channel": channel_of(first),
        "campaign": _mark(first, "utm_campaign"),
        "channel_last": channel_of(last),
        "campaign_last": _mark(last, "utm_campaign"),
        "variant": _mark(first, "variant"),
    }
    return {name: value for name, value in {**touches, **others}.items() if value}


def _mark(touch: Mapping[str, str], name: str) -> str:
    return _shown(touch.get(name, ""))


def _shown(said: str) -> str:
    """What figures may show and keep of a mark: it comes from a web address, which anybody can write."""
    is_label = len(said) <= LONGEST_MARK and "@" not in said and "%40" not in said
    return said if is_label else NOT_SHOWN


def host_of(url: str) -> str:
    """The host of a web address in lower case, without `www.`, port and user; empty when there is none."""
    _, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2].lower()
    return host.partition(":")[0].removeprefix("www.") if not host.startswith("[") else host.partition("]")[0] + "]"
