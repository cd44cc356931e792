"""From a platform's lead to the question of every submission: what counts, what does not, and what is kept as proof."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.agreement import Box, PlatformBox, Source
from shared.domain.consent import decide
from shared.domain.question import Question
from shared.domain.submission import Signals
from shared.sources import ad_lead, google, linkedin, meta
from shared.sources.platform_lead import PlatformConsent, PlatformLead, ShownNotice, answer
from tests.builders import AGREEMENT, DEFINITION, NOON
from tests.sources.platforms import vectors as v

LINKEDIN, META, GOOGLE = (AGREEMENT.sources[name] for name in ("linkedin-demo", "meta-demo", "google-demo"))
PUBLIC = replace(AGREEMENT.sources["hubspot-demo"], fields={}, boxes=())
NEWS = PlatformConsent("news", True, "News by e-mail", "en_US", required=False, prechecked=False, as_shown=True)
BASE = AGREEMENT.notices["website-privacy@1"]
ASKED = (PlatformBox("mkt_email", "email", wording=NEWS.wording),)


def a_lead(*named: tuple[str, str], **changes: Any) -> PlatformLead:
    """Ada's lead; `named` are answers that we have a name for."""
    answers = [answer(name, name, name.title(), [text]) for name, text in named or [("email", "ada@example.com")]]
    lead = PlatformLead(
        platform="linkedin",
        source_id="linkedin-demo",
        external_id="1",
        key="li#1#2",
        form_id="7234246",
        form_version="1",
        submitted_at=datetime(2026, 2, 2, 2, 40, tzinfo=UTC),
        is_test=False,
        answers=tuple(answers),
        tracking={"owner": "urn:li:sponsoredAccount:1234567"},
    )
    return replace(lead, **changes)


def asked(source: Source, lead: PlatformLead, **more: Any) -> Question:
    return ad_lead.question(source, lead, AGREEMENT, DEFINITION, **more)


def with_boxes(*boxes: PlatformBox, source: Source = LINKEDIN) -> Source:
    return replace(source, boxes=boxes)


def contact(question: Question, country: str) -> Any:
    """What the consent decision allows by e-mail in a country, for a newsletter-like act."""
    boxes = {
        box.purpose: {
            "checked": question.submission.consents[box.purpose],
            "pre": box.prechecked,
            "req": box.required,
            "bundled": box.bundled,
        }
        for box in question.form.boxes
    }
    said = {
        "now": NOON,
        "action": "content_download",
        "origin": "subject",
        "email": "ada@example.com",
        "country": country,
        "notice": question.notice.ref,
        "boxes": boxes,
    }
    return decide(said, AGREEMENT.jurisdictions).contact["email"]


# ------------------------------------------------------------------ whose lead it is


@pytest.mark.parametrize(
    ("source", "changes", "reason"),
    [
        (LINKEDIN, {}, None),
        (LINKEDIN, {"tracking": {"owner": "urn:li:sponsoredAccount:7"}}, "other_owner"),
        (LINKEDIN, {"tracking": {}}, "other_owner"),
        (replace(LINKEDIN, forms=("1",)), {}, "other_form"),
        (replace(LINKEDIN, tests="ignore"), {"is_test": True}, "test_lead"),
        (LINKEDIN, {"is_test": True}, None),
        (META, {"tracking": {}}, None),
    ],
)
def test_a_lead_that_the_source_does_not_want_says_why(
    source: Source, changes: dict[str, Any], reason: str | None
) -> None:
    assert ad_lead.unwanted(source, a_lead(**changes)) == reason


def test_the_platforms_own_id_is_the_key_under_the_source() -> None:
    question = asked(LINKEDIN, a_lead())

    assert (question.submission.form_id, question.submission.key) == ("linkedin-demo", "li#1#2")
    assert question.submission.acted_at == "2026-02-02T02:40:00.000Z"


def test_where_the_sender_has_no_key_the_door_gives_one_and_a_claimed_time_counts_for_nothing() -> None:
    question = asked(PUBLIC, a_lead(key=None), key="a key", once_within_s=600, signals=Signals(("1",)))

    assert (question.submission.key, question.submission.once_within_s) == ("a key", 600)
    assert (question.submission.signals.gpc, question.submission.acted_at) == (("1",), "")


def test_a_form_may_stand_for_another_act() -> None:
    acts = [asked(LINKEDIN, a_lead(form_id=form)).form.action for form in ("7234246", "8234246")]

    assert acts == ["demo_request", "content_download"]


# ------------------------------------------------------------------ boxes


def test_a_free_tick_on_a_box_of_the_agreement_counts() -> None:
    question = asked(with_boxes(*ASKED), a_lead(consents=(NEWS,)))

    assert question.form.boxes == (Box("mkt_email", "email", "News by e-mail"),)
    assert question.submission.consents == {"mkt_email": True}
    assert contact(question, "FR") == "yes"


@pytest.mark.parametrize(
    "flags",
    [{"required": True}, {"prechecked": True}, {"required": None}, {"prechecked": None}, {"as_shown": False}],
)
def test_a_tick_that_was_required_made_beforehand_or_cannot_be_shown_permits_nothing(flags: dict[str, Any]) -> None:
    question = asked(with_boxes(*ASKED), a_lead(consents=(replace(NEWS, **flags),)))

    assert contact(question, "FR") == "no"
    assert contact(question, "DE") == "no"


def test_a_box_that_nobody_wrote_down_permits_nothing_and_stands_in_the_proof() -> None:
    question = asked(with_boxes(), a_lead(consents=(NEWS,)))

    assert (question.form.boxes, question.submission.consents) == ((), {})
    assert question.origin["boxes"][0] == {
        "id": "news",
        "checked": True,
        "sha256": NEWS.wording_sha256,
        "lang": "en_US",
        "required": False,
        "prechecked": False,
        "as_shown": True,
        "purpose": None,
    }
    assert question.origin["remarks"] == ["box_without_purpose"]


@pytest.mark.parametrize(
    ("box", "fits"),
    [
        (PlatformBox("mkt_email", "email", form="7234246", consent_id="news"), True),
        (PlatformBox("mkt_email", "email", form="7234247", consent_id="news"), False),
        (PlatformBox("mkt_email", "email", form="7234246", consent_id="0"), False),
        (PlatformBox("mkt_email", "email", wording="News by e-mail."), False),
        (PlatformBox("mkt_email", "email", form="7234246", consent_id="news", wording="News by e-mail"), True),
    ],
)
def test_a_box_is_known_by_its_words_or_by_form_and_id(box: PlatformBox, fits: bool) -> None:
    question = asked(with_boxes(box), a_lead(consents=(NEWS,)))

    assert bool(question.form.boxes) is fits


def test_consent_id_zero_is_an_id() -> None:
    lead = linkedin.read_lead(v.as_json(v.linkedin_lead()), v.as_json(v.linkedin_form()), "linkedin-demo")

    question = asked(LINKEDIN, lead)

    assert question.submission.consents == {"mkt_email": True}
    assert (question.form.boxes[0].required, contact(question, "ES")) == (True, "no")


def test_of_two_boxes_for_one_purpose_the_worse_counts() -> None:
    other = replace(NEWS, consent_id="offers", wording="Offers by e-mail", required=True)
    boxes = (*ASKED, PlatformBox("mkt_email", "email", wording="Offers by e-mail"))

    both = asked(with_boxes(*boxes), a_lead(consents=(NEWS, other)))
    one = asked(with_boxes(*boxes), a_lead(consents=(NEWS, replace(other, required=False, checked=False))))

    assert both.form.boxes == (Box("mkt_email", "email", "News by e-mail / Offers by e-mail", required=True),)
    assert one.submission.consents == {"mkt_email": False}


def test_an_objection_to_a_channel_unticks_its_box() -> None:
    question = asked(with_boxes(*ASKED), a_lead(consents=(NEWS,), objections=("email",)))

    assert question.submission.consents == {"mkt_email": False}


def test_an_objection_goes_with_the_submission_and_into_the_proof() -> None:
    question = asked(PUBLIC, a_lead(objections=("phone", "fax")))

    assert question.submission.objections == ("phone", "autocall", "fax")
    assert question.origin["objections"] == ["phone", "fax"]


def test_more_boxes_than_anybody_reads_ask_for_nothing() -> None:
    many = tuple(replace(NEWS, consent_id=str(number)) for number in range(30))
    endless = replace(NEWS, wording="x" * 70_000)

    few = asked(with_boxes(*ASKED), a_lead(consents=many))
    none = asked(with_boxes(*ASKED), a_lead(consents=(endless,)))

    assert len(few.origin["boxes"]) == ad_lead.MAX_BOXES
    assert (none.form.boxes, none.notice) == ((), BASE)
    assert few.origin["remarks"] == none.origin["remarks"] == ["boxes_dropped"]


def test_on_a_public_form_only_words_of_the_agreement_count_or_are_kept() -> None:
    by_id = with_boxes(PlatformBox("mkt_email", "email", form="7234246", consent_id="news"), source=PUBLIC)
    by_words = with_boxes(*ASKED, source=PUBLIC)
    lead = a_lead(consents=(NEWS, replace(NEWS, wording="ada@example.com")), notice=ShownNotice(wording="Ada Lovelace"))

    assert asked(by_id, lead).form.boxes == ()
    assert asked(by_id, lead).notice == BASE
    assert asked(by_words, lead).notice.wording == "[ ] News by e-mail"


# ------------------------------------------------------------------ the wording


def test_the_wording_on_the_screen_is_a_notice_of_its_own() -> None:
    shown = ShownNotice("77", "https://www.example.com/privacy", "We answer you.", "de_DE")

    question = asked(with_boxes(*ASKED), a_lead(consents=(NEWS, replace(NEWS, wording="")), notice=shown))

    notice = question.notice
    assert notice.wording == "We answer you.\nhttps://www.example.com/privacy\n[ ] News by e-mail"
    assert notice.sha256 == hashlib.sha256(notice.wording.encode()).hexdigest()
    assert (notice.notice_id, notice.version) == (f"website-privacy.{notice.sha256[:32]}", 1)
    assert (notice.lang, notice.withdrawal_method) == ("de", BASE.withdrawal_method)
    assert notice.facts == {**BASE.facts, "stands_under": "website-privacy@1"}
    assert question.submission.notice == question.form.notice == notice.ref


def test_other_words_are_another_notice_and_the_same_words_the_same() -> None:
    refs = [
        asked(LINKEDIN, a_lead(notice=ShownNotice(wording=wording))).notice.ref for wording in ("One.", "Two.", "One.")
    ]

    assert refs[0] == refs[2] != refs[1]


def test_nothing_shown_stands_under_the_agreed_notice() -> None:
    assert asked(with_boxes(), a_lead()).notice == BASE


@pytest.mark.parametrize(
    ("locale", "lang"), [("es_ES", "es"), ("en-GB", "en"), ("fra", "en"), ("", "en"), ("DE", "en")]
)
def test_the_language_is_that_of_the_form_where_it_is_told(locale: str, lang: str) -> None:
    notice = asked(with_boxes(), a_lead(notice=ShownNotice(wording="Words", lang=locale))).notice

    assert notice.lang == lang


def test_google_stands_on_what_its_source_states_and_no_box() -> None:
    lead = google.read_lead(json.loads(v.GOOGLE_BODY), "google-demo")

    question = asked(GOOGLE, lead)

    assert GOOGLE.basis is not None
    assert (question.form.boxes, question.submission.consents) == ((), {})
    assert question.notice.wording == GOOGLE.basis.disclosure
    assert question.origin["basis"] == {
        "legal_basis": "contract",
        "disclosure": GOOGLE.basis.disclosure,
        "version": 1,
        "valid_from": "2026-11-01",
    }
    assert (question.origin["method"], asked(PUBLIC, a_lead()).origin["method"]) == ("lead_ad", "web_form")


# ------------------------------------------------------------------ answers


def test_answers_come_in_the_form_that_is_stored() -> None:
    lead = a_lead(
        ("email", "Ada@Example.com"), ("country", "de"), ("phone", "030 1234567 ext. 12"), ("full_name", "Ada Lovelace")
    )

    submission = asked(replace(LINKEDIN, default_country=None), lead).submission

    assert submission.fields == {
        "email": "ada@example.com",
        "country": "DE",
        "phone": "+49301234567",
        "phone_ext": "12",
        "full_name": "Ada Lovelace",
    }
    assert (submission.contact.email, submission.contact.phone) == ("ada@example.com", "+49301234567")


def test_the_default_country_reads_numbers_and_is_nobodys_country() -> None:
    submission = asked(LINKEDIN, a_lead(("phone", "030 1234567"))).submission

    assert submission.fields == {"phone": "+49301234567"}
    assert submission.signals.edge_country is None


def test_work_addresses_serve_where_there_is_no_other() -> None:
    lead = a_lead(("work_email", "ada@engines.example.com"), ("work_phone", "+49 30 1234567"))

    submission = asked(LINKEDIN, lead).submission

    assert (submission.fields["email"], submission.fields["phone"]) == ("ada@engines.example.com", "+49301234567")


def test_what_is_none_of_its_kind_is_kept_as_it_was_said() -> None:
    lead = a_lead(("email", "nobody"), ("phone", "call me"), ("country", "Alemania"), ("work_email", "ada@example.com"))

    question = asked(LINKEDIN, lead)

    assert question.submission.fields == {
        "answer_email": "nobody",
        "answer_phone": "call me",
        "answer_country": "Alemania",
        "work_email": "ada@example.com",
        "email": "ada@example.com",
    }
    assert question.origin["remarks"] == ["unreadable_email", "unreadable_phone", "unreadable_country"]


def test_questions_get_names_from_the_agreement_by_id_or_label() -> None:
    source = replace(LINKEDIN, fields={"9": "message", "Wie heißt Ihre Firma?": "company"})
    answers = (answer("9", "", "What?", ["A demo"]), answer("x", "", "Wie heißt Ihre Firma?", ["Engines"]))

    submission = asked(source, a_lead(answers=answers)).submission

    assert submission.fields == {"message": "A demo", "company": "Engines"}


def test_other_questions_are_kept_with_their_words_and_never_take_a_name_of_ours() -> None:
    answers = (
        answer("email", "", "email", ["not asked as an address"]),
        answer("Q 1", "", "Cuál es tu color favorito", ["Rojo", "Azul"]),
        answer("q-1", "", "", ["dos"]),
        answer("¿?", "", "¿?", ["sí"]),
        answer("1", "company", "Company", ["Engines"]),
        answer("2", "company", "Company again", ["Engines"]),
        answer("3", "company", "Former company", ["Looms"]),
    )

    submission = asked(LINKEDIN, a_lead(answers=answers)).submission

    assert submission.contact.email is None
    assert submission.fields == {
        "answer_email": "not asked as an address",
        "answer_q_1": "Cuál es tu color favorito: Rojo, Azul",
        "answer_q_1_2": "dos",
        "answer_unnamed": "¿?: sí",
        "company": "Engines",
        "answer_3": "Former company: Looms",
    }


def test_more_answers_than_a_form_has_are_dropped_and_remarked() -> None:
    many = tuple(answer(str(number), "", "", ["x"]) for number in range(300))
    long = tuple(answer(str(number), "", "", ["x" * 4000]) for number in range(30))

    questions = [asked(LINKEDIN, a_lead(answers=answers)) for answers in (many, long)]

    assert [len(question.submission.fields) for question in questions] == [100, 16]
    assert all(question.origin["remarks"] == ["answers_dropped"] for question in questions)


# ------------------------------------------------------------------ where it came from


def test_hidden_fields_and_ids_become_marks_under_our_names() -> None:
    lead = meta.read_lead(v.as_json(v.meta_lead()), v.as_json(v.meta_form()), "meta-demo")

    context = asked(META, lead).submission.context

    assert context["utm_source"] == "instagram"
    assert (context["utm_campaign"], context["surface"]) == ("spring-demo", "instagram")
    assert (context["ad_id"], context["campaign_id"]) == ("23850000000000001", "23850000000000003")


def test_a_mark_that_breaks_the_rules_is_left_out_and_not_the_person() -> None:
    hidden = {"hidden_field": "a\nb", "gclid": "click", "Our Code!": "abc", "time_on_page_s": "9"}
    lead = a_lead(hidden=hidden, tracking={"page_url": "javascript:1", "visits": "3", "campaign_name": "Q1"})

    submission = asked(LINKEDIN, lead).submission

    assert submission.context == {
        "gclid": "click",
        "hidden_our_code": "abc",
        "hidden_time_on_page_s": "9",
        "their_visits": "3",
        "surface": "linkedin",
        "utm_source": "linkedin",
        "campaign_name": "Q1",
        "utm_campaign": "Q1",
    }


def test_a_page_of_others_is_no_ad_platform() -> None:
    context = asked(
        PUBLIC, a_lead(platform="hubspot", tracking={"page_url": "https://www.example.com/demo"})
    ).submission

    assert context.context == {"page_url": "https://www.example.com/demo"}


def test_what_the_platform_told_stands_in_the_proof() -> None:
    question = asked(
        LINKEDIN, a_lead(remarks=("form_moved_on",), notice=ShownNotice("77", "https://x.example", "", "de"))
    )

    origin = question.origin
    assert origin["source"] == {"id": "linkedin-demo", "version": 1}
    assert (origin["platform"], origin["lead"]) == ("linkedin", "1")
    assert origin["form"] == {"id": "7234246", "version": "1"}
    assert origin["submitted_at"] == "2026-02-02T02:40:00+00:00"
    assert origin["notice"] == {"id": "77", "url": "https://x.example", "lang": "de"}
    assert (origin["basis"], origin["remarks"]) == (None, ["form_moved_on"])
    assert asked(LINKEDIN, a_lead(submitted_at=None)).origin["submitted_at"] is None
