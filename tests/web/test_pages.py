from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from shared.domain.permission import PLACE_OF
from shared.settings import compiled_agreement
from shared.web import pages
from shared.web.pages import Choice, Words

WORDS = pages.catalogue(compiled_agreement()["pages"])
EVERY = tuple(PLACE_OF)


def every_page(words: Words) -> list[str]:
    choices = [Choice(purpose, is_on=True) for purpose in EVERY]
    told = [pages.say(words, what) for what in ("gone", "stopped", "left", "odd", "busy")]
    uncounted = dict(zip(EVERY, ("no_number", "no_text", "other"), strict=False))
    shown = [
        pages.ask(words, EVERY),
        pages.ask(words, EVERY, is_baited=True),
        pages.confirmed(words, EVERY),
        pages.leave(words),
    ]
    return [*told, *shown, pages.choose(words, choices), pages.choose(words, [], "saved_title", uncounted)]


class Outline(HTMLParser):
    """Which elements a page has, and whether each that was opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["de", "en"])
def test_every_page_is_whole_plain_and_in_its_language(lang: str) -> None:
    for text in every_page(WORDS[lang]):
        outline = Outline(text)

        assert outline.open == []
        assert outline.tags.count("h1") == outline.tags.count("main") == outline.tags.count("title") == 1
        assert not {"script", "style", "img", "iframe"} & set(outline.tags)
        assert not [name for name in outline.attributes if name == "style" or name.startswith("on")]
        assert f'<html lang="{lang}">' in text
        assert not re.search(r'(?:src|href|action)="(?!pages\.css)', text)


def test_every_box_has_its_words_and_no_box_is_ticked_by_us() -> None:
    text = pages.choose(
        WORDS["en"], [Choice("mkt_email", is_on=False, is_waiting=True), Choice("profiling", is_on=True)]
    )

    assert text.count("checked") == 1
    assert WORDS["en"]["waiting"] in text
    assert text.count("<label>") == 2


@pytest.mark.parametrize("by_text", [False, True])
@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_bait_is_out_of_everybodys_way_and_says_what_it_is(lang: str, by_text: bool) -> None:
    text = pages.ask(WORDS[lang], EVERY, by_text)

    persons, machines = re.findall(r"<form.*?</form>", text, re.DOTALL)
    assert 'name="act" value="confirm"' in persons
    assert "aria-hidden" not in persons
    assert 'class="apart"' in machines
    assert 'aria-hidden="true"' in machines
    assert 'name="act" value="bait"' in machines
    assert [re.search("tabindex=.-1", tag) is not None for tag in re.findall("<button.*?>", machines)] == [True]
    assert "autofocus" not in text
    assert WORDS[lang]["bait_text"] in machines
    assert re.search(r"\.apart \{[^}]*left: -999rem", pages.STYLE)


def test_only_the_page_that_asks_has_a_bait() -> None:
    words = WORDS["en"]
    others = [pages.confirmed(words, EVERY), pages.leave(words), pages.choose(words, [Choice("mkt_email", is_on=True)])]

    assert not [text for text in others if 'value="bait"' in text]


def test_a_page_after_a_bait_says_what_to_do_and_holds_the_button_again() -> None:
    text = pages.ask(WORDS["en"], EVERY, is_baited=True)

    assert WORDS["en"]["wait_text"] in text
    assert 'value="confirm"' in text


def test_words_are_escaped() -> None:
    odd = Words("en", dict.fromkeys(WORDS["en"].of, "<b>&"), dict.fromkeys(EVERY, '"><script>'))

    for text in every_page(odd):
        assert "<b>" not in text
        assert "<script" not in text


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("fr,de;q=0.8", "de"),
        ("fr", "en"),
        (";;,", "en"),
    ],
)
def test_the_browsers_first_language_that_we_have(header: str | None, lang: str) -> None:
    assert pages.preferred(WORDS, header).lang == lang


@pytest.mark.parametrize("lang", ["de", "en"])
def test_the_box_for_sharing_says_with_whom(lang: str) -> None:
    shown = pages.choose(WORDS[lang].naming(("Example Partner GmbH", "A & B Ltd")), [Choice("share_3p", is_on=True)])

    assert f"{WORDS[lang].purposes['share_3p']}: Example Partner GmbH, A &amp; B Ltd" in shown
    assert WORDS[lang].naming(()) == WORDS[lang]
