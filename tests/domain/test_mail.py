from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.aws_mail import templates_of
from shared.domain.errors import CannotHappen
from shared.domain.mail import one_click_headers, render
from shared.domain.mail_budget import Budget, Limits, limits_from, spend
from shared.domain.tokens import digest_of, text_of
from shared.settings import compiled_agreement
from tests.builders import KEYRING, NOON

TEMPLATES = templates_of(compiled_agreement()["mails"])
VALUES = {
    "link": "https://a.example.com/x",
    "preferences": "https://a.example.com/y",
    "purposes": "- News",
    "until": "2026-03-09",
}


@pytest.mark.parametrize("lang", ["en", "de"])
def test_a_mail_is_the_reviewed_text_with_its_values(lang: str) -> None:
    mail = render(TEMPLATES[lang], "ada@example.com", VALUES)

    assert VALUES["link"] in mail.text
    assert f'<html lang="{lang}">' in mail.html
    assert '<a href="https://a.example.com/x">' in mail.html
    assert "{" not in mail.text + mail.subject


def test_a_value_that_looks_like_a_placeholder_stays_what_it_is() -> None:
    mail = render(TEMPLATES["en"], "ada@example.com", {**VALUES, "purposes": "{link} {unknown} <b>"})

    assert "{link} {unknown} <b>" in mail.text
    assert "{link} {unknown} &lt;b&gt;" in mail.html


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028", "\u2029"])
def test_no_address_can_start_another_header(end: str) -> None:
    with pytest.raises(CannotHappen):
        render(TEMPLATES["en"], f"ada@example.com{end}Bcc: x@example.com", VALUES)


def test_the_two_headers_of_one_click_are_to_the_letter() -> None:
    assert one_click_headers("https://l.example.com/u/abc") == {
        "List-Unsubscribe": "<https://l.example.com/u/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    "address",
    [
        "http://l.example.com/u/a",
        "https://l.example.com/u/a\r\nBcc: x",
        "mailto:a@example.com",
        "https://l.example.com/u a",
    ],
)
def test_an_address_that_is_no_https_link_makes_no_header(address: str) -> None:
    with pytest.raises(CannotHappen):
        one_click_headers(address)


MAILBOX = Limits(3, timedelta(days=30), timedelta(hours=24))


@given(st.lists(st.integers(min_value=1, max_value=60 * 24 * 40), max_size=60))
@settings(deadline=None)
def test_no_mailbox_gets_two_mails_a_day_or_four_in_thirty_days(minutes: list[int]) -> None:
    budget, now, sent = Budget(), NOON, []
    for number, pause in enumerate(minutes):
        now += timedelta(minutes=pause)
        after = spend(budget, str(number), now, MAILBOX)
        if after:
            budget = after
            sent.append(now)

    assert all(later - earlier >= timedelta(hours=24) for earlier, later in itertools.pairwise(sent))
    assert all(later - earlier >= timedelta(days=30) for earlier, later in zip(sent, sent[3:], strict=False))


def test_a_budget_without_a_pause_is_only_bounded_by_its_window() -> None:
    limits = limits_from({"at_most": 2, "within_hours": 24})
    first = spend(Budget(), "1", NOON, limits)
    assert first is not None
    second = spend(first, "2", NOON, limits)
    assert second is not None

    assert spend(second, "3", NOON + timedelta(hours=23), limits) is None
    assert spend(second, "3", NOON + timedelta(hours=24), limits) is not None
    assert (second.version, second.last_message, second.until) == (2, "2", "2026-03-03T12:00:00.000Z")


@pytest.mark.parametrize("other", ["ada+1@example.com", "ada+a+b@example.com"])
def test_plus_tags_reach_the_same_mailbox(other: str) -> None:
    assert KEYRING.mailbox_key(other) == KEYRING.mailbox_key("ada@example.com")


def test_dots_are_air_at_gmail_only() -> None:
    assert KEYRING.mailbox_key("a.d.a@gmail.com") == KEYRING.mailbox_key("ada@googlemail.com")
    assert KEYRING.mailbox_key("a.d.a@example.com") != KEYRING.mailbox_key("ada@example.com")


def test_a_token_is_43_letters_for_256_bits_and_lies_under_its_hash() -> None:
    text = text_of(bytes(range(32)))

    assert len(text) == 43
    assert digest_of(text) not in (None, text)
    assert digest_of(text + "A") is digest_of(text[:-1] + "\n") is digest_of("é" * 43) is None


@given(st.text(max_size=80))
@settings(deadline=None)
def test_no_text_that_we_did_not_make_is_a_link(text: str) -> None:
    assert KEYRING.lead_behind("preferences", text) is None


def test_a_link_with_one_letter_changed_is_none() -> None:
    link = KEYRING.link("preferences", "1" * 32)

    assert KEYRING.lead_behind("preferences", link) == "1" * 32
    for place in range(len(link)):
        other = "A" if link[place] != "A" else "B"
        assert KEYRING.lead_behind("preferences", link[:place] + other + link[place + 1 :]) is None
