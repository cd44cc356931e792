"""A person confirms, looks at, changes or ends a permission: gather, decide, apply.

Every act is written by `_write`, which asks the suppression list first. Looking changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.domain import permission_acts as acts
from shared.domain import suppression
from shared.domain.enrolment import Plan
from shared.domain.identity import Keyring, members
from shared.domain.lead import Lead
from shared.domain.permission_acts import Act, Change, Circumstances
from shared.domain.question import Draws
from shared.domain.submission import ContactPoints
from shared.domain.suppression import Suppression
from shared.domain.tokens import Token, digest_of
from shared.journeys.patience import patiently
from shared.journeys.permission_ports import PermissionStore
from shared.journeys.ports import Clock, Dice, Pause

Decide = Callable[[Lead], Act | None]
PREFERENCES, ONE_CLICK = "preferences", "one-click"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an act: the lead as it is now, and the change when this very call wrote one.

    `is_baited` says that a machine took the bait a moment ago, so that nothing was granted, or no longer is.
    """

    lead: Lead
    change: Change | None = None
    is_baited: bool = False


@dataclass(frozen=True, slots=True)
class Permissions:
    """The journey with its surroundings. Every act raises TryAgain when the store stays away."""

    store: PermissionStore
    keyring: Keyring
    rules: Mapping[str, Any]
    clock: Clock
    dice: Dice
    pause: Pause
    text_countries: frozenset[str] = frozenset()
    plans: Mapping[str, Plan] = field(default_factory=dict)

    def asked(self, link: str) -> tuple[Token, Lead] | None:
        """What a confirmation link asks for; None when it is unknown, over, overtaken or the lead is gone."""
        token = self._token(link)
        lead = self.store.known(token.person) if token else None
        if token and lead and not self._may_confirm(token, lead, {}):
            token = self._token(link)  # another press may have come between the two reads
        return (token, lead) if token and lead and self._may_confirm(token, lead, {}) else None

    def confirm(self, link: str, shown: Mapping[str, str]) -> Outcome | None:
        """One grant, however often the button is pressed, and none in the minute after a bait was taken; None when the
        link is worth nothing (any more).
        """
        draws = self.dice()
        return patiently(lambda: self._confirm(link, shown, draws), self.pause)

    def take_bait(self, link: str, shown: Mapping[str, str]) -> Outcome | None:
        """A machine presses every button: what it granted in the minute before ends, and for a minute nothing is
        granted. None when the link is worth nothing (any more).
        """
        draws = self.dice()
        return patiently(lambda: self._take_bait(link, shown, draws), self.pause)

    def take_back(self, link: str, shown: Mapping[str, str]) -> Outcome | None:
        """What the link of a text granted, ended by the same link; None when it stands no more."""
        draws = self.dice()
        return patiently(lambda: self._take_back(link, shown, draws), self.pause)

    def standing(self, use: str, link: str) -> Lead | None:
        """The lead that a link of this use belongs to; None when there is none."""
        lead_id = self.keyring.lead_behind(use, link)
        person = self.store.whereabouts(lead_id) if lead_id else None
        return self.store.known(person) if person else None

    def choose(self, link: str, ticked: frozenset[str], shown: Mapping[str, str]) -> Outcome | None:
        """What the preference page says now: an empty box withdraws, a new tick grants."""
        return self._by_link(PREFERENCES, link, lambda lead: acts.choose(lead, ticked, shown, self.clock()))

    def object_to_all(self, link: str) -> Outcome | None:
        """An end to every marketing, from the preference page."""
        return self._by_link(PREFERENCES, link, lambda lead: acts.object_to_all(lead, "preference_page", self.clock()))

    def unsubscribe(self, link: str) -> Outcome | None:
        """One-click (RFC 8058): no more marketing by e-mail."""
        return self._by_link(
            ONE_CLICK, link, lambda lead: acts.withdraw(lead, ("mkt_email",), "one_click", {}, self.clock())
        )

    def opt_out_of_sale(self, contact: ContactPoints) -> None:
        """No sale and no sharing, known or not: the same calls either way (11 CCR 7026(d): no verification)."""
        person, draws = self.keyring.person_key(contact), self.dice()
        patiently(lambda: self._opt_out(person, contact, draws), self.pause)

    def _opt_out(self, person: str, contact: ContactPoints, draws: Draws) -> None:
        lead = self.store.known(person)
        act = acts.opt_out_of_sale(lead) if lead else None
        if lead and act:
            self._write(person, lead, act, draws)
        else:
            marks = self.keyring.suppression_marks(contact)
            self.store.found(marks)  # nothing depends on it: a stranger costs the calls that a known person costs
            self.store.suppress(suppression.remembered(marks, "sale", "sale_opt_out", self.clock()))

    def _confirm(self, link: str, shown: Mapping[str, str], draws: Draws) -> Outcome | None:
        asked = self.asked(link)
        if asked is None:
            return None
        token, lead = asked
        if token.is_baited(self.clock()):
            return Outcome(lead, is_baited=True)
        act = None if token.used_by else self._confirmation(token, lead, shown)
        if act is None:
            return Outcome(lead)
        return self._write(token.person, lead, act, draws, token)

    def _take_bait(self, link: str, shown: Mapping[str, str], draws: Draws) -> Outcome | None:
        asked = self.asked(link)
        if asked is None:
            return None
        token, lead = asked
        act = acts.take_bait(lead, token, shown, self.clock())
        if act:
            return replace(self._write(token.person, lead, act, draws, token), is_baited=True)
        if token.used_by:
            return Outcome(lead)
        self.store.mark(token.baited(self.clock()))
        return Outcome(lead, is_baited=True)

    def _take_back(self, link: str, shown: Mapping[str, str], draws: Draws) -> Outcome | None:
        asked = self.asked(link)
        if asked is None or not asked[0].is_way_back:
            return None
        token, lead = asked
        act = acts.withdraw(lead, token.purposes, acts.BY_TEXT, shown, self.clock())
        return self._write(token.person, lead, act, draws) if act else Outcome(lead)

    def _confirmation(self, token: Token, lead: Lead, shown: Mapping[str, str]) -> Act | None:
        method = acts.BY_TEXT if token.number else "doi_link"
        return acts.confirm(lead, token.purposes, token.since, shown, self.clock(), method)

    def _token(self, link: str) -> Token | None:
        digest = digest_of(link)
        token = self.store.token(digest) if digest else None
        return token if token and not token.is_over(self.clock()) else None

    def _may_confirm(self, token: Token, lead: Lead, shown: Mapping[str, str]) -> bool:
        """A used link still leads to the same page, unless what it granted was withdrawn meanwhile. The link of a text
        speaks for the very number that it was sent to.
        """
        if lead.lead_id != token.lead_id or not self._is_of_its_number(token, lead):
            return False
        if token.used_by:
            return any(acts.is_on(lead, purpose, self.clock()) for purpose in token.purposes)
        return self._confirmation(token, lead, shown) is not None

    def _is_of_its_number(self, token: Token, lead: Lead) -> bool:
        return not token.number or token.number == self.keyring.number_key(lead.profile.get("phone", ""))

    def _by_link(self, use: str, link: str, decide: Decide) -> Outcome | None:
        draws = self.dice()
        return patiently(lambda: self._decide_by_link(use, link, decide, draws), self.pause)

    def _decide_by_link(self, use: str, link: str, decide: Decide, draws: Draws) -> Outcome | None:
        lead_id = self.keyring.lead_behind(use, link)
        person = self.store.whereabouts(lead_id) if lead_id else None
        lead = self.store.known(person) if person else None
        if person is None or lead is None:
            return None
        act = decide(lead)
        return self._write(person, lead, act, draws) if act else Outcome(lead)

    def _write(self, person: str, lead: Lead, act: Act, draws: Draws, token: Token | None = None) -> Outcome:
        now = self.clock()
        marks = self.keyring.suppression_marks(ContactPoints(lead.profile.get("email"), lead.profile.get("phone")))
        found = self.store.found(marks)
        suppressed = suppression.kinds(marks, found.suppressed)
        is_out = bool(found.opted_out)
        around = Circumstances(self.rules, suppressed, now, draws, self.text_countries, is_out, self.plans)
        change = acts.apply(lead, act, around)
        suppress = suppression.remembered(marks, change.suppress, act.kind, now) if change.suppress else ()
        lift = suppression.lifted(marks, found.suppressed, change.lift)
        suppress = (*suppress, *(Suppression(**one) for one in act.undo.get("lifted", ())))
        suppress = (*suppress, *suppression.under_current_key(marks, found, suppress, lift))
        lifting = [members(one) for one in found.kept if one.shelf == "SUPP" and one.mark in lift]
        link = _after(token, lead, act, draws, lifting, now) if token else None
        self.store.change(person, change, suppress, lift, link)
        return Outcome(change.lead, change)


def _after(token: Token, lead: Lead, act: Act, draws: Draws, lifting: list[dict[str, Any]], now: datetime) -> Token:
    """The link after the act: used, or free again because a machine had used it."""
    if act.undo:
        return token.baited(now)
    return token.used(draws.event_id, now, {**acts.undo_of(lead, act), "lifted": lifting})
