"""LinkedIn Lead Sync: notifications, and leads joined with their forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.submission import ContactPoints
from shared.sources.linkedin import LeadNotification, UnknownNotification, read_lead, read_notification
from shared.sources.platform_lead import PlatformLead, ShownNotice
from tests.sources.builders import rejection
from tests.sources.platforms.vectors import LINKEDIN_BODY, as_json, linkedin_form, linkedin_lead

RESPONSE = "urn:li:leadGenFormResponse:249592fc-d272-44ba-a7db-c2bdce579507-6"


def notification(**changes: Any) -> bytes:
    valid = {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": RESPONSE,
        "leadAction": "CREATED",
        "occurredAt": 1770000000000,
    }
    return as_json({name: value for name, value in (valid | changes).items() if value is not None})


def joined(form: Any = None, **changes: Any) -> PlatformLead:
    return read_lead(as_json(linkedin_lead(**changes)), as_json(form or linkedin_form()), "acme")


def test_a_notification_is_read() -> None:
    assert read_notification(LINKEDIN_BODY) == LeadNotification(
        response_id="249592fc-d272-44ba-a7db-c2bdce579507-6",
        action="CREATED",
        occurred_at_ms=1770000000000,
        form_id="7234246",
        form_version="1",
        owner="urn:li:sponsoredAccount:1234567",
        associated_entity="urn:li:sponsoredCreative:241257736",
        lead_type="SPONSORED",
    )


def test_the_key_tells_register_cancel_and_register_again_apart() -> None:
    bodies = [
        notification(),
        notification(leadAction="DELETED", occurredAt=1770000000001),
        notification(occurredAt=1770000000002),
    ]
    read = [read_notification(body) for body in bodies]

    keys = [one.key for one in read if isinstance(one, LeadNotification)]

    assert keys[0] == "li#249592fc-d272-44ba-a7db-c2bdce579507-6#CREATED#1770000000000"
    assert len(set(keys)) == 3


def test_a_deletion_needs_no_more_than_response_and_time() -> None:
    read = read_notification(notification(leadAction="DELETED"))

    assert isinstance(read, LeadNotification)
    assert read.action == "DELETED"


@pytest.mark.parametrize("urn", ["(urn:li:leadGenForm:1, 1)", "(urn:li:leadGenForm:1,1)"])
def test_the_form_is_read_with_and_without_a_space(urn: str) -> None:
    read = read_notification(notification(leadGenForm=f"urn:li:versionedLeadGenForm:{urn}"))

    assert isinstance(read, LeadNotification)
    assert (read.form_id, read.form_version) == ("1", "1")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"}, "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"),
        ({"type": "<script>"}, "unreadable"),
        ({"type": None}, "unreadable"),
        ({"type": 7}, "unreadable"),
        ({"leadAction": "UPDATED"}, "LEAD_ACTION:UPDATED"),
        ({"leadAction": None}, "LEAD_ACTION:unreadable"),
        ({"leadAction": ["CREATED"]}, "LEAD_ACTION:unreadable"),
    ],
)
def test_what_we_did_not_ask_for_is_counted_under_a_plain_word(changes: dict[str, Any], kind: str) -> None:
    assert read_notification(notification(**changes)) == UnknownNotification(kind)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"leadGenFormResponse": None}, ("/leadGenFormResponse", "bad_urn")),
        ({"leadGenFormResponse": "urn:li:leadGenFormResponse:../me"}, ("/leadGenFormResponse", "bad_urn")),
        ({"leadGenFormResponse": f"{RESPONSE}\n"}, ("/leadGenFormResponse", "bad_urn")),
        ({"occurredAt": None}, ("/occurredAt", "bad_time")),
        ({"occurredAt": "1770000000000"}, ("/occurredAt", "bad_time")),
        ({"occurredAt": 0}, ("/occurredAt", "bad_time")),
        ({"occurredAt": True}, ("/occurredAt", "bad_time")),
        ({"occurredAt": 10**30}, ("/occurredAt", "bad_time")),
    ],
)
def test_a_notification_that_names_no_lead_is_unreadable(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert rejection(read_notification, notification(**changes)) == ("unreadable_lead", {fault})


def test_answers_come_in_the_order_of_the_form_in_our_names_and_the_persons_words() -> None:
    lead = joined()

    assert [(one.question, one.field, one.label, one.values) for one in lead.answers] == [
        ("0", "first_name", "Nombre", ("Ada",)),
        ("2", "email", "Correo", ("Ada@Example.com",)),
        ("3", "", "Función", ("Ingeniería",)),
        ("4", "", "Color favorito", ("Rojo",)),
    ]
    assert lead.fields == {"first_name": "Ada", "email": "Ada@Example.com"}
    assert lead.contact == ContactPoints(email="ada@example.com")
    assert lead.remarks == ()


def test_a_lead_is_known_by_response_and_moment() -> None:
    lead = joined()

    assert (lead.platform, lead.source_id) == ("linkedin", "acme")
    assert lead.external_id == "249592fc-d272-44ba-a7db-c2bdce579507-6"
    assert lead.key == "li#249592fc-d272-44ba-a7db-c2bdce579507-6#1770000000000"
    assert lead.submitted_at == datetime(2026, 2, 2, 2, 40, tzinfo=UTC)
    assert (lead.form_id, lead.form_version) == ("7234246", "1")


def test_hidden_fields_come_from_the_form_and_ids_from_the_lead() -> None:
    lead = joined()

    assert lead.hidden == {"utm_campaign": "otoño"}
    assert lead.tracking == {
        "owner": "urn:li:sponsoredAccount:1234567",
        "campaign": "urn:li:sponsoredCampaign:198356826",
        "associated_entity": "urn:li:sponsoredCreative:241257736",
        "lead_type": "SPONSORED",
    }


def test_consent_0_counts_and_a_silent_box_is_not_ticked() -> None:
    news, calls = joined().consents

    assert (news.consent_id, news.checked, news.wording, news.lang) == ("0", True, "Quiero noticias.", "es_ES")
    assert (news.required, news.prechecked, news.as_shown) == (True, False, True)
    assert (calls.consent_id, calls.checked, calls.required) == ("1", False, False)
    assert news.as_box() == {"checked": True, "pre": False, "req": True}


def test_the_wording_has_its_hash() -> None:
    assert joined().consents[1].wording_sha256 == "e7363f6e7d4608742d542feebc004f81bf0ff045693a6f48234259be47231117"


def test_the_notice_beside_the_form_is_kept() -> None:
    assert joined().notice == ShownNotice(
        "107234246", "https://www.example.com/privacy", "Tratamos tus datos.", "es_ES"
    )


@pytest.mark.parametrize("accepted", [False, None, "true", 1, "1"])
def test_only_a_plain_true_is_a_tick(accepted: Any) -> None:
    lead = joined(formResponse={"consentResponses": [{"accepted": accepted, "consentId": 0}]})

    assert not lead.consents[0].checked


def test_of_contradicting_ticks_the_no_counts() -> None:
    said = [{"accepted": True, "consentId": 0}, {"accepted": False, "consentId": 0}]

    lead = joined(formResponse={"consentResponses": said})

    assert not lead.consents[0].checked
    assert lead.remarks == ("contradicting_ticks",)


def test_a_tick_whose_box_nobody_knows_is_kept_and_proves_nothing() -> None:
    lead = joined(formResponse={"consentResponses": [{"accepted": True, "consentId": 9}]})
    unknown = lead.consents[-1]

    assert (unknown.consent_id, unknown.checked, unknown.wording, unknown.as_shown) == ("9", True, "", False)
    assert unknown.as_box() == {"checked": True, "pre": False, "req": True}
    assert lead.remarks == ("consent_without_wording",)


@pytest.mark.parametrize(
    ("form", "remark"),
    [
        (linkedin_form(versionId=2), "form_moved_on"),
        ({name: value for name, value in linkedin_form().items() if name != "versionId"}, "form_version_unknown"),
    ],
)
def test_the_wording_of_another_version_proves_nothing(form: dict[str, Any], remark: str) -> None:
    lead = joined(form)

    assert remark in lead.remarks
    assert [one.wording for one in lead.consents] == ["Quiero noticias.", "Llamadme."]
    assert not any(one.as_shown for one in lead.consents)


def test_without_the_form_answers_keep_their_question_ids() -> None:
    lead = read_lead(as_json(linkedin_lead()), None, "acme")

    assert lead.remarks == ("form_unknown", "consent_without_wording")
    assert lead.fields == {}
    assert [(one.question, one.values) for one in lead.answers] == [
        ("4", ("0",)),
        ("3", ("Ingeniería",)),
        ("2", ("Ada@Example.com",)),
        ("0", ("Ada",)),
    ]


def test_a_form_that_travels_inside_the_lead_is_used() -> None:
    lead = read_lead(as_json(linkedin_lead(form=linkedin_form())), None, "acme")

    assert lead.contact.email == "ada@example.com"


def test_another_form_is_never_joined() -> None:
    assert rejection(joined, linkedin_form(id=1)) == ("unreadable_lead", {("/form", "other_form")})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": "../me"}, ("/id", "bad_id")),
        ({"id": None}, ("/id", "bad_id")),
        ({"submittedAt": None}, ("/submittedAt", "bad_time")),
        ({"versionedLeadGenFormUrn": "urn:li:leadGenForm:1"}, ("/versionedLeadGenFormUrn", "bad_urn")),
    ],
)
def test_a_lead_without_its_ids_is_unreadable(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert rejection(joined, **changes) == ("unreadable_lead", {fault})


@pytest.mark.parametrize(("mark", "is_test"), [(True, True), (False, False), (None, False), ("true", True), (1, True)])
def test_whatever_is_not_plainly_real_is_a_test(mark: Any, is_test: bool) -> None:
    assert joined(testLead=mark).is_test is is_test


def test_an_answer_of_a_kind_that_we_do_not_know_is_remarked() -> None:
    odd = {"answers": [{"answerDetails": {"fileAnswer": {"answer": "x"}}, "questionId": 0}, "nonsense"]}

    lead = joined(formResponse=odd)

    assert (lead.answers, lead.remarks) == ((), ("unreadable_answer",))


def test_an_unknown_option_keeps_its_id() -> None:
    odd = {"answers": [{"answerDetails": {"multipleChoiceAnswer": {"options": [7, 1]}}, "questionId": 4}]}

    assert joined(formResponse=odd).answers[0].values == ("7", "Azul")


def test_a_form_in_another_locale_than_its_own_is_read_in_that() -> None:
    lead = joined(linkedin_form(creationLocale={"language": "en"}))

    assert (lead.consents[0].wording, lead.consents[0].lang) == ("Quiero noticias.", "es_ES")
