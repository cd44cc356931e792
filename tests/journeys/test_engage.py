"""What counts of what a lead does after the form, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import engagement, fold
from shared.domain.message import Message
from shared.domain.report import Whom
from shared.domain.submission import ContactPoints
from shared.domain.suppression import remembered
from tests.builders import ADA, AGREEMENT, DEFINITION, NOON
from tests.journeys.engagement_world import DEMO, GUIDE, World, a_view, an_event

TRIAL_GUIDE = {name: ADA[name] for name in ("email", "company", "job_title", "country")}


def allowed(form_id: str = GUIDE, **changes: Any) -> tuple[World, str]:
    """Ada took the guide, ticked the profiling box, and her page holds the token."""
    world = World()
    token = world.post(form_id, **{"fields": TRIAL_GUIDE if form_id == GUIDE else ADA, **changes})
    assert token is not None
    world.later(minutes=1)
    return world, token


# ------------------------------------------------------------------ the token


@pytest.mark.parametrize("ticked", [(), ("mkt_email",)])
def test_without_the_tick_there_is_no_token(ticked: tuple[str, ...]) -> None:
    assert World().post(ticked=ticked) is None


def test_a_tick_that_does_not_stand_for_a_stranger_brings_no_token() -> None:
    unconfirmed = {"fields": {**ADA, "country": "DE"}, "ticked": ("mkt_email", "profiling")}

    assert World().post("newsletter", **unconfirmed) is None


def test_a_known_person_who_objected_gets_a_token_like_a_stranger_and_it_is_worth_nothing() -> None:
    world, _ = allowed(DEMO)
    lead = world.lead
    world.store.leads[world.person] = replace(lead, permission={**lead.permission, "objected": True})
    world.store.suppressed.update(
        one.mark
        for one in remembered(
            world.keyring.suppression_marks(world_contact(world)), "marketing", "objection", world.now
        )
    )

    known, stranger = world.post(), World().post()

    assert known is not None
    assert stranger is not None
    assert len(known) == len(stranger)
    assert set(world.view(known).values()) == {"suppressed"}


def world_contact(world: World) -> ContactPoints:
    return ContactPoints(world.lead.profile.get("email"), world.lead.profile.get("phone"))


def test_a_replayed_submission_brings_the_same_token() -> None:
    world = World()
    first = world.post(key="0123456789abcdef")
    world.later(minutes=5)

    assert world.post(key="0123456789abcdef") == first is not None


def test_the_token_is_stored_nowhere() -> None:
    world, token = allowed()
    world.view(token)

    assert token not in repr(vars(world.store))


# ------------------------------------------------------------------ what counts


@pytest.mark.requirement("C9")
@pytest.mark.requirement("C67")
def test_what_somebody_reads_with_permission_is_kept_and_counts() -> None:
    world, token = allowed()
    before = world.lead

    assert world.view(token, a_view(1), a_view(2, "pricing_view", context={})) == {
        f"page#{1:016d}": "recorded",
        f"page#{2:016d}": "recorded",
    }

    assert world.lead.version == before.version + 1
    assert world.lead.score > before.score
    assert world.lead.last_content[1] == "trends-report"
    assert len(world.store.events) == 3
    assert world.lead.head == before.head


@pytest.mark.requirement("C7a")
def test_a_thousand_visits_make_no_lead_and_leave_nothing_behind() -> None:
    world = World()
    before = repr(vars(world.store))

    for number in range(1000):
        world.engage().by_page("A" * 72, (a_view(number),))
        world.engage().by_server(Whom(email=f"visitor{number}@example.com"), an_event(number))

    assert world.store.leads == {}
    assert repr(vars(world.store)) == before


@pytest.mark.requirement("K1", "K4", "N10")
def test_the_same_events_with_and_without_permission_give_different_scores() -> None:
    world, token = allowed()
    refused = World()
    refused.post(GUIDE, fields=TRIAL_GUIDE, ticked=("mkt_email",))
    refused.later(minutes=1)

    for number in range(3):
        world.view(token, a_view(number))
        assert refused.server(an_event(number, "content_view")) == "no_permission"

    assert world.lead.score > refused.lead.score
    assert len(refused.store.events) == 1
    assert "trends-report" not in repr(vars(refused.store))


def test_the_same_event_counts_once_even_after_a_thousand_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engagement, "MOST_A_DAY", 2_000)
    world, token = allowed()
    world.view(token, a_view(0))
    for batch in range(50):
        world.view(token, *(a_view(1 + batch * 20 + place) for place in range(20)))
    before = world.lead

    assert world.view(token, a_view(0)) == {f"page#{0:016d}": "repeated"}
    assert world.lead == before
    assert len(world.store.events) == 1 + 1_001


def test_a_definition_that_does_not_know_an_event_keeps_nothing_of_it() -> None:
    world, token = allowed()
    world.definitions = {"default": replace(DEFINITION, events={"content_view": {"from": ["server"]}})}

    assert world.view(token) == {f"page#{1:016d}": "unknown_kind"}
    assert world.server(an_event(1, "content_view")) == "recorded"


def test_more_than_anybody_reads_in_a_day_is_not_kept_until_tomorrow() -> None:
    world, token = allowed()
    for batch in range(10):
        world.view(token, *(a_view(batch * 20 + place) for place in range(20)))

    assert world.view(token, a_view(500)) == {f"page#{500:016d}": "too_many"}
    assert world.server(an_event()) == "too_many"

    world.later(days=1)

    assert world.view(token, a_view(500)) == {f"page#{500:016d}": "recorded"}


def test_the_limit_of_a_day_holds_within_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engagement, "MOST_A_DAY", 2)
    world, token = allowed()

    assert list(world.view(token, *map(a_view, range(4))).values()) == ["recorded", "recorded", "too_many", "too_many"]


def test_no_flood_of_events_lifts_a_score_beyond_the_caps() -> None:
    world, token = allowed()
    for batch in range(10):
        world.view(token, *(a_view(batch * 20 + place) for place in range(20)))
    once = World()
    twelve = once.post(GUIDE, fields=TRIAL_GUIDE)
    for day in range(6):
        once.later(days=1)
        once.view(twelve, a_view(day))

    assert world.lead.score <= once.lead.score + 1


# ------------------------------------------------------------------ what ends it


def test_a_withdrawal_ends_it_at_once() -> None:
    world, token = allowed(DEMO)
    world.choose("mkt_email")

    assert world.view(token) == {f"page#{1:016d}": "no_permission"}
    assert world.server(an_event()) == "no_permission"
    assert len(world.store.events) == 1


def test_a_new_tick_after_a_withdrawal_does_not_wake_the_old_token() -> None:
    world, old = allowed(DEMO)
    world.choose("mkt_email")
    world.later(minutes=1)
    new = world.post()

    assert world.view(old) == {f"page#{1:016d}": "no_permission"}
    assert world.view(new) == {f"page#{1:016d}": "recorded"}


def test_a_token_from_before_an_erasure_does_not_reach_who_comes_back() -> None:
    world, old = allowed(DEMO)
    del world.store.leads[world.person]

    assert world.view(old) == {f"page#{1:016d}": "unknown_lead"}

    world.post()

    assert world.view(old) == {f"page#{1:016d}": "no_permission"}


def test_a_token_of_last_week_reads_nothing() -> None:
    world, token = allowed()
    world.later(days=7)

    assert world.view(token) == {f"page#{1:016d}": "unknown_token"}


def test_a_permission_to_judge_ends_by_itself_on_its_day() -> None:
    world, token = allowed(DEMO)
    permission = world.lead.permission
    ends = {**permission["channels"]["profiling"], "expires": "2026-03-03"}
    channels = {**permission["channels"], "profiling": ends}
    world.store.leads[world.person] = replace(world.lead, permission={**permission, "channels": channels})

    assert world.view(token, a_view(1)) == {f"page#{1:016d}": "recorded"}

    world.later(days=1)

    assert world.view(token, a_view(2)) == {f"page#{2:016d}": "no_permission"}
    assert world.server(an_event()) == "no_permission"


def test_who_left_altogether_is_left_alone() -> None:
    world, token = allowed(DEMO)
    world.store.leads[world.person] = replace(world.lead, stage="withdrawn")

    assert world.view(token) == {f"page#{1:016d}": "withdrawn"}
    assert world.server(an_event(1, "positive_reply")) == "withdrawn"


def test_a_suppression_outranks_every_token() -> None:
    world, token = allowed(DEMO)
    marks = world.keyring.suppression_marks(world_contact(world))
    world.store.suppress(remembered(marks, "marketing", "objection", world.now))

    assert world.view(token) == {f"page#{1:016d}": "suppressed"}
    assert world.server(an_event()) == "suppressed"


def test_a_consent_that_the_law_does_not_ask_for_is_no_consent_to_be_followed_by_a_page() -> None:
    """Where legitimate interest allows a score, a server's report counts; a page stores a token and needs the tick."""
    world, token = allowed(DEMO)
    permission = world.lead.permission
    channels = {place: said for place, said in permission["channels"].items() if place != "profiling"}
    world.store.leads[world.person] = replace(world.lead, permission={**permission, "channels": channels})

    assert world.view(token) == {f"page#{1:016d}": "no_permission"}
    assert world.server(an_event()) == "recorded"


@given(
    st.lists(st.sampled_from(["tick", "blank", "withdraw", "view", "view with the first token", "server"]), max_size=12)
)
def test_nothing_is_ever_kept_but_what_the_latest_word_of_the_person_allows(acts: list[str]) -> None:
    """Against a model of three lines: a tick allows, a blank box and a withdrawal end it, a newer tick brings its own
    token.
    """
    world, first = allowed(DEMO)
    tokens, is_on, kept = [first], True, 0
    for number, act in enumerate(acts):
        world.later(minutes=1)
        if act == "tick":
            tokens.append(str(world.post()))
            is_on = True
        elif act == "blank":
            world.post(ticked=("mkt_email",))
            is_on = False
        elif act == "withdraw":
            world.choose("mkt_email")
            is_on = False
        elif act == "server":
            kept += is_on
            assert (world.server(an_event(number)) == "recorded") is is_on
        else:
            token = tokens[0 if "first" in act else -1]
            kept += is_on and token == tokens[-1]
            (said,) = world.view(token, a_view(number)).values()
            assert (said == "recorded") is (is_on and token == tokens[-1])

    assert sum(key.startswith(("page#", "server#")) for _, key in world.store.events) == kept


# ------------------------------------------------------------------ servers


def test_pages_may_tell_of_reading_only_and_servers_of_everything_in_the_catalogue() -> None:
    definitions = [DEFINITION, replace(DEFINITION, events={"demo_given": {"from": ["server"]}})]

    assert engagement.kinds_from(definitions, "page") == {
        "content_view",
        "content_download",
        "video_watched",
        "pricing_view",
    }
    assert engagement.kinds_from(definitions, "server") == {*DEFINITION.events, "demo_given"}


def test_a_conversation_brings_what_no_form_asks_for_and_what_is_confirmed() -> None:
    assert engagement.answers_of([AGREEMENT.definition]) == {"budget", "authority", "need", "timeframe"}


def test_a_server_may_tell_of_yesterday_but_not_of_the_time_before_the_permission() -> None:
    world, _ = allowed()
    world.later(days=2)
    yesterday, before = (
        engagement.instant(moment) for moment in (world.now - timedelta(days=1), NOON - timedelta(milliseconds=1))
    )

    assert world.server(an_event(1, "webinar_attended", at=yesterday)) == "recorded"
    assert world.server(an_event(2, "webinar_attended", at=before)) == "before_permission"
    assert world.server(an_event(3, "sales_conversation", at=before)) == "before_lead"
    assert world.store.events[world.person, f"server#{1:016d}"].at == yesterday


def test_a_server_finds_a_lead_by_its_id_and_makes_none() -> None:
    world, _ = allowed()
    engage = world.engage()

    known = engage.by_server(Whom(lead_id=world.lead.lead_id), an_event())
    unknown = engage.by_server(Whom(lead_id="0" * 32), an_event())

    assert known.said == {f"server#{1:016d}": "recorded"}
    assert unknown.said == {f"server#{1:016d}": "unknown_lead"}
    assert world.server(an_event(), email="nobody@example.com") == "unknown_lead"
    assert len(world.store.leads) == 1


def test_an_id_of_somebody_erased_does_not_reach_who_came_back() -> None:
    world, _ = allowed()
    engage = world.engage()
    world.store.leads[world.person] = replace(world.lead, lead_id="f" * 32)
    stale = Listening(world.store, [], whereabouts=world.person)

    outcome = replace(engage, store=stale).by_server(Whom(lead_id="e" * 32), an_event())

    assert outcome.said == {f"server#{1:016d}": "unknown_lead"}


def test_a_reply_is_an_inquiry_and_needs_no_permission_to_watch() -> None:
    world = World()
    world.post(ticked=())
    before = world.lead

    assert world.server(an_event(1, "email_click")) == "no_permission"
    assert world.server(an_event(2, "positive_reply")) == "recorded"

    assert len(world.lead.inquiries) == len(before.inquiries) + 1
    assert world.store.events[world.person, f"server#{2:016d}"].judged


def test_a_conversation_is_noted_without_judging_who_allowed_no_judgement() -> None:
    world = World()
    world.post(GUIDE, fields=TRIAL_GUIDE, ticked=("mkt_email",))

    said = world.server(an_event(1, "sales_conversation", fields={"budget": "50k"}))

    assert said == "recorded"
    assert world.lead.profile["budget"] == "50k"
    assert not world.store.events[world.person, f"server#{1:016d}"].judged
    assert world.lead.score == 0


def test_who_objected_is_answered_and_never_scored() -> None:
    world, _ = allowed(DEMO)
    permission = {**world.lead.permission, "score": False, "objected_profiling": True}
    world.store.leads[world.person] = replace(world.lead, permission=permission)

    assert world.server(an_event(1, "positive_reply")) == "recorded"
    assert not world.store.events[world.person, f"server#{1:016d}"].judged


def test_a_letter_to_whom_nobody_may_answer_is_not_kept() -> None:
    world, _ = allowed(DEMO)
    nothing = dict.fromkeys(world.lead.permission["marketing"], "no")
    permission = {**world.lead.permission, "reply": False, "marketing": nothing}
    world.store.leads[world.person] = replace(world.lead, permission=permission)

    assert world.server(an_event(1, "positive_reply")) == "no_permission"


@pytest.mark.requirement("K5")
def test_a_mail_that_was_opened_moves_nobody_and_prolongs_nothing() -> None:
    world, _ = allowed()
    world.store.leads[world.person] = lost = replace(world.lead, stage="lost", history=())
    world.later(days=30)

    assert world.server(an_event(1, "email_open")) == "recorded"

    assert (world.lead.stage, world.lead.history) == ("lost", ())
    assert (world.lead.purge_at, world.lead.last_act_at) == (lost.purge_at, lost.last_act_at)


def test_an_act_of_the_person_prolongs_their_stay_by_three_years() -> None:
    world, _ = allowed()
    world.later(days=30)

    world.server(an_event(1, "webinar_attended"))

    assert world.lead.purge_at == int((world.now + timedelta(days=1096)).timestamp())
    assert world.lead.last_act_at == engagement.instant(world.now)


# ------------------------------------------------------------------ crossing the line


def test_whoever_crosses_the_line_by_an_event_is_offered_to_sales_once() -> None:
    world, token = allowed()
    for day in range(3):
        world.later(days=1)
        world.view(token, a_view(day), a_view(10 + day, "pricing_view", context={}))
    assert not for_sales(world)

    world.server(an_event(1, "positive_reply"))
    world.server(an_event(2, "positive_reply"))

    (message,) = for_sales(world)
    assert (message.kind, message.version) == ("lead.sales_qualified", world.lead.version - 1)
    assert world.lead.stage == "sales_qualified"
    assert world.lead.crossings == 1


def test_no_test_and_nobody_whom_sales_may_not_answer_is_offered() -> None:
    world, token = allowed()
    world.store.leads[world.person] = replace(world.lead, is_test=True)
    for day in range(3):
        world.later(days=1)
        world.view(token, a_view(day), a_view(10 + day, "pricing_view", context={}))

    world.server(an_event(1, "positive_reply"))

    assert world.lead.stage != "sales_qualified"
    assert not for_sales(world)


def for_sales(world: World) -> list[Message]:
    return [message for message, _ in world.store.outbox.values() if not message.is_for_nurture]


EVENTS = [
    *(an_event(n, kind, at=engagement.instant(NOON + timedelta(days=n))) for n, kind in enumerate(
        ("content_view", "content_view", "pricing_view", "webinar_attended", "email_click", "content_download"), 1)),
    an_event(7, "positive_reply", at=engagement.instant(NOON + timedelta(days=4))),
    an_event(8, "email_open", at=engagement.instant(NOON + timedelta(days=5))),
]  # fmt: skip


def after(order: list[Any]) -> World:
    world, _ = allowed()
    world.later(days=10)
    for report in order:
        world.server(report)
    return world


@given(order=st.permutations([*EVENTS, *EVENTS[:4]]))
def test_any_order_and_any_repetition_of_events_gives_the_same_score(order: list[Any]) -> None:
    one, other = after(order).lead, after(EVENTS).lead

    assert (one.score, one.cell, one.verdicts) == (other.score, other.cell, other.verdicts)
    assert (one.tallies, one.marks, one.inquiries) == (other.tallies, other.marks, other.inquiries)
    assert one.crossings == other.crossings == 1


def test_the_lead_can_be_rebuilt_from_its_events_in_any_order() -> None:
    world = after(EVENTS)
    kept = list(world.store.events.values())

    for order in (kept, kept[::-1], sorted(kept, key=lambda event: event.event_id)):
        assert fold.rebuild(DEFINITION, order) == fold.of(world.lead)


# ------------------------------------------------------------------ the same for everybody


def test_who_is_known_costs_the_calls_that_nobody_costs() -> None:
    world, token = allowed(DEMO)
    calls: list[str] = []
    listening = Listening(world.store, calls)
    engage = replace(world.engage(), store=listening)
    engage.by_page(token, (a_view(),))
    counted, calls[:] = list(calls), []
    del world.store.leads[world.person]
    engage.by_page(token, (a_view(),))

    assert counted == ["reported", "found", "note"]
    assert calls == ["reported", "found", "look_again"]


class Listening:
    """Passes every call on and keeps its name; an index that lags behind always finds the same person."""

    def __init__(self, store: Any, calls: list[str], whereabouts: str | None = None) -> None:
        self._store, self._calls, self._whereabouts = store, calls, whereabouts

    def __getattr__(self, name: str) -> Any:
        self._calls.append(name)
        if name == "whereabouts" and self._whereabouts:
            return lambda _lead_id: self._whereabouts
        return getattr(self._store, name)
