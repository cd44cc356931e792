"""Texts: one placeholder, the GSM alphabet, one part."""

from __future__ import annotations

import json

import pytest

from shared.domain.text_message import TextMessage, TextTemplate, faults_of, render
from shared.settings import compiled_agreement

PLAIN = "Example Ltd: confirm here: {link}"


def test_the_link_is_replaced_once_and_literally() -> None:
    text = render(TextTemplate("en", PLAIN), "+4915112345678", "https://l.example.com/c/{link}")

    assert text == TextMessage("+4915112345678", "Example Ltd: confirm here: https://l.example.com/c/{link}")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no place", "once"),
        ("{link} {link}", "once"),
        ("{link} {name}", "other placeholder"),
        ("{link} }", "other placeholder"),
        ("{link} \u2019", "alphabet"),
        ("{link} \U0001f600", "alphabet"),
        ("{link} €", "alphabet"),
        ("{link}" + "a" * 161, "longer"),
    ],
)
def test_a_text_that_would_cost_more_or_say_more_is_named(text: str, word: str) -> None:
    assert word in "; ".join(faults_of(text))


def test_160_letters_beside_the_link_fit() -> None:
    assert faults_of("ß" * 160 + "{link}") == ()


def test_every_reviewed_text_fits_and_names_its_sender() -> None:
    texts = compiled_agreement()["texts"]

    assert {text["lang"] for text in texts} == {"de", "en"}
    for text in texts:
        assert faults_of(text["text"]) == (), json.dumps(text)
        assert text["text"].startswith("Example Software Ltd:")
