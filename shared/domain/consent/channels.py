"""May we contact the person on one channel under one regime? Seven steps, in the order of the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import inf
from typing import Any, NamedTuple

from shared.domain.consent.dates import months_after
from shared.domain.consent.question import CONTACT_POINT_OF, NOES, PURPOSE_OF, ConsentQuestion, Standing
from shared.domain.consent.ticks import Regime, expiry, faults, is_ticked, is_unticked

RANK = {"no": 0, "after_doi": 1, "yes": 2}


class Answer(NamedTuple):
    """yes, after_doi or no; until when; on which basis; and why."""

    says: str
    reasons: tuple[str, ...]
    basis: str = "none"
    expires: datetime | None = None


class Case(NamedTuple):
    """One channel under one regime, with what the steps look at."""

    question: ConsentQuestion
    rules: Mapping[str, Any]
    regime: Regime
    channel: str
    before: Standing | None
    faults: tuple[str, ...]

    @property
    def purpose(self) -> str:
        return PURPOSE_OF[self.channel]

    @property
    def bases(self) -> list[str]:
        names: list[str] = self.regime["channels"][self.channel]
        return names

    def because(self, code: str) -> str:
        return f"{code}:{self.channel}"


def answer(question: ConsentQuestion, rules: Mapping[str, Any], regime: Regime, channel: str) -> Answer:
    """The first step that has an answer gives it; what was wrong with the tick is always said."""
    before = question.prior.channels.get(channel)
    case = Case(question, rules, regime, channel, before, faults(question, regime, PURPOSE_OF[channel], before))
    for step in (withdrawn_now, unreachable, new_consent, blocked, standing_consent, declined, void_tick):
        found = step(case)
        if found:
            return found
    return regime_bases(case)


def withdrawn_now(case: Case) -> Answer | None:
    """On the preference page an empty box is a withdrawal (GDPR Art. 7(3)); elsewhere it never is (POLICY)."""
    if not is_withdrawn_now(case.question, case.rules, case.purpose):
        return None
    return Answer("no", (case.because("WITHDRAWN_NOW"),))


def is_withdrawn_now(question: ConsentQuestion, rules: Mapping[str, Any], purpose: str) -> bool:
    return is_unticked(question, purpose) and kind_of_action(question, rules) == "preferences"


def kind_of_action(question: ConsentQuestion, rules: Mapping[str, Any]) -> str | None:
    """enquiry, service, subscription or preferences; None for what makes nobody a lead."""
    kind: str | None = rules["actions"].get(question.action)
    return kind


def unreachable(case: Case) -> Answer | None:
    """Without an address or number nothing can be permitted."""
    if case.question.email if CONTACT_POINT_OF[case.channel] == "email" else case.question.phone:
        return None
    asked = (case.because("NO_IDENTIFIER"),) if is_ticked(case.question, case.purpose) else ()
    return Answer("no", (*case.faults, *asked))


def new_consent(case: Case) -> Answer | None:
    """A valid tick, proved where proof is needed; without that proof an earlier confirmed consent still counts."""
    if case.faults or not is_ticked(case.question, case.purpose) or "consent" not in case.bases:
        return None
    if not _needs_proof(case) or is_proved(case.question, case.channel):
        return Answer("yes", (case.because("NEW_CONSENT"),), "consent", expiry(case.question, case.regime))
    if _stands(case) and not _noes(case):
        return None
    return _awaiting_proof(case)


def _needs_proof(case: Case) -> bool:
    return case.regime["confirm"] or is_suppressed(case.question, case.channel)


def is_proved(question: ConsentQuestion, channel: str) -> bool:
    """A confirmed e-mail proves a mailbox, never a phone (BGH I ZR 164/09, headnote c)."""
    return question.doi == "confirmed" if CONTACT_POINT_OF[channel] == "email" else "phone_verified" in question.facts


def is_suppressed(question: ConsentQuestion, channel: str) -> bool:
    suppressed = question.prior.suppressed
    return channel in suppressed or CONTACT_POINT_OF[channel] in suppressed


def _awaiting_proof(case: Case) -> Answer:
    """An expired confirmation is an answer too: it falls back to nothing else."""
    if case.channel != "email":
        return Answer("after_doi", (case.because("PHONE_NOT_VERIFIED"), *_noes(case)), "consent")
    if case.question.doi == "expired":
        return Answer("no", ("DOI_EXPIRED", *_noes(case)))
    return Answer("after_doi", ("DOI_NEEDED", *_noes(case)), "consent")


def blocked(case: Case) -> Answer | None:
    """A "no" of the person closes every other basis (GDPR Art. 7(3), 21(3); EDPB 05/2020 §§121-123)."""
    noes = _noes(case)
    return Answer("no", (*case.faults, *noes)) if noes else None


def _noes(case: Case) -> tuple[str, ...]:
    suppressed = (case.because("SUPPRESSED"),) if is_suppressed(case.question, case.channel) else ()
    objected = (case.because("OBJECTED"),) if case.question.prior.objected else ()
    said_no = (case.because(case.before.status.upper()),) if case.before and case.before.status in NOES else ()
    return (*suppressed, *objected, *said_no)


def standing_consent(case: Case) -> Answer | None:
    """A consent given before, until it expires; a box left blank on a new form does not end it (POLICY)."""
    if not case.before or not _stands(case):
        return None
    blank = (case.because("UNTICKED_NOT_WITHDRAWAL"),) if is_unticked(case.question, case.purpose) else ()
    return Answer("yes", (*case.faults, *blank, case.because("STANDING_CONSENT")), "consent", case.before.expires)


def _stands(case: Case) -> bool:
    return case.before is not None and case.before.counts(case.question.now)


def declined(case: Case) -> Answer | None:
    """Who was asked and said no is not contacted on another basis."""
    if not is_unticked(case.question, case.purpose):
        return None
    return Answer("no", (case.because("DECLINED"), *_outlived(case)))


def _outlived(case: Case) -> tuple[str, ...]:
    had = case.before is not None and case.before.status in ("given", "renewed", "expired")
    return (case.because("PRIOR_EXPIRED"),) if had else ()


def void_tick(case: Case) -> Answer | None:
    """Who was asked in a way that makes the tick worthless: no swap to another basis, where the regime says so."""
    if not case.faults or not case.regime["closed_by_bad_tick"]:
        return None
    return Answer("no", (*case.faults, *_outlived(case)))


def regime_bases(case: Case) -> Answer:
    """Of the bases that hold, the one that lasts longest; on a tie the one named first."""
    bases = [case.rules["bases"][name] for name in case.bases if name != "consent"]
    holding = [(basis, _ends(case.question, case.rules, basis)) for basis in bases if _holds(case, basis)]
    if not holding:
        missing = tuple(reason for basis in bases for reason in _missing(case, basis))
        return Answer("no", (*case.faults, *_outlived(case), *missing, case.because("NO_BASIS")))
    basis, ends = max(holding, key=lambda found: _lasts(found[1]))
    return Answer("yes", (*case.faults, basis["reason"].format(channel=case.channel)), basis["basis"], ends)


def _lasts(ends: datetime | None) -> float:
    return ends.timestamp() if ends else inf


def _holds(case: Case, basis: Mapping[str, Any]) -> bool:
    if not case.question.facts.issuperset(basis["when"]):
        return False
    ends = _ends(case.question, case.rules, basis)
    return "since" not in basis or (ends is not None and ends > case.question.now)


def _ends(question: ConsentQuestion, rules: Mapping[str, Any], basis: Mapping[str, Any]) -> datetime | None:
    """When a basis that rests on an act of the person runs out; None when it rests on none, or the act is unknown."""
    if "since" not in basis:
        return None
    since = _inquired(question, rules) if basis["since"] == "inquiry" else question.purchase_at
    return months_after(since, basis["months"]) if since else None


def _inquired(question: ConsentQuestion, rules: Mapping[str, Any]) -> datetime | None:
    """An enquiry of the person counts from now."""
    is_enquiry = question.origin == "subject" and kind_of_action(question, rules) == "enquiry"
    return question.now if is_enquiry else question.inquiry_at


def _missing(case: Case, basis: Mapping[str, Any]) -> tuple[str, ...]:
    """The reason of the first condition that is missing, where that condition has one."""
    first = next((name for name in basis["when"] if name not in case.question.facts), None)
    return (case.rules["missing"][first],) if first in case.rules["missing"] else ()


def strictest(answers: list[Answer]) -> Answer:
    """The lowest answer; among equals the earliest end, and the reasons of all of them."""
    if len(answers) == 1:
        return answers[0]
    lowest = min(RANK[found.says] for found in answers)
    equals = [found for found in answers if RANK[found.says] == lowest]
    reasons = tuple(dict.fromkeys(reason for found in equals for reason in found.reasons))
    binding = min(equals, key=lambda found: _lasts(found.expires))
    return Answer(binding.says, reasons, binding.basis, binding.expires)
