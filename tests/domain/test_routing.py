"""Who gets a lead: territory, account, turn; fair over any window, the same at every replay, nobody lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.business_time import calendars_from
from shared.domain.fairness import fairness
from shared.domain.lead import instant
from shared.domain.routing import (
    Ask,
    Assignment,
    Routing,
    Turn,
    Work,
    ask_from,
    assign,
    queue_for,
    replay,
    round_of,
    routing_from,
)
from shared.settings import compiled_agreement

CALENDARS = calendars_from(compiled_agreement()["calendars"])
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
AT = instant(MONDAY)


def a_routing(owners: Mapping[str, Mapping[str, Any]] | None = None, **changes: Any) -> Routing:
    """One team for all the world, and a desk with nobody."""
    rows = {
        name: {"weight": 1, "calendar": "europe", "away": [], **row}
        for name, row in (owners or {"anna": {}, "bela": {}, "cleo": {}}).items()
    }
    plain = {
        "version": "1",
        "fallback": "desk",
        "owners": rows,
        "queues": {"team": {"calendar": "europe", "owners": list(rows)}, "desk": {"calendar": "europe", "owners": []}},
        "territories": [{"queue": "team"}],
    }
    return routing_from({**plain, **changes})


def an_ask(number: int = 1, **changes: Any) -> Ask:
    return replace(Ask(f"{number:032x}", AT, "DE"), **changes)


def owners_of(assignments: tuple[Assignment, ...]) -> list[str | None]:
    return [made.owner for made in assignments]


@pytest.mark.requirement("A23b")
@pytest.mark.parametrize(
    ("changes", "queue"),
    [
        ({"country": "DE", "size": 5000}, "enterprise-europe"),
        ({"country": "DE", "size": 1001}, "enterprise-europe"),
        ({"country": "DE", "size": 1000}, "dach"),
        ({"country": "DE"}, "dach"),
        ({"country": "US"}, "americas"),
        ({"country": "JP"}, "world"),
        ({"country": None}, "world"),
        ({"country": "DE", "to_fallback": True}, "desk"),
    ],
)
def test_the_first_territory_that_covers_a_lead_gets_it(changes: dict[str, Any], queue: str) -> None:
    shipped = routing_from(compiled_agreement()["routing"])

    assert queue_for(an_ask(**changes), shipped) == queue


@pytest.mark.requirement("C32")
@pytest.mark.parametrize(
    ("segment", "size", "queue"),
    [("health", 10, "small"), ("health", 11, "team"), ("health", None, "team"), ("retail", 5, "team")],
)
def test_a_territory_may_ask_for_a_segment_and_a_size(segment: str, size: int | None, queue: str) -> None:
    queues = {name: {"calendar": "europe", "owners": ["anna"]} for name in ("team", "small", "desk")}
    territories = [{"queue": "small", "segments": ["health"], "size_at_most": 10}, {"queue": "team"}]
    routing = a_routing({"anna": {}}, queues=queues, territories=territories)

    assert queue_for(an_ask(segment=segment, size=size), routing) == queue


def test_a_lead_that_no_territory_covers_goes_to_the_desk() -> None:
    routing = a_routing(territories=[{"queue": "team", "countries": ["US"]}])

    assert queue_for(an_ask(country="DE"), routing) == "desk"


def test_whoever_has_the_account_gets_the_lead_and_nobody_loses_a_turn() -> None:
    asks = [an_ask(1), an_ask(2, owner="anna"), an_ask(3)]

    made = replay(asks, a_routing(), CALENDARS)

    assert owners_of(made) == ["anna", "anna", "bela"]
    assert [one.rule for one in made] == ["turn", "existing_owner", "turn"]
    assert made[1].turn is None


def test_whoever_has_the_account_keeps_it_in_another_teams_territory() -> None:
    queues = {
        "team": {"calendar": "europe", "owners": ["anna"]},
        "other": {"calendar": "europe", "owners": ["bela"]},
        "desk": {"calendar": "europe", "owners": []},
    }
    routing = a_routing({"anna": {}, "bela": {}}, queues=queues)

    made = assign(an_ask(owner="bela"), routing, CALENDARS, {})

    assert (made.queue, made.owner, made.open_to) == ("team", "bela", ("anna",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": "zoe"}, ("zoe", "unknown")),
        ({"owner": "anna", "had": ("anna",)}, ("anna", "had_it")),
        ({"owner": "anna", "work": {"anna": Work(open=3)}}, ("anna", "full")),
    ],
)
def test_an_account_owner_who_cannot_take_it_is_passed_over_with_the_reason(
    changes: dict[str, Any], reason: tuple[str, str]
) -> None:
    routing = a_routing({"anna": {"capacity": 3}, "bela": {}})

    made = assign(an_ask(**changes), routing, CALENDARS, {"team": Turn(1, 2)})

    assert (made.owner, made.rule) == ("bela", "turn")
    assert made.unavailable == (reason,)


@pytest.mark.parametrize(
    ("moment", "owner"),
    [
        (datetime(2026, 12, 20, 22, 59, tzinfo=UTC), "anna"),
        (datetime(2026, 12, 20, 23, 0, tzinfo=UTC), "bela"),
        (datetime(2027, 1, 1, 22, 59, tzinfo=UTC), "bela"),
        (datetime(2027, 1, 1, 23, 0, tzinfo=UTC), "anna"),
    ],
)
def test_an_absence_begins_and_ends_at_midnight_on_the_owners_own_wall(moment: datetime, owner: str) -> None:
    routing = a_routing({"anna": {"away": [["2026-12-21", "2027-01-01"]]}, "bela": {}})

    assert assign(an_ask(at=instant(moment)), routing, CALENDARS, {}).owner == owner


@pytest.mark.requirement("B59c")
def test_nobody_holds_more_leads_than_they_can_work() -> None:
    routing = a_routing({"anna": {"capacity": 3}, "bela": {"capacity": 5}})

    below = assign(an_ask(work={"anna": Work(2)}), routing, CALENDARS, {})
    full = assign(an_ask(work={"anna": Work(3)}), routing, CALENDARS, {})

    assert (below.owner, full.owner) == ("anna", "bela")


def test_who_has_nothing_in_hand_has_room() -> None:
    routing = a_routing({"anna": {"capacity": 1}, "bela": {}})

    assert assign(an_ask(), routing, CALENDARS, {}).owner == "anna"
    assert assign(an_ask(work={"anna": Work(given_back=1)}), routing, CALENDARS, {}).owner == "bela"


def test_dropping_a_lead_brings_no_other() -> None:
    """odoo#173395: members dropped a lead and were given another one."""
    routing = a_routing({"anna": {"capacity": 3}, "bela": {"capacity": 3}})
    before, dropped = Work(open=3), Work(open=2, given_back=1)

    for work in (before, dropped):
        assert assign(an_ask(work={"anna": work}), routing, CALENDARS, {}).owner == "bela"


def test_giving_a_lead_back_does_not_move_the_turn() -> None:
    made = replay([an_ask(1), an_ask(1, had=("anna",)), an_ask(2), an_ask(3)], a_routing(), CALENDARS)

    assert owners_of(made) == ["anna", "bela", "cleo", "anna"]


def test_thirty_leads_for_three_people_are_ten_each() -> None:
    """odoo#259775: 30 of 30 leads went to the senior person."""
    made = replay([an_ask(number) for number in range(30)], a_routing(), CALENDARS)

    assert Counter(owners_of(made)) == {"anna": 10, "bela": 10, "cleo": 10}


def test_a_copied_lead_is_assigned_like_any_other() -> None:
    """odoo#227387: a copied lead was never assigned."""
    made = replay([an_ask(1), an_ask(1)], a_routing(), CALENDARS)

    assert owners_of(made) == ["anna", "bela"]


def test_two_leads_at_one_moment_cannot_both_have_the_same_turn() -> None:
    """EspoCRM gives both to the next user after the owner of the newest lead."""
    routing, stored = a_routing(), Turn()
    one, other = (assign(an_ask(number), routing, CALENDARS, {"team": stored}) for number in (1, 2))
    assert one.turn == other.turn
    assert one.turn is not None

    again = assign(an_ask(2), routing, CALENDARS, {"team": one.turn})

    assert (one.owner, again.owner) == ("anna", "bela")


@pytest.mark.requirement("B51")
def test_a_lead_that_nobody_can_take_waits_at_the_desk_with_all_the_reasons() -> None:
    routing = a_routing({"anna": {"capacity": 1}, "bela": {"away": [["2026-03-09", "2026-03-09"]]}})

    made = assign(an_ask(work={"anna": Work(1)}), routing, CALENDARS, {})

    assert (made.queue, made.owner, made.rule, made.turn) == ("desk", None, "nobody_available", None)
    assert dict(made.unavailable) == {"anna": "full", "bela": "away"}


def test_a_desk_that_is_staffed_takes_turns_too() -> None:
    queues = {"team": {"calendar": "europe", "owners": ["anna"]}, "desk": {"calendar": "europe", "owners": ["bela"]}}
    routing = a_routing({"anna": {}, "bela": {}}, queues=queues)

    made = assign(an_ask(had=("anna",)), routing, CALENDARS, {})

    assert (made.queue, made.owner, made.turn) == ("desk", "bela", Turn(0, 1))
    assert made.unavailable == (("anna", "had_it"),)


@pytest.mark.parametrize(
    ("weights", "places"),
    [
        ({"a": 1}, "a"),
        ({"a": 1, "b": 1, "c": 1}, "abc"),
        ({"a": 2, "b": 2}, "ab"),
        ({"a": 2, "b": 1}, "aba"),
        ({"a": 5, "b": 1, "c": 1}, "aaabcaa"),
        ({"a": 6, "b": 4}, "ababa"),
    ],
)
def test_a_round_spreads_everybodys_turns_evenly(weights: dict[str, int], places: str) -> None:
    assert "".join(round_of(weights)) == places


def test_a_new_colleague_joins_where_the_round_is_and_not_at_its_beginning() -> None:
    standing = replay([an_ask(number) for number in range(5)], a_routing(), CALENDARS)[-1].turn
    assert standing == Turn(2, 3)

    grown = a_routing({"anna": {}, "bela": {}, "cleo": {}, "dora": {}, "emil": {}, "fritz": {}})

    assert assign(an_ask(6), grown, CALENDARS, {"team": standing}).owner == "emil"


@pytest.mark.requirement("A23b")
def test_the_same_asks_in_the_same_order_have_the_same_owners_after_a_journey_through_json() -> None:
    work = {"anna": Work(3, 1)}
    asks = [an_ask(n, owner="bela" if n % 7 == 0 else None, had=("cleo",), work=work) for n in range(40)]
    made = replay(asks, a_routing({"anna": {"capacity": 9}, "bela": {}, "cleo": {}}), CALENDARS)

    logged = [ask_from(json.loads(json.dumps(ask.as_plain()))) for ask in asks]

    assert logged == asks
    assert replay(logged, a_routing({"anna": {"capacity": 9}, "bela": {}, "cleo": {}}), CALENDARS) == made


def test_a_replay_can_begin_in_the_middle() -> None:
    asks = [an_ask(number) for number in range(9)]
    made = replay(asks, a_routing(), CALENDARS)
    standing = made[3].turn
    assert standing is not None

    assert replay(asks[4:], a_routing(), CALENDARS, {"team": standing}) == made[4:]


def test_an_audit_shows_what_everybody_got_and_what_chance_would_have_done() -> None:
    routing = a_routing({"anna": {"weight": 2}, "bela": {}, "cleo": {}})
    made = replay([an_ask(number) for number in range(40)], routing, CALENDARS)

    audit = fairness(made, {"1": routing}, "team")

    assert audit.got == {"anna": 20, "bela": 10, "cleo": 10}
    assert {name: int(share) for name, share in audit.expected.items()} == {"anna": 20, "bela": 10, "cleo": 10}
    assert (audit.widest, audit.statistic, audit.chance) == (1, 0.0, 1.0)


@pytest.mark.parametrize("senior", ["anna", "cleo"])
def test_an_audit_finds_the_team_that_favours_its_senior(senior: str) -> None:
    routing = a_routing()
    fair = replay([an_ask(number) for number in range(30)], routing, CALENDARS)
    unfair = [replace(made, owner=senior) for made in fair]

    audit = fairness(unfair, {"1": routing}, "team")

    assert (audit.got[senior], audit.widest) == (30, 30)
    assert audit.statistic == pytest.approx(60.0)
    assert audit.chance == pytest.approx(9.357622968840163e-14)


def test_an_audit_does_not_compare_over_an_absence_or_a_change_of_the_roster() -> None:
    routing = a_routing({"anna": {}, "bela": {}})
    without_bela = [an_ask(number, had=("bela",)) for number in range(6)]
    alone = replay([an_ask(0), *without_bela, an_ask(9)], routing, CALENDARS)
    two = {version: replace(routing, version=version) for version in ("1", "2")}
    of_two_versions = [replace(alone[0], version=version, stood=alone[0].turn) for version in two]

    assert fairness(alone, {"1": routing}, "team").widest == 1
    assert fairness(of_two_versions, two, "team").widest == 1
    assert fairness(alone, {"1": routing}, "team").expected["bela"] == 1


def test_an_audit_does_not_compare_over_turns_that_are_missing() -> None:
    routing = a_routing({"anna": {}, "bela": {}})
    made = replay([an_ask(number) for number in range(9)], routing, CALENDARS)
    without_belas = [one for one in made if one.owner == "anna"]

    assert fairness(without_belas, {"1": routing}, "team").widest == 1
    assert fairness([*made, replace(made[-1], stood=made[-1].turn)], {"1": routing}, "team").widest == 2


def test_an_audit_of_nothing_finds_nothing() -> None:
    audit = fairness([], {"1": a_routing({"anna": {}})}, "team")

    assert (audit.got, audit.widest, audit.statistic, audit.chance) == ({"anna": 0}, 0, 0, 1.0)


NAMES = ("anna", "bela", "cleo", "dora", "emil")
teams = st.lists(st.integers(1, 4), min_size=1, max_size=5).map(
    lambda weights: {name: {"weight": weight} for name, weight in zip(NAMES, weights, strict=False)}
)
equal_teams = st.integers(1, 5).map(lambda size: {name: {} for name in NAMES[:size]})
had = st.lists(st.sampled_from(NAMES), max_size=4).map(tuple)


@given(equal_teams, st.integers(0, 60), st.integers(0, 60), st.integers(0, 20))
def test_over_any_window_nobody_has_more_than_one_turn_more_than_another(
    team: dict[str, dict[str, int]], start: int, length: int, place: int
) -> None:
    routing, size = a_routing(team), len(team)
    asks = [an_ask(number) for number in range(120)]

    made = replay(asks, routing, CALENDARS, {"team": Turn(place % size, size)})
    window = Counter(owners_of(made)[start : start + length])
    counts = [window[name] for name in team]

    assert max(counts) - min(counts) <= 1


@given(teams, st.lists(had, max_size=60))
def test_who_is_always_available_has_equal_turns_whoever_comes_and_goes(
    team: dict[str, dict[str, int]], absences: list[tuple[str, ...]]
) -> None:
    routing = a_routing(team)

    made = replay([an_ask(n, had=gone) for n, gone in enumerate(absences)], routing, CALENDARS)

    assert fairness(made, {"1": routing}, "team").widest <= 1


@given(teams, st.integers(0, 30), st.integers(0, 40))
def test_over_any_window_shares_follow_weights_to_within_one_turn_each(
    team: dict[str, dict[str, int]], start: int, length: int
) -> None:
    made = replay([an_ask(number) for number in range(70)], a_routing(team), CALENDARS)
    window = Counter(owners_of(made)[start : start + length])

    for one, other in combinations(team, 2):
        weight, others = team[one]["weight"], team[other]["weight"]
        assert abs(window[one] * others - window[other] * weight) <= weight + others


@given(teams, st.integers(0, 5))
def test_a_whole_round_gives_everybody_their_weight(team: dict[str, dict[str, int]], rounds: int) -> None:
    routing = a_routing(team)
    size = len(routing.queues["team"].round)

    got = Counter(owners_of(replay([an_ask(n) for n in range(rounds * size)], routing, CALENDARS)))

    total = sum(row["weight"] for row in team.values())
    assert all(got[name] * total == rounds * size * row["weight"] for name, row in team.items())


@given(teams, st.lists(st.tuples(had, st.booleans(), st.sampled_from([*NAMES, None])), max_size=40))
def test_no_lead_is_lost_and_nobody_gets_one_who_could_not(
    team: dict[str, dict[str, int]], drawn: list[tuple[tuple[str, ...], bool, str | None]]
) -> None:
    routing = a_routing(team)
    asks = [an_ask(n, had=gone, to_fallback=desk, owner=own) for n, (gone, desk, own) in enumerate(drawn)]

    made = replay(asks, routing, CALENDARS)

    assert [one.lead_id for one in made] == [ask.lead_id for ask in asks]
    for one, ask in zip(made, asks, strict=True):
        assert one.queue in routing.queues
        assert one.owner not in ask.had
        assert one.owner is not None or one.queue == "desk"


def test_a_window_of_days_with_absences_is_still_shared() -> None:
    routing = a_routing({"anna": {"away": [["2026-03-10", "2026-03-11"]]}, "bela": {}, "cleo": {}})
    asks = [an_ask(hour, at=instant(MONDAY + timedelta(hours=hour))) for hour in range(96)]

    audit = fairness(replay(asks, routing, CALENDARS), {"1": routing}, "team")

    assert audit.widest == 1
    assert sum(audit.got.values()) == 96
    assert abs(audit.got["bela"] - audit.got["cleo"]) <= 1
    assert audit.chance > 0.99
