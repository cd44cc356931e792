from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import fold
from shared.domain import intake as intakes
from shared.domain.consent import ConsentDecision
from shared.domain.identity import canonical
from shared.domain.intake import Intake, Refusal
from shared.domain.lead import Lead, from_plain
from shared.domain.question import Known, Question
from shared.domain.submission import ContactPoints, Signals
from tests.builders import ADA, AGREEMENT, DEFINITION, NOON, a_question, draws

LATER = NOON + timedelta(days=1)


def decided(
    question: Question,
    lead: Lead | None = None,
    number: int = 1,
    suppressed: frozenset[str] = frozenset(),
    **known: Any,
) -> Intake | Refusal:
    now = NOON + timedelta(minutes=number)
    as_unknown = intakes.at_first_sight(question, now)
    if isinstance(as_unknown, Refusal):
        return as_unknown
    return intakes.decide(question, as_unknown, Known(lead, suppressed, **known), now, draws(number))


def accepted(question: Question, lead: Lead | None = None, number: int = 1, **known: Any) -> Intake:
    intake = decided(question, lead, number, **known)
    assert not isinstance(intake, Refusal)
    return intake


def reason(question: Question) -> str:
    refusal = decided(question)
    assert isinstance(refusal, Refusal)
    return refusal.reason


# Is this visitor a lead?


@pytest.mark.requirement("C7a", "F08")
def test_a_visit_alone_makes_no_lead() -> None:
    assert reason(a_question(fields={}, contact=ContactPoints())) == "no_qualifying_action"


@pytest.mark.requirement("C44", "K1")
def test_an_act_outside_the_catalogue_makes_no_lead() -> None:
    form = replace(AGREEMENT.forms["demo-request"], action="page_view")

    assert reason(a_question(form=form)) == "no_qualifying_action"


@pytest.mark.requirement("C5a", "C7b", "C10", "C44")
@pytest.mark.parametrize("action", sorted(DEFINITION.actions))
def test_every_act_of_the_catalogue_makes_a_lead_of_who_may_be_written_to(action: str) -> None:
    form = replace(AGREEMENT.forms["demo-request"], action=action)

    intake = accepted(a_question(form=form, ticked=("mkt_email",)))

    assert intake.event.kind == action


@pytest.mark.requirement("C8", "K6")
def test_nobody_without_a_contact_point_is_a_lead() -> None:
    assert reason(a_question(fields={"company": "Example Engines"})) == "no_contact_point"


@pytest.mark.requirement("C7c", "K6", "C76a")
def test_a_newsletter_without_a_tick_is_no_lead_where_the_law_wants_consent() -> None:
    assert reason(a_question("newsletter", fields={"email": "ada@example.com", "country": "FR"})) == "no_permission"


@pytest.mark.requirement("C76a", "K6")
def test_a_newsletter_with_a_tick_is_a_lead() -> None:
    intake = accepted(
        a_question("newsletter", fields={"email": "ada@example.com", "country": "FR"}, ticked=("mkt_email",))
    )

    assert intake.lead.permission["marketing"]["email"] == "yes"


def test_a_standing_permission_does_not_make_an_unticked_newsletter_a_lead() -> None:
    fields = {"email": "ada@example.com", "country": "FR"}
    before = accepted(a_question("newsletter", fields=fields, ticked=("mkt_email",))).lead

    refusal = decided(a_question("newsletter", fields=fields), before, 2)

    assert isinstance(refusal, Refusal)


@pytest.mark.requirement("C40")
def test_a_download_without_a_tick_is_delivered_and_kept_for_thirty_days() -> None:
    intake = accepted(a_question("content-download"))

    assert intake.decision.store == "limited"
    assert intake.lead.purge_at == int((NOON + timedelta(days=30, minutes=1)).timestamp())


# Consent


def test_a_german_tick_waits_for_confirmation_and_the_receipt_says_so() -> None:
    intake = accepted(a_question(fields={**ADA, "country": "DE"}, ticked=("mkt_email",)))

    assert intake.lead.permission["marketing"]["email"] == "after_doi"
    assert intake.receipt["to_do"] == [{"purpose": "mkt_email", "what": "confirm_by_email"}]
    assert intake.lead.permission["channels"]["email"]["status"] == "requested"
    assert set(intake.lead.permission["pending"]) == {"mkt_email"}
    assert [message.kind for message in intake.messages] == ["lead.sales_qualified", "mail.confirm"]


def test_a_tick_for_calls_waits_for_the_number_to_be_confirmed() -> None:
    calls = a_question(fields={**ADA, "country": "DE", "phone": "+4915112345678"}, ticked=("mkt_phone",), texts_to="DE")
    intake = accepted(replace(calls, text_countries=frozenset({"DE"})))

    assert {"purpose": "mkt_phone", "what": "confirm_by_phone"} in intake.receipt["to_do"]
    assert [message.kind for message in intake.messages if message.is_letter] == ["sms.confirm"]
    assert "+4915112345678" not in intake.messages[-1].body


@pytest.mark.parametrize("countries", [frozenset(), frozenset({"AT"})])
def test_a_tick_for_calls_that_no_text_can_prove_is_a_no(countries: frozenset[str]) -> None:
    calls = a_question(fields={**ADA, "country": "DE", "phone": "+4915112345678"}, ticked=("mkt_phone",), texts_to="DE")
    intake = accepted(replace(calls, text_countries=countries))

    assert intake.receipt["to_do"] == []
    assert intake.lead.permission["marketing"]["phone"] == "no"
    assert not [message for message in intake.messages if message.is_letter]


def test_a_box_left_blank_later_withdraws_nothing() -> None:
    before = accepted(a_question(ticked=("mkt_email",))).lead

    later = accepted(a_question(), before, 2).lead

    assert later.permission["marketing"]["email"] == "yes"
    assert later.permission["channels"] == before.permission["channels"]


def test_a_suppressed_person_who_returns_is_answered_and_not_marketed_to() -> None:
    intake = accepted(a_question(ticked=()), suppressed=frozenset({"email"}))

    assert intake.lead.permission["reply"] is True
    assert intake.lead.permission["marketing"]["email"] == "no"


def test_global_privacy_control_is_kept_and_reported() -> None:
    intake = accepted(a_question(signals=Signals(gpc=("1",))))

    assert intake.receipt["privacy"] == {"gpc": {"seen": True, "applied": True}}
    assert intake.lead.permission["sale_optout"] is True


def test_an_opt_out_of_sale_stays_when_the_next_visit_is_without_the_signal() -> None:
    before = accepted(a_question(signals=Signals(gpc=("1",)))).lead

    assert accepted(a_question(), before, 2).lead.permission["sale_optout"] is True


def test_consent_on_a_wording_that_was_changed_in_the_registry_is_not_counted() -> None:
    intake = accepted(a_question(ticked=("mkt_email",)), published_sha256="0" * 64)

    assert intake.lead.permission["marketing"]["email"] == "no"
    assert "NOT_DEMONSTRABLE:mkt_email" in intake.decision.reasons
    assert intake.notice is None


def test_the_wording_is_published_with_the_first_submission_that_shows_it() -> None:
    assert accepted(a_question()).notice == AGREEMENT.notices["website-privacy@2"]
    assert accepted(a_question(), published_sha256=AGREEMENT.notices["website-privacy@2"].sha256).notice is None


# The receipt tells nothing of the past


@given(
    st.sampled_from(["demo-request", "content-download"]),
    st.sets(st.sampled_from(["mkt_email", "profiling"])),
    st.sets(st.sampled_from(["mkt_email", "profiling"])),
    st.sampled_from(["FR", "DE", "US", "GB"]),
    st.booleans(),
)
def test_the_receipt_is_the_same_for_known_and_unknown_people(
    form: str, earlier: set[str], now: set[str], country: str, is_suppressed: bool
) -> None:
    fields = {**{name: value for name, value in ADA.items() if AGREEMENT.forms[form].field(name)}, "country": country}
    before = accepted(a_question(form, fields=fields, ticked=earlier)).lead
    question = a_question(form, fields=fields, ticked=now)

    unknown = accepted(question, None, 2)
    known = accepted(question, before, 2, suppressed=frozenset({"email"} if is_suppressed else ()))

    assert canonical(known.receipt) == canonical(unknown.receipt)


def test_the_receipt_holds_nothing_personal() -> None:
    text = canonical(accepted(a_question(fields={**ADA, "phone": "+33612345678"})).receipt).lower()

    assert not [
        value
        for value in ("ada", "example.com/", "engines", "director", "+336")
        if value in text.replace("privacy@example.com", "")
    ]


def test_who_withdrew_gets_the_answer_of_a_stranger_and_nothing_is_allowed() -> None:
    shown = a_question("newsletter", fields={"email": "ada@example.com", "country": "US"})
    question = replace(shown, form=replace(shown.form, boxes=()), submission=replace(shown.submission, consents={}))
    before = accepted(question).lead
    withdrawn = {"email": {"status": "withdrawn", "at": "2026-01-10T00:00:00.000Z", "expires": None}}
    known = replace(before, permission={**before.permission, "channels": withdrawn})

    intake = accepted(question, known, 2)

    assert canonical(intake.receipt) == canonical(accepted(question, None, 2).receipt)
    assert "yes" not in intake.lead.permission["marketing"].values()


# Score, stage, message


@pytest.mark.requirement("A5", "C14a", "C31")
def test_a_good_inquiry_is_offered_to_sales_with_its_reasons() -> None:
    intake = accepted(a_question())

    assert len(intake.messages) == 1
    body = json.loads(intake.messages[0].body)
    assert (body["type"], body["subject"], body["data"]["score"]) == ("lead.sales_qualified", intake.lead.lead_id, 85)
    assert sum(line["points"] for line in body["data"]["explanation"]) == 85
    assert body["data"]["intent_events"] == [
        {"event_id": intake.event.event_id, "kind": "demo_request", "at": intake.event.at}
    ]
    assert body["data"]["permission"]["reply"] is True


def test_the_same_lead_posting_again_rises_in_version_and_is_not_offered_twice() -> None:
    first = accepted(a_question())

    second = accepted(a_question(fields={**ADA, "message": "Still interested"}), first.lead, 2)

    assert (second.lead.version, second.lead.lead_id, second.messages) == (2, first.lead.lead_id, ())
    assert second.lead.stage == "sales_qualified"


def test_points_of_earlier_visits_help_a_later_inquiry_across_the_line() -> None:
    fields = {"email": "ada@example.com", "company": "Example Engines", "job_title": "Director", "country": "FR"}
    first = accepted(a_question("content-download", fields=fields, ticked=("mkt_email", "profiling")))
    second = accepted(a_question(fields=fields, ticked=("profiling",)), first.lead, 2)

    assert (first.lead.score, first.lead.stage) == (45, "marketing_qualified")
    assert (second.lead.score, second.lead.stage) == (85, "sales_qualified")
    assert [step["stage"] for step in second.lead.history] == ["marketing_qualified", "sales_qualified"]


def test_a_weak_inquiry_stays_a_lead() -> None:
    intake = accepted(a_question(fields={"email": "someone@gmail.com", "country": "FR"}))

    assert (intake.lead.stage, intake.lead.score, intake.messages) == ("lead", 40, ())


def test_a_test_lead_never_reaches_sales() -> None:
    intake = accepted(a_question(is_test=True))

    (message,) = intake.messages
    assert (intake.lead.stage, intake.lead.crossings, message.kind) == ("lead", 0, "test.sales_qualified")
    assert json.loads(message.body)["type"] == "test.sales_qualified"


def test_what_would_not_be_offered_is_not_rehearsed() -> None:
    weak = accepted(a_question(fields={"email": "someone@gmail.com", "country": "FR"}, is_test=True))

    assert weak.messages == ()


def test_a_test_makes_no_real_lead_disappear_and_a_real_act_makes_a_lead_of_a_test() -> None:
    real = accepted(a_question())
    tested = accepted(a_question(is_test=True), real.lead, 2)
    trial = accepted(a_question(is_test=True))
    meant = accepted(a_question(), trial.lead, 2)

    assert (tested.lead.is_test, tested.messages) == (False, ())
    assert (meant.lead.is_test, [message.kind for message in meant.messages]) == (False, ["lead.sales_qualified"])


@pytest.mark.requirement("K4", "N10")
def test_behaviour_is_kept_and_counted_only_with_the_profiling_box() -> None:
    context = {"time_on_page_s": 300, "video_pct": 100, "utm_source": "example"}

    without = accepted(a_question(context=context))
    with_box = accepted(a_question(context=context, ticked=("profiling",)))

    assert without.event.context == {"utm_source": "example"}
    assert with_box.event.context == context
    assert with_box.judgement.best.score.interest == 8
    assert without.judgement.best.score.interest == 0


def test_declining_to_be_profiled_does_not_cost_the_answer() -> None:
    intake = accepted(a_question())

    assert intake.decision.score is False
    assert intake.event.judged is True
    assert intake.lead.stage == "sales_qualified"


def test_a_download_without_a_tick_is_not_judged_at_all() -> None:
    intake = accepted(a_question("content-download"))

    assert (intake.event.judged, intake.lead.score, intake.lead.tallies, intake.judgement.best.score.lines) == (
        False,
        0,
        {},
        (),
    )


def test_who_objected_to_profiling_is_answered_but_never_scored() -> None:
    before = accepted(a_question("content-download")).lead
    objected = replace(before, permission={**before.permission, "objected_profiling": True})

    intake = accepted(a_question(), objected, 2)

    assert (intake.event.judged, intake.lead.score, intake.messages) == (False, 0, ())
    assert intake.lead.permission["reply"] is True


# The chain of evidence


def test_every_submission_adds_one_entry_to_the_persons_chain() -> None:
    first = accepted(a_question())
    second = accepted(a_question(ticked=("mkt_email",)), first.lead, 2)

    assert (first.entry.seq, second.entry.seq) == (1, 2)
    assert json.loads(second.entry.core)["prev"] == first.entry.hash
    assert second.lead.head == second.entry.head
    assert [json.loads(i.entry.core)["type"] for i in (first, second)] == ["consent_refused", "consent_given"]


def test_a_form_without_boxes_records_the_basis_alone() -> None:
    form = replace(AGREEMENT.forms["demo-request"], boxes=())
    question = a_question()
    bare = replace(question, form=form, submission=replace(question.submission, consents={}))

    assert json.loads(accepted(bare).entry.core)["type"] == "basis_asserted"


def test_the_evidence_names_every_box_as_it_was_shown_and_what_became_of_it() -> None:
    intake = accepted(a_question(fields={**ADA, "country": "DE"}, ticked=("mkt_email", "profiling")))

    boxes = {box["purpose"]: box for box in json.loads(intake.entry.body)["boxes"]}

    assert {purpose: box["outcome"] for purpose, box in boxes.items()} == {
        "mkt_email": "pending",
        "mkt_phone": "refused",
        "profiling": "given",
    }
    assert all(box["presented"] and not box["prechecked"] and box["label"] for box in boxes.values())


def test_a_tick_that_is_worth_nothing_is_recorded_as_not_counted() -> None:
    form = AGREEMENT.forms["demo-request"]
    ticked = replace(form, boxes=tuple(replace(box, prechecked=True) for box in form.boxes))

    intake = accepted(a_question(form=ticked, ticked=("mkt_email", "profiling")))

    outcomes = {box["purpose"]: box["outcome"] for box in json.loads(intake.entry.body)["boxes"]}
    assert outcomes == {"mkt_email": "not_counted", "mkt_phone": "refused", "profiling": "not_counted"}
    assert json.loads(intake.entry.core)["type"] == "consent_invalidated"


def test_a_tick_that_waits_for_its_confirmation_is_no_consent_in_the_chain() -> None:
    intake = accepted(a_question(fields={**ADA, "country": "DE"}, ticked=("mkt_email",)))

    assert json.loads(intake.entry.core)["type"] == "notice_served"


# State is a fold


submissions = st.tuples(
    st.sampled_from(["demo-request", "content-download"]),
    st.sets(st.sampled_from(["mkt_email", "profiling"])),
    st.fixed_dictionaries(
        {}, optional={"company": st.sampled_from(["A", "B"]), "job_title": st.sampled_from(["CEO", "Clerk"])}
    ),
    st.fixed_dictionaries(
        {}, optional={"time_on_page_s": st.integers(0, 200), "utm_source": st.sampled_from(["x", "y"])}
    ),
)


@given(st.lists(submissions, min_size=1, max_size=6))
def test_replaying_the_events_gives_the_state_of_the_snapshot(history: list[Any]) -> None:
    lead, events = None, []
    for number, (form, ticked, answers, context) in enumerate(history, 1):
        fields = {"email": "ada@example.com", "country": "FR", **answers}
        intake = accepted(a_question(form, fields=fields, ticked=ticked, context=context), lead, number)
        lead = intake.lead
        events.append(intake.event)

    rebuilt = fold.rebuild(DEFINITION, events)

    assert rebuilt == fold.of(lead)


@given(st.lists(submissions, min_size=1, max_size=4))
def test_a_lead_survives_the_way_through_json(history: list[Any]) -> None:
    lead = None
    for number, (form, ticked, answers, context) in enumerate(history, 1):
        fields = {"email": "ada@example.com", "country": "FR", **answers}
        lead = accepted(a_question(form, fields=fields, ticked=ticked, context=context), lead, number).lead

    assert lead is not None
    assert from_plain(json.loads(canonical(lead.as_plain()))) == lead


def test_only_the_latest_five_inquiries_are_carried_along() -> None:
    lead = None
    for number in range(1, 8):
        lead = accepted(a_question(), lead, number).lead

    assert lead is not None
    assert [inquiry[0] for inquiry in lead.inquiries] == [draws(number).event_id for number in range(3, 8)]


@pytest.mark.requirement("C46")
def test_the_first_touch_stays_and_the_last_touch_moves() -> None:
    first = accepted(a_question(context={"utm_source": "ads"})).lead
    second = accepted(a_question(context={"utm_source": "mail"}), first, 2).lead
    third = accepted(a_question(context={}), second, 3).lead

    assert (third.first_touch["utm_source"], third.last_touch["utm_source"]) == ("ads", "mail")


def test_a_short_stay_never_shortens_a_long_one() -> None:
    first = accepted(a_question()).lead

    assert accepted(a_question("content-download"), first, 2).lead.purge_at >= first.purge_at


# A consent to calls is a consent for one number


FIRST_NUMBER, SECOND_NUMBER = "+33123456789", "+33987654321"


def a_callable_lead() -> Lead:
    return accepted(a_question(fields={**ADA, "phone": FIRST_NUMBER}, ticked=("mkt_phone",))).lead


def test_a_consent_to_calls_does_not_move_to_another_number() -> None:
    lead = accepted(a_question(fields={**ADA, "phone": SECOND_NUMBER}), a_callable_lead(), 2).lead

    assert lead.profile["phone"] == SECOND_NUMBER
    assert lead.permission["marketing"]["phone"] == "no"
    assert "phone" not in lead.permission["channels"]


def test_a_new_tick_with_the_new_number_is_a_new_consent() -> None:
    question = a_question(fields={**ADA, "phone": SECOND_NUMBER}, ticked=("mkt_phone",))

    assert accepted(question, a_callable_lead(), 2).lead.permission["marketing"]["phone"] == "yes"


@pytest.mark.parametrize("fields", [ADA, {**ADA, "phone": FIRST_NUMBER}])
def test_a_consent_to_calls_stays_with_its_number(fields: dict[str, str]) -> None:
    assert accepted(a_question(fields=fields), a_callable_lead(), 2).lead.permission["marketing"]["phone"] == "yes"


def test_a_no_to_calls_holds_for_every_number() -> None:
    before = a_callable_lead()
    withdrawn = {"phone": {"status": "withdrawn", "at": "2026-03-02T12:00:00.000Z", "expires": None}}
    lead = replace(before, permission={**before.permission, "channels": withdrawn})

    after = accepted(a_question(fields={**ADA, "phone": SECOND_NUMBER}), lead, 2).lead

    assert after.permission["channels"]["phone"]["status"] == "withdrawn"


def test_the_receipt_says_when_a_tick_is_worth_nothing() -> None:
    receipt = accepted(a_question(fields={**ADA, "country": "DE"}, ticked=("mkt_phone",))).receipt

    outcomes = {consent["purpose"]: consent["outcome"] for consent in receipt["recorded"]["consents"]}
    assert outcomes == {"mkt_email": "refused", "mkt_phone": "not_counted", "profiling": "refused"}


def test_who_asks_the_same_as_a_stranger_gets_the_strangers_decision_and_nobody_else_does() -> None:
    question = a_question()
    as_unknown = intakes.at_first_sight(question, NOON)
    assert not isinstance(as_unknown, Refusal)

    def decision(known: Known) -> ConsentDecision:
        return intakes.decide(question, as_unknown, known, NOON, draws()).decision

    assert decision(Known(published_sha256=question.notice.sha256)) is as_unknown
    assert "NO_NOTICE" in decision(Known(published_sha256="0" * 64)).reasons
    assert "SUPPRESSED:email" in decision(Known(suppressed=frozenset({"email"}))).reasons
    assert "SALE_OPT_OUT" in decision(Known(opted_out=True)).reasons
