"""The proof of a number over the in-memory stores: budgets, the very number, the way back, and our own policies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import permission as permissions
from shared.domain.agreement import Field
from shared.domain.errors import RejectedInput
from shared.domain.identity import Keyring
from shared.domain.permission_acts import is_on
from shared.domain.question import question_about
from shared.domain.submission import ContactPoints
from shared.domain.suppression import remembered
from shared.sources import answers
from tests.builders import ADA, AGREEMENT, DEFINITION, KEYRING, a_question, a_submission
from tests.journeys.permission_world import GERMAN, PROOF, SHOWN, World

MOBILE = "+4915112345678"
RULES = AGREEMENT.jurisdictions


def asked_by_text(world: World | None = None, *ticked: str, **changes: Any) -> World:
    """Ada in Germany allowed calls, and the text lies on her phone."""
    world = world or World()
    fields = {**GERMAN, "phone": MOBILE, **changes}
    world.post("event-registration", fields=fields, ticked=ticked or ("mkt_phone",), texts_to="DE")
    world.relay()
    return world


def link(world: World) -> str:
    return world.texter.texts[-1].body.rpartition("/")[2]


def test_one_text_proves_every_tick_for_the_number_and_no_mail() -> None:
    world = asked_by_text(None, "mkt_phone", "mkt_sms", "mkt_autocall", "mkt_email")

    world.permissions().confirm(link(world), SHOWN)

    assert world.marketing == {"email": "after_doi", "sms": "yes", "phone": "yes", "autocall": "yes"}


def test_a_link_confirms_what_was_asked_before_it_and_nothing_later() -> None:
    world = asked_by_text()
    first = link(world)
    world.now += timedelta(days=2)
    asked_by_text(world, "mkt_phone", "mkt_sms")
    second = link(world)

    world.permissions().confirm(first, SHOWN)
    then = dict(world.marketing)
    world.permissions().confirm(second, SHOWN)

    assert (then["phone"], then["sms"]) == ("yes", "after_doi")
    assert (world.marketing["phone"], world.marketing["sms"]) == ("yes", "yes")


def test_a_used_link_of_a_text_is_the_way_back_for_years_and_then_nothing() -> None:
    world = asked_by_text()
    assert world.permissions().take_back(link(world), SHOWN) is None
    world.permissions().confirm(link(world), SHOWN)
    world.now += timedelta(days=700)

    outcome = world.permissions().take_back(link(world), SHOWN)

    assert outcome is not None
    assert outcome.change is not None
    assert world.marketing["phone"] == "no"
    assert outcome.change.suppress == "marketing"
    assert world.permissions().take_back(link(world), SHOWN) is None
    assert world.permissions().take_back("x", SHOWN) is None


def test_taking_back_what_a_law_allows_by_itself_writes_a_no_once() -> None:
    world = asked_by_text(None, "mkt_phone", "mkt_sms")
    world.permissions().confirm(link(world), SHOWN)
    world.permissions().choose(world.preferences_link, frozenset({"mkt_sms"}), {"mkt_phone": "Calls"})

    outcome = world.permissions().take_back(link(world), SHOWN)

    assert outcome is not None
    assert outcome.change is not None
    assert dict(outcome.change.act["said"]) == {"mkt_sms": False}


def test_a_proved_number_lifts_the_no_of_the_number_and_not_of_the_mailbox() -> None:
    world = World()
    marks = KEYRING.suppression_marks(ContactPoints("ada@example.com", MOBILE))
    world.store.suppress(remembered(marks, "marketing", "objection", world.now))
    asked_by_text(world)

    world.permissions().confirm(link(world), SHOWN)

    assert world.marketing["phone"] == "yes"
    assert world.store.found(marks).suppressed == {marks["email"][0]}
    asked_by_text(world)
    assert world.marketing["phone"] == "yes"


def test_no_number_gets_more_texts_than_agreed() -> None:
    world = World()
    for _ in range(60):
        world.now += timedelta(hours=12)
        asked_by_text(world)

    assert len(world.texter.texts) == PROOF["text"]["per_number"]["at_most"] == 3


def test_all_numbers_together_get_no_more_texts_than_agreed() -> None:
    world, agreed = World(), PROOF["text"]["per_stack"]["at_most"]
    for number in range(agreed + 5):
        phone, email = f"+4915112{number:06d}", f"a{number}@example.com"
        asked_by_text(world, phone=phone, email=email)
    spent = len(world.texter.texts)
    world.now += timedelta(hours=25)
    asked_by_text(world, phone="+4915199999999", email="late@example.com")

    assert (spent, len(world.texter.texts)) == (agreed, agreed + 1)


@pytest.mark.parametrize(
    ("domain", "most"), [("example.com", PROOF["mail"]["per_domain"]["at_most"]), ("gmail.com", 40)]
)
def test_a_company_gets_no_more_mails_than_agreed_and_a_free_mail_provider_is_no_company(
    domain: str, most: int
) -> None:
    world = World()
    for number in range(40):
        world.post(fields={**GERMAN, "email": f"a{number}@{domain}"})
    world.relay()

    assert len(world.mailer.mails) == most


def test_who_waits_longer_than_a_request_lives_gets_no_text() -> None:
    world = World()
    world.post("event-registration", fields={**GERMAN, "phone": MOBILE}, ticked=("mkt_phone",), texts_to="DE")
    world.now += timedelta(days=15)

    assert "dropped" in world.relay()
    assert world.texter.texts == []
    assert permissions.as_of(world.lead.permission, world.now)["marketing"]["phone"] == "no"


def test_a_text_that_is_tried_again_after_the_number_changed_is_spared() -> None:
    world = asked_by_text()
    (place,) = (place for place in world.store.outbox if "#sms." in place.item)
    world.store.delivered.pop(place)
    person = next(iter(world.store.leads))
    lead = world.store.leads[person]
    lead.profile["phone"] = "+4915187654321"

    assert world.relay() == ["spared"]


@pytest.mark.parametrize(("countries", "answer"), [(frozenset(), "no"), (frozenset({"DE"}), "after_doi")])
def test_a_new_tick_for_calls_on_the_preference_page_waits_for_its_proof_or_is_none(
    countries: frozenset[str], answer: str
) -> None:
    world = asked_by_text()
    world.permissions().confirm(link(world), SHOWN)
    world.permissions().choose(world.preferences_link, frozenset(), {"mkt_phone": "Calls"})
    world.text_countries = countries

    outcome = world.permissions().choose(world.preferences_link, frozenset({"mkt_phone"}), {"mkt_phone": "Calls"})

    assert outcome is not None
    assert outcome.change is not None
    assert world.marketing["phone"] == answer
    assert bool(world.lead.permission["pending"]) == bool(countries)
    assert [message.kind for message in outcome.change.messages if message.is_letter] == ["sms.confirm"] * len(
        countries
    )


# ------------------------------------------------------------------ remembered elsewhere


def test_an_opt_out_of_the_number_counts_with_the_next_act() -> None:
    world = asked_by_text(None, "mkt_phone", "mkt_email", "share_3p")
    world.permissions().confirm(world.confirm_link, SHOWN)
    shared_before = world.lead.permission["share"]
    world.permissions().opt_out_of_sale(ContactPoints(None, MOBILE))
    unknown_yet = world.lead.permission["share"]

    world.permissions().confirm(link(world), SHOWN)

    assert (shared_before, unknown_yet) == (True, True)
    assert world.lead.permission["share"] is False
    assert world.lead.permission["sale_optout"] is True


def test_a_no_under_an_old_key_is_kept_under_the_new_one_too() -> None:
    world = World()
    old = KEYRING.suppression_marks(ContactPoints("ada@example.com"))
    world.store.suppress(remembered(old, "marketing", "objection", world.now))
    world.store.suppress(remembered(old, "sale", "sale_opt_out", world.now))
    world.now += timedelta(days=400)
    world.keyring = Keyring("k2", b"a newer key for tests", ((KEYRING.kid, KEYRING.key),))
    world.post(ticked=())
    new = world.keyring.suppression_marks(ContactPoints("ada@example.com"))["email"][0]

    world.permissions().object_to_all(world.preferences_link)

    kept = {shelf: one for (mark, shelf), one in world.store.kept.items() if mark == new}
    assert kept["SALE"].day == "2026-03-02", "the day of the no, not of the key"
    assert kept["SUPP"].reason == "objection"
    assert kept["SUPP"].day == "2027-04-06", "written anew by this very act"


def test_a_no_that_is_ended_is_not_kept_under_the_new_key() -> None:
    world = World()
    old = KEYRING.suppression_marks(ContactPoints("ada@example.com"))
    world.store.suppress(remembered(old, "marketing", "objection", world.now))
    world.keyring = Keyring("k2", b"a newer key for tests", ((KEYRING.kid, KEYRING.key),))
    world.post()
    world.relay()

    world.permissions().confirm(world.confirm_link, SHOWN)

    assert world.marketing["email"] == "yes"
    assert world.store.kept == {}


# ------------------------------------------------------------------ our own policies


def shared(sharing: str, is_ticked: bool) -> bool:
    rules: Mapping[str, Any] = {"policies": {"sharing": sharing}}
    return permissions.may_share(rules, is_ticked, None, World().now)


def test_what_is_shared_follows_the_policy() -> None:
    assert [shared("never", True), shared("with_consent", False), shared("with_consent", True)] == [False, False, True]
    assert shared("where_allowed", False) is True


def test_profiling_and_sharing_end_when_they_must_be_asked_anew() -> None:
    world = World()
    world.post("event-registration", fields=ADA, ticked=("mkt_email", "profiling", "share_3p"))
    then = permissions.as_of(world.lead.permission, world.now)
    world.now += timedelta(days=731)

    now = permissions.as_of(world.lead.permission, world.now)

    assert (then["share"], then["profiling"]) == (True, True)
    assert (now["share"], now["profiling"]) == (False, False)
    assert not is_on(world.lead, "profiling", world.now)


def test_without_months_a_consent_ends_only_with_a_no() -> None:
    rules = {"policies": {"consent_months": {"profiling": None}}}

    assert permissions.ends(rules, "profiling", None, World().now) is None  # type: ignore[arg-type]  # not looked at


# ------------------------------------------------------------------ languages and ages


def test_a_question_is_asked_in_the_language_that_was_shown() -> None:
    form = AGREEMENT.forms["demo-request"]
    german = question_about(AGREEMENT, form, a_submission(lang="de"), DEFINITION, frozenset())
    own = question_about(AGREEMENT, form, a_submission(), DEFINITION, frozenset())

    assert (german.form.lang, german.notice.lang, german.form.title) == ("de", "de", "Eine Vorführung anfragen")
    assert (own.form.lang, own.notice.lang) == ("en", "en")
    assert form.languages == ("en", "de")


def test_a_wording_that_was_never_published_in_a_language_is_no_wording() -> None:
    form = AGREEMENT.forms["demo-request"]

    with pytest.raises(RejectedInput):
        question_about(AGREEMENT, form, a_submission(lang="de", notice="website-privacy@1"), DEFINITION, frozenset())


@pytest.mark.parametrize(("said", "years"), [(40, 40), ("17", 17), ("", None), (None, None), (True, None), (121, None)])
def test_an_age_is_read_for_the_decision_and_is_no_answer(said: Any, years: int | None) -> None:
    age = Field("age", "age", "Age", True, 3, "off")
    form = AGREEMENT.forms["newsletter"]
    asking = type(form)(**{name: getattr(form, name) for name in form.__slots__} | {"fields": (*form.fields, age)})
    given = {"email": "ada@example.com", "age": said}

    kept, faults = answers.read(given, asking)

    assert answers.age(given, asking) == years
    assert kept == {"email": "ada@example.com"}
    assert [fault.pointer for fault in faults] == ([] if years is not None else ["/fields/age"])


def test_a_known_minor_stays_one_on_every_page_and_form() -> None:
    world = World()
    world.post(fields=GERMAN, ticked=("mkt_email", "profiling"), age=17)
    world.relay()
    world.permissions().confirm(world.confirm_link, SHOWN)

    assert world.lead.permission["minor"] is True
    assert world.lead.permission["score"] is False
    assert a_question(age=None).submission.age is None
