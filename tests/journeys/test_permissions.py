from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryPermissions
from shared.domain import permission as permissions
from shared.domain import permission_acts as acts
from shared.domain.errors import Conflict, TryAgain
from shared.domain.identity import Keyring, keyring_from
from shared.domain.message import Message
from shared.domain.submission import ContactPoints
from shared.journeys.permissions import ONE_CLICK, PREFERENCES
from shared.journeys.ports import Place
from tests.builders import ADA, KEYRING
from tests.journeys.permission_world import GERMAN, SHOWN, World, asked, confirmed

EMAIL = ContactPoints("ada@example.com")


class PressedBetweenReads:
    """A store in which the button is pressed once more between reading the link and reading its lead."""

    def __init__(self, store: Any, press: Callable[[], object]) -> None:
        self.store = store
        self.press: Callable[[], object] | None = press

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def known(self, person: str) -> Any:
        if press := self.press:
            self.press = None
            press()
        return self.store.known(person)


# Confirming


def test_a_confirmation_makes_the_yes_and_its_proof() -> None:
    world = asked()

    outcome = world.permissions().confirm(world.confirm_link, SHOWN)

    assert outcome is not None
    assert outcome.change is not None
    assert world.marketing["email"] == "yes"
    core, body = json.loads(outcome.change.entry.core), json.loads(outcome.change.entry.body)
    assert (core["type"], body["method"], body["boxes"][0]["label"]) == ("doi_confirmed", "doi_link", "News by e-mail")
    assert (body["boxes"][0]["before"], body["boxes"][0]["outcome"]) == ("requested", "given")
    assert world.lead.permission["pending"] == {}


def test_pressing_the_button_twice_grants_once_and_shows_the_same_page() -> None:
    world = confirmed()
    version = world.lead.version

    again = world.permissions().confirm(world.confirm_link, SHOWN)

    assert again is not None
    assert (again.change, world.lead.version) == (None, version)


def test_a_second_press_that_read_the_link_before_the_first_wrote_shows_the_same_page() -> None:
    world = asked()
    store = PressedBetweenReads(world.store, lambda: world.permissions().confirm(world.confirm_link, SHOWN))

    late = replace(world.permissions(), store=store).confirm(world.confirm_link, SHOWN)

    assert late is not None
    assert (late.change, world.marketing["email"], world.lead.version) == (None, "yes", 2)
    assert store.press is None


def test_a_link_that_another_consent_overtook_is_worth_nothing_to_a_second_look() -> None:
    world = asked()
    world.permissions().choose(world.preferences_link, frozenset(), SHOWN)

    late = world.permissions().confirm(world.confirm_link, SHOWN)

    assert late is None


def test_looking_at_a_link_changes_nothing() -> None:
    world = asked()
    before = (world.lead, dict(world.store.tokens), dict(world.store.entries))

    world.permissions().asked(world.confirm_link)
    world.permissions().standing(PREFERENCES, world.preferences_link)

    assert (world.lead, world.store.tokens, world.store.entries) == before


@pytest.mark.parametrize(("days", "works"), [(6.99, True), (7, False), (8, False)])
def test_a_link_is_over_after_seven_days(days: float, works: bool) -> None:
    world = asked()
    world.now += timedelta(days=days)

    assert (world.permissions().confirm(world.confirm_link, SHOWN) is not None) == works


def test_after_a_withdrawal_the_old_link_grants_nothing() -> None:
    world = asked()
    world.permissions().choose(world.preferences_link, frozenset(), SHOWN)

    assert world.permissions().confirm(world.confirm_link, SHOWN) is None
    assert world.marketing["email"] == "no"


def test_after_a_withdrawal_a_used_link_stays_without_effect() -> None:
    world = confirmed()
    world.permissions().unsubscribe(world.one_click_link)

    assert world.permissions().confirm(world.confirm_link, SHOWN) is None
    assert world.marketing["email"] == "no"


def test_after_erasure_a_link_is_worth_nothing() -> None:
    world = asked()
    world.store.leads.clear()

    assert world.permissions().confirm(world.confirm_link, SHOWN) is None
    assert world.permissions().asked(world.confirm_link) is None


def test_a_link_of_somebody_erased_does_not_open_the_one_who_came_back() -> None:
    world = asked()
    person, lead = next(iter(world.store.leads.items()))
    world.store.leads[person] = replace(lead, lead_id="f" * 32)

    assert world.permissions().confirm(world.confirm_link, SHOWN) is None


def test_a_tick_that_was_never_confirmed_is_a_no_after_a_fortnight() -> None:
    world = asked()

    soon = permissions.as_of(world.lead.permission, world.now + timedelta(days=13))
    late = permissions.as_of(world.lead.permission, world.now + timedelta(days=15))

    assert (soon["marketing"]["email"], late["marketing"]["email"]) == ("after_doi", "no")


def test_a_submission_never_downgrades_a_confirmed_state() -> None:
    world = confirmed()

    world.post(ticked=())
    world.post()

    assert world.marketing["email"] == "yes"
    assert world.lead.permission["channels"]["email"]["status"] == "given"


def test_who_is_known_gets_a_mail_too_and_renews() -> None:
    world = confirmed()
    world.now += timedelta(days=2)
    world.post()

    assert "mailed" in world.relay()
    world.permissions().confirm(world.confirm_link, SHOWN)

    assert world.lead.permission["channels"]["email"]["status"] == "renewed"


def test_confirming_the_mail_confirms_neither_phone_nor_profiling() -> None:
    world = confirmed(fields={**GERMAN, "phone": "+4915112345678"}, ticked=("mkt_email", "mkt_phone"), texts_to="DE")

    assert (world.marketing["email"], world.marketing["phone"]) == ("yes", "after_doi")
    assert "profiling" not in world.lead.permission["channels"]


def test_asking_again_keeps_the_first_link_working() -> None:
    world = asked()
    link = world.confirm_link
    world.now += timedelta(hours=1)
    world.post()
    world.relay()

    assert world.permissions().confirm(link, SHOWN) is not None


# Mail


def test_a_thousand_posts_make_one_mail() -> None:
    world = World()
    for number in range(1000):
        world.post(fields={**GERMAN, "email": f"ada+{number % 7}@example.com"})
    outcomes = world.relay()

    assert (len(world.mailer.mails), outcomes.count("spared")) == (1, 999)


def test_three_mails_in_a_month_are_all_there_are() -> None:
    world = World()
    for _ in range(10):
        world.post()
        world.relay()
        world.now += timedelta(days=2)

    assert len(world.mailer.mails) == 3


def test_a_mail_that_could_not_go_is_tried_again_with_the_same_link() -> None:
    world, sent = World(), []

    class Away(type(world.mailer)):  # type: ignore[misc]  # a twin that fails once
        def send(self, mail: object) -> bool:
            sent.append(mail)
            if len(sent) == 1:
                raise TryAgain("away")
            return True

    world.mailer = Away()
    world.post(form_id="newsletter", fields={"email": "ada@example.com", "country": "DE"})
    place = next(iter(world.store.outbox))
    with pytest.raises(TryAgain):
        world.deliver()(place)

    assert world.deliver()(place) == "mailed"
    assert sent[0] == sent[1]
    assert len(world.store.tokens) == 1


def test_the_mail_goes_to_the_stored_address_and_holds_both_links() -> None:
    world = asked()
    (mail,) = world.mailer.mails

    assert mail.to == "ada@example.com"
    assert f"/v1/preferences/{world.preferences_link}" in mail.text
    assert mail.headers == {}


def test_who_withdrew_before_the_mail_went_gets_none() -> None:
    world = World()
    world.post()
    world.permissions().choose(world.preferences_link, frozenset(), SHOWN)

    assert "dropped" in world.relay()
    assert world.mailer.mails == []


def test_who_was_erased_before_the_mail_went_gets_none() -> None:
    world = World()
    world.post()
    world.store.leads.clear()

    assert "dropped" in world.relay()
    assert world.mailer.mails == []


def test_the_outbox_knows_letters_by_their_place() -> None:
    assert Place("0" * 32, "OUT#0000000001#mail.confirm").is_letter
    assert Place("0" * 32, "OUT#0000000001#sms.confirm").is_letter
    assert not Place("0" * 32, "OUT#0000000001").is_letter


def test_tokens_lie_hashed_and_nothing_in_the_outbox_names_the_person() -> None:
    world = asked()

    assert world.confirm_link not in repr(world.store.tokens)
    assert not [message for message, _ in world.store.outbox.values() if "ada" in message.body.lower()]


# Choosing, ending


def test_an_empty_box_on_the_preference_page_withdraws_at_once() -> None:
    world = confirmed()

    world.permissions().choose(world.preferences_link, frozenset(), SHOWN)

    assert world.marketing["email"] == "no"
    assert world.lead.permission["channels"]["email"]["status"] == "withdrawn"


def test_saving_the_same_choice_writes_nothing() -> None:
    world = confirmed(ticked=("mkt_email", "profiling"))
    version = world.lead.version
    shown = {purpose: SHOWN[purpose] for purpose in ("mkt_email", "profiling")}

    outcome = world.permissions().choose(world.preferences_link, frozenset(shown), shown)

    assert outcome is not None
    assert (outcome.change, world.lead.version) == (None, version)


def test_a_new_tick_on_the_preference_page_is_a_proved_yes() -> None:
    world = confirmed()
    world.permissions().unsubscribe(world.one_click_link)

    world.permissions().choose(world.preferences_link, frozenset(["mkt_email"]), {"mkt_email": "News"})

    assert world.marketing["email"] == "yes"


def test_ending_one_thing_never_opens_another() -> None:
    world = World()
    world.post(fields={**ADA, "country": "US"}, ticked=("profiling",))
    assert world.marketing["email"] == "no"

    world.permissions().choose(world.preferences_link, frozenset(), {"profiling": "Judge me"})

    assert world.marketing["email"] == "no"
    assert world.lead.permission["score"] is False


def test_one_click_counts_once_however_often_it_comes() -> None:
    world = confirmed()

    first = world.permissions().unsubscribe(world.one_click_link)
    second = world.permissions().unsubscribe(world.one_click_link)

    assert first is not None
    assert second is not None
    assert (first.change is None, second.change) == (False, None)


def test_a_link_for_one_use_opens_no_other_page() -> None:
    world = confirmed()

    assert world.permissions().unsubscribe(world.preferences_link) is None
    assert world.permissions().choose(world.one_click_link, frozenset(), SHOWN) is None
    assert world.permissions().standing(ONE_CLICK, world.preferences_link) is None


def test_an_objection_ends_everything_and_the_reply_stays() -> None:
    world = confirmed(ticked=("mkt_email", "profiling"))

    world.permissions().object_to_all(world.preferences_link)

    state = world.lead.permission
    assert set(state["marketing"].values()) == {"no"}
    assert (state["objected"], state["objected_profiling"], state["score"], state["reply"]) == (True, True, False, True)


def test_a_withdrawal_after_the_offer_tells_sales_with_a_higher_version() -> None:
    world = confirmed()
    world.relay()

    world.permissions().unsubscribe(world.one_click_link)
    world.relay()

    versions = [message.version for message in world.queue.messages]
    assert world.kinds() == ["lead.sales_qualified", "lead.permission_changed", "lead.permission_changed"]
    assert versions == sorted(set(versions))
    last = json.loads(world.queue.messages[-1].body)["data"]
    assert (last["change"], last["permission"]["marketing"]["email"]) == ("consent_withdrawn", "no")


def test_whoever_left_altogether_is_told_of_and_starts_anew_when_they_return() -> None:
    world = confirmed(form_id="newsletter", fields={"email": "ada@example.com", "country": "DE"})
    world.permissions().unsubscribe(world.one_click_link)

    assert world.lead.stage == "withdrawn"
    world.relay()
    assert world.kinds()[-1] == "lead.permission_changed"
    world.post()
    assert world.lead.stage != "withdrawn"


# Suppression


def test_the_end_of_the_last_permission_is_remembered_and_a_new_form_needs_proof() -> None:
    world = World()
    world.post(fields=ADA)
    assert world.marketing["email"] == "yes"
    world.permissions().unsubscribe(world.one_click_link)

    world.post(fields=ADA)

    assert world.marketing["email"] == "after_doi"


def test_only_the_mailbox_lifts_a_suppression() -> None:
    world = World()
    world.post(fields=ADA)
    world.permissions().object_to_all(world.preferences_link)
    world.post(fields=ADA)
    world.relay()
    assert world.store.suppressed

    world.permissions().confirm(world.confirm_link, SHOWN)

    assert world.store.suppressed == set()
    assert (world.marketing["email"], world.lead.permission["objected"]) == ("yes", False)
    assert world.marketing["phone"] == "no"


def test_a_suppression_under_an_older_key_counts_and_the_person_is_still_the_same() -> None:
    old = World()
    old.post(fields=ADA)
    old.permissions().object_to_all(old.preferences_link)
    link = old.one_click_link
    newer = keyring_from(
        {"kid": "k2", "key": "a newer key", "previous": [{"kid": KEYRING.kid, "key": KEYRING.key.decode()}]}
    )

    rotated = World(store=old.store, keyring=newer, drawn=old.drawn)
    rotated.post(fields=ADA)

    assert rotated.marketing["email"] == "after_doi"
    assert len(rotated.store.leads) == 1
    assert rotated.permissions().standing(ONE_CLICK, link) is not None


def test_new_suppressions_lie_under_the_current_key() -> None:
    newer = Keyring("k2", b"a newer key", ((KEYRING.kid, KEYRING.key),))
    world = World(keyring=newer)

    world.permissions().opt_out_of_sale(EMAIL)

    assert {mark.partition("#")[0] for mark in world.store.opted_out} == {"k2"}


def test_an_opt_out_of_sale_is_kept_for_a_stranger_and_counts_when_they_come() -> None:
    world = World()
    world.permissions().opt_out_of_sale(EMAIL)

    world.post(fields={**ADA, "country": "US"})

    assert (world.lead.permission["sale_optout"], world.marketing["email"]) == (True, "yes")
    assert world.store.suppressed == set()


def test_an_opt_out_of_a_known_person_has_its_proof() -> None:
    world = World()
    world.post()

    world.permissions().opt_out_of_sale(EMAIL)
    world.permissions().opt_out_of_sale(EMAIL)

    kinds = [json.loads(entry.core)["type"] for entry in world.store.entries.values()]
    assert (kinds.count("sale_opt_out"), world.lead.permission["sale_optout"]) == (1, True)


# Trouble


@pytest.mark.parametrize("committed", [False, True])
def test_a_change_that_failed_or_whose_reply_was_lost_happens_once(committed: bool) -> None:
    world = confirmed()

    class Stubborn(MemoryPermissions):
        tries = 0

        def change(self, *arguments: object, **named: object) -> None:
            self.tries += 1
            if self.tries == 1:
                if committed:
                    super().change(*arguments, **named)  # type: ignore[arg-type]  # passed through
                raise TryAgain("lost")
            super().change(*arguments, **named)  # type: ignore[arg-type]  # passed through

    stubborn = Stubborn()
    stubborn.__dict__.update(world.store.__dict__)
    world.store = stubborn
    version = world.lead.version

    world.permissions().unsubscribe(world.one_click_link)

    assert (world.marketing["email"], world.lead.version) == ("no", version + 1)


def test_a_stale_change_is_a_conflict() -> None:
    world = confirmed()
    outcome = world.permissions().unsubscribe(world.one_click_link)
    assert outcome is not None
    assert outcome.change is not None
    person = next(iter(world.store.leads))

    with pytest.raises(Conflict):
        world.store.change(person, replace(outcome.change))


def test_a_broken_mail_does_not_keep_leads_from_the_queue() -> None:
    world = World()
    world.post()

    class Broken(type(world.mailer)):  # type: ignore[misc]  # a twin that fails always
        def send(self, mail: object) -> bool:
            raise TryAgain("away")

    world.mailer = Broken()
    world.now += timedelta(hours=1)

    counts = world.deliver().sweep()

    assert (counts["sent"], counts["failed"]) == (1, 1)
    assert [type(message) for message in world.queue.messages] == [Message]


# What does not count


def offered(world: World) -> tuple[str, ...]:
    return acts.offered(world.lead, world.now)


def test_after_the_end_of_everything_the_page_shows_what_was_asked_before_and_nothing_else() -> None:
    world = confirmed(ticked=("mkt_email", "profiling"))

    world.permissions().object_to_all(world.preferences_link)

    assert offered(world) == ("mkt_email", "profiling")
    assert world.lead.permission["channels"]["phone"]["unasked"]


def test_what_is_asked_after_the_end_of_everything_is_shown_from_then_on() -> None:
    world = confirmed()
    world.permissions().object_to_all(world.preferences_link)
    world.post(fields={**GERMAN, "phone": "+4915112345678"}, ticked=("mkt_phone",), texts_to="DE")
    waits = offered(world)

    world.now += timedelta(days=20)

    assert waits == offered(world) == ("mkt_email", "mkt_phone")


def test_what_a_law_allows_unasked_is_shown_after_the_end_of_everything() -> None:
    world = World()
    world.post(fields=ADA, ticked=())
    person, state = next(iter(world.store.leads)), world.lead.permission
    allowed = {**state, "marketing": {**state["marketing"], "email": "yes"}, "channels": {}}
    world.store.leads[person] = replace(world.lead, permission=allowed)
    before = offered(world)

    world.permissions().object_to_all(world.preferences_link)

    assert before == offered(world) == ("mkt_email",)


@pytest.mark.parametrize(("phone", "why"), [(None, "no_number"), ("+493090182000", "no_text")])
def test_a_tick_that_nothing_can_prove_is_named_recorded_and_told_to_nobody(phone: str | None, why: str) -> None:
    world = confirmed(fields=GERMAN | ({"phone": phone} if phone else {}))
    ticked = frozenset(["mkt_email", "mkt_phone"])
    shown = {purpose: SHOWN[purpose] for purpose in sorted(ticked)}

    outcome = world.permissions().choose(world.preferences_link, ticked, shown)

    assert outcome is not None
    assert outcome.change is not None
    assert json.loads(outcome.change.entry.body)["boxes"][0]["outcome"] == "not_counted"
    assert json.loads(outcome.change.entry.core)["type"] == "consent_invalidated"
    assert acts.uncounted(outcome.lead, ticked, world.now) == {"mkt_phone": why}
    assert "lead.permission_changed" not in [message.kind for message in outcome.change.messages]


def test_of_two_ticks_the_message_names_the_one_that_counts() -> None:
    world = confirmed()
    ticked = frozenset(["mkt_email", "mkt_phone", "profiling"])
    shown = {purpose: SHOWN[purpose] for purpose in sorted(ticked)}

    outcome = world.permissions().choose(world.preferences_link, ticked, shown)

    assert outcome is not None
    assert outcome.change is not None
    told = json.loads(outcome.change.messages[0].body)["data"]
    assert (told["change"], told["purposes"]) == ("consent_given", ["profiling"])


def test_a_tick_for_mails_that_may_not_count_has_another_reason() -> None:
    world = asked()
    world.now += timedelta(days=20)

    assert acts.uncounted(world.lead, frozenset(["mkt_email"]), world.now) == {"mkt_email": "other"}
