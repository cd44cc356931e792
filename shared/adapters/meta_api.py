"""Meta's Graph API for leads: the lead, its form, and the leads of a form since a moment.

The token travels in a header, never in an address, so that no log on the way can hold it; with it goes its proof, the
HMAC of the token under the app's secret, which Meta asks for where an app requires it.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shared.adapters.https import MAX_ANSWER, Answer, Request, checked
from shared.adapters.platform_calls import PlatformCalls
from shared.domain.agreement import Source
from shared.domain.errors import RejectedInput, TryAgain
from shared.journeys.ad_ports import NotConnected, Page, Window

API = "https://graph.facebook.com"
VERSION = "v25.0"
LEADS_A_PAGE = 50
MAX_PAGE = 8 * 1024 * 1024
LEAD_FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,field_data,"
    "custom_disclaimer_responses,is_organic,platform,partner_name,retailer_item_id"
)
FORM_FIELDS = "id,name,locale,status,questions,legal_content,privacy_policy_url,tracking_parameters,page_id"
ID = re.compile(r"[0-9]{1,40}")
# Graph API error codes: what passes (limits, an unknown or temporary trouble), and who is not let in.
BUSY = frozenset((1, 2, 4, 17, 32, 341, 368, 613, *range(80000, 80015)))
LOCKED_OUT = frozenset((3, 10, 102, 190, *range(200, 300)))
# 100 stands for several mistakes; its subcode 33, and 803, say that there is no such thing (any more).
GONE = frozenset(((100, 33), (803, None)))


@dataclass(frozen=True, slots=True)
class PageToken:
    """What lets us read one page's leads, from the secrets; empty where there is none. Never printed."""

    access_token: str = ""
    app_secret: str = ""

    def __repr__(self) -> str:
        return "PageToken()"

    @property
    def proof(self) -> dict[str, str]:
        """`appsecret_proof`: hex HMAC-SHA-256 of the token under the app's secret."""
        if not (self.access_token and self.app_secret):
            return {}
        digest = hmac.digest(self.app_secret.encode(), self.access_token.encode(), "sha256")
        return {"appsecret_proof": digest.hex()}


@dataclass(frozen=True, slots=True)
class MetaApi:
    """Keeps the Platform port for one source."""

    calls: PlatformCalls
    token: Callable[[], PageToken]
    version: str = VERSION
    pages: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def lead(self, lead_id: str) -> bytes:
        return self._get(_id(lead_id), {"fields": LEAD_FIELDS})

    def form(self, form_id: str) -> bytes | None:
        try:
            return self._get(_id(form_id), {"fields": FORM_FIELDS})
        except RejectedInput as refused:
            if refused.code != "lead_gone":
                raise
            return None

    def places(self) -> tuple[str, ...]:
        """The only forms that the agreement takes, or else every form of the pages and those that it names anywhere.

        Reading leads is one permission and listing forms another: without that one the named forms must do.
        """
        if self.forms:
            return self.forms
        try:
            listed = [form for page in self.pages for form in self._forms_of(page)]
        except (RejectedInput, NotConnected):
            if not self.named:
                raise
            listed = []
        return tuple(dict.fromkeys((*listed, *self.named)))

    def leads(self, place: str, window: Window, rest: str = "") -> Page:
        """`place` is a form's id. Meta counts in seconds, so a window may bring its neighbours' leads too.

        The next page is asked for by its cursor: an address in an answer is never followed.
        """
        asked = {"fields": LEAD_FIELDS, "limit": str(LEADS_A_PAGE), "filtering": _filter(window)}
        found, following = self._edge(f"{_id(place)}/leads", asked, rest)
        return Page(tuple(json.dumps(one).encode() for one in found), following)

    def _forms_of(self, page: str) -> Iterator[str]:
        rest = ""
        while True:
            found, following = self._edge(f"{_id(page)}/leadgen_forms", {"fields": "id", "limit": "100"}, rest)
            yield from (str(form.get("id")) for form in found)
            if following in ("", rest):
                return
            rest = following

    def _edge(self, path: str, asked: Mapping[str, str], rest: str) -> tuple[list[dict[str, Any]], str]:
        """One page of an edge, and the cursor to the next one."""
        after = {"after": rest} if rest else {}
        answer = json.loads(self._get(path, {**asked, **after}, MAX_PAGE))
        data = answer.get("data")
        found = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
        return found, _cursor(answer) if found else ""

    def _get(self, path: str, asked: Mapping[str, str], max_answer: int = MAX_ANSWER) -> bytes:
        token = self.token()
        headers = {"Accept": "application/json"}
        if token.access_token:
            headers["Authorization"] = f"Bearer {token.access_token}"
        target = f"/{self.version}/{path}?{urlencode({**asked, **token.proof})}"
        return self.calls(Request("GET", target, headers, max_answer=max_answer))


def meta_api(source: Source, token: Callable[[], PageToken], api_url: str = API, version: str = VERSION) -> MetaApi:
    """The client of one source."""
    calls = PlatformCalls("meta", checked(api_url), read_error)
    named = (*source.form_actions, *(box.form for box in source.boxes if box.form))
    return MetaApi(calls, token, version, source.accounts, source.forms, named)


def read_error(answer: Answer, members: Mapping[str, Any]) -> Exception | None:
    """What Meta's error code means: it answers 400 and 500 for nearly everything."""
    code, subcode = _number(members, "code"), _number(members, "error_subcode")
    if code in BUSY:
        return TryAgain(f"meta answered {answer.status} with code {code}")
    if code in LOCKED_OUT:
        return NotConnected(f"meta answered {answer.status} with code {code}")
    return RejectedInput("lead_gone") if {(code, subcode), (code, None)} & GONE else None


def _number(members: Mapping[str, Any], name: str) -> int | None:
    error = members.get("error")
    number = error.get(name) if isinstance(error, dict) else None
    return number if isinstance(number, int) else None


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise RejectedInput("refused_by_platform")
    return text


def _filter(window: Window) -> str:
    bounds = (("GREATER_THAN_OR_EQUAL", window.since // 1000), ("LESS_THAN", -(-window.until // 1000)))
    return json.dumps([{"field": "time_created", "operator": name, "value": value} for name, value in bounds])


def _cursor(answer: Mapping[str, Any]) -> str:
    """The cursor behind this page, empty when the platform names no next page."""
    paging = answer.get("paging")
    cursors = paging.get("cursors") if isinstance(paging, dict) and paging.get("next") else None
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) else ""
