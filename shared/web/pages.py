"""Our own pages behind the links in mails: plain HTML, no script, nothing from elsewhere, one stylesheet.

Pure functions from words to text; the words are in agreement/pages, one file for each language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow",
}
# It lies beside each page, whatever the stage or domain in front of it: no token looks like this.
STYLE_NAME = "pages.css"
STYLE_HEADERS = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=86400"}
STYLE = """\
:root { --ink: #1b2126; --quiet: #56606a; --paper: #fff; --ground: #f4f5f2; --accent: #0b5c4d; --on-accent: #fff;
  --edge: #c9d0cb; color-scheme: light dark; }
* { box-sizing: border-box; }
html { background: var(--ground); color: var(--ink); text-size-adjust: 100%;
  font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
body { margin: 0; overflow-wrap: anywhere; }
main { max-width: 40rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4rem) 1.25rem 4rem; }
h1 { margin: 0 0 1rem; font-size: clamp(1.75rem, 1.4rem + 1.8vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; }
h2 { margin: 0 0 .5rem; font-size: 1.1875rem; }
p { margin: 0 0 1rem; }
.note { color: var(--quiet); font-size: .9375rem; }
.card { margin: 1.5rem 0 0; padding: 1.25rem; border: 1px solid var(--edge); border-radius: .75rem;
  background: var(--paper); }
ul { margin: 0 0 1rem; padding-left: 1.25rem; }
form { margin: 0 0 1rem; }
fieldset { margin: 0 0 1rem; padding: 0; border: 0; }
label { display: grid; grid-template-columns: 1.5rem 1fr; gap: .75rem; align-items: start; padding: .625rem 0; }
input[type=checkbox] { width: 1.375rem; height: 1.375rem; margin: .125rem 0 0; accent-color: var(--accent); }
button { min-height: 3rem; padding: .5rem 1.5rem; border: 2px solid var(--accent); border-radius: .5rem;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
.apart { position: absolute; left: -999rem; }
button.quiet { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceeed; --quiet: #a9b3ba; --paper: #171d21; --ground: #0e1215; --accent: #6fd3bb;
    --on-accent: #0e1215; --edge: #2b343a; }
}
"""
VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'


@dataclass(frozen=True, slots=True)
class Words:
    """One language: `of` maps our own names to sentences, `purposes` to the words at a box."""

    lang: str
    of: Mapping[str, str]
    purposes: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.of[name]

    def naming(self, third_parties: Iterable[str]) -> Words:
        """The same words; the box for sharing says with whom."""
        names = ", ".join(third_parties)
        said = self.purposes["share_3p"]
        return replace(self, purposes={**self.purposes, "share_3p": f"{said}: {names}"}) if names else self


@dataclass(frozen=True, slots=True)
class Choice:
    """One box of the preference page."""

    purpose: str
    is_on: bool
    is_waiting: bool = False


def catalogue(rows: Iterable[Mapping[str, Any]]) -> dict[str, Words]:
    """The words by language, from the compiled agreement."""
    return {row["lang"]: Words(row["lang"], row["words"], row["purposes"]) for row in rows}


def preferred(words: Mapping[str, Words], accept_language: str | None, fallback: str = "en") -> Words:
    """The first language of the browser that we have; its weights are in order in every browser we know."""
    wanted = (part.split(";")[0].strip()[:2].lower() for part in (accept_language or "").split(","))
    return words[next((lang for lang in wanted if lang in words), fallback)]


def ask(words: Words, purposes: Iterable[str], by_text: bool = False, is_baited: bool = False) -> str:
    """What a confirmation link shows: what is asked, and a button. Nothing happens by looking.

    The second form is the bait: no person sees or reaches it, a machine that presses every button gives itself away.
    """
    button = _form(f"{_hidden('act', 'confirm')}{_button(words['confirm_button'])}")
    note = _note(words["text_note" if by_text else "confirm_note"])
    wait = f'<p role="status">{_(words["wait_text"])}</p>' if is_baited else ""
    told = f"{wait}<p>{_(words['confirm_text'])}</p>{_list(words, purposes)}"
    return _page(words, "wait_title" if is_baited else "confirm_title", told + button + note + _bait(words))


def confirmed(words: Words, purposes: Iterable[str], by_text: bool = False) -> str:
    """What stands now; a text has one link only, so its page is the way back too."""
    told = f"<p>{_(words['confirmed_text'])}</p>{_list(words, purposes)}"
    back = _form(f"{_hidden('act', 'take_back')}{_button(words['take_back_button'], 'quiet')}")
    way_back = f"{_note(words['text_confirmed_note'])}{back}" if by_text else _note(words["confirmed_note"])
    return _page(words, "confirmed_title", told + way_back)


def choose(
    words: Words, choices: Iterable[Choice], saved: str | None = None, uncounted: Mapping[str, str] | None = None
) -> str:
    """The preference page; `saved` names the title that tells what just happened, `uncounted` the ticks that are worth
    nothing and why (`permission_acts.uncounted`).
    """
    boxes = "".join(_box(words, choice) for choice in choices)
    fields = f"<fieldset><legend>{_(words['choose_text'])}</legend>{boxes}</fieldset>"
    save = _form(f"{fields}{_hidden('act', 'save')}{_button(words['choose_button'])}")
    stop = _form(f"{_hidden('act', 'stop')}{_button(words['stop_button'], 'quiet')}")
    end = _card(f"<h2>{_(words['stop_title'])}</h2>{_note(words['stop_text'])}{stop}")
    top = _card(save) if boxes else f"<p>{_(words['nothing'])}</p>"
    return _page(words, saved or "choose_title", _uncounted(words, uncounted or {}) + top + end)


def leave(words: Words) -> str:
    """The one-click link when a person opens it: the same page whoever they are."""
    button = _form(f"{_hidden('List-Unsubscribe', 'One-Click')}{_button(words['leave_button'])}")
    return _page(words, "leave_title", f"<p>{_(words['leave_text'])}</p>{button}")


def say(words: Words, what: str) -> str:
    """A page that only tells: gone, stopped, left, taken_back, odd or busy."""
    return _page(words, f"{what}_title", f"<p>{_(words[f'{what}_text'])}</p>")


def _page(words: Words, title: str, content: str) -> str:
    head = f'<meta charset="utf-8">{VIEWPORT}<title>{_(words[title])}</title>'
    return (
        f'<!doctype html>\n<html lang="{_(words.lang)}">\n<head>{head}'
        f'<link rel="stylesheet" href="{STYLE_NAME}"></head>\n'
        f"<body><main><h1>{_(words[title])}</h1>\n{content}\n</main></body>\n</html>\n"
    )


def _(text: str) -> str:
    return escape(text)


def _card(content: str) -> str:
    return f'<section class="card">{content}</section>'


def _form(content: str) -> str:
    """It posts to the very address of the page."""
    return f'<form method="post" accept-charset="utf-8">{content}</form>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{_(name)}" value="{_(value)}">'


def _button(text: str, kind: str = "loud") -> str:
    return f'<button class="{kind}">{_(text)}</button>'


def _bait(words: Words) -> str:
    """Off the screen, out of the tab order and of what is read aloud; where no style applies, its words say it all."""
    button = f'<button class="quiet" tabindex="-1">{_(words["bait_button"])}</button>'
    fields = f"<p>{_(words['bait_text'])}</p>{_hidden('act', 'bait')}{button}"
    return f'<form class="apart" method="post" accept-charset="utf-8" aria-hidden="true">{fields}</form>'


def _uncounted(words: Words, uncounted: Mapping[str, str]) -> str:
    told = (f"<li>{_(words.purposes[purpose])}: {_(words[f'{why}_why'])}</li>" for purpose, why in uncounted.items())
    return f'<div role="status"><p>{_(words["uncounted_text"])}</p><ul>{"".join(told)}</ul></div>' if uncounted else ""


def _note(text: str) -> str:
    return f'<p class="note">{_(text)}</p>'


def _list(words: Words, purposes: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{_(words.purposes[purpose])}</li>" for purpose in purposes) + "</ul>"


def _box(words: Words, choice: Choice) -> str:
    checked = " checked" if choice.is_on else ""
    waiting = f' <span class="note">({_(words["waiting"])})</span>' if choice.is_waiting and not choice.is_on else ""
    box = f'<input type="checkbox" name="{_(choice.purpose)}" value="on"{checked}>'
    return f"<label>{box}<span>{_(words.purposes[choice.purpose])}{waiting}</span></label>"
