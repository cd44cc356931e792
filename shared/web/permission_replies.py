"""From a request behind a mailed link to the page that answers it. GET only shows; POST acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.domain import permission as permissions
from shared.domain import permission_acts as acts
from shared.domain.lead import Lead
from shared.domain.mail import ONE_CLICK
from shared.domain.permission import PLACE_OF
from shared.domain.tokens import Token
from shared.journeys.permissions import PREFERENCES, Permissions
from shared.sources import page_forms
from shared.web import pages
from shared.web.gateway import Reply, Request
from shared.web.pages import Choice, Words
from shared.web.problems import method_not_allowed


@dataclass(frozen=True, slots=True)
class Pages:
    """The journey behind the pages, and the words on them by language."""

    journey: Callable[[], Permissions]
    words: Mapping[str, Words]

    def confirm(self, request: Request) -> Reply:
        """A link that is unknown, used for something since withdrawn, overtaken or over gets one and the same page."""
        if request.method not in ("GET", "POST"):
            return method_not_allowed("GET, POST")
        asked = self.journey().asked(_token(request))
        if asked is None:
            return self.told(request, "gone", 410)
        token, _ = asked
        words = self.words.get(token.lang, self._browsers(request))
        if request.method == "GET":
            return _page(_shown(words, token, token.is_way_back, token.is_baited(self.journey().clock())))
        said = _said(request).get("act")
        if said == "take_back" and token.is_way_back:
            outcome = self.journey().take_back(_token(request), words.purposes)
            return _page(pages.say(words, "taken_back")) if outcome else self.told(request, "gone", 410)
        if said not in ("confirm", acts.BAIT):
            return self.told(request, "odd", 400)
        act = self.journey().confirm if said == "confirm" else self.journey().take_bait
        outcome = act(_token(request), words.purposes)
        if outcome is None:
            return self.told(request, "gone", 410)
        return _page(_shown(words, token, not outcome.is_baited, outcome.is_baited))

    def preferences(self, request: Request) -> Reply:
        if request.method not in ("GET", "POST"):
            return method_not_allowed("GET, POST")
        lead = self.journey().standing(PREFERENCES, _token(request))
        if lead is None:
            return self.told(request, "gone", 410)
        if request.method == "GET":
            return self._choices(request, lead)
        said = _said(request)
        if said.get("act") == "stop":
            return self._stop(request)
        return self._save(request, lead, said) if said.get("act") == "save" else self.told(request, "odd", 400)

    def leave(self, request: Request) -> Reply:
        """RFC 8058: the very pair acts, anything else is a bad request; known or not, the page is the same."""
        if request.method == "GET":
            return _page(pages.leave(self._browsers(request)))
        if request.method != "POST":
            return method_not_allowed("GET, POST")
        name, _, value = ONE_CLICK.partition("=")
        if _said(request) != {name: value}:
            return self.told(request, "odd", 400)
        self.journey().unsubscribe(_token(request))
        return self.told(request, "left", 200)

    def told(self, request: Request, what: str, status: int) -> Reply:
        """A page in the browser's language, because it must not tell whose link it was."""
        return _page(pages.say(self._browsers(request), what), status)

    def _stop(self, request: Request) -> Reply:
        outcome = self.journey().object_to_all(_token(request))
        return self.told(request, "stopped", 200) if outcome else self.told(request, "gone", 410)

    def _save(self, request: Request, lead: Lead, said: Mapping[str, str]) -> Reply:
        """Only what the page showed counts, with its words; what no page of ours posts is refused."""
        boxes = {name: value for name, value in said.items() if name != "act"}
        if not boxes.keys() <= PLACE_OF.keys() or set(boxes.values()) - {"on"}:
            return self.told(request, "odd", 400)
        words = self._words_of(request, lead)
        shown = {purpose: words.purposes[purpose] for purpose in acts.offered(lead, self.journey().clock())}
        outcome = self.journey().choose(_token(request), frozenset(boxes) & shown.keys(), shown)
        return self._saved(request, outcome.lead, frozenset(boxes)) if outcome else self.told(request, "gone", 410)

    def _saved(self, request: Request, lead: Lead, ticked: frozenset[str]) -> Reply:
        uncounted = acts.uncounted(lead, ticked, self.journey().clock())
        return self._choices(request, lead, "uncounted_title" if uncounted else "saved_title", uncounted)

    def _choices(
        self, request: Request, lead: Lead, saved: str | None = None, uncounted: Mapping[str, str] | None = None
    ) -> Reply:
        now = self.journey().clock()
        waiting = permissions.waiting(lead.permission, now)
        choices = [Choice(p, acts.is_on(lead, p, now), p in waiting) for p in acts.offered(lead, now)]
        return _page(pages.choose(self._words_of(request, lead), choices, saved, uncounted))

    def _words_of(self, request: Request, lead: Lead) -> Words:
        lang = (lead.permission.get("notice") or {}).get("lang", "")
        words = self.words.get(lang, self._browsers(request))
        return words.naming(acts.named(lead, self.journey().clock()))

    def _browsers(self, request: Request) -> Words:
        return pages.preferred(self.words, request.header("accept-language"))


def _shown(words: Words, token: Token, is_confirmed: bool, is_baited: bool) -> str:
    by_text = bool(token.number)
    if is_confirmed:
        return pages.confirmed(words, token.purposes, by_text)
    return pages.ask(words, token.purposes, by_text, is_baited)


def _token(request: Request) -> str:
    return request.path_parameters.get("token", "")


def _said(request: Request) -> dict[str, str]:
    return page_forms.pairs(request.body(), request.header("content-type"))


def _page(text: str, status: int = 200) -> Reply:
    return Reply(status, text, pages.HEADERS)
