"""What a site says about itself: Global Privacy Control is honoured; where to report a hole (RFC 9116)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.web.gateway import Reply

A_DAY = "public, max-age=86400"


def gpc(site: Mapping[str, Any]) -> Reply:
    body = json.dumps({"gpc": True, "lastUpdate": site["gpc_last_update"]})
    return Reply(200, body, {"Content-Type": "application/json", "Cache-Control": A_DAY})


def security(site: Mapping[str, Any]) -> Reply:
    lines = {
        "Contact": site["security_contact"],
        "Expires": site["security_expires"],
        "Preferred-Languages": ", ".join(site["security_languages"]),
    }
    body = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return Reply(200, body, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": A_DAY})
