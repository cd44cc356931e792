from __future__ import annotations

from typing import Any

import pytest

from shared.domain.criteria import act_terms, compile_condition, kinds_of, leading_number

CONTENT = {
    "guide": {"journey": "early", "kind": "educational"},
    "prices": {"journey": "late", "kind": "promotional"},
}
TERMS = act_terms(frozenset({"gmail.com"}), CONTENT)


def holds(when: dict[str, Any], kind: str = "x", context: dict[str, Any] | None = None, **fields: str) -> bool:
    return compile_condition(when, TERMS)({"kind": kind, "fields": fields, "context": context or {}})


@pytest.mark.parametrize(
    ("title", "matches"),
    [
        ("CEO", True),
        ("Co-Founder/CTO", True),
        ("Vice President, Sales", True),
        ("head of growth", True),
        ("Theodore", False),
        ("Chiefs of nothing", False),
        ("", False),
    ],
)
def test_titles_are_matched_by_whole_words(title: str, matches: bool) -> None:
    words = ["ceo", "cto", "chief", "head", "vice president"]

    assert holds({"field": "job_title", "has_word": words}, job_title=title) is matches


@pytest.mark.parametrize(
    ("email", "is_business"), [("ada@example.com", True), ("ada@gmail.com", False), ("", False), ("no-at-sign", False)]
)
def test_a_free_mail_address_says_nothing_about_a_company(email: str, is_business: bool) -> None:
    assert holds({"email_domain": "business"}, email=email) is is_business


@pytest.mark.parametrize(("email", "matches"), [("a@rival.example", True), ("a@example.com", False), ("", False)])
def test_a_domain_can_be_named(email: str, matches: bool) -> None:
    assert holds({"email_domain": ["rival.example"]}, email=email) is matches


@pytest.mark.parametrize(
    ("size", "number"),
    [
        ("51-200", 51),
        ("1001+", 1001),
        ("1,200", 1200),
        ("about 250 people", 250),
        ("many", -1),
        ("", -1),
        ("9" * 50, 999999999),
    ],
)
def test_the_size_of_a_company_is_its_first_number(size: str, number: int) -> None:
    assert leading_number(size) == number


@pytest.mark.parametrize(
    ("when", "value", "matches"),
    [
        ({"at_least": 51}, "50", False),
        ({"at_least": 51}, "51", True),
        ({"at_most": 50}, "50", True),
        ({"at_most": 50}, "51", False),
        ({"at_most": 50}, "many", False),
        ({"at_most": 50}, "", False),
        ({"is": ["Now", "Soon"]}, "now", True),
        ({"is": ["Now", "Soon"]}, "later", False),
        ({"matches": "^prod.*ion$"}, "Production", True),
        ({"matches": "^prod.*ion$"}, "mass production", False),
        ({"present": True}, "x", True),
        ({"present": True}, "", False),
        ({"present": False}, "", True),
        ({"present": False}, "x", False),
    ],
)
def test_an_answer_can_be_measured(when: dict[str, Any], value: str, matches: bool) -> None:
    assert holds({"field": "answer", **when}, answer=value) is matches


@pytest.mark.parametrize("when", [{"is": ["x"]}, {"at_least": 0}, {"at_most": 9}, {"has_word": ["x"]}, {"matches": ""}])
def test_an_answer_that_was_not_given_meets_nothing(when: dict[str, Any]) -> None:
    assert holds({"field": "answer", **when}) is False


@pytest.mark.parametrize(
    ("when", "context", "matches"),
    [
        ({"at_least": 60}, {"n": 59}, False),
        ({"at_least": 60}, {"n": 60}, True),
        ({"at_least": 60}, {}, False),
        ({"at_least": -5}, {}, False),
        ({"at_most": 10}, {"n": 10}, True),
        ({"at_most": 10}, {"n": 11}, False),
        ({"at_most": 10}, {}, False),
        ({"at_most": 10}, {"n": "5"}, False),
        ({"is": ["spring"]}, {"n": "spring"}, True),
        ({"is": ["spring"]}, {"n": "autumn"}, False),
    ],
)
def test_a_counter_or_a_word_of_the_context_can_be_measured(
    when: dict[str, Any], context: dict[str, Any], matches: bool
) -> None:
    assert holds({"context": "n", **when}, context=context) is matches


@pytest.mark.parametrize(
    ("tags", "context", "matches"),
    [
        ({"kind": "educational"}, {"content": "guide"}, True),
        ({"kind": "educational"}, {"lead_magnet": "guide"}, True),
        ({"kind": "educational", "journey": "late"}, {"content": "guide"}, False),
        ({"journey": "late"}, {"content": "prices"}, True),
        ({"journey": "late"}, {"content": "unheard-of"}, False),
        ({"journey": "late"}, {}, False),
    ],
)
def test_content_is_known_by_its_tags(tags: dict[str, str], context: dict[str, str], matches: bool) -> None:
    assert holds({"content": tags}, context=context) is matches


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({"event": ["x", "y"]}, True),
        ({"event": ["y"]}, False),
        ({"not": {"event": ["y"]}}, True),
        ({"all": [{"event": ["x"]}, {"not": {"event": ["x"]}}]}, False),
        ({"any": [{"event": ["y"]}, {"event": ["x"]}]}, True),
    ],
)
def test_conditions_can_be_joined(when: dict[str, Any], matches: bool) -> None:
    assert holds(when) is matches


@pytest.mark.parametrize(
    ("when", "kinds"),
    [
        ({"event": ["a", "b"]}, {"a", "b"}),
        ({"field": "x", "present": True}, None),
        ({"all": [{"event": ["a", "b"]}, {"event": ["b", "c"]}, {"field": "x", "present": True}]}, {"b"}),
        ({"all": [{"field": "x", "present": True}]}, None),
        ({"any": [{"event": ["a"]}, {"event": ["b"]}]}, {"a", "b"}),
        ({"any": [{"event": ["a"]}, {"field": "x", "present": True}]}, None),
        ({"not": {"event": ["a"]}}, None),
    ],
)
def test_a_rule_is_only_asked_about_acts_that_can_meet_it(when: dict[str, Any], kinds: set[str] | None) -> None:
    assert kinds_of(when) == kinds
