"""The landing pages, made from the agreement so that every label and the wording are always the exact ones.

    python -m local.pages demo-request https://api.example.com     prints the form, ready to be pasted into a page

Everything here is a pure function of the agreement; the local server shows what `answer` returns.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from shared.domain.agreement import FIRST_LANGUAGE, Agreement, Box, Field, Form, Notice, from_compiled

HOME = Path(__file__).resolve().parent.parent
WEB = HOME / "web"
COMPILED = HOME / "agreement" / "compiled.json"
ASSETS = {
    "leadgate.js": "text/javascript; charset=utf-8",
    "leadgate.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
COUNTRIES: Mapping[str, Mapping[str, str]] = {
    lang: json.loads((WEB / name).read_text("utf-8"))
    for lang, name in (("en", "countries.json"), ("de", "countries.de.json"))
}
FIRST_FORM, ARTICLE = "demo-request", "/trends"

INTRODUCTIONS = {
    "demo_request": "Tell us what you would like to see. We read what you write and answer you by e-mail.",
    "content_download": "Leave an e-mail address and we send you the guide.",
    "newsletter_signup": "Product news and invitations, when there is something to say.",
    "event_registration": "Your place at the event, with or without a tick.",
}
GERMAN_INTRODUCTIONS = {
    "demo_request": "Sagen Sie uns, was Sie sehen möchten. Wir lesen es und antworten Ihnen per E-Mail.",
    "content_download": "Geben Sie eine E-Mail-Adresse an, dann schicken wir Ihnen den Leitfaden.",
    "newsletter_signup": "Neuigkeiten und Einladungen, wenn es etwas zu sagen gibt.",
    "event_registration": "Ihr Platz bei der Veranstaltung, mit oder ohne Kreuz.",
}
GERMAN_PROMISES = (
    "Nichts wird gesendet, bevor Sie den Knopf drücken.",
    "Kein Cookie, kein Tracker, nichts von fremden Seiten.",
    "Jedes Kästchen ist zu Beginn leer, und über jedes entscheiden Sie.",
    "Sie bekommen einen Beleg: was notiert wurde und wie Sie es zurücknehmen.",
)
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "lang": "en",
        "name": "English",
        "optional": "optional",
        "choose": "Please choose",
        "choice": "Your choice",
        "notice": "Privacy notice",
        "skip": "To the content",
        "forms": "Forms and languages",
    },
    "de": {
        "lang": "de",
        "name": "Deutsch",
        "optional": "freiwillig",
        "choose": "Bitte wählen",
        "choice": "Ihre Wahl",
        "notice": "Datenschutzhinweis",
        "skip": "Zum Inhalt",
        "forms": "Formulare und Sprachen",
    },
}
PROMISES = (
    "Nothing is sent before you press the button.",
    "No cookie, no tracker, nothing from other sites.",
    "Every box starts empty, and each one is yours to decide.",
    "You get a receipt: what was recorded, and how to take it back.",
)
REASONS = {
    "answers": (
        "Something in the form could not be accepted",
        "Nothing was stored. Please check the e-mail address, and that the box you meant is ticked.",
    ),
    "unreadable": ("The form arrived damaged", "Nothing was stored. Please send it once more."),
    "too_large": ("The form was too long", "Nothing was stored. Please shorten your message."),
    "busy": (
        "We could not confirm your request",
        "Our service did not answer in time. Please send the form again in a minute.",
    ),
    "no_permission": ("No box was ticked", "Nothing was stored: without a tick we may not write to you."),
    "no_contact_point": ("There is no way to reach you", "Nothing was stored. Please give an e-mail address."),
    "no_qualifying_action": ("The form was empty", "Nothing was stored. Please fill in at least the e-mail address."),
    "age_restricted": (
        "You are too young for this form",
        "Nothing was stored. Please ask a parent or guardian to write to us.",
    ),
}
OTHER_REASON = ("Something went wrong with the form", "Please check your answers and send it once more.")
GERMAN_REASONS = {
    "answers": (
        "Etwas im Formular konnten wir nicht annehmen",
        "Es wurde nichts gespeichert. Bitte prüfen Sie die E-Mail-Adresse und ob das Kästchen angekreuzt ist, das Sie "
        "meinten.",
    ),
    "unreadable": (
        "Das Formular kam beschädigt an",
        "Es wurde nichts gespeichert. Bitte senden Sie es noch einmal.",
    ),
    "too_large": ("Das Formular war zu lang", "Es wurde nichts gespeichert. Bitte kürzen Sie Ihre Nachricht."),
    "busy": (
        "Wir konnten Ihre Anfrage nicht bestätigen",
        "Unser Dienst hat nicht rechtzeitig geantwortet. Bitte senden Sie das Formular in einer Minute noch einmal.",
    ),
    "no_permission": (
        "Kein Kästchen war angekreuzt",
        "Es wurde nichts gespeichert: Ohne Kreuz dürfen wir Ihnen nicht schreiben.",
    ),
    "no_contact_point": (
        "Wir können Sie nicht erreichen",
        "Es wurde nichts gespeichert. Bitte geben Sie eine E-Mail-Adresse an.",
    ),
    "no_qualifying_action": (
        "Das Formular war leer",
        "Es wurde nichts gespeichert. Bitte füllen Sie wenigstens die E-Mail-Adresse aus.",
    ),
    "age_restricted": (
        "Sie sind zu jung für dieses Formular",
        "Es wurde nichts gespeichert. Bitte lassen Sie Ihre Eltern oder Sorgeberechtigten an uns schreiben.",
    ),
}
OTHER_GERMAN_REASON = (
    "Mit dem Formular stimmte etwas nicht",
    "Bitte prüfen Sie Ihre Angaben und senden Sie es noch einmal.",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a web server sends for one page or asset."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(path: str, query: str, agreement: Agreement, api_url: str) -> Answer | None:
    """The page or asset at `path`, or None when it is not one of ours."""
    forms = {f"/{form_id}": form for form_id, form in agreement.forms.items() if form.enabled}
    if path.startswith("/web/"):
        return _asset(path.removeprefix("/web/"))
    if path == "/" and f"/{FIRST_FORM}" in forms:
        path = f"/{FIRST_FORM}"
    if form := forms.get(path):
        shown, notice = in_language(agreement, form, parse_qs(query).get("lang", [""])[0])
        page = render_form_page(shown, notice, api_url, tuple(forms.values()))
        return _page(page, content_security_policy(api_url, form.thanks_url, form.sorry_url))
    if path in ("/", "/forms"):
        return _page(render_index_page(forms.values()), content_security_policy())
    if path == ARTICLE:
        return _page(render_article_page(), content_security_policy(api_url))
    if path == "/thanks":
        return _page(render_thanks_page(), content_security_policy())
    if path == "/sorry":
        return _page(render_sorry_page(parse_qs(query).get("reason", [""])[0]), content_security_policy())
    return None


def in_language(agreement: Agreement, form: Form, lang: str) -> tuple[Form, Notice]:
    """The form and its notice in this language, or in the form's own."""
    shown = form.spoken(lang)
    return shown, agreement.wording(form.notice, shown.lang) or agreement.notices[form.notice]


def content_security_policy(api_url: str = "", *targets: str) -> str:
    """The strictest policy that works: own files, the API, and the pages that the API sends a plain form on to."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src {_origins(api_url)}; form-action {_origins(api_url, *targets)}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def _origins(*addresses: str) -> str:
    origins = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses) if parts.netloc}
    return " ".join(["'self'", *sorted(origins)])


def render_form_page(form: Form, notice: Notice, api_url: str, forms: Iterable[Form] = ()) -> str:
    """The landing page of one form; it works with scripts off."""
    is_german = form.lang == "de"
    promises = "".join(f"<li>{escape(promise)}</li>" for promise in (GERMAN_PROMISES if is_german else PROMISES))
    introduction = (GERMAN_INTRODUCTIONS if is_german else INTRODUCTIONS).get(form.action, "")
    main = f"""<main class="page two" id="main">
<div class="intro">
<h1>{escape(form.title)}</h1>
<p class="lead">{escape(introduction)}</p>
<ul class="promises">{promises}</ul>
</div>
<div class="card">
{render_form(form, notice, api_url)}
</div>
</main>"""
    return _shell(form.title, main, form.lang, _navigation(forms, form))


def render_form(form: Form, notice: Notice, api_url: str) -> str:
    """The form alone, ready to be pasted into a page; `leadgate.js` improves it where scripts run."""
    action = escape(f"{api_url.rstrip('/')}/v1/forms/{form.form_id}/submissions")
    title, words = escape(form.title), WORDS.get(form.lang, WORDS["en"])
    parts = [
        f'<form class="lg-form" data-leadgate-form{_marked(form)}',
        f'action="{action}" method="post" aria-label="{title}">',
        *(_field(form.form_id, asked, words) for asked in form.fields),
        _boxes(form, words),
        f'<details lang="{escape(notice.lang)}" open><summary>{words["notice"]}</summary>{_wording(notice)}</details>',
        f'<input type="hidden" name="notice" value="{escape(notice.ref)}">',
        f'<input type="hidden" name="lang" value="{escape(form.lang)}">' if _marked(form) else "",
        f'<button type="submit">{title}</button>',
        '<p class="lg-status" role="status"></p>',
        "</form>",
    ]
    return "\n".join(part for part in parts if part)


def _marked(form: Form) -> str:
    """Another language than the first is said, so that the script and the service know what was read."""
    return "" if form.lang == FIRST_LANGUAGE else f' data-leadgate-lang="{escape(form.lang)}"'


def render_index_page(forms: Iterable[Form]) -> str:
    """A list of all forms."""
    links = "".join(f'<li><a href="/{escape(form.form_id)}">{escape(form.title)}</a></li>' for form in forms)
    read_on = f'<p><a href="{ARTICLE}">To read: trends of the year</a></p>'
    return _shell("Forms", _plain("Forms", f'<ul class="forms">{links}</ul>{read_on}'))


def render_article_page() -> str:
    """Something to read after the form; what is marked is told only by who ticked the profiling box in this tab."""
    text = (
        '<div data-leadgate-event="content_view" data-leadgate-content="trends-report">'
        "<p>More teams write down what a lead is before they count them. Fewer calls go to people who only wanted to "
        "read.</p><p>What you read here is told to us only if you ticked the box for it on the form, in this tab. "
        "Otherwise this page sends nothing.</p></div>"
        '<p><a data-leadgate-event="content_download" data-leadgate-content="beginners-guide" href="#guide">'
        "Take the beginner's guide</a></p>"
        '<p data-leadgate-event="pricing_view">It costs nothing: this is a sample page.</p>'
    )
    return _shell("Trends of the year", _plain("Trends of the year", text + _BACK))


def render_thanks_page() -> str:
    """Where a browser without scripts lands after a submission in any language; it knows nothing of the person."""
    text = (
        "<p>Your request was recorded exactly once, with each box as you left it.</p>"
        "<p>If you ticked a box, we may send you a message that asks you to confirm it. "
        "Until you do, that box counts as empty.</p>"
        "<p>You may take back any permission at any time. The privacy notice beside the form says how.</p>"
    ) + _german(
        "Danke. Das ist notiert.",
        "Ihre Anfrage ist genau einmal notiert, mit jedem Kästchen so, wie Sie es gelassen haben.",
        "Wenn Sie ein Kästchen angekreuzt haben, schicken wir Ihnen vielleicht eine Nachricht mit der Bitte um "
        "Bestätigung. Bis dahin zählt das Kästchen als leer.",
        "Sie können jede Erlaubnis jederzeit zurücknehmen. Wie, sagt der Datenschutzhinweis beim Formular.",
    )
    return _shell("Thank you", _plain("Thank you. This is recorded.", text + _BACK))


def render_sorry_page(reason: str = "") -> str:
    """Where a browser without scripts lands after a refusal; `reason` picks from a closed table and is never shown."""
    title, advice = REASONS.get(reason, OTHER_REASON)
    german = _german(*GERMAN_REASONS.get(reason, OTHER_GERMAN_REASON), _GERMAN_BROWSER_BACK)
    return _shell(title, _plain(title, f"<p>{escape(advice)}</p>{_BROWSER_BACK}{german}{_BACK}"))


def _german(title: str, *sentences: str) -> str:
    """The same in German: the address of the page does not say in which language the form was read."""
    said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return f'<section lang="de"><h2>{escape(title)}</h2>{said}</section>'


_GERMAN_BROWSER_BACK = (
    "Mit der Zurück-Taste Ihres Browsers kommen Sie zum Formular, meist sind Ihre Angaben noch darin."
)
_BROWSER_BACK = "<p>Your browser's Back button brings you to the form, mostly with your answers still in it.</p>"
_BACK = '<p><a href="/">To the start page</a></p>'


def _field(form_id: str, asked: Field, words: Mapping[str, str]) -> str:
    name = f"lg-{escape(form_id)}-{escape(asked.name)}"
    hint = "" if asked.required else f" <small>{words['optional']}</small>"
    label = f'<label for="{name}"><span>{escape(asked.label)}</span>{hint}</label>'
    return f'<div class="lg-field lg-{escape(asked.kind)}">{label}{_control(name, asked, words)}</div>'


def _control(element_id: str, asked: Field, words: Mapping[str, str]) -> str:
    required = " required" if asked.required else ""
    same = f'id="{element_id}" name="{escape(asked.name)}" autocomplete="{escape(asked.autocomplete)}"{required}'
    if asked.kind == "long_text":
        return f'<textarea {same} maxlength="{asked.max_length}" rows="4"></textarea>'
    if asked.kind == "country" or asked.choices:
        return f"<select {same}>{_options(asked, words)}</select>"
    kind = {"email": "email", "phone": "tel", "age": "number"}.get(asked.kind, "text")
    return f'<input {same} maxlength="{asked.max_length}" type="{kind}">'


def _options(asked: Field, words: Mapping[str, str]) -> str:
    labels = dict(zip(asked.choices, asked.choice_labels or asked.choices, strict=True))
    names = COUNTRIES[words["lang"]] if asked.kind == "country" else labels
    choices = asked.choices or tuple(names)
    options = (f'<option value="{escape(choice)}">{escape(names.get(choice, choice))}</option>' for choice in choices)
    return f'<option value="">{words["choose"]}</option>' + "".join(options)


def _wording(notice: Notice) -> str:
    """The exact wording, line by line: the text content of the element is the notice to the byte."""
    lines = "\n".join(f"<span>{escape(line)}</span>" for line in notice.wording.split("\n"))
    return f'<p tabindex="0">{lines}</p>'


def _boxes(form: Form, words: Mapping[str, str]) -> str:
    boxes = "\n".join(_box(form.form_id, box) for box in form.boxes)
    return f"<fieldset><legend>{words['choice']}</legend>\n{boxes}\n</fieldset>" if boxes else ""


def _box(form_id: str, box: Box) -> str:
    """One empty checkbox; `autocomplete` is off so that no browser brings an old tick back on a reload."""
    if box.prechecked or box.required:
        raise ValueError(f"{form_id}: a pre-ticked or required box is no consent and cannot be shown")
    name = f"consent_{escape(box.purpose)}"
    element_id = f"lg-{escape(form_id)}-{name}"
    tick = f'<input type="checkbox" id="{element_id}" name="{name}" value="true" autocomplete="off">'
    return f'<div class="lg-box"><label for="{element_id}">{tick}<span>{escape(box.label)}</span></label></div>'


def _navigation(forms: Iterable[Form], current: Form) -> str:
    """All forms in the language of this page, and this form in its other languages."""
    links = []
    for form in forms:
        is_here = form.form_id == current.form_id
        links.append(_link(form.spoken(current.lang), ' aria-current="page"' if is_here else ""))
        links += [_in(form.spoken(lang)) for lang in form.languages if is_here and lang != current.lang]
    return "".join(links)


def _in(form: Form) -> str:
    """A link to the form in another language, in that language's own words."""
    lang = escape(form.lang)
    return _link(form, f' lang="{lang}" hreflang="{lang}"', WORDS[form.lang]["name"] if form.lang in WORDS else "")


def _link(form: Form, mark: str, text: str = "") -> str:
    query = "" if form.lang == FIRST_LANGUAGE else f"?lang={escape(form.lang)}"
    return f'<a href="/{escape(form.form_id)}{query}"{mark}>{escape(text or form.title)}</a>'


def _plain(title: str, content: str) -> str:
    return f'<main class="page plain" id="main"><div><h1>{escape(title)}</h1>{content}</div></main>'


def _shell(title: str, main: str, lang: str = "en", navigation: str = "") -> str:
    words = WORDS.get(lang, WORDS["en"])
    foot = f'<footer class="foot"><nav aria-label="{words["forms"]}">{navigation}</nav></footer>' if navigation else ""
    return f"""<!doctype html>
<html lang="{escape(lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="/web/icon.svg">
<link rel="stylesheet" href="/web/page.css">
<link rel="stylesheet" href="/web/leadgate.css">
<script src="/web/leadgate.js" defer></script>
</head>
<body>
<a class="skip" href="#main">{words["skip"]}</a>
<header class="top"><a href="/"><img src="/web/icon.svg" alt="" width="24" height="24">Leadgate</a></header>
{main}
{foot}
</body>
</html>
"""


def _page(html: str, policy: str) -> Answer:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return Answer(200, html.encode("utf-8"), headers)


def _asset(name: str) -> Answer | None:
    if name not in ASSETS:
        return None
    headers = {"Content-Type": ASSETS[name], "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Answer(200, (WEB / name).read_bytes(), headers)


def main(form_id: str, api_url: str, lang: str = "") -> None:
    """Print one form as plain HTML, in one of its languages."""
    agreement = from_compiled(json.loads(COMPILED.read_text("utf-8")))
    form, notice = in_language(agreement, agreement.forms[form_id], lang)
    print(render_form(form, notice, api_url))


if __name__ == "__main__":
    main(*sys.argv[1:4])
