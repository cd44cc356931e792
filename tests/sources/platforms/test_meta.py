"""Meta Lead Ads: the handshake, batches, and leads joined with their forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from shared.sources.meta import Batch, LeadNotification, handshake, read_batch, read_lead, ticked
from shared.sources.platform_lead import PlatformLead, ShownNotice
from shared.sources.signatures import Refused
from tests.sources.builders import rejection
from tests.sources.platforms.vectors import META_BODY, META_EMPTY, META_ESCAPES, as_json, meta_form, meta_lead

QUERY = {
    "hub.mode": ("subscribe",),
    "hub.challenge": ("1158201444",),
    "hub.verify_token": ("meatyhamhock",),
}


def joined(form: Any = None, **changes: Any) -> PlatformLead:
    return read_lead(as_json(meta_lead(**changes)), as_json(meta_form() if form is None else form), "acme")


def test_the_challenge_is_echoed() -> None:
    assert handshake(QUERY, ["new", "meatyhamhock"]) == "1158201444"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hub.verify_token": ("wrong",)}, "wrong_secret"),
        ({"hub.verify_token": ("meatyhamhock", "meatyhamhock")}, "missing_secret"),
        ({"hub.verify_token": ()}, "missing_secret"),
        ({"hub.mode": ("unsubscribe",)}, "bad_challenge"),
        ({"hub.challenge": ("<script>",)}, "bad_challenge"),
        ({"hub.challenge": ("12\n",)}, "bad_challenge"),
        ({"hub.challenge": ("１２",)}, "bad_challenge"),
        ({"hub.challenge": ("",)}, "bad_challenge"),
        ({"hub.challenge": ("1", "2")}, "bad_challenge"),
        ({"hub.challenge": ("1" * 41,)}, "bad_challenge"),
    ],
)
def test_any_other_handshake_is_refused(changes: dict[str, tuple[str, ...]], reason: str) -> None:
    assert handshake(QUERY | changes, ["meatyhamhock"]) == Refused(reason)


def test_without_a_token_nobody_shakes_hands() -> None:
    assert handshake(QUERY | {"hub.verify_token": ("",)}, [""]) == Refused("no_secret")
    assert handshake({}, ["meatyhamhock"]) == Refused("missing_secret")


def test_a_notification_is_read() -> None:
    (lead,) = read_batch(META_BODY).leads

    assert lead == LeadNotification(
        leadgen_id="1234567890123456",
        page_id="1067280970047460",
        form_id="2345678901234567",
        ad_id="23850000000000001",
        adgroup_id="23850000000000001",
        created_time=1770000000,
    )
    assert lead.key == "fb#1234567890123456"


def test_a_batch_gives_all_its_leads_and_names_foreign_fields() -> None:
    batch = read_batch(META_ESCAPES)

    assert [lead.leadgen_id for lead in batch.leads] == ["1234567890123457", "1234567890123458"]
    assert not any(lead.ad_id for lead in batch.leads)  # nobody paid for them
    assert (batch.foreign, batch.unreadable) == (("feed",), 0)


def test_an_empty_batch_is_nothing_to_do() -> None:
    assert read_batch(META_EMPTY) == Batch(())


def test_ids_are_read_from_numbers_beyond_2_to_53() -> None:
    change = {"field": "leadgen", "value": {"leadgen_id": 90071992547409931}}

    (lead,) = read_batch(as_json({"object": "page", "entry": [{"id": 99, "changes": [change]}]})).leads

    assert (lead.leadgen_id, lead.page_id, lead.created_time) == ("90071992547409931", "99", None)


def test_a_change_that_nobody_can_read_does_not_stop_the_others() -> None:
    good = {"field": "leadgen", "value": {"leadgen_id": "1"}}
    changes = [{"field": "leadgen", "value": {"leadgen_id": "../me"}}, "x", {"field": "leadgen"}, good]
    entries = [{"id": "9", "changes": changes}, "x", {"id": "8", "messaging": []}, {"changes": [good]}]

    batch = read_batch(as_json({"object": "page", "entry": entries}))

    assert [(lead.leadgen_id, lead.page_id) for lead in batch.leads] == [("1", "9")]
    assert (batch.foreign, batch.unreadable) == (("no_changes",), 5)


def test_a_thousand_changes_are_read() -> None:
    changes = [{"field": "leadgen", "value": {"leadgen_id": str(n)}} for n in range(1000)]

    assert len(read_batch(as_json({"object": "page", "entry": [{"id": "9", "changes": changes}]})).leads) == 1000


@pytest.mark.parametrize(
    ("name", "word"), [("instagram", "object:instagram"), ("<b>", "object:unreadable"), (7, "object:unreadable")]
)
def test_another_object_is_foreign(name: Any, word: str) -> None:
    assert read_batch(as_json({"object": name, "entry": []})) == Batch((), (word,))


def test_a_page_without_entries_is_unreadable() -> None:
    assert rejection(read_batch, b'{"object":"page"}') == ("unreadable_lead", {("/entry", "not_a_list")})


def test_a_field_with_an_odd_name_is_foreign() -> None:
    batch = read_batch(as_json({"object": "page", "entry": [{"id": "9", "changes": [{"field": "A b"}, {}]}]}))

    assert batch.foreign == ("unreadable", "unreadable")


def test_answers_are_told_by_the_type_of_their_question() -> None:
    lead = joined()

    assert [(one.question, one.field, one.label, one.values) for one in lead.answers] == [
        ("wer_sind_sie", "full_name", "Wer sind Sie?", ("Ada Lovelace",)),
        ("email", "email", "E-Mail", ("ada@example.com",)),
        ("phone_number", "phone", "Telefon", ("+4915112345678",)),
        ("company_size", "", "Wie viele sind Sie?", ("11–50",)),
    ]
    assert lead.fields["full_name"] == "Ada Lovelace"
    assert lead.contact == ContactPoints("ada@example.com", "+4915112345678")
    assert lead.remarks == ()


def test_a_custom_question_that_is_called_email_is_no_address() -> None:
    lead = joined(meta_form(questions=[{"key": "email", "label": "Ihre Meinung", "type": "CUSTOM"}]))

    assert "email" not in lead.fields


@pytest.mark.parametrize(
    ("given", "platform"), [("fb", "facebook"), ("ig", "instagram"), ("an", "meta"), (None, "meta"), (7, "meta")]
)
def test_facebook_and_instagram_are_told_apart(given: Any, platform: str) -> None:
    assert joined(platform=given).platform == platform


def test_a_lead_is_known_by_its_id() -> None:
    lead = joined()

    assert (lead.key, lead.external_id, lead.form_id) == ("fb#1234567890123456", "1234567890123456", "2345678901234567")
    assert lead.submitted_at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created", "moment"),
    [(1770000000, datetime(2026, 2, 2, 2, 40, tzinfo=UTC)), ("2026", None), (None, None), (True, None), (10**20, None)],
)
def test_the_time_may_be_a_number_or_missing(created: Any, moment: datetime | None) -> None:
    assert joined(created_time=created).submitted_at == moment


def test_tracking_parameters_are_hidden_fields_and_the_leads_own_values_count() -> None:
    lead = joined()

    assert lead.hidden == {"utm_source": "instagram", "utm_medium": "paid"}
    assert joined(meta_form(tracking_parameters={"utm_source": "x"})).hidden == {"utm_source": "instagram"}
    assert lead.tracking == {
        "ad_id": "23850000000000001",
        "ad_name": "Demo DE",
        "campaign_id": "23850000000000003",
        "platform": "ig",
        "is_organic": "false",
    }


def test_every_box_comes_with_its_wording_and_its_flags() -> None:
    news, calls, share = joined().consents

    assert (news.consent_id, news.checked, news.wording, news.lang) == ("news", True, "Neuigkeiten.", "de_DE")
    assert news.as_box() == {"checked": True, "pre": True, "req": False}
    assert calls.as_box() == {"checked": False, "pre": False, "req": False}
    assert share.as_box() == {"checked": False, "pre": False, "req": True}
    assert all(one.as_shown for one in (news, calls, share))


def test_flags_that_the_form_does_not_tell_count_against_the_consent() -> None:
    form = meta_form(legal_content={"custom_disclaimer": {"checkboxes": [{"key": "news", "text": "N."}]}})
    lead = joined(form)

    assert (lead.consents[0].required, lead.consents[0].prechecked) == (None, None)
    assert lead.consents[0].as_box() == {"checked": True, "pre": True, "req": True}


@pytest.mark.parametrize("value", ["1", 1, True, "true", "TRUE", "on", "yes"])
def test_a_tick_is_read_however_it_is_written(value: Any) -> None:
    assert ticked(value) is True


@pytest.mark.parametrize("value", ["", "0", 0, False, None, "false", "off", "No"])
def test_no_tick_is_read_however_it_is_written(value: Any) -> None:
    assert ticked(value) is False


@pytest.mark.parametrize("value", ["2", 2, "ja", " 1", "１", [], [1], {"a": 1}, 1.0])
def test_anything_else_is_neither(value: Any) -> None:
    assert ticked(value) is None


def test_an_unreadable_or_contradicted_tick_is_no_tick() -> None:
    said = [
        {"checkbox_key": "news", "is_checked": "ja"},
        {"checkbox_key": "calls", "is_checked": "1"},
        {"checkbox_key": "calls", "is_checked": "0"},
        {"checkbox_key": "gone", "is_checked": "1"},
    ]

    lead = joined(custom_disclaimer_responses=said)

    assert {one.consent_id: one.checked for one in lead.consents} == {
        "news": False,
        "calls": False,
        "share": False,
        "gone": True,
    }
    assert lead.consents[-1].as_shown is False
    assert lead.remarks == ("unreadable_tick", "contradicting_ticks", "consent_without_wording")


def test_the_notice_beside_the_form_is_kept() -> None:
    wording = "Einwilligung\nSie können jederzeit widerrufen."

    assert joined().notice == ShownNotice("77", "https://www.example.com/privacy", wording, "de_DE")


def test_the_notice_may_be_written_flat() -> None:
    legal = {"custom_disclaimer": {"body": "Text."}, "privacy_policy": {"url": "https://example.com/p"}}

    notice = joined(meta_form(legal_content=legal, privacy_policy_url=None)).notice

    assert (notice.wording, notice.privacy_policy_url) == ("Text.", "https://example.com/p")


def test_without_the_form_usual_keys_are_read_and_no_consent_is_proved() -> None:
    lead = read_lead(as_json(meta_lead()), None, "acme")

    assert lead.contact == ContactPoints("ada@example.com", "+4915112345678")
    assert lead.remarks == ("form_unknown", "consent_without_wording")
    assert not any(one.as_shown for one in lead.consents)


def test_another_form_is_never_joined() -> None:
    assert rejection(joined, meta_form(id="1")) == ("unreadable_lead", {("/form", "other_form")})


@pytest.mark.parametrize("lead_id", [None, "", "../me", "12\n", 1.5])
def test_a_lead_without_its_id_is_unreadable(lead_id: Any) -> None:
    assert rejection(joined, id=lead_id) == ("unreadable_lead", {("/id", "bad_id")})


def test_the_dummy_of_the_test_tool_is_marked_and_its_address_is_none() -> None:
    dummy = [{"name": "email", "values": ["<test lead: dummy data for email>"]}]

    lead = joined(field_data=dummy)

    assert lead.is_test
    assert lead.contact == ContactPoints()
    assert not joined().is_test


def test_government_ids_are_refused_unless_they_are_allowed() -> None:
    form = meta_form(questions=[{"key": "nr", "type": "ID_CPF"}, {"key": "email", "type": "EMAIL"}])
    given = [{"name": "nr", "values": ["11144477735"]}, {"name": "email", "values": ["ada@example.com"]}]

    lead = joined(form, field_data=given)
    allowed = read_lead(as_json(meta_lead(field_data=given)), as_json(form), "acme", government_ids=True)

    assert "11144477735" not in repr(lead)
    assert lead.remarks == ("government_id_refused",)
    assert allowed.answers[0].values == ("11144477735",)


def test_empty_answers_are_left_out() -> None:
    assert joined(field_data=[{"name": "email", "values": []}, {"name": "x"}, "y"]).answers == ()
