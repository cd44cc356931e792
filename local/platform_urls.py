"""The file of `leadgate serve --platform-urls`: servers that stand for the platforms, checked before the start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.adapters.https import checked
from shared.domain.errors import CannotHappen, LeadgateError

SHAPE = '{"linkedin": "http://127.0.0.1:9001", "meta": "http://127.0.0.1:9002"}'
VARIABLES = {"linkedin": "LINKEDIN_URL", "meta": "META_URL"}


class BadUrls(LeadgateError):
    """The file cannot be used; the text says which file, where and why."""


def read(path: Path | None) -> dict[str, str]:
    """The functions' variables that the file stands for; none without a file. Raises BadUrls."""
    members = _members(path) if path else {}
    unknown = sorted(set(members) - set(VARIABLES))
    if unknown:
        raise BadUrls(f"The file {path} names {', '.join(unknown)}; only linkedin and meta are fetched from.")
    return {VARIABLES[platform]: _url(path, platform, url) for platform, url in members.items()}


def _members(path: Path) -> dict[str, Any]:
    try:
        members = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadUrls(f"The file {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        members = None
    if not isinstance(members, dict):
        raise BadUrls(f"The file {path} is no JSON object in UTF-8. It looks like this:\n{SHAPE}")
    return members


def _url(path: Path | None, platform: str, url: Any) -> str:
    try:
        return checked(url if isinstance(url, str) else "")
    except (CannotHappen, ValueError):
        why = "must be https://host/path, or http:// on this machine"
        raise BadUrls(f"The address of {platform} in {path} {why}. The file looks like this:\n{SHAPE}") from None
