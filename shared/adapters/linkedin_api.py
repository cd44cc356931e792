"""LinkedIn's Lead Sync API (REST, versioned by month) and the refresh of its access token.

An access token lives 60 days, the refresh token a year from the day on which somebody consented, however often it is
used (learn.microsoft.com, programmatic refresh tokens). A fresh access token is kept as long as this environment
lives; nothing is written back, so no function may change a secret.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from shared.adapters.https import Answer, Request, checked
from shared.adapters.platform_calls import PlatformCalls, TokenOver
from shared.domain.agreement import Source
from shared.domain.errors import RejectedInput
from shared.journeys.ad_ports import NotConnected, Page, Window

API, SIGN_IN = "https://api.linkedin.com", "https://www.linkedin.com"
VERSION = "202606"
LEADS_A_PAGE = 50
MAX_PAGE = 8 * 1024 * 1024
EARLY_SECONDS, REST_SECONDS = 300, 60
PLACE = re.compile(r"urn:li:(sponsoredAccount|organization):[0-9]{1,20}/[A-Z_]{1,40}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets us in for one source, from the secrets; empty where there is none. Never printed."""

    access_token: str = ""
    refresh_token: str = ""
    client_id: str = ""
    client_secret: str = ""

    def __repr__(self) -> str:
        return "Grant()"

    @property
    def can_refresh(self) -> bool:
        return bool(self.refresh_token and self.client_id and self.client_secret)


@dataclass(slots=True)
class AccessToken:
    """The token in use, shared by the threads of one environment; the only thing here that changes."""

    grant: Callable[[], Grant]
    calls: PlatformCalls
    clock: Callable[[], float] = time.monotonic
    _token: str = ""
    _until: float = 0.0
    _rests_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> str:
        """The token to send; the one in the secrets while there is no fresher one, empty when there is none at all."""
        with self._lock:
            if self.clock() < self._until:
                return self._token
            grant = self.grant()
            return grant.access_token or (self._refresh(grant) if grant.can_refresh else "")

    def after(self, refused: str) -> str | None:
        """Another token than the refused one; None when there is none to be had, or one was made a moment ago."""
        with self._lock:
            if self._token != refused and self.clock() < self._until:
                return self._token
            grant = self.grant()
            may_ask = grant.can_refresh and self.clock() >= self._rests_until
            return self._refresh(grant) if may_ask else None

    def _refresh(self, grant: Grant) -> str:
        self._rests_until = self.clock() + REST_SECONDS
        asked = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            "client_id": grant.client_id,
            "client_secret": grant.client_secret,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        try:
            said = json.loads(self.calls(Request("POST", "/oauth/v2/accessToken", headers, urlencode(asked).encode())))
        except (RejectedInput, NotConnected):  # a refresh token that is over, or another application's
            raise NotConnected("linkedin refused the refresh token") from None
        token, seconds = said.get("access_token"), said.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise NotConnected("linkedin gave no access token")
        self._token, self._until = token, self.clock() + seconds - EARLY_SECONDS
        return token


@dataclass(frozen=True, slots=True)
class LinkedInApi:
    """Keeps the Platform port for one source."""

    calls: PlatformCalls
    token: AccessToken
    version: str = VERSION
    owners: tuple[str, ...] = ()
    lead_types: tuple[str, ...] = ()

    def lead(self, lead_id: str) -> bytes:
        return self._get(f"/leadFormResponses/{quote(lead_id, safe='')}")

    def form(self, form_id: str) -> bytes | None:
        try:
            return self._get(f"/leadForms/{quote(form_id, safe='')}")
        except RejectedInput as refused:
            if refused.code != "lead_gone":
                raise
            return None

    def places(self) -> tuple[str, ...]:
        """Each owner with each type of lead that it can have, unless the agreement names the types."""
        return tuple(f"{owner}/{kind}" for owner in self.owners for kind in self.lead_types or _types_of(owner))

    def leads(self, place: str, window: Window, rest: str = "") -> Page:
        """`place` is the owner's URN, a slash, and the lead type."""
        start = int(rest or 0)
        answer = json.loads(self._get(f"/leadFormResponses?{_finder(place, window, start)}", MAX_PAGE))
        elements = answer.get("elements")
        found = elements if isinstance(elements, list) else []
        leads = tuple(json.dumps(one).encode() for one in found)
        return Page(leads, str(start + len(found)) if _goes_on(answer, start, len(found)) else "")

    def _get(self, target: str, max_answer: int = 0) -> bytes:
        token = self.token.current()
        try:
            return self.calls(self._request(target, token, max_answer))
        except TokenOver:
            fresh = self.token.after(token)
            if fresh is None:
                raise
        return self.calls(self._request(target, fresh, max_answer))

    def _request(self, target: str, token: str, max_answer: int) -> Request:
        headers = {
            **({"Authorization": f"Bearer {token}"} if token else {}),
            "Linkedin-Version": self.version,
            "X-Restli-Protocol-Version": "2.0.0",
            "Accept": "application/json",
        }
        request = Request("GET", f"/rest{target}", headers)
        return Request("GET", request.target, headers, max_answer=max_answer) if max_answer else request


def linkedin_api(
    source: Source, grant: Callable[[], Grant], api_url: str = API, sign_in_url: str = SIGN_IN, version: str = VERSION
) -> LinkedInApi:
    """The client of one source; an address may or may not end in /rest."""
    calls = PlatformCalls("linkedin", checked(api_url).removesuffix("/rest"), read_error)
    sign_in = PlatformCalls("linkedin", checked(sign_in_url).removesuffix("/rest"), read_error)
    return LinkedInApi(calls, AccessToken(grant, sign_in), version, source.accounts, source.lead_types)


def read_error(_answer: Answer, _members: Mapping[str, Any]) -> Exception | None:
    """LinkedIn's status codes say it all; its `serviceErrorCode` is documented nowhere that could be read."""
    return None


def _types_of(owner: str) -> tuple[str, ...]:
    return ("SPONSORED",) if ":sponsoredAccount:" in owner else ("EVENT", "COMPANY", "ORGANIZATION_PRODUCT")


def _finder(place: str, window: Window, start: int) -> str:
    """Rest.li 2.0: brackets and commas stay as they are, the colons inside of a URN are escaped."""
    if not PLACE.fullmatch(place):
        raise RejectedInput("unknown_place")
    owner, _, lead_type = place.partition("/")
    kind = owner.split(":")[2]
    return (
        f"q=owner&owner=({kind}:{quote(owner, safe='')})&leadType=(leadType:{lead_type})&limitedToTestLeads=false"
        f"&submittedAtTimeRange=(start:{window.since},end:{window.until})&count={LEADS_A_PAGE}&start={start}"
    )


def _goes_on(answer: Mapping[str, Any], start: int, found: int) -> bool:
    """Until a page is empty, or what the platform counts as the total is reached (it may name none)."""
    paging = answer.get("paging")
    total = paging.get("total") if isinstance(paging, dict) else None
    if not found:
        return False
    return start + found < total if isinstance(total, int) else True
