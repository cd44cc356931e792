"""What follows from the channels: may we answer, keep, share and score?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.domain.consent.channels import Answer, is_suppressed, is_withdrawn_now, kind_of_action
from shared.domain.consent.decision import CHANNELS
from shared.domain.consent.question import CONTACT_POINT_OF, NOES, ConsentQuestion
from shared.domain.consent.ticks import Regime, faults, is_ticked, is_unticked


class Scoped(NamedTuple):
    """A question with the answers of its channels and how long it may be kept."""

    question: ConsentQuestion
    rules: Mapping[str, Any]
    regimes: list[Regime]
    answers: Mapping[str, Answer]
    store: str


def reply(question: ConsentQuestion, rules: Mapping[str, Any]) -> bool:
    """An enquiry of the person may be answered (GDPR Art. 6(1)(b)): answering is not marketing."""
    return question.origin == "subject" and kind_of_action(question, rules) == "enquiry"


def store(question: ConsentQuestion, rules: Mapping[str, Any], answers: Mapping[str, Answer]) -> str:
    """full, limited (deliver the asset, keep the preferences), pending (until confirmed), or none: refused then."""
    says = {found.says for found in answers.values()}
    kind = kind_of_action(question, rules)
    if "yes" in says or reply(question, rules):
        return "full"
    if kind == "preferences" or (kind == "service" and question.origin == "subject"):
        return "limited"
    return "pending" if "after_doi" in says else "none"


def against_sharing(scoped: Scoped) -> tuple[str, ...]:
    """Every reason not to sell to or share with third parties; empty means it is allowed."""
    question = scoped.question
    found = {
        "TENANT_DOES_NOT_SHARE": "tenant_sells" not in question.facts,
        "GPC_OPT_OUT": _gpc_counts(scoped),
        "SALE_OPT_OUT": question.prior.sale_optout,
        "MINOR": _is_minor(scoped),
        "NO_NOTICE": question.notice is None,
        "SUPPRESSED": _is_suppressed_still(scoped),
        "STORED_PENDING": scoped.store == "pending",
        "CAN_SPAM_NO_TRANSFER": _may_not_transfer(scoped),
    }
    return (*(code for code, is_so in found.items() if is_so), *_against(scoped, "share_3p", _share_basis(scoped)))


def _share_basis(scoped: Scoped) -> str | None:
    """What is missing for sharing without a tick; an opt-out regime needs none, while there is more than a delivery."""
    if scoped.question.prior.objected:
        return "OBJECTED:share_3p"
    if any(regime["share"] == "consent" for regime in scoped.regimes):
        return "NO_BASIS:share_3p"
    return "STORED_LIMITED" if scoped.store == "limited" else None


def against_scoring(scoped: Scoped) -> tuple[str, ...]:
    """Every reason not to score; empty means it is allowed."""
    question = scoped.question
    found = {
        "NO_NOTICE": question.notice is None,
        "MINOR": _is_minor(scoped),
        "SUPPRESSED": _is_suppressed_still(scoped),
        "PROFILING_OBJECTED": _has_objected_to_profiling(scoped),
        f"STORED_{scoped.store.upper()}": scoped.store != "full",
    }
    return (*(code for code, is_so in found.items() if is_so), *_against(scoped, "profiling", _score_basis(scoped)))


def _score_basis(scoped: Scoped) -> str | None:
    """What is missing for scoring without a tick."""
    needs_lia = any(regime["score"] == "legitimate_interest" for regime in scoped.regimes)
    return "NO_LIA" if needs_lia and "lia" not in scoped.question.facts else None


def _against(scoped: Scoped, purpose: str, without_tick: str | None) -> tuple[str, ...]:
    """Why a purpose that is no channel is not allowed: by the box, by what was said before, or for want of a basis."""
    question = scoped.question
    before = question.prior.channels.get(purpose)
    if is_unticked(question, purpose):
        code = "WITHDRAWN_NOW" if is_withdrawn_now(question, scoped.rules, purpose) else "DECLINED"
        return (f"{code}:{purpose}",)
    wrong = _faults(scoped, purpose)
    if is_ticked(question, purpose) and not wrong:
        return ()
    if before and before.status in NOES:
        return (*wrong, f"{before.status.upper()}:{purpose}")
    if before and before.counts(question.now) and not question.prior.objected:
        return ()
    if wrong and any(regime["closed_by_bad_tick"] for regime in scoped.regimes):
        return wrong
    return (without_tick,) if without_tick else ()


def _faults(scoped: Scoped, purpose: str) -> tuple[str, ...]:
    before = scoped.question.prior.channels.get(purpose)
    each = (reason for regime in scoped.regimes for reason in faults(scoped.question, regime, purpose, before))
    return tuple(dict.fromkeys(each))


def _has_objected_to_profiling(scoped: Scoped) -> bool:
    """An objection to direct marketing includes profiling for it (GDPR Art. 21(2))."""
    prior = scoped.question.prior
    if not (prior.objected or prior.objected_profiling):
        return False
    consents_anew = is_ticked(scoped.question, "profiling") and not _faults(scoped, "profiling")
    return not (consents_anew and scoped.rules["profiling_tick_lifts_objection"])


def _is_minor(scoped: Scoped) -> bool:
    return scoped.question.age is not None and scoped.question.age < scoped.rules["ages"]["adult"]


def _is_suppressed_still(scoped: Scoped) -> bool:
    """Whoever returns after a suppression is only answered, until a new tick is proved by the mailbox or the number."""
    if not scoped.question.prior.suppressed:
        return False
    lifted = {CONTACT_POINT_OF[channel] for channel in CHANNELS if scoped.answers[channel].says == "yes"}
    waiting = (channel for channel in CHANNELS if CONTACT_POINT_OF[channel] not in lifted)
    return any(is_suppressed(scoped.question, channel) for channel in waiting)


def _may_not_transfer(scoped: Scoped) -> bool:
    """An address that said no to mail is not passed on, until the person says yes again (15 USC 7704(a)(4))."""
    if not any(regime["no_transfer_after_no"] for regime in scoped.regimes):
        return False
    return _has_refused_mail(scoped) and scoped.answers["email"].says != "yes"


def _has_refused_mail(scoped: Scoped) -> bool:
    question = scoped.question
    before = question.prior.channels.get("email")
    said_no = before is not None and before.status in NOES
    now = is_withdrawn_now(question, scoped.rules, "mkt_email")
    return said_no or now or question.prior.objected or is_suppressed(question, "email")


def _gpc_counts(scoped: Scoped) -> bool:
    return scoped.question.gpc and any(regime["honours_gpc"] for regime in scoped.regimes)


def is_opt_out(scoped: Scoped) -> bool:
    """Must an opt-out be remembered? By signal, or on the preference page where sharing is opt-out."""
    is_optout_regime = any(regime["share"] == "opt_out" for regime in scoped.regimes)
    return _gpc_counts(scoped) or (is_optout_regime and is_withdrawn_now(scoped.question, scoped.rules, "share_3p"))
