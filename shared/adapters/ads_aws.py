"""The real adapters of the worker that fetches ad leads, put together from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.adapters import aws, notify_aws
from shared.adapters.dynamodb_ads import DynamoAds
from shared.adapters.linkedin_api import Grant, LinkedInApi, linkedin_api
from shared.adapters.meta_api import MetaApi, PageToken, meta_api
from shared.adapters.secrets import KeptSecrets
from shared.adapters.transport import DYNAMODB
from shared.domain.agreement import Source
from shared.settings import Settings

PULLED = ("linkedin", "meta")


def store(settings: Settings) -> DynamoAds:
    return DynamoAds(aws.transport(settings, DYNAMODB), aws.tables(settings))


@dataclass(frozen=True, slots=True)
class Platforms:
    """The clients by source, each made once: LinkedIn's keeps its fresh access token.

    Beside the secrets of docs/platforms.md the platforms' secret may hold `access_token`, `refresh_token` and
    `client_id` for a LinkedIn source, and for Meta `page_tokens` by page id or one `access_token` for all pages.
    """

    settings: Settings
    secrets: KeptSecrets
    made: dict[str, LinkedInApi | MetaApi] = field(default_factory=dict)

    def __call__(self, source: Source) -> LinkedInApi | MetaApi:
        if source.source_id not in self.made:
            self.made[source.source_id] = self._made(source)
        return self.made[source.source_id]

    def is_connected(self, source: Source) -> bool:
        """Whether there is a token for a source, or a server of our own to ask without one."""
        if source.platform == "linkedin":
            grant = self._grant(source)
            return bool(self.settings.linkedin_url or grant.access_token or grant.can_refresh)
        return source.platform == "meta" and bool(self.settings.meta_url or self._page_token(source).access_token)

    def _made(self, source: Source) -> LinkedInApi | MetaApi:
        given = self.settings
        if source.platform == "linkedin":
            urls = {"api_url": given.linkedin_url, "sign_in_url": given.linkedin_url} if given.linkedin_url else {}
            return linkedin_api(source, lambda: self._grant(source), version=given.linkedin_version, **urls)
        urls = {"api_url": given.meta_url} if given.meta_url else {}
        return meta_api(source, lambda: self._page_token(source), version=given.meta_version, **urls)

    def _grant(self, source: Source) -> Grant:
        secrets = self.secrets.now()
        given = _members(secrets.members, "linkedin", source.source_id)
        return Grant(
            access_token=_text(given, "access_token"),
            refresh_token=_text(given, "refresh_token"),
            client_id=_text(given, "client_id"),
            client_secret=next(iter(secrets.valid("linkedin", "client_secret", source.source_id)), ""),
        )

    def _page_token(self, source: Source) -> PageToken:
        secrets = self.secrets.now()
        tokens = _members(secrets.members, "meta", "page_tokens")
        of_pages = (_text(tokens, page) for page in source.accounts)
        token = next(filter(None, of_pages), "") or _text(_members(secrets.members, "meta"), "access_token")
        return PageToken(token, next(iter(secrets.valid("meta", "app_secret")), ""))


def platforms(settings: Settings) -> Platforms:
    return Platforms(settings, notify_aws.platform_secrets(settings))


def time_left(seconds: float) -> Callable[[], bool]:
    """Whether less than so many seconds have gone by since this call."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


def shares(sources: Iterable[Source], seconds: float) -> Iterator[tuple[Source, Callable[[], bool]]]:
    """Each source with its fair share of the time that is left, so that none keeps the others waiting for ever."""
    waiting, until = list(sources), time.monotonic() + seconds
    for place, source in enumerate(waiting):
        yield source, time_left((until - time.monotonic()) / (len(waiting) - place))


def _members(place: Any, *path: str) -> Mapping[str, Any]:
    for name in path:
        place = place.get(name) if isinstance(place, Mapping) else None
    return place if isinstance(place, Mapping) else {}


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""
