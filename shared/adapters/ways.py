"""The signed ways to AWS's services and the clock: all that a door needs which only passes something on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from shared.adapters.connections import Connections
from shared.adapters.transport import Credentials, SignedTransport
from shared.settings import Settings


def transport(
    settings: Settings, service: tuple[str, str, str], environment: Mapping[str, str] = os.environ, path: str = ""
) -> SignedTransport:
    """A signed way to one service over the kept connections of this environment."""
    host = {"ses": "email"}.get(service[0], service[0])
    url = settings.endpoint_url or f"https://{host}.{settings.region}.amazonaws.com"
    credentials = Credentials(
        environment.get("AWS_ACCESS_KEY_ID", ""),
        environment.get("AWS_SECRET_ACCESS_KEY", ""),
        environment.get("AWS_SESSION_TOKEN", ""),
    )
    return SignedTransport(service, settings.region, f"{url.rstrip('/')}/{path}", credentials, connections(), now)


@cache
def connections() -> Connections:
    return Connections()


def now() -> datetime:
    return datetime.now(UTC)
