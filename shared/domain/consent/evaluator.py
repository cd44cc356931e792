"""The order of evaluation: validate, act, age, suppression, each channel; then sharing, storing, scoring, sales.

Where the declared and the observed country differ, both regimes answer and the stricter answer counts, each output for
itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.consent import scopes
from shared.domain.consent.channels import Answer, answer, kind_of_action, strictest
from shared.domain.consent.dates import day
from shared.domain.consent.decision import CHANNELS, ConsentDecision, refused
from shared.domain.consent.question import ConsentQuestion, question_from
from shared.domain.consent.ticks import Regime
from shared.domain.errors import RejectedInput


def decide(question: Mapping[str, Any] | ConsentQuestion, rules: Mapping[str, Any]) -> ConsentDecision:
    """What may be done with a submission, by `rules` (agreement/jurisdictions.yaml as plain data).

    Bad input is a refusal with the code of what is wrong; only a clock without a zone raises (CannotHappen).
    """
    try:
        asked = _read(question, rules)
    except RejectedInput as fault:
        return refused(422, fault.code, (), rules["version"])
    return _gate(asked, rules) or _decided(asked, rules)


def _read(question: Mapping[str, Any] | ConsentQuestion, rules: Mapping[str, Any]) -> ConsentQuestion:
    return question if isinstance(question, ConsentQuestion) else question_from(question, rules["clock_leeway_minutes"])


def _gate(question: ConsentQuestion, rules: Mapping[str, Any]) -> ConsentDecision | None:
    """The refusals that come before any permission is looked at."""
    if kind_of_action(question, rules) is None:
        return refused(422, "NO_QUALIFYING_ACTION", (), rules["version"])
    if question.age is not None and question.age < _age_of_consent(question, rules["ages"]):
        return refused(403, "AGE_RESTRICTED", (), rules["version"])
    if question.origin != "subject" and question.prior.suppressed:
        return refused(409, "SUPPRESSED", (), rules["version"])
    return None


def _age_of_consent(question: ConsentQuestion, ages: Mapping[str, Any]) -> int:
    otherwise: int = ages["otherwise"]
    here: list[int] = [ages["by_country"].get(country, otherwise) for country in question.countries]
    return max(here, default=otherwise)


def regimes_of(question: ConsentQuestion, rules: Mapping[str, Any]) -> list[Regime]:
    """The regimes that answer; one when both countries share it."""
    names = [rules["regime_of"].get(country, "other") for country in question.countries] or ["unknown"]
    return [rules["regimes"][name] for name in dict.fromkeys(names)]


def _decided(question: ConsentQuestion, rules: Mapping[str, Any]) -> ConsentDecision:
    regimes = regimes_of(question, rules)
    answers = {ch: strictest([answer(question, rules, regime, ch) for regime in regimes]) for ch in CHANNELS}
    reasons = (*_about_countries(question), *(reason for channel in CHANNELS for reason in answers[channel].reasons))
    store = scopes.store(question, rules, answers)
    if store == "none":
        return refused(422, "NO_PERMISSION", _each_once(reasons), rules["version"])
    return _accepted(scopes.Scoped(question, rules, regimes, answers, store), reasons)


def _about_countries(question: ConsentQuestion) -> tuple[str, ...]:
    if not question.countries:
        return ("JURISDICTION_UNKNOWN",)
    return ("COUNTRIES_DIFFER",) if len(question.countries) > 1 else ()


def _accepted(scoped: scopes.Scoped, reasons: tuple[str, ...]) -> ConsentDecision:
    answers = scoped.answers
    against_sharing = scopes.against_sharing(scoped)
    against_scoring = scopes.against_scoring(scoped)
    reply = scopes.reply(scoped.question, scoped.rules)
    return ConsentDecision(
        accept=True,
        http=_http(scoped),
        error=None,
        store=scoped.store,
        contact={channel: answers[channel].says for channel in CHANNELS},
        reply=reply,
        share=not against_sharing,
        score=not against_scoring,
        doi=answers["email"].says == "after_doi",
        sales=_sales(answers, reply),
        expires={channel: day(answers[channel].expires) for channel in CHANNELS},
        reasons=_each_once((*reasons, *against_sharing, *against_scoring)),
        optout_persist=scopes.is_opt_out(scoped),
        rules=scoped.rules["version"],
        basis={**{channel: answers[channel].basis for channel in CHANNELS}, "reply": "contract" if reply else "none"},
    )


def _http(scoped: scopes.Scoped) -> int:
    """200 for preferences, 202 where something must still be confirmed, 201 otherwise."""
    if kind_of_action(scoped.question, scoped.rules) == "preferences":
        return 200
    return 202 if any(found.says == "after_doi" for found in scoped.answers.values()) else 201


def _sales(answers: Mapping[str, Answer], reply: bool) -> str:
    if any(found.says == "yes" for found in answers.values()):
        return "marketing"
    return "reply" if reply else "none"


def _each_once(reasons: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reasons))
