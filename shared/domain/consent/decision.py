"""What the consent decision says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CHANNELS = ("email", "sms", "phone", "autocall")
NOTHING = dict.fromkeys(CHANNELS, "no")
NO_EXPIRY: dict[str, str | None] = dict.fromkeys(CHANNELS)
NO_BASIS = {**dict.fromkeys(CHANNELS, "none"), "reply": "none"}


@dataclass(frozen=True, slots=True)
class ConsentDecision:
    """One decision with its reasons.

    `http` and `error` are the decision's own vocabulary; `store` is full, limited, pending or none; `contact` says yes,
    no or after_doi per channel; `basis` names the legal basis per channel and of the reply; `expires` holds YYYY-MM-DD
    (UTC) or None per channel; `sales` is marketing, reply or none; `doi` asks for a confirmation by mail;
    `optout_persist` asks to remember an opt-out of sale and sharing; `rules` is the version of the rules applied.
    """

    accept: bool
    http: int
    error: str | None
    store: str
    contact: Mapping[str, str]
    reply: bool
    share: bool
    score: bool
    doi: bool
    sales: str
    expires: Mapping[str, str | None]
    reasons: tuple[str, ...]
    optout_persist: bool
    rules: str
    basis: Mapping[str, str]


def refused(http: int, error: str, reasons: tuple[str, ...], rules: str) -> ConsentDecision:
    """A refusal: nothing is stored, nothing is allowed."""
    return ConsentDecision(
        accept=False,
        http=http,
        error=error,
        store="none",
        contact=dict(NOTHING),
        reply=False,
        share=False,
        score=False,
        doi=False,
        sales="none",
        expires=dict(NO_EXPIRY),
        reasons=(error, *(reason for reason in reasons if reason != error)),
        optout_persist=False,
        rules=rules,
        basis=dict(NO_BASIS),
    )
