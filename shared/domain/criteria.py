"""Conditions of the lead definition as closures: about one act (`when` of a rule) and about a judged lead (gates).

Every condition is one that a machine can answer with yes or no (requirement A17a). Both kinds share what can be asked
of the answers a lead gave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Plain = Mapping[str, Any]
Test = Callable[[Any], bool]
Terms = Mapping[str, Callable[[Any, Plain], Test]]
WORD = re.compile(r"(?:[^\W_]|-)+")


def compile_condition(plain: Plain, terms: Terms) -> Test:
    """The closure of a condition. `plain` has one key that names the kind; `terms` are the kinds that may occur."""
    if "all" in plain:
        parts = tuple(compile_condition(part, terms) for part in plain["all"])
        return lambda facts: all(part(facts) for part in parts)
    if "any" in plain:
        parts = tuple(compile_condition(part, terms) for part in plain["any"])
        return lambda facts: any(part(facts) for part in parts)
    if "not" in plain:
        inner = compile_condition(plain["not"], terms)
        return lambda facts: not inner(facts)
    kind = next(kind for kind in plain if kind in terms)
    return terms[kind](plain[kind], plain)


def kinds_of(when: Plain) -> frozenset[str] | None:
    """The kinds of acts that can meet the condition at all; None when any can."""
    if "event" in when:
        return frozenset(when["event"])
    parts = [kinds_of(part) for part in when.get("all", when.get("any", ()))]
    known = [part for part in parts if part is not None]
    if "all" in when and known:
        return frozenset.intersection(*known)
    if "any" in when and len(known) == len(parts):
        return frozenset().union(*known)
    return None


def answer_terms(free_mail: frozenset[str]) -> Terms:
    """What can be asked of the answers: `facts` has `fields`."""

    def by_domain(wanted: Any, plain: Plain) -> Test:
        if wanted == "business":
            return lambda facts: _domain(facts) not in free_mail and bool(_domain(facts))
        domains = frozenset(wanted)
        return lambda facts: _domain(facts) in domains

    return {"field": _by_field, "email_domain": by_domain}


def act_terms(free_mail: frozenset[str], content: Plain) -> Terms:
    """What can be asked of one act: `facts` has `kind`, `fields` and `context`."""

    def by_kind(wanted: Any, plain: Plain) -> Test:
        kinds = frozenset(wanted)
        return lambda facts: facts["kind"] in kinds

    def by_content(wanted: Plain, plain: Plain) -> Test:
        items = frozenset(name for name, tags in content.items() if wanted.items() <= tags.items())
        return lambda facts: content_of(facts["context"]) in items

    return {**answer_terms(free_mail), "event": by_kind, "context": _by_context, "content": by_content}


def content_of(context: Plain) -> str | None:
    """The id of the content that an act was about."""
    return context.get("content") or context.get("lead_magnet")


def leading_number(text: str) -> int:
    """The first whole number in a size such as '201-1000', '1,200' or '1001+'; -1 when there is none."""
    digits = ""
    for c in text.replace(",", "").replace(" ", ""):
        if c.isascii() and c.isdigit():
            digits += c
        elif digits:
            break
    return int(digits[:9]) if digits else -1


def _by_field(name: str, plain: Plain) -> Test:
    """A condition on one answer; an answer that was not given meets only `present: false`."""
    if "present" in plain:
        wanted = plain["present"]
        return lambda facts: bool(facts["fields"].get(name)) is wanted
    test = _of_text(plain)
    return lambda facts: bool(facts["fields"].get(name)) and test(facts["fields"][name])


def _of_text(plain: Plain) -> Callable[[str], bool]:
    if "at_least" in plain:
        floor = plain["at_least"]
        return lambda text: leading_number(text) >= floor
    if "at_most" in plain:
        top = plain["at_most"]
        return lambda text: 0 <= leading_number(text) <= top
    if "is" in plain:
        values = frozenset(value.casefold() for value in plain["is"])
        return lambda text: text.casefold() in values
    if "matches" in plain:
        pattern = re.compile(plain["matches"], re.IGNORECASE)
        return lambda text: pattern.search(text) is not None
    return _has_word([word.casefold() for word in plain["has_word"]])


def _by_context(name: str, plain: Plain) -> Test:
    if "is" in plain:
        values = frozenset(plain["is"])
        return lambda facts: facts["context"].get(name) in values
    if "at_most" in plain:
        top = plain["at_most"]
        return lambda facts: _number(facts, name, top + 1) <= top
    floor = plain["at_least"]
    return lambda facts: _number(facts, name, floor - 1) >= floor


def _number(facts: Any, name: str, otherwise: int) -> int:
    value = facts["context"].get(name)
    return value if isinstance(value, int) else otherwise


def _has_word(wanted: list[str]) -> Callable[[str], bool]:
    """Whole words only, whatever stands between them: 'Co-Founder/CEO' has 'ceo', 'Chiefs' has not 'chief'."""
    words = frozenset(word for word in wanted if " " not in word)
    phrases = tuple(f" {word} " for word in wanted if " " in word)

    def test(text: str) -> bool:
        found = _words_of(text)
        return not words.isdisjoint(found) or any(phrase in f" {' '.join(found)} " for phrase in phrases)

    return test


def _words_of(text: str) -> list[str]:
    """The words of a text. They are not kept for the next rule: a cache would keep them for the next visitor."""
    return WORD.findall(text.casefold())


def _domain(facts: Any) -> str:
    email: str = facts["fields"].get("email", "")
    return email.partition("@")[2]
