"""The figures: the articles' own numbers, sums that do not care about order, and what cannot be divided."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.figures import BENCHMARKS, ab_test, buyer_stage_split, figures, ranking, rule_records, winnable
from shared.domain.kpis import ALL, DIMENSIONS, KINDS, Fact, Summary, bucket, facts_of_stage, less, merge, summarise
from shared.domain.lifecycle import STAGES

AT = "2026-03-09T09:00:00.000Z"


def some(count: int, kind: str, **changes: Any) -> list[Fact]:
    of = changes.pop("of", {})
    return [Fact(kind, AT, of, **changes) for _ in range(count)]


def of(*parts: Iterable[Fact]) -> Summary:
    return summarise(fact for part in parts for fact in part)


@pytest.mark.requirement("C52")
def test_a_hundred_deals_of_a_thousand_leads_are_ten_percent() -> None:
    made = figures(of(some(1000, "lead"), some(100, "customer")))

    assert (made.leads, made.customers, made.conversion) == (1000, 100, Fraction(1, 10))


@pytest.mark.requirement("C58a")
def test_without_a_lead_nothing_can_be_said_about_rates() -> None:
    nothing = figures(Summary())

    assert nothing.leads == 0
    assert {
        nothing.conversion,
        nothing.qualified_share,
        nothing.acceptance,
        nothing.win_rate,
        nothing.sla_kept,
    } == {None}
    assert (nothing.to_contact, nothing.hand_off) == ((None, None), (None, None))


@pytest.mark.requirement("B12b", "C21", "C50", "C52")
def test_every_figure_can_be_had_by_version_of_the_definition() -> None:
    summary = of(
        some(10, "lead", of={"definition": "2026.1"}),
        some(2, "customer", of={"definition": "2026.1"}),
        some(5, "lead", of={"definition": "2026.2"}),
    )

    assert summary.values("definition") == ("2026.1", "2026.2")
    assert figures(summary, "definition=2026.1").conversion == Fraction(1, 5)
    assert figures(summary, "definition=2026.2").conversion == 0
    assert figures(summary).conversion == Fraction(2, 15)


@pytest.mark.requirement("B10", "B12a", "K2")
def test_one_report_shows_what_marketing_offered_and_what_sales_said() -> None:
    made = figures(
        of(
            some(8, "offered"),
            some(5, "accepted"),
            some(2, "rejected", reason="wrong_title", seconds={"on_rejected": 1800}),
            some(1, "rejected", reason="spam", seconds={"on_rejected": 60}),
            some(3, "customer"),
            some(1, "lost", reason="price"),
        )
    )

    assert (made.offered, made.accepted, made.rejected) == (8, 5, 3)
    assert (made.acceptance, made.win_rate) == (Fraction(5, 8), Fraction(3, 4))
    assert made.rejections == {"spam": 1, "wrong_title": 2}
    assert made.seconds_on_rejected == 3660


def test_a_lead_that_is_offered_again_is_one_lead_and_two_offers() -> None:
    made = of(some(1, "offered"), some(1, "offered", is_first=False))

    assert made.count("offered") == 2
    assert made.count("first:offered") == 1


@pytest.mark.requirement("C20", "B12a")
def test_the_time_to_the_first_contact_and_the_hand_off_have_a_median_and_a_slow_end() -> None:
    contacts = [Fact("contacted", AT, {}, seconds={"to_contact": minute * 60}) for minute in range(1, 101)]
    hand_offs = [
        Fact("handed_off", AT, {}, seconds={"hand_off": 2}),
        Fact("handed_off", AT, {}, seconds={"hand_off": 9}),
    ]

    made = figures(of(contacts, hand_offs))

    assert made.to_contact == (3000, 5700)
    assert made.hand_off == (2, 9)


@pytest.mark.requirement("A23c")
def test_the_share_of_kept_promises_counts_the_broken_ones() -> None:
    assert figures(of(some(9, "sla_kept"), some(3, "sla_breached"))).sla_kept == Fraction(3, 4)


@pytest.mark.requirement("B59b")
def test_winnable_leads_are_counted_with_their_age_and_with_how_their_deals_end() -> None:
    yes, no = {"winnable": "yes"}, {"winnable": "no"}
    open_ones = [Fact("winnable", f"2026-03-{day:02d}T09:30:00.000Z", yes, is_waiting=True) for day in (1, 9)]
    as_of = "2026-03-10T09:15:00.000Z"

    found = winnable(
        of(
            open_ones,
            some(3, "winnable", of=yes),
            some(3, "customer", of=yes),
            some(1, "lost", of=yes),
            some(9, "lost", of=no),
        ),
        as_of,
    )

    assert (found.leads, found.waiting) == (5, 2)
    assert found.age == (86400, 9 * 86400)
    assert (found.win_rate, found.win_rate_of_others) == (Fraction(3, 4), 0)


@pytest.mark.requirement("A1a", "A25", "C48", "C58b", "C83")
def test_sources_are_ranked_by_the_leads_that_qualified() -> None:
    def campaign(name: str, leads: int, qualified: int) -> list[Fact]:
        mark = {"campaign": name}
        return [*some(leads, "lead", of=mark), *some(qualified, "qualified", of=mark)]

    summary = of(campaign("loud", 900, 3), campaign("quiet", 20, 15), campaign("bad", 400, 0), campaign("small", 10, 3))

    assert [name for name, _ in ranking(summary, "campaign")] == ["quiet", "small", "loud", "bad"]
    assert ranking(summary, "campaign")[0][1].qualified_share == Fraction(3, 4)


@pytest.mark.requirement("C46")
def test_first_and_last_touch_are_counted_beside_each_other() -> None:
    summary = of(some(1, "lead", of={"channel": "google", "channel_last": "linkedin"}))

    assert figures(summary, "channel=google").leads == 1
    assert figures(summary, "channel_last=linkedin").leads == 1
    assert figures(summary, "channel=linkedin").leads == 0


def test_what_was_won_is_summed_by_currency_and_source_and_never_over_currencies() -> None:
    summary = of(
        some(2, "customer", of={"channel": "google"}, won={"EUR": 125_000}),
        some(1, "customer", of={"channel": "direct"}, won={"USD": 900}),
        some(1, "customer", of={"channel": "direct"}),
    )

    found, google = figures(summary), figures(summary, "channel=google")

    assert (found.revenue, found.valued) == ({"EUR": 250_000, "USD": 900}, {"EUR": 2, "USD": 1})
    assert (google.revenue, google.valued) == ({"EUR": 250_000}, {"EUR": 2})


def test_a_fact_is_counted_on_its_day_and_in_its_month() -> None:
    summary = of(some(1, "lead"))

    assert (summary.values("day"), summary.values("month")) == (("2026-03-09",), ("2026-03",))


def test_what_nobody_asked_about_is_no_cell() -> None:
    assert set(of(some(1, "lead", of={"email": "ada@example.com", "campaign": ""})).cells) == {
        ALL,
        "day=2026-03-09",
        "month=2026-03",
    }


@pytest.mark.requirement("B47")
def test_our_buyers_stand_beside_the_quoted_four_forty_and_fifty_six() -> None:
    leads = [some(count, "lead", of={"buyer_stage": stage}) for stage, count in [("active", 40), ("starting", 400)]]

    split = buyer_stage_split(of(*leads, some(560, "lead", of={"buyer_stage": "not_ready"})))

    assert split == {"active": Fraction(4, 100), "starting": Fraction(40, 100), "not_ready": Fraction(56, 100)}
    assert BENCHMARKS[0].figures == {"active": 4, "starting": 40, "not_ready": 56}
    assert set(buyer_stage_split(Summary()).values()) == {None}


@pytest.mark.requirement("C53", "C59", "C36")
def test_figures_of_others_are_quoted_with_where_they_are_said() -> None:
    assert {quoted.by: dict(quoted.figures) for quoted in BENCHMARKS} == {
        "B47": {"active": 4, "starting": 40, "not_ready": 56},
        "C53": {"from": 5, "to": 10},
        "C59": {"from": 20, "to": 100},
        "C36": {"about": 25},
    }


@pytest.mark.requirement("C55")
def test_two_variants_of_a_form_are_compared_by_their_qualified_leads() -> None:
    def variant(name: str, leads: int, qualified: int) -> list[Fact]:
        mark = {"variant": name}
        return [*some(leads, "lead", of=mark), *some(qualified, "qualified", of=mark)]

    summary = of(variant("a", 1000, 200), variant("b", 1000, 250))
    made = ab_test(summary, "a", "b")

    assert made is not None
    assert made.z == pytest.approx(2.677397763008329)
    assert made.warnings == ("too_small",)
    assert ab_test(summary, "a", "c") is None


@pytest.mark.requirement("C19")
def test_every_rule_has_a_record_of_what_sales_said_about_its_leads() -> None:
    both, title = ("direct-inquiry", "decision-maker"), ("decision-maker",)
    summary = of(
        some(100, "offered", rules=both),
        some(60, "accepted", rules=both),
        some(30, "rejected", rules=both, blamed=title, reason="wrong_title"),
        some(4, "offered", rules=("newsletter",)),
        some(10, "accepted", rules=("direct-inquiry",)),
    )

    worst, better, unanswered = rule_records(summary)

    assert (worst.rule, worst.precision, worst.blamed) == ("decision-maker", Fraction(2, 3), 30)
    assert (better.rule, better.precision, better.blamed) == ("direct-inquiry", Fraction(7, 10), 0)
    assert (unanswered.rule, unanswered.offered, unanswered.precision) == ("newsletter", 4, None)


@pytest.mark.parametrize(
    ("stage", "visited", "kinds"),
    [
        ("lead", [], ["lead"]),
        ("sales_qualified", [], ["lead", "qualified", "offered"]),
        ("marketing_qualified", ["lead"], ["qualified", "marketing_qualified"]),
        ("sales_qualified", ["lead", "marketing_qualified"], ["offered"]),
        ("sales_accepted", ["sales_qualified"], ["accepted"]),
        ("lead", ["withdrawn", "lead"], []),
        ("withdrawn", ["lead"], []),
        ("nurture", ["lead"], []),
    ],
)
def test_a_stage_is_counted_as_what_it_means(stage: str, visited: list[str], kinds: list[str]) -> None:
    assert [fact.kind for fact in facts_of_stage(stage, visited, AT, {})] == kinds


def test_a_second_offer_is_not_a_first_one() -> None:
    again = list(facts_of_stage("sales_qualified", ["sales_qualified", "recycled"], AT, {}))

    assert [(fact.kind, fact.is_first) for fact in again] == [("offered", False)]


@given(st.lists(st.sampled_from(STAGES), min_size=1, max_size=12))
def test_whatever_happens_a_lead_is_counted_once_as_a_lead_and_once_as_qualified(stages: list[str]) -> None:
    facts = [fact for n, stage in enumerate(stages) for fact in facts_of_stage(stage, stages[:n], AT, {})]

    made = figures(summarise(facts))

    assert made.leads == 1
    assert made.qualified == int(bool({"marketing_qualified", "sales_qualified"} & set(stages)))
    assert made.customers == int("customer" in stages)


@given(st.integers(0, 10**9))
def test_a_duration_is_counted_less_than_one_percent_too_low(seconds: int) -> None:
    assert 0 <= seconds - bucket(seconds) <= seconds / 100


labels = st.sampled_from(["", "google", "linkedin", "a=b", "ü"])
facts = st.builds(
    Fact,
    kind=st.sampled_from(KINDS),
    at=st.sampled_from([AT, "2026-04-01T00:00:00.000Z"]),
    of=st.dictionaries(st.sampled_from(DIMENSIONS), labels, max_size=3),
    is_first=st.booleans(),
    seconds=st.dictionaries(
        st.sampled_from(["to_contact", "hand_off", "on_rejected"]), st.integers(0, 10**7), max_size=2
    ),
    won=st.dictionaries(st.sampled_from(["EUR", "USD"]), st.integers(1, 10**9), max_size=1),
    reason=st.sampled_from([None, "spam", "price"]),
    rules=st.sampled_from([(), ("one",), ("one", "two")]),
    blamed=st.sampled_from([(), ("two",)]),
    is_waiting=st.booleans(),
)


@pytest.mark.requirement("C50")
@given(st.lists(facts, max_size=12), st.randoms(use_true_random=False), st.integers(1, 7))
def test_any_order_and_any_batches_give_the_numbers_of_a_rebuild(drawn: list[Fact], chance: Any, size: int) -> None:
    shuffled = list(drawn)
    chance.shuffle(shuffled)
    batches = [summarise(shuffled[n : n + size]) for n in range(0, len(shuffled), size)]
    chance.shuffle(batches)

    assert merge(batches) == summarise(drawn)


@given(st.lists(facts, max_size=3), st.lists(facts, max_size=3), st.lists(facts, max_size=3))
def test_summaries_may_be_merged_in_any_order_and_grouping(one: list[Fact], two: list[Fact], three: list[Fact]) -> None:
    a, b, c = summarise(one), summarise(two), summarise(three)

    assert merge([a, b]) == merge([b, a])
    assert merge([merge([a, b]), c]) == merge([a, merge([b, c])])
    assert merge([a, Summary()]) == a


@given(st.lists(facts, max_size=3), st.lists(facts, max_size=3))
def test_what_was_added_can_be_taken_out_again(one: list[Fact], two: list[Fact]) -> None:
    a, b = summarise(one), summarise(two)

    assert less(merge([a, b]), b) == a
    assert less(a, b) == merge([a, less(Summary(), b)])


@given(st.lists(facts, max_size=4))
def test_a_summary_is_plain_json(drawn: list[Fact]) -> None:
    made = summarise(drawn)

    assert Summary(json.loads(json.dumps(made.cells))) == made


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=50))
def test_a_percentile_is_one_of_the_values_and_leaves_its_share_below(seconds: list[int]) -> None:
    made = figures(summarise(Fact("contacted", AT, {}, seconds={"to_contact": s}) for s in seconds))

    for found, percent in zip(made.to_contact, (50, 95), strict=True):
        kept = [bucket(s) for s in seconds]
        assert found in kept
        assert sum(value <= found for value in kept) * 100 >= percent * len(kept)
        assert sum(value < found for value in kept) * 100 < percent * len(kept)
