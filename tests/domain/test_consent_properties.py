"""What the consent decision promises for every input (consent rules 6.3): nothing here knows a row of the table."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.consent import ConsentDecision, decide
from shared.domain.consent.channels import RANK
from shared.domain.consent.words import SENTENCES
from tests.domain.consent_builders import RULES

STORES = ("none", "pending", "limited", "full")
SCOPES = ("none", "reply", "marketing")
COUNTRIES = ("FR", "DE", "AT", "FI", "ES", "GB", "CH", "US", "CA", "BR", "AU", "JP")
CHANNELS = ("email", "sms", "phone", "autocall")
PURPOSES = ("mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling")
TIMES = ("2023-01-01", "2025-09-03", "2026-01-10T00:00:00Z", "2026-03-02T12:00:00Z", "2026-03-03", "2030-01-01")
PAST = TIMES[:4]

rarely = st.sampled_from((False, False, False, True))
often = st.sampled_from((True, True, False))
flags = st.fixed_dictionaries({"checked": st.booleans(), "pre": rarely, "req": rarely, "bundled": rarely})
states = st.fixed_dictionaries(
    {"status": st.sampled_from(("given", "renewed", "withdrawn", "revoked", "refused", "expired", "requested"))},
    optional={"at": st.sampled_from(PAST), "expires": st.sampled_from(TIMES)},
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "sale": often,
        "similar": often,
        "optout_offered": often,
        "role_relevant": often,
        "inquiry_at": st.sampled_from(PAST),
        "purchase_at": st.sampled_from(PAST),
    },
)
priors = st.fixed_dictionaries(
    {},
    optional={
        "channels": st.dictionaries(st.sampled_from((*CHANNELS, "share_3p", "profiling")), states, max_size=4),
        "objected": rarely,
        "objected_profiling": rarely,
        "sale_optout": rarely,
        "suppressed": st.lists(st.sampled_from(CHANNELS), max_size=2),
    },
)
questions = st.fixed_dictionaries(
    {
        "now": st.just("2026-03-02T12:00:00+00:00"),
        "action": st.sampled_from(tuple(RULES["actions"])),
        "origin": st.sampled_from(("subject", "subject", "subject", "import", "staff")),
        "email": st.just("a@example.com"),
        "phone": st.sampled_from((None, "+33612345678")),
        "country": st.sampled_from((*COUNTRIES, None)),
        "notice": st.sampled_from(("n1", "n1", "n1", None)),
        "lia": often,
        "tenant_sells": often,
        "boxes": st.dictionaries(st.sampled_from(PURPOSES), flags, max_size=4),
        "prior": priors,
        "ctx": contexts,
    },
    optional={
        "ip_country": st.sampled_from((*COUNTRIES, None)),
        "subject_type": st.sampled_from(("consumer", "business", "unknown")),
        "age": st.sampled_from((12, 15, 17, 30)),
        "gpc": st.sampled_from(((), ("0",), ("1",))),
        "doi": st.sampled_from(("none", "pending", "confirmed", "expired")),
        "phone_verified": st.booleans(),
        "tps_clear": st.booleans(),
        "dnc_clear": st.booleans(),
        "evidence_at": st.sampled_from(PAST),
    },
)
many = settings(max_examples=100, deadline=None)


def heights(decision: ConsentDecision) -> dict[str, int]:
    """Every output as a number: higher allows more."""
    return {
        **{channel: RANK[decision.contact[channel]] for channel in CHANNELS},
        "accept": int(decision.accept),
        "store": STORES.index(decision.store),
        "reply": int(decision.reply),
        "share": int(decision.share),
        "score": int(decision.score),
        "sales": SCOPES.index(decision.sales),
    }


def turned_on(question: dict[str, Any], **change: Any) -> list[str]:
    """The outputs that rise by a change of the question."""
    was, becomes = heights(decide(question, RULES)), heights(decide({**question, **change}, RULES))
    return [name for name, height in becomes.items() if height > was[name]]


def with_prior(question: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {**question["prior"], **change}


@many
@given(questions)
def test_what_is_refused_leaves_nothing_behind(question: dict[str, Any]) -> None:
    decision = decide(question, RULES)

    assert decision.accept == (decision.error is None) == (decision.store != "none")
    assert decision.accept or set(heights(decision).values()) == {0}
    assert decision.accept or (decision.http >= 400 and not decision.doi and not decision.optout_persist)


@many
@given(questions)
def test_only_what_is_kept_in_full_is_scored(question: dict[str, Any]) -> None:
    decision = decide(question, RULES)

    assert decision.store == "full" or not decision.score


@many
@given(questions)
def test_marketing_means_that_some_channel_is_open(question: dict[str, Any]) -> None:
    decision = decide(question, RULES)

    assert (decision.sales == "marketing") == ("yes" in decision.contact.values())


@many
@given(questions)
def test_every_open_channel_has_a_basis_and_only_open_channels_end(question: dict[str, Any]) -> None:
    decision = decide(question, RULES)

    for channel, says in decision.contact.items():
        assert (decision.basis[channel] == "none") == (says == "no")
        assert says == "yes" or decision.expires[channel] is None


@many
@given(questions)
def test_every_reason_is_said_once_and_has_a_sentence(question: dict[str, Any]) -> None:
    reasons = decide(question, RULES).reasons

    assert reasons
    assert len(set(reasons)) == len(reasons)
    assert all(reason.partition(":")[0] in SENTENCES for reason in reasons)


@many
@given(questions)
def test_the_signal_turns_nothing_on(question: dict[str, Any]) -> None:
    assert turned_on(question, gpc=["1"]) == []


@many
@given(questions, st.sampled_from((*CHANNELS, "share_3p", "profiling")), st.sampled_from(("2026-01-10", "2026-03-02")))
def test_a_withdrawal_turns_nothing_on(question: dict[str, Any], channel: str, at: str) -> None:
    channels = {**question["prior"].get("channels", {}), channel: {"status": "withdrawn", "at": at}}

    assert turned_on(question, prior=with_prior(question, channels=channels)) == []


@many
@given(questions, st.sampled_from(("objected", "objected_profiling", "sale_optout")))
def test_an_objection_or_an_opt_out_turns_nothing_on(question: dict[str, Any], no: str) -> None:
    assert turned_on(question, prior=with_prior(question, **{no: True})) == []


@many
@given(questions, st.sampled_from(CHANNELS))
def test_a_suppression_turns_nothing_on(question: dict[str, Any], point: str) -> None:
    suppressed = [*question["prior"].get("suppressed", ()), point]

    assert turned_on(question, prior=with_prior(question, suppressed=suppressed)) == []


@many
@given(questions, st.sampled_from(COUNTRIES))
def test_a_second_country_turns_nothing_on(question: dict[str, Any], other: str) -> None:
    alone = {**question, "ip_country": None, "country": question["country"] or "FR"}

    assert turned_on(alone, ip_country=other) == []
    assert turned_on({**alone, "country": None, "ip_country": alone["country"]}, country=other) == []


@many
@given(questions)
def test_an_unknown_country_allows_no_more_than_germany(question: dict[str, Any]) -> None:
    known = {**question, "country": "DE", "ip_country": None}

    assert turned_on(known, country=None) == []


@many
@given(questions, st.sampled_from(PURPOSES))
def test_unticking_a_box_turns_nothing_on(question: dict[str, Any], purpose: str) -> None:
    for pre in (False, True):
        ticked = {**question, "boxes": {**question["boxes"], purpose: {"checked": True, "pre": pre}}}

        assert turned_on(ticked, boxes={**ticked["boxes"], purpose: {"checked": False, "pre": pre}}) == []


@many
@given(questions)
def test_an_age_of_seventeen_turns_nothing_on(question: dict[str, Any]) -> None:
    assert turned_on({**question, "age": None}, age=17) == []


@many
@given(questions)
def test_removing_the_notice_turns_nothing_on(question: dict[str, Any]) -> None:
    assert turned_on({**question, "notice": "n1"}, notice=None) == []


@many
@given(questions, st.sampled_from(("pre", "req", "bundled")), st.sampled_from(PURPOSES))
def test_showing_a_box_wrongly_turns_nothing_on(question: dict[str, Any], flag: str, purpose: str) -> None:
    well_shown = {**question, "boxes": {**question["boxes"], purpose: {"checked": True}}}

    assert turned_on(well_shown, boxes={**question["boxes"], purpose: {"checked": True, flag: True}}) == []


@many
@given(questions, st.sampled_from(("lia", "tps_clear", "dnc_clear", "phone_verified", "tenant_sells")))
def test_a_missing_fact_turns_nothing_on(question: dict[str, Any], fact: str) -> None:
    assert turned_on({**question, fact: True}, **{fact: False}) == []


@many
@given(questions)
def test_the_order_of_two_countries_does_not_matter(question: dict[str, Any]) -> None:
    one = decide(question, RULES)
    other = decide({**question, "country": question.get("ip_country"), "ip_country": question["country"]}, RULES)

    assert heights(one) == heights(other)
    assert (one.expires, one.error, set(one.reasons)) == (other.expires, other.error, set(other.reasons))


# Totality

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
FORM_VALUES = ("on", "", "FR", "uk", "T1", "1", "a@example.com", "+33612345678")
VOCABULARY = ("subject", "contact_request", "confirmed", "email", "given", "withdrawn", "mkt_email")
EXTREMES = ("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-03-02")
words = st.sampled_from((*FORM_VALUES, *VOCABULARY, *EXTREMES))
names = st.sampled_from(
    (
        "boxes",
        "prior",
        "channels",
        "email",
        "status",
        "expires",
        "at",
        "ctx",
        "sale",
        "suppressed",
        "mkt_email",
        "checked",
    )
) | st.text(max_size=6)
anything = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)
times = st.sampled_from(("2026-03-02T12:00:00Z", "8999-12-31T23:59:59+00:00", "1970-01-01T00:00:00-23:59"))


@many
@given(st.dictionaries(names, anything, max_size=4) | scalars | st.lists(scalars, max_size=2))
def test_whatever_is_asked_gets_a_decision(asked: Any) -> None:
    assert decide(asked, RULES).http == 422


WHO = ("origin", "email", "phone", "country", "ip_country", "region", "subject_type", "age", "prior")
WHAT = ("action", "notice", "boxes", "gpc", "doi", "ctx", "claimed_at", "evidence_at", "lia", "tps_clear")


@many
@given(questions, times, st.sampled_from((*WHO, *WHAT)), anything)
def test_whatever_one_member_holds_there_is_a_decision(
    question: dict[str, Any], now: str, member: str, value: Any
) -> None:
    decision = decide({**question, "now": now, member: value}, RULES)

    assert decision.http in (200, 201, 202, 403, 409, 422)


@many
@given(questions, anything)
def test_whatever_a_box_or_the_past_holds_there_is_a_decision(question: dict[str, Any], value: Any) -> None:
    changes = (
        {"boxes": {"mkt_email": value}},
        {"boxes": {"mkt_email": {"checked": value}}},
        {"prior": {"channels": {"email": value}}},
        {"prior": {"channels": {"email": {"status": "given", "expires": value}}}},
        {"prior": {"suppressed": value}},
        {"ctx": {"purchase_at": value}},
    )

    assert all(decide({**question, **change}, RULES).rules == "2026.1" for change in changes)
