"""The consent decision by example; consent_cases.json is the agreed table, the rest are the rules between its rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest

from shared.domain.consent import ConsentDecision, decide
from shared.domain.consent.cases import differences, with_known_notice
from shared.domain.consent.dates import day, instant, months_after
from shared.domain.consent.question import FLAGS, question_from
from shared.domain.consent.table import tables
from shared.domain.consent.words import SENTENCES, SUBJECTS, in_plain_words
from shared.domain.countries import ISO_3166_1
from shared.domain.errors import CannotHappen
from tests.domain.consent_builders import (
    AT_WORK,
    BLANK,
    CASES,
    PHONE,
    PRE,
    ROOT,
    RULES,
    SALE,
    TICK,
    a_question,
    before,
    decided,
)

ORDER = ("email", "sms", "phone", "autocall")
NO_AT = "2026-01-10T00:00:00+00:00"


def without_a_sentence(decision: ConsentDecision) -> list[str]:
    """The reasons that nobody could explain to the person."""
    return [reason for reason in decision.reasons if reason.partition(":")[0] not in SENTENCES]


# The agreed cases


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: str(case["id"]))
@pytest.mark.requirement("C75")
def test_the_agreed_case_is_decided_as_agreed(case: dict[str, Any]) -> None:
    failed = differences({"base": CASES["base"], "cases": [case]}, RULES)

    assert failed == []


def test_a_case_that_fails_shows_what_was_expected_and_what_came() -> None:
    wrong = {"id": "X1", "input": {}, "expect": {"em": "yes", "why": "LGPD_LI", "http": True, "exp": None}}

    (failed,) = differences({"base": CASES["base"], "cases": [wrong]}, RULES)

    assert failed["id"] == "X1"
    assert failed["differences"]["em"] == {"expected": "yes", "got": "no"}
    assert failed["differences"]["why"]["got"][-1] == "NO_BASIS:share_3p"
    assert failed["differences"]["http"] == {"expected": True, "got": 201}
    assert "exp" not in failed["differences"]


def test_a_clock_without_a_zone_fails_its_own_case_and_no_other() -> None:
    naive = {"id": "X3", "input": {"now": "2026-03-02T12:00:00"}, "expect": {"acc": True}}
    known = {"id": "X4", "input": {"now": "2026-03-02T12:00:00"}, "expect": {"http": 500}}
    fine = {"id": "X5", "input": {}, "expect": {"acc": True}}

    (failed,) = differences({"base": CASES["base"], "cases": [naive, known, fine]}, RULES)

    assert failed["id"] == "X3"
    assert failed["differences"] == {"http": {"expected": None, "got": 500}, "acc": {"expected": True, "got": None}}


def test_a_key_that_nobody_knows_fails_its_case() -> None:
    wrong = {"id": "X2", "input": {}, "expect": {"colour": "blue"}}

    (failed,) = differences({"base": CASES["base"], "cases": [wrong]}, RULES)

    assert failed["differences"] == {"colour": {"expected": "blue", "got": "no such key: colour"}}


def test_a_file_of_cases_may_name_the_notices_of_the_registry() -> None:
    case = {"id": "X3", "input": {"notice": "n2", "boxes": {"mkt_email": True}}, "expect": {"em": "yes"}}

    passed = differences({"base": CASES["base"], "cases": [case], "notices": ["n2"]}, RULES)
    failed = differences({"base": CASES["base"], "cases": [case]}, RULES)

    assert (passed, len(failed)) == ([], 1)


def test_a_file_of_cases_assumes_an_assessment_and_a_tenant_that_sells_unless_it_says_otherwise() -> None:
    expects = {"share": True, "score": True}
    cases = {"base": CASES["base"], "cases": [{"id": "X4", "input": {"boxes": {"share_3p": True}}, "expect": expects}]}

    granted = differences(cases, RULES)
    withheld = differences({**cases, "base": {**CASES["base"], "lia": False, "tenant_sells": False}}, RULES)

    assert granted == []
    assert withheld[0]["differences"] == {key: {"expected": True, "got": False} for key in expects}


@pytest.mark.parametrize(
    ("asked", "known"), [({"notice": "n9"}, ["n1"]), ({}, [None]), ({}, []), ({"notice": []}, ["n1"])]
)
def test_a_wording_that_the_registry_lacks_is_no_notice(asked: dict[str, Any], known: list[Any]) -> None:
    assert with_known_notice(asked, known) == {"notice": None}


# Reading


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"now": None}, "INVALID_TIME"),
    ({"now": "yesterday"}, "INVALID_TIME"),
    ({"now": 5}, "INVALID_TIME"),
    ({"now": date(2026, 3, 2)}, "INVALID_TIME"),
    ({"now": "1969-12-31T23:59:59+00:00"}, "INVALID_TIME"),
    ({"now": "9000-01-01T00:00:00+00:00"}, "INVALID_TIME"),
    ({"claimed_at": "2026-03-02T12:05:01+00:00"}, "CLAIMED_IN_FUTURE"),
    ({"claimed_at": "soon"}, "INVALID_TIME"),
    ({"evidence_at": "2026-03-02T12:05:01+00:00"}, "INVALID_TIME"),
    ({"ctx": {"inquiry_at": "2026-03-02T12:05:01+00:00"}}, "INVALID_TIME"),
    ({"ctx": {"purchase_at": "2026-03-02T12:05:01+00:00"}}, "INVALID_TIME"),
    ({"ctx": {"weather": True}}, "UNKNOWN_MEMBER"),
    ({"ctx": []}, "INVALID_CONTEXT"),
    ({"ctx": {"sale": 1}}, "INVALID_FLAG"),
    ({"surprise": 1}, "UNKNOWN_MEMBER"),
    ({"action": ["contact_request"]}, "NO_QUALIFYING_ACTION"),
    ({"origin": None}, "INVALID_ORIGIN"),
    ({"origin": "robot"}, "INVALID_ORIGIN"),
    ({"origin": []}, "INVALID_ORIGIN"),
    ({"email": 5}, "INVALID_EMAIL"),
    ({"email": "@example.com"}, "INVALID_EMAIL"),
    ({"email": "a@example"}, "INVALID_EMAIL"),
    ({"email": "a@example..com"}, "INVALID_EMAIL"),
    ({"email": "a b@example.com"}, "INVALID_EMAIL"),
    ({"email": "a\n@example.com"}, "INVALID_EMAIL"),
    ({"email": "a" * 65 + "@example.com"}, "INVALID_EMAIL"),
    ({"email": "a@" + "e" * 249 + ".com"}, "INVALID_EMAIL"),
    ({"email": " ", "phone": ""}, "NO_IDENTIFIER"),
    ({"phone": "0612345678"}, "INVALID_PHONE"),
    ({"phone": "+"}, "INVALID_PHONE"),
    ({"phone": "+0612345678"}, "INVALID_PHONE"),
    ({"phone": "+123456"}, "INVALID_PHONE"),
    ({"phone": "+1234567890123456"}, "INVALID_PHONE"),
    ({"phone": "+٣٣٦١٢٣٤٥٦٧٨"}, "INVALID_PHONE"),
    ({"phone": 33612345678}, "INVALID_PHONE"),
    ({"country": ["FR"]}, "INVALID_COUNTRY"),
    ({"country": "France"}, "INVALID_COUNTRY"),
    ({"region": 5}, "INVALID_REGION"),
    ({"subject_type": "robot"}, "INVALID_SUBJECT_TYPE"),
    ({"age": -1}, "INVALID_AGE"),
    ({"age": 121}, "INVALID_AGE"),
    ({"age": 17.0}, "INVALID_AGE"),
    ({"notice": 1}, "INVALID_NOTICE"),
    ({"boxes": ["mkt_email"]}, "INVALID_BOXES"),
    ({"boxes": {"mkt_email": None}}, "INVALID_CHECKBOX_VALUE"),
    ({"boxes": {"mkt_email": {"checked": "maybe"}}}, "INVALID_CHECKBOX_VALUE"),
    ({"boxes": {"mkt_email": {}}}, "INVALID_CHECKBOX_VALUE"),
    ({"boxes": {"mkt_email": {"checked": True, "colour": "red"}}}, "INVALID_CHECKBOX_VALUE"),
    ({"boxes": {"mkt_email": {"checked": True, "pre": "no"}}}, "INVALID_FLAG"),
    ({"gpc": "1"}, "INVALID_GPC"),
    ({"doi": "maybe"}, "INVALID_DOI"),
    ({"lia": "yes"}, "INVALID_FLAG"),
    ({"tps_clear": 1}, "INVALID_FLAG"),
    ({"prior": []}, "INVALID_PRIOR"),
    ({"prior": {"mood": 1}}, "UNKNOWN_MEMBER"),
    ({"prior": {"objected": "yes"}}, "INVALID_FLAG"),
    ({"prior": {"channels": []}}, "INVALID_PRIOR"),
    ({"prior": {"channels": {"pigeon": {"status": "given"}}}}, "INVALID_PRIOR"),
    ({"prior": {"channels": {"email": "given"}}}, "INVALID_PRIOR"),
    ({"prior": {"channels": {"email": None}}}, "INVALID_PRIOR"),
    ({"prior": before("email", "happy")}, "INVALID_PRIOR"),
    ({"prior": {"channels": {"email": {"status": []}}}}, "INVALID_PRIOR"),
    ({"prior": before("email", "given", since="2020")}, "UNKNOWN_MEMBER"),
    ({"prior": before("email", "given", expires="never")}, "INVALID_TIME"),
    ({"prior": before("email", "given", at="never")}, "INVALID_TIME"),
    ({"prior": {"suppressed": "email"}}, "INVALID_PRIOR"),
    ({"prior": {"suppressed": 5}}, "INVALID_PRIOR"),
    ({"prior": {"suppressed": {"email": True}}}, "INVALID_PRIOR"),
    ({"prior": {"suppressed": ["post"]}}, "INVALID_PRIOR"),
    ({"prior": {"suppressed": [["email"]]}}, "INVALID_PRIOR"),
]


@pytest.mark.parametrize(("changes", "error"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_not_in_the_vocabulary_is_refused_by_name(changes: dict[str, Any], error: str) -> None:
    decision = decided(**changes)

    assert (decision.accept, decision.http, decision.error, decision.reasons) == (False, 422, error, (error,))
    assert (decision.store, decision.sales, decision.rules) == ("none", "none", "2026.1")
    assert decision.contact == dict.fromkeys(ORDER, "no")
    assert (decision.reply, decision.share, decision.score, decision.doi, decision.optout_persist) == (False,) * 5


@pytest.mark.parametrize("asked", [None, {}, []])
def test_an_empty_question_is_refused(asked: Any) -> None:
    assert decide(asked, RULES).error in ("INVALID_TIME", "INVALID_QUESTION")


class Nowhere(tzinfo):
    """A zone without an offset."""

    def utcoffset(self, dt: datetime | None) -> None:
        return None

    def dst(self, dt: datetime | None) -> None:
        return None

    def tzname(self, dt: datetime | None) -> None:
        return None


@pytest.mark.parametrize("now", ["2026-03-02T12:00:00", datetime(2026, 3, 2), datetime(2026, 3, 2, tzinfo=Nowhere())])
def test_a_clock_without_a_zone_is_our_own_mistake(now: object) -> None:
    with pytest.raises(CannotHappen, match=r"^the clock gave a time without a zone$"):
        decided(now=now)


@pytest.mark.parametrize(
    "changes",
    [
        {"now": "2026-03-02T12:00:00Z"},
        {"now": datetime(2026, 3, 2, 12, tzinfo=UTC)},
        {"now": datetime(2026, 3, 2, 13, tzinfo=timezone(timedelta(hours=1)))},
        {"claimed_at": "2026-03-02T12:05:00+00:00"},
        {"email": " A@Example.COM "},
        {"email": None, "phone": "+1234567"},
        {"phone": "+123456789012345"},
        {"email": "a" * 64 + "@example.com"},
        {"email": "a@" + "e" * 248 + ".com"},
        {"country": " fr "},
        {"country": ""},
        {"ip_country": "T1"},
        {"ip_country": "XX"},
        {"ip_country": 7},
        {"region": "CA"},
        {"age": 120},
        {"subject_type": "unknown"},
        {"subject_type": "consumer"},
        {"boxes": None},
        {"prior": None},
        {"prior": {}},
        {"prior": {"suppressed": None}},
        {"gpc": None},
        {"ctx": None},
        {"doi": None},
        {"action": "demo_request"},
        {"action": "quote_request"},
    ],
    ids=str,
)
def test_what_is_in_the_vocabulary_is_accepted(changes: dict[str, Any]) -> None:
    assert decided(**changes).store == "full"


@pytest.mark.parametrize("value", [True, "on", "TRUE", " 1 ", "yes", {"checked": "yes"}])
def test_a_form_value_for_yes_is_a_tick(value: object) -> None:
    assert decided(boxes={"mkt_email": value}).contact["email"] == "yes"


@pytest.mark.parametrize("value", [False, "", "off", "False", "0", "no", {"checked": "0"}])
def test_a_form_value_for_no_is_a_blank_box(value: object) -> None:
    assert "DECLINED:email" in decided(boxes={"mkt_email": value}).reasons


@pytest.mark.parametrize(
    ("lines", "applies"),
    [
        (["1"], True),
        (["0", "1"], True),
        (["0,1"], True),
        (["0, 1 "], True),
        (["\t1"], True),
        (("1",), True),
        (["1, 1"], True),
        ([], False),
        (["0"], False),
        (["true"], False),
        (["01"], False),
        (["1.0"], False),
        (["11"], False),
        (["1;q=1"], False),
        (["X1"], False),
        (["\u00a01"], False),
        (["\uff11"], False),
        ([1], False),
        ([True], False),
        ([None, "1"], True),
    ],
    ids=str,
)
def test_only_an_exact_one_is_the_signal(lines: object, applies: bool) -> None:
    decision = decided(country="US", gpc=lines)

    assert (decision.optout_persist, decision.share, "GPC_OPT_OUT" in decision.reasons) == (
        applies,
        not applies,
        applies,
    )


def test_the_signal_is_honoured_from_everyone_and_stops_no_first_party_mail() -> None:
    decision = decided(gpc=["1"], boxes={"share_3p": TICK, "mkt_email": TICK})

    assert (decision.share, decision.optout_persist, decision.contact["email"]) == (False, True, "yes")


def test_a_regime_may_leave_the_signal_unheard() -> None:
    deaf = {**RULES["regimes"]["FR"], "honours_gpc": False}
    rules = {**RULES, "regimes": {**RULES["regimes"], "FR": deaf}}

    decision = decide(a_question(gpc=["1"], boxes={"share_3p": TICK}), rules)

    assert (decision.share, decision.optout_persist) == (True, False)


def test_a_question_that_was_read_before_gives_the_same_decision() -> None:
    question = question_from(a_question(boxes={"mkt_email": TICK}), 5)

    assert decide(question, RULES) == decided(boxes={"mkt_email": TICK})


def test_who_says_nothing_about_a_confirmation_awaits_none() -> None:
    assert question_from(a_question(), 5).doi == "none"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"now": None},
        {"action": "page_view"},
        {"age": 0},
        {"origin": "import", "prior": {"suppressed": ["email"]}},
        {"action": "newsletter_signup"},
    ],
    ids=str,
)
def test_every_decision_and_every_refusal_names_its_rules(changes: dict[str, Any]) -> None:
    assert decided(**changes).rules == "2026.1"


# Age


def test_a_newborn_has_an_age_and_is_too_young() -> None:
    assert decided(age=0).error == "AGE_RESTRICTED"


@pytest.mark.parametrize(
    ("country", "ip_country", "age"),
    [
        ("FR", "FR", 15),
        ("DE", "DE", 16),
        ("GB", "GB", 13),
        ("US", "US", 13),
        ("BR", "BR", 18),
        ("SI", "SI", 15),
        ("NO", "NO", 13),
        ("DK", "DK", 15),
        ("FR", "DE", 16),
        ("DE", "FR", 16),
        ("US", "BR", 18),
        ("JP", "JP", 16),
        (None, None, 16),
        (None, "BR", 18),
    ],
)
def test_below_the_age_of_the_stricter_country_nothing_is_stored(country: str, ip_country: str, age: int) -> None:
    below = decided(country=country, ip_country=ip_country, age=age - 1)
    at = decided(country=country, ip_country=ip_country, age=age)

    assert (below.accept, below.http, below.error, below.store) == (False, 403, "AGE_RESTRICTED", "none")
    assert at.accept


@pytest.mark.parametrize(("age", "is_minor"), [(17, True), (18, False), (None, False)])
def test_a_known_minor_is_neither_scored_nor_shared(age: int, is_minor: bool) -> None:
    decision = decided(country="US", age=age)

    assert (decision.share, decision.score, "MINOR" in decision.reasons) == (not is_minor, not is_minor, is_minor)
    assert decision.reply


# New consent


@pytest.mark.parametrize("channel", ORDER)
@pytest.mark.parametrize("country", ["FR", "US", "CA", "JP", "BR", "AU", "GB", "FI"])
@pytest.mark.requirement("C76a")
def test_a_valid_tick_allows_its_own_channel(country: str, channel: str) -> None:
    decision = decided(country=country, phone=PHONE, boxes={f"mkt_{channel}": TICK})

    assert decision.contact[channel] == "yes"
    assert decision.basis[channel] == "consent"
    assert decision.expires[channel] == (None if country == "CA" else "2028-03-02")
    assert f"NEW_CONSENT:{channel}" in decision.reasons


@pytest.mark.parametrize("channel", ORDER)
def test_a_tick_allows_no_other_channel(channel: str) -> None:
    decision = decided(phone=PHONE, boxes={f"mkt_{channel}": TICK})

    assert [other for other in ORDER if decision.contact[other] != "no"] == [channel]


@pytest.mark.parametrize("channel", ORDER)
@pytest.mark.parametrize(
    ("flag", "reason"), [("pre", "PRE_TICKED"), ("bundled", "NOT_GRANULAR"), ("req", "CONDITIONAL")]
)
@pytest.mark.requirement("C76b")
def test_a_box_shown_wrongly_is_no_consent(channel: str, flag: str, reason: str) -> None:
    decision = decided(phone=PHONE, boxes={f"mkt_{channel}": {"checked": True, flag: True}})

    assert (decision.contact[channel], decision.basis[channel]) == ("no", "none")
    assert f"{reason}:mkt_{channel}" in decision.reasons
    assert f"NO_BASIS:{channel}" not in decision.reasons


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ctx": SALE}, "no"),
        ({"country": "DE", "ctx": SALE}, "no"),
        (AT_WORK, "no"),
        ({"country": "GB", "subject_type": "business"}, "no"),
        ({"country": "BR"}, "no"),
        ({"country": "AU", "ctx": {"purchase_at": "2026-01-01"}}, "no"),
        ({"country": "US"}, "yes"),
        ({"country": "CA"}, "yes"),
        ({"country": "CA", "action": "content_download"}, "no"),
    ],
    ids=str,
)
def test_a_void_tick_swaps_to_no_other_basis_except_where_the_basis_is_no_matter_of_asking(
    changes: dict[str, Any], says: str
) -> None:
    decision = decided(**changes, boxes={"mkt_email": PRE})

    assert decision.contact["email"] == says
    assert "PRE_TICKED:mkt_email" in decision.reasons


def test_a_channel_without_a_number_stays_closed_and_says_why_when_it_was_asked_for() -> None:
    decision = decided(boxes={"mkt_sms": PRE})

    assert decision.contact["sms"] == "no"
    assert {"NO_IDENTIFIER:sms", "PRE_TICKED:mkt_sms"} <= set(decision.reasons)
    assert "NO_IDENTIFIER:phone" not in decision.reasons


def test_without_an_address_mail_stays_closed_even_where_it_is_free() -> None:
    decision = decided(country="US", email=None, phone=PHONE)

    assert (decision.contact["email"], decision.basis["email"], decision.contact["phone"]) == ("no", "none", "yes")


def test_a_channel_may_know_no_consent() -> None:
    closed = {**RULES["regimes"]["FR"], "channels": {**RULES["regimes"]["FR"]["channels"], "phone": []}}
    rules = {**RULES, "regimes": {**RULES["regimes"], "FR": closed}}

    decision = decide(a_question(phone=PHONE, boxes={"mkt_phone": TICK}), rules)

    assert decision.contact["phone"] == "no"


# Proof of mailbox and number


@pytest.mark.parametrize("country", ["DE", "AT", "CH", None])
@pytest.mark.parametrize(
    ("doi", "says"), [("none", "after_doi"), ("pending", "after_doi"), ("confirmed", "yes"), ("expired", "no")]
)
def test_where_a_tick_must_be_confirmed_it_counts_after_the_confirmation(country: str, doi: str, says: str) -> None:
    decision = decided(country=country, doi=doi, boxes={"mkt_email": TICK})

    assert (decision.contact["email"], decision.doi) == (says, says == "after_doi")
    assert ("DOI_NEEDED" in decision.reasons, "DOI_EXPIRED" in decision.reasons) == (
        says == "after_doi",
        doi == "expired",
    )
    assert decision.http == (202 if says == "after_doi" else 201)
    assert decision.expires["email"] == ("2028-03-02" if says == "yes" else None)
    assert decision.basis["email"] == ("none" if says == "no" else "consent")


@pytest.mark.parametrize("channel", ["sms", "phone", "autocall"])
@pytest.mark.parametrize("country", ["DE", "AT", "CH", None])
def test_a_phone_consent_there_needs_a_proved_number_and_no_mail_proves_it(country: str, channel: str) -> None:
    boxes = {f"mkt_{channel}": TICK}

    mailed = decided(country=country, phone=PHONE, boxes=boxes, doi="confirmed")
    proved = decided(country=country, phone=PHONE, boxes=boxes, phone_verified=True)

    assert (mailed.contact[channel], mailed.http, mailed.doi) == ("after_doi", 202, False)
    assert mailed.basis[channel] == "consent"
    assert f"PHONE_NOT_VERIFIED:{channel}" in mailed.reasons
    assert proved.contact[channel] == "yes"


def test_an_expired_confirmation_falls_back_to_nothing() -> None:
    decision = decided(country="DE", ctx=SALE, doi="expired", boxes={"mkt_email": TICK})

    assert (decision.contact["email"], decision.doi) == ("no", False)
    assert "DOI_EXPIRED" in decision.reasons


@pytest.mark.parametrize("doi", ["none", "expired"])
def test_a_new_tick_never_suspends_a_confirmed_consent(doi: str) -> None:
    prior = before("email", "given", expires="2027-01-01")

    decision = decided(country="DE", doi=doi, boxes={"mkt_email": TICK}, prior=prior)

    assert (decision.contact["email"], decision.expires["email"], decision.doi) == ("yes", "2027-01-01", False)
    assert "STANDING_CONSENT:email" in decision.reasons


def test_a_confirmed_tick_renews_a_standing_consent() -> None:
    prior = before("email", "given", expires="2027-01-01")

    decision = decided(country="DE", doi="confirmed", boxes={"mkt_email": TICK}, prior=prior)

    assert decision.expires["email"] == "2028-03-02"


@pytest.mark.parametrize(
    ("prior", "reason"), [({"objected": True}, "OBJECTED:email"), (before("email", "withdrawn"), "WITHDRAWN:email")]
)
def test_a_standing_consent_that_was_ended_does_not_stand_in_for_the_confirmation(
    prior: dict[str, Any], reason: str
) -> None:
    standing = {"channels": {"email": {"status": "given"}}}

    decision = decided(country="DE", boxes={"mkt_email": TICK}, prior={**standing, **prior})

    assert decision.contact["email"] == "after_doi"
    assert reason in decision.reasons


# What was said before


@pytest.mark.parametrize("status", ["withdrawn", "revoked", "invalidated", "refused"])
@pytest.mark.parametrize(
    "changes", [{"ctx": SALE}, AT_WORK, {"country": "US"}, {"country": "CA"}, {"country": "BR"}], ids=str
)
def test_an_earlier_no_closes_every_other_basis(status: str, changes: dict[str, Any]) -> None:
    decision = decided(**changes, prior=before("email", status, at=NO_AT))

    assert decision.contact["email"] == "no"
    assert f"{status.upper()}:email" in decision.reasons


@pytest.mark.parametrize("channel", ORDER)
def test_an_objection_closes_every_channel_and_scoring(channel: str) -> None:
    prior = {"objected": True, "channels": {channel: {"status": "given"}}}

    decision = decided(phone=PHONE, prior=prior)

    assert (set(decision.contact.values()), decision.score, decision.reply) == ({"no"}, False, True)
    assert {f"OBJECTED:{channel}", "PROFILING_OBJECTED"} <= set(decision.reasons)


@pytest.mark.parametrize(
    "prior", [{"objected": True}, before("email", "withdrawn", at=NO_AT), before("email", "refused")]
)
def test_the_person_can_say_yes_again(prior: dict[str, Any]) -> None:
    decision = decided(boxes={"mkt_email": TICK}, prior=prior)

    assert decision.contact["email"] == "yes"


def test_a_void_tick_after_a_no_changes_nothing() -> None:
    decision = decided(country="US", boxes={"mkt_email": PRE}, prior=before("email", "withdrawn"))

    assert decision.contact["email"] == "no"
    assert {"PRE_TICKED:mkt_email", "WITHDRAWN:email"} <= set(decision.reasons)


@pytest.mark.parametrize("status", ["given", "renewed"])
@pytest.mark.parametrize("boxes", [{}, {"mkt_email": BLANK}, {"mkt_email": PRE}], ids=str)
def test_a_standing_consent_counts_until_it_expires(status: str, boxes: dict[str, Any]) -> None:
    decision = decided(boxes=boxes, prior=before("email", status, expires="2026-03-02T12:00:01Z"))

    assert (decision.contact["email"], decision.basis["email"], decision.expires["email"]) == (
        "yes",
        "consent",
        "2026-03-02",
    )
    assert "STANDING_CONSENT:email" in decision.reasons
    assert ("UNTICKED_NOT_WITHDRAWAL:email" in decision.reasons) == (boxes == {"mkt_email": BLANK})


def test_a_standing_consent_without_an_end_has_none() -> None:
    decision = decided(country="CA", prior=before("email", "given"))

    assert (decision.contact["email"], decision.expires["email"]) == ("yes", None)


@pytest.mark.parametrize(
    "prior",
    [
        before("email", "given", expires="2026-03-02T12:00:00Z"),
        before("email", "renewed", expires="2026-03-01"),
        before("email", "expired"),
    ],
)
@pytest.mark.parametrize("boxes", [{}, {"mkt_email": BLANK}, {"mkt_email": PRE}], ids=str)
def test_an_expired_consent_is_named_and_counts_no_more(boxes: dict[str, Any], prior: dict[str, Any]) -> None:
    decision = decided(boxes=boxes, prior=prior)

    assert decision.contact["email"] == "no"
    assert "PRIOR_EXPIRED:email" in decision.reasons


@pytest.mark.parametrize("boxes", [{}, {"mkt_email": BLANK}, {"mkt_email": PRE}], ids=str)
def test_where_no_consent_was_given_none_has_expired(boxes: dict[str, Any]) -> None:
    assert "PRIOR_EXPIRED:email" not in decided(boxes=boxes).reasons


@pytest.mark.parametrize("status", ["unknown", "requested", "deferred", "pending"])
def test_a_state_that_is_neither_yes_nor_no_changes_nothing(status: str) -> None:
    assert decided(prior=before("email", status)) == decided()


# Suppression


@pytest.mark.parametrize("origin", ["import", "staff"])
@pytest.mark.parametrize("suppressed", ["email", "phone", "sms"])
def test_only_the_person_comes_back_after_a_suppression(origin: str, suppressed: str) -> None:
    changes = {"origin": origin, "evidence_at": "2026-03-01", "boxes": {"mkt_email": TICK}, "phone": PHONE}

    decision = decided(country="US", **changes, prior={"suppressed": [suppressed]})

    assert (decision.accept, decision.http, decision.error, decision.store) == (False, 409, "SUPPRESSED", "none")


@pytest.mark.parametrize(
    "changes",
    [{}, {"ctx": SALE}, {"country": "US"}, {"doi": "confirmed"}, {"prior": before("email", "given")}],
    ids=str,
)
def test_who_returns_after_a_suppression_is_only_answered(changes: dict[str, Any]) -> None:
    prior = {**changes.get("prior", {}), "suppressed": ["email"]}

    decision = decided(**{**changes, "prior": prior})

    assert (decision.contact["email"], decision.reply, decision.share, decision.score) == ("no", True, False, False)
    assert {"SUPPRESSED:email", "SUPPRESSED"} <= set(decision.reasons)


@pytest.mark.parametrize("country", ["FR", "US"])
def test_a_suppression_outranks_every_tick_until_the_mailbox_is_proved(country: str) -> None:
    prior, boxes = {"suppressed": ["email"]}, {"mkt_email": TICK}

    asked = decided(country=country, prior=prior, boxes=boxes)
    confirmed = decided(country=country, prior=prior, boxes=boxes, doi="confirmed")

    assert (asked.contact["email"], asked.doi, asked.score) == ("after_doi", True, False)
    assert (confirmed.contact["email"], confirmed.score) == ("yes", True)


@pytest.mark.parametrize(("suppressed", "closed"), [("phone", ["sms", "phone", "autocall"]), ("sms", ["sms"])])
def test_a_suppressed_number_closes_all_that_goes_to_it(suppressed: str, closed: list[str]) -> None:
    boxes = {f"mkt_{channel}": TICK for channel in ORDER}

    decision = decided(phone=PHONE, boxes=boxes, prior={"suppressed": [suppressed]})
    proved = decided(phone=PHONE, boxes=boxes, prior={"suppressed": [suppressed]}, phone_verified=True)

    assert [channel for channel in ORDER if decision.contact[channel] == "after_doi"] == closed
    assert set(proved.contact.values()) == {"yes"}


@pytest.mark.parametrize("channel", ["sms", "phone", "autocall"])
def test_a_number_that_is_proved_for_one_channel_is_suppressed_for_none(channel: str) -> None:
    prior = {"suppressed": ["phone"]}

    decision = decided(phone=PHONE, boxes={f"mkt_{channel}": TICK}, prior=prior, phone_verified=True)

    assert (decision.contact[channel], decision.score, "SUPPRESSED" in decision.reasons) == ("yes", True, False)


# Preferences


@pytest.mark.parametrize("channel", ORDER)
@pytest.mark.parametrize("country", ["FR", "US", "CA"])
def test_a_blank_box_on_the_preference_page_withdraws_at_once(country: str, channel: str) -> None:
    decision = decided(
        country=country, action="preference_update", boxes={f"mkt_{channel}": BLANK}, prior=before(channel, "given")
    )

    assert (decision.http, decision.contact[channel]) == (200, "no")
    assert f"WITHDRAWN_NOW:{channel}" in decision.reasons


@pytest.mark.parametrize("country", ["FR", "US"])
def test_sharing_and_profiling_are_withdrawn_on_the_preference_page_too(country: str) -> None:
    boxes = {"share_3p": BLANK, "profiling": BLANK}
    prior = {
        "channels": {"share_3p": {"status": "given"}, "profiling": {"status": "given"}, "email": {"status": "given"}}
    }

    decision = decided(country=country, action="preference_update", boxes=boxes, prior=prior)

    assert (decision.share, decision.score, decision.optout_persist) == (False, False, country == "US")
    assert {"WITHDRAWN_NOW:share_3p", "WITHDRAWN_NOW:profiling"} <= set(decision.reasons)


def test_preferences_are_kept_even_when_every_box_is_blank() -> None:
    decision = decided(action="preference_update", boxes={"mkt_email": BLANK})

    assert (decision.accept, decision.store, decision.reply, decision.sales) == (True, "limited", False, "none")


def test_a_blank_share_box_on_a_form_is_no_lasting_opt_out() -> None:
    assert not decided(country="US", boxes={"share_3p": BLANK}).optout_persist


# Import and staff


@pytest.mark.parametrize(
    ("evidence_at", "prior", "reason"),
    [
        (None, {}, "NO_EVIDENCE:mkt_email"),
        ("2026-01-09", before("email", "withdrawn", at=NO_AT), "EVIDENCE_NOT_NEWER:mkt_email"),
        ("2026-01-10", before("email", "withdrawn", at=NO_AT), "EVIDENCE_NOT_NEWER:mkt_email"),
        ("2026-02-01", before("email", "withdrawn"), "EVIDENCE_NOT_NEWER:mkt_email"),
        ("2026-02-01", {"objected": True}, "EVIDENCE_NOT_NEWER:mkt_email"),
        ("2024-03-02T12:00:00Z", {}, "EVIDENCE_EXPIRED:mkt_email"),
    ],
)
def test_others_than_the_person_must_prove_a_tick(evidence_at: str, prior: dict[str, Any], reason: str) -> None:
    decision = decided(origin="import", evidence_at=evidence_at, boxes={"mkt_email": TICK}, prior=prior)

    assert (decision.accept, decision.http, decision.error, decision.store) == (False, 422, "NO_PERMISSION", "none")
    assert decision.reasons[0] == "NO_PERMISSION"
    assert reason in decision.reasons


@pytest.mark.parametrize(
    "prior", [{}, before("email", "given", at="2026-02-20"), before("email", "withdrawn", at=NO_AT)], ids=str
)
def test_a_proved_tick_counts_from_the_day_of_its_evidence(prior: dict[str, Any]) -> None:
    decision = decided(origin="staff", evidence_at="2026-02-01", boxes={"mkt_email": TICK}, prior=prior)

    assert (decision.contact["email"], decision.expires["email"], decision.reply) == ("yes", "2028-02-01", False)


def test_evidence_of_a_consent_that_never_expires_does_not_grow_old() -> None:
    decision = decided(country="CA", origin="import", evidence_at="2016-01-01", boxes={"mkt_email": TICK})

    assert (decision.contact["email"], decision.expires["email"]) == ("yes", None)


@pytest.mark.parametrize("action", ["contact_request", "content_download", "newsletter_signup"])
def test_an_import_without_a_permission_leaves_nothing(action: str) -> None:
    assert decided(origin="import", action=action).error == "NO_PERMISSION"


def test_an_import_is_no_inquiry() -> None:
    assert decided(country="CA", origin="import").store == "none"


# Bases of the regimes


@pytest.mark.parametrize("missing", ["sale", "similar", "optout_offered"])
@pytest.mark.parametrize("country", ["FR", "DE", "GB", "CH", "ES", "FI"])
def test_soft_opt_in_needs_all_its_facts(country: str, missing: str) -> None:
    whole = decided(country=country, phone=PHONE, ctx=SALE)
    part = decided(country=country, phone=PHONE, ctx={**SALE, missing: False})

    assert [whole.contact[channel] for channel in ORDER] == ["yes", "yes", "no", "no"]
    assert (whole.basis["email"], whole.expires["email"]) == ("soft_opt_in", None)
    assert {"SOFT_OPT_IN:email", "SOFT_OPT_IN:sms"} <= set(whole.reasons)
    assert part.contact["email"] == "no"


def test_soft_opt_in_needs_the_notice_that_offered_the_choice() -> None:
    decision = decided(ctx=SALE, notice=None)

    assert decision.contact["email"] == "no"
    assert {"NO_NOTICE", "NO_BASIS:email"} <= set(decision.reasons)


@pytest.mark.parametrize("country", ["JP", None])
def test_no_row_no_other_basis(country: str) -> None:
    everything = {**SALE, "role_relevant": True, "purchase_at": "2026-03-01"}

    decision = decided(
        country=country, phone=PHONE, subject_type="business", ctx=everything, tps_clear=True, dnc_clear=True
    )

    assert set(decision.contact.values()) == {"no"}


@pytest.mark.parametrize(
    ("country", "says"),
    [("FR", "yes"), ("FI", "yes"), ("DE", "no"), ("AT", "no"), ("ES", "no"), ("BE", "no"), ("DK", "no")],
)
def test_mail_about_the_job_is_opt_out_in_some_countries_only(country: str, says: str) -> None:
    decision = decided(country=country, phone=PHONE, **AT_WORK)

    assert [decision.contact[channel] for channel in ORDER] == [says, "no", "no", "no"]
    assert ("B2B_LI:email" in decision.reasons) == (says == "yes")


@pytest.mark.parametrize(("changes", "reason"), [({"lia": False}, "NO_LIA"), ({"notice": None}, "NO_NOTICE")])
@pytest.mark.parametrize(
    "setting", [AT_WORK, {"country": "GB", "subject_type": "business"}, {"country": "BR"}], ids=str
)
def test_legitimate_interest_needs_its_assessment_and_its_notice(
    setting: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    decision = decided(**setting, **changes)

    assert (decision.contact["email"], decision.basis["email"]) == ("no", "none")
    assert reason in decision.reasons
    assert decided(**setting).basis["email"] == "legitimate_interest"


def test_a_british_company_may_be_written_to_and_a_person_may_not() -> None:
    company = decided(country="GB", phone=PHONE, subject_type="business")
    person = decided(country="GB", phone=PHONE)

    assert [company.contact[channel] for channel in ORDER] == ["yes", "yes", "no", "no"]
    assert "PECR_CORPORATE:email" in company.reasons
    assert set(person.contact.values()) == {"no"}


@pytest.mark.parametrize(
    ("country", "flag", "reason"), [("GB", "tps_clear", "TPS_NOT_SCREENED"), ("US", "dnc_clear", "DNC_NOT_SCREENED")]
)
def test_a_live_call_needs_a_screened_number(country: str, flag: str, reason: str) -> None:
    setting: dict[str, Any] = {"country": country, "phone": PHONE, "action": "content_download"}

    screened = decided(**setting, **{flag: True})
    unscreened = decided(**setting)

    assert (screened.contact["phone"], screened.expires["phone"], screened.contact["autocall"]) == ("yes", None, "no")
    assert reason not in screened.reasons
    assert unscreened.contact["phone"] == "no"
    assert {reason, "NO_BASIS:phone"} <= set(unscreened.reasons)


RELATIONSHIPS = [
    ("US", "phone", {}, "2026-06-02"),
    ("US", "phone", {"purchase_at": "2026-01-15"}, "2027-07-15"),
    ("US", "phone", {"purchase_at": "2024-10-01"}, "2026-06-02"),
    ("CA", "email", {}, "2026-09-02"),
    ("CA", "sms", {}, "2026-09-02"),
    ("CA", "email", {"purchase_at": "2025-06-01"}, "2027-06-01"),
    ("CA", "email", {"purchase_at": "2024-05-01"}, "2026-09-02"),
    ("CA", "email", {"purchase_at": "2024-02-01", "inquiry_at": "2020-01-01"}, "2026-09-02"),
    ("AU", "email", {"purchase_at": "2025-06-01"}, "2027-06-01"),
    ("AU", "sms", {"purchase_at": "2024-03-03"}, "2026-03-03"),
]


@pytest.mark.parametrize(("country", "channel", "ctx", "expires"), RELATIONSHIPS)
def test_a_relationship_lasts_as_long_as_its_longest_basis(
    country: str, channel: str, ctx: dict[str, Any], expires: str
) -> None:
    decision = decided(country=country, phone=PHONE, ctx=ctx)

    assert (decision.contact[channel], decision.expires[channel]) == ("yes", expires)


@pytest.mark.parametrize(
    ("country", "channel", "ctx", "says"),
    [
        ("US", "phone", {"inquiry_at": "2025-12-02T12:00:00Z"}, "no"),
        ("US", "phone", {"inquiry_at": "2025-12-02T12:00:01Z"}, "yes"),
        ("US", "phone", {"purchase_at": "2024-09-02T12:00:00Z"}, "no"),
        ("US", "phone", {"purchase_at": "2024-09-02T12:00:01Z"}, "yes"),
        ("CA", "email", {"purchase_at": "2024-03-02T12:00:00Z"}, "no"),
        ("CA", "email", {"purchase_at": "2024-03-02T12:00:01Z"}, "yes"),
        ("AU", "email", {"purchase_at": "2024-03-02T12:00:00Z"}, "no"),
        ("AU", "email", {"purchase_at": "2024-03-02T12:00:01Z"}, "yes"),
        ("CA", "phone", {"purchase_at": "2026-03-01"}, "no"),
        ("AU", "phone", {"purchase_at": "2026-03-01"}, "no"),
        ("US", "sms", {"purchase_at": "2026-03-01"}, "no"),
    ],
)
def test_a_relationship_ends_to_the_second(country: str, channel: str, ctx: dict[str, Any], says: str) -> None:
    decision = decided(country=country, phone=PHONE, action="content_download", ctx=ctx)

    assert decision.contact[channel] == says


def test_in_canada_the_address_of_a_role_implies_consent_without_an_end() -> None:
    decision = decided(country="CA", **AT_WORK)

    assert (decision.basis["email"], decision.expires["email"]) == ("casl_implied", None)


@pytest.mark.parametrize("country", ["FR", "US", "CA", "GB", "BR", "AU"])
def test_who_was_asked_and_said_no_is_left_alone_in_every_regime(country: str) -> None:
    ctx = {**SALE, "role_relevant": True, "purchase_at": "2026-03-01"}

    decision = decided(country=country, subject_type="business", ctx=ctx, boxes={"mkt_email": BLANK})

    assert decision.contact["email"] == "no"
    assert "DECLINED:email" in decision.reasons


# Two countries


def test_two_countries_give_the_stricter_answer_output_by_output() -> None:
    decision = decided(country="US", ip_country="DE", phone=PHONE, boxes={"mkt_email": TICK})

    assert (decision.contact["email"], decision.contact["phone"], decision.share, decision.doi) == (
        "after_doi",
        "no",
        False,
        True,
    )
    assert "COUNTRIES_DIFFER" in decision.reasons
    assert "CAN_SPAM_OPT_OUT_REGIME" not in decision.reasons


def test_of_two_expiries_the_earlier_one_counts() -> None:
    decision = decided(country="CA", ip_country="FR", boxes={"mkt_email": TICK})
    turned = decided(country="FR", ip_country="CA", boxes={"mkt_email": TICK})

    assert decision.expires["email"] == turned.expires["email"] == "2028-03-02"
    assert decision.basis["email"] == turned.basis["email"] == "consent"


def test_where_both_regimes_agree_the_reasons_of_both_are_given() -> None:
    decision = decided(country="US", ip_country="BR")

    assert {"CAN_SPAM_OPT_OUT_REGIME", "LGPD_LI"} <= set(decision.reasons)
    assert len(set(decision.reasons)) == len(decision.reasons)


def test_the_observed_country_serves_when_none_is_declared() -> None:
    decision = decided(country=None, ip_country="US")

    assert decision.contact["email"] == "yes"
    assert "COUNTRIES_DIFFER" not in decision.reasons


# Sharing


@pytest.mark.parametrize("country", ["FR", "DE", "GB", "CA", "BR", "AU", "JP", None])
def test_outside_the_us_sharing_takes_a_valid_tick(country: str) -> None:
    assert not decided(country=country).share
    assert decided(country=country, boxes={"share_3p": TICK}).share
    assert not decided(country=country, boxes={"share_3p": PRE}).share
    assert not decided(country=country, boxes={"share_3p": TICK}, notice=None).share


AGAINST_SHARING: list[tuple[dict[str, Any], str]] = [
    ({"tenant_sells": False}, "TENANT_DOES_NOT_SHARE"),
    ({"gpc": ["1"]}, "GPC_OPT_OUT"),
    ({"prior": {"sale_optout": True}}, "SALE_OPT_OUT"),
    ({"age": 17}, "MINOR"),
    ({"notice": None}, "NO_NOTICE"),
    ({"prior": {"suppressed": ["email"]}}, "SUPPRESSED"),
    ({"prior": {"objected": True}}, "CAN_SPAM_NO_TRANSFER"),
    ({"prior": before("email", "withdrawn")}, "CAN_SPAM_NO_TRANSFER"),
    ({"action": "preference_update", "boxes": {"mkt_email": BLANK}}, "CAN_SPAM_NO_TRANSFER"),
]


@pytest.mark.parametrize(("changes", "reason"), AGAINST_SHARING, ids=str)
def test_a_tick_does_not_undo_what_speaks_against_sharing(changes: dict[str, Any], reason: str) -> None:
    boxes = {**changes.get("boxes", {}), "share_3p": TICK}

    decision = decided(country="US", **{**changes, "boxes": boxes})

    assert not decision.share
    assert reason in decision.reasons
    assert without_a_sentence(decision) == []


@pytest.mark.parametrize(
    ("boxes", "share"), [({}, True), ({"share_3p": PRE}, True), ({"share_3p": BLANK}, False)], ids=str
)
def test_in_the_us_sharing_is_lawful_until_declined(boxes: dict[str, Any], share: bool) -> None:
    assert decided(country="US", boxes=boxes).share == share


def test_in_the_us_a_new_yes_to_mail_lets_the_address_be_passed_on_again() -> None:
    decision = decided(country="US", boxes={"mkt_email": TICK}, prior=before("email", "withdrawn"))

    assert (decision.contact["email"], decision.share) == ("yes", True)


def test_the_address_that_asked_for_a_delivery_only_is_shared_by_tick_alone() -> None:
    declined = {"mkt_email": BLANK}

    without = decided(country="US", action="content_download", boxes=declined)
    with_tick = decided(country="US", action="content_download", boxes={**declined, "share_3p": TICK})

    assert (without.store, without.share, with_tick.share) == ("limited", False, True)
    assert "STORED_LIMITED" in without.reasons
    assert without_a_sentence(without) == []


def test_nothing_is_shared_before_the_confirmation() -> None:
    decision = decided(country="DE", action="newsletter_signup", boxes={"mkt_email": TICK, "share_3p": TICK})

    assert (decision.store, decision.share) == ("pending", False)
    assert "STORED_PENDING" in decision.reasons
    assert without_a_sentence(decision) == []


@pytest.mark.parametrize(
    ("prior", "share"),
    [
        (before("share_3p", "given"), True),
        (before("share_3p", "given", expires="2026-03-01"), False),
        (before("share_3p", "withdrawn"), False),
        ({**before("share_3p", "given"), "objected": True}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("boxes", [{}, {"share_3p": PRE}], ids=str)
def test_what_was_said_about_sharing_before_still_counts(
    boxes: dict[str, Any], prior: dict[str, Any], share: bool
) -> None:
    assert decided(boxes=boxes, prior=prior).share == share


@pytest.mark.parametrize(
    ("prior", "reason"),
    [(before("share_3p", "withdrawn"), "WITHDRAWN:share_3p"), ({"objected": True}, "OBJECTED:share_3p")],
)
def test_an_opt_out_regime_hears_an_earlier_no_to_sharing(prior: dict[str, Any], reason: str) -> None:
    decision = decided(country="US", prior=prior)

    assert not decision.share
    assert reason in decision.reasons


@pytest.mark.parametrize(
    ("evidence_at", "prior", "reason"),
    [
        (None, {}, "NO_EVIDENCE:share_3p"),
        ("2026-01-09", before("share_3p", "withdrawn", at=NO_AT), "EVIDENCE_NOT_NEWER:share_3p"),
        ("2024-03-02T12:00:00Z", {}, "EVIDENCE_EXPIRED:share_3p"),
    ],
)
def test_an_import_shares_nothing_by_a_tick_that_it_cannot_prove(
    evidence_at: str | None, prior: dict[str, Any], reason: str
) -> None:
    decision = decided(origin="import", evidence_at=evidence_at, boxes={"share_3p": TICK}, prior=prior, **AT_WORK)

    assert (decision.accept, decision.share) == (True, False)
    assert reason in decision.reasons


# Scoring


@pytest.mark.parametrize(
    ("changes", "score", "reason"),
    [
        ({}, True, None),
        ({"lia": False}, False, "NO_LIA"),
        ({"lia": False, "boxes": {"profiling": TICK}}, True, None),
        ({"lia": False, "country": "US"}, True, None),
        ({"lia": False, "country": "US", "ip_country": "FR"}, False, "NO_LIA"),
        ({"boxes": {"profiling": BLANK}}, False, "DECLINED:profiling"),
        ({"boxes": {"profiling": PRE}}, False, "PRE_TICKED:profiling"),
        ({"boxes": {"profiling": PRE}, "country": "US"}, True, None),
        ({"notice": None, "boxes": {"profiling": TICK}}, False, "NO_NOTICE"),
        ({"age": 17, "boxes": {"profiling": TICK}}, False, "MINOR"),
        ({"prior": {"objected_profiling": True}}, False, "PROFILING_OBJECTED"),
        ({"prior": {"objected_profiling": True}, "boxes": {"profiling": PRE}}, False, "PROFILING_OBJECTED"),
        ({"prior": {"objected_profiling": True}, "boxes": {"profiling": TICK}}, True, None),
        ({"prior": {"objected": True}, "boxes": {"mkt_email": TICK}}, False, "PROFILING_OBJECTED"),
        ({"lia": False, "prior": before("profiling", "given")}, True, None),
        ({"prior": before("profiling", "withdrawn")}, False, "WITHDRAWN:profiling"),
        ({"prior": before("profiling", "withdrawn"), "boxes": {"profiling": TICK}}, True, None),
        ({"action": "content_download"}, False, "STORED_LIMITED"),
        ({"action": "content_download", "boxes": {"profiling": TICK}}, False, "STORED_LIMITED"),
        ({"action": "newsletter_signup", "country": "DE", "boxes": {"mkt_email": TICK}}, False, "STORED_PENDING"),
    ],
    ids=str,
)
def test_scoring_needs_a_basis_and_nothing_against_it(changes: dict[str, Any], score: bool, reason: str | None) -> None:
    decision = decided(**changes)

    assert decision.score == score
    assert reason is None or reason in decision.reasons
    assert without_a_sentence(decision) == []


def test_the_agreement_may_let_an_objection_to_profiling_outlast_a_tick() -> None:
    rules = {**RULES, "profiling_tick_lifts_objection": False}

    decision = decide(a_question(prior={"objected_profiling": True}, boxes={"profiling": TICK}), rules)

    assert not decision.score


# What is kept, and what sales may do


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("full", 201, True, "reply", "contract")),
        ({"boxes": {"mkt_email": TICK}}, ("full", 201, True, "marketing", "contract")),
        ({"country": "DE", "boxes": {"mkt_email": TICK}}, ("full", 202, True, "reply", "contract")),
        ({"action": "content_download"}, ("limited", 201, False, "none", "none")),
        ({"action": "event_registration"}, ("limited", 201, False, "none", "none")),
        ({"action": "content_download", "boxes": {"mkt_email": TICK}}, ("full", 201, False, "marketing", "none")),
        (
            {"action": "content_download", "country": "DE", "boxes": {"mkt_email": TICK}},
            ("limited", 202, False, "none", "none"),
        ),
        (
            {"action": "newsletter_signup", "country": "DE", "boxes": {"mkt_email": TICK}},
            ("pending", 202, False, "none", "none"),
        ),
        ({"action": "newsletter_signup", "boxes": {"mkt_email": TICK}}, ("full", 201, False, "marketing", "none")),
        ({"action": "newsletter_signup", "country": "US"}, ("full", 201, False, "marketing", "none")),
        ({"action": "preference_update", "boxes": {"mkt_email": TICK}}, ("full", 200, False, "marketing", "none")),
        (
            {"action": "preference_update", "country": "DE", "boxes": {"mkt_email": TICK}},
            ("limited", 200, False, "none", "none"),
        ),
        (
            {"origin": "staff", "evidence_at": "2026-03-01", "boxes": {"mkt_email": TICK}},
            ("full", 201, False, "marketing", "none"),
        ),
    ],
    ids=str,
)
def test_how_much_is_kept_follows_from_what_is_allowed(
    changes: dict[str, Any], expected: tuple[str, int, bool, str, str]
) -> None:
    found = decided(**changes)

    assert (found.store, found.http, found.reply, found.sales, found.basis["reply"]) == expected
    assert (found.accept, found.error) == (True, None)


@pytest.mark.parametrize("boxes", [{}, {"mkt_email": BLANK}, {"mkt_email": PRE}, {"share_3p": TICK}], ids=str)
def test_a_subscription_without_a_permission_makes_nobody_a_lead(boxes: dict[str, Any]) -> None:
    decision = decided(action="newsletter_signup", boxes=boxes)

    assert (decision.accept, decision.http, decision.error, decision.store) == (False, 422, "NO_PERMISSION", "none")
    assert (decision.share, decision.score, decision.optout_persist, decision.doi) == (False, False, False, False)
    assert decision.expires == dict.fromkeys(ORDER)
    assert decision.basis == {**dict.fromkeys(ORDER, "none"), "reply": "none"}


def test_a_refusal_writes_down_no_signal() -> None:
    assert not decided(action="newsletter_signup", gpc=["1"]).optout_persist


def test_a_decision_says_everything_that_was_agreed() -> None:
    agreed = "accept http error store contact reply share score doi sales expires reasons optout_persist rules basis"

    assert [f.name for f in fields(ConsentDecision)] == agreed.split()


# Dates


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-03-02", 24, "2028-03-02"),
        ("2026-03-02", 3, "2026-06-02"),
        ("2026-03-02", 6, "2026-09-02"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2024-02-29", 24, "2026-02-28"),
        ("2099-12-31", 2, "2100-02-28"),
        ("1999-12-31", 2, "2000-02-29"),
        ("2026-01-01", 11, "2026-12-01"),
        ("2026-01-01", 12, "2027-01-01"),
    ],
)
def test_months_are_calendar_months(start: str, months: int, end: str) -> None:
    assert day(months_after(datetime.fromisoformat(start), months)) == end


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XST+11")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2026-03-02", "2026-03-02T00:00:00+00:00"),
        ("2026-03-02T23:30:00", "2026-03-02T23:30:00+00:00"),
        ("2026-03-02T23:30:00-05:00", "2026-03-03T04:30:00+00:00"),
        (datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1))), "2026-03-01T23:30:00+00:00"),
    ],
)
def test_a_time_is_read_in_utc_wherever_the_machine_stands(value: object, utc: str) -> None:
    moment = instant(value)

    assert moment is not None
    assert (moment.isoformat(), moment.tzinfo) == (utc, UTC)


# The rules as data, and for readers


def test_the_rules_name_only_what_exists() -> None:
    bases, regimes, conditions = (
        RULES["bases"],
        RULES["regimes"],
        {*FLAGS, *SALE, "role_relevant", "business", "notice"},
    )

    assert {name for regime in regimes.values() for row in regime["channels"].values() for name in row} == {
        "consent",
        *bases,
    }
    assert all(set(regime["channels"]) == set(ORDER) for regime in regimes.values())
    assert all(conditions.issuperset(basis["when"]) for basis in bases.values())
    assert {basis.get("since", "inquiry") for basis in bases.values()} == {"inquiry", "purchase"}
    assert {*RULES["regime_of"].values(), "other", "unknown"} == set(regimes)
    assert ISO_3166_1.issuperset([*RULES["regime_of"], *RULES["ages"]["by_country"]])
    assert conditions.issuperset(RULES["missing"])


def test_every_reason_of_the_rules_has_a_sentence() -> None:
    reasons = {basis["reason"].partition(":")[0] for basis in RULES["bases"].values()} | set(RULES["missing"].values())

    assert reasons <= set(SENTENCES)
    assert {error for _, error in REFUSED} <= set(SENTENCES)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "PRE_TICKED:mkt_email",
            "Marketing by e-mail: The box was ticked beforehand, which is no consent (CJEU C-673/17 Planet49).",
        ),
        ("NO_BASIS:sms", "Text messages: No legal basis applies."),
        ("GPC_OPT_OUT", "The browser asked by Global Privacy Control not to sell or share."),
        ("SOMETHING_NEW:pigeon", "Pigeon: Something new."),
    ],
)
def test_a_reason_reads_as_a_sentence(reason: str, sentence: str) -> None:
    assert in_plain_words(reason) == sentence


def test_every_sentence_is_one_and_every_purpose_has_a_name() -> None:
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in SENTENCES.values())
    assert {*ORDER, "mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling"} == set(SUBJECTS)


def test_the_tables_in_the_documentation_are_those_of_the_rules() -> None:
    assert tables(RULES) in (ROOT / "docs" / "consent.md").read_text("utf-8")
