"""The file of a new source, written with its comments, and what an operator does after it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

WORDING = "Send me product news and invitations by e-mail. I can stop this at any time."
PROOF = {"google": "key", "hubspot": "none", "salesforce": "none", "contact-form-7": "header", "elementor": "header"}
BUILDERS = ("contact-form-7", "elementor")
SECRET_NAMES = {"linkedin": "client_secret", "meta": "app_secret", "google": "google_key"}
ROUTES = {
    "linkedin": "/v1/webhooks/linkedin/{source}",
    "meta": "/v1/webhooks/meta",
    "google": "/v1/webhooks/google/{source}",
    "hubspot": "/submissions/v3/integration/submit/{account}/{form}",
    "salesforce": "/servlet/servlet.WebToLead?encoding=UTF-8",
}
BUILDER_ROUTE = "/v1/sources/{source}/submissions"
WHAT = {
    "linkedin": "LinkedIn lead gen forms: Lead Sync posts ids here, the worker fetches the lead.",
    "meta": "Facebook and Instagram lead ads: one address for all pages of the app; the worker fetches the lead.",
    "google": "Google Ads lead forms: the whole lead comes in the post, proved by a key inside it.",
    "hubspot": "Pages that post to the HubSpot Forms API v3: they change the host and nothing else.",
    "salesforce": "Pages that post to Salesforce Web-to-Lead: they change the host and nothing else.",
    "typeform": "A Typeform webhook with a secret.",
    "webflow": "A Webflow webhook made by an app or the API; those of the dashboard are not signed.",
    "contact-form-7": "WordPress Contact Form 7 with a plugin that posts JSON and can send a header.",
    "elementor": "Elementor Pro, action Webhook with advanced data; three lines of PHP send the header.",
}
# Where the person says what, in the words of each builder.
READING = {
    "typeform": """# A question is known by its reference (ref): give each one of our names in Typeform, or map it here.
fields: {email: email}
""",
    "webflow": """# JSON Pointers into the body, and our names for the labels of the form.
places: {key: /payload/id, form_id: /payload/name, submitted_at: /payload/submittedAt, answers: /payload/data}
fields: {First Name: first_name, Last Name: last_name, email: email, Company: company, Message: message}
""",
    "contact-form-7": """# The body is one flat object {tag name: value}; empty is the whole body.
places: {answers: ""}
fields: {your-name: full_name, your-email: email, your-message: message}
""",
    "elementor": """# JSON Pointers into the body, and our names for the ids of the fields.
places: {answers: /fields, page_url: /meta/page_url/value, form_id: /form/id}
fields: {name: full_name, email: email, message: message}
""",
}
BOX = {"contact-form-7": "accept-news", "elementor": "news", "webflow": "News", "salesforce": "00N000000000001"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said on the command line about a new source."""

    source_id: str
    platform: str
    action: str
    notice: str
    accounts: tuple[str, ...]
    forms: tuple[str, ...]
    origins: tuple[str, ...]

    @property
    def own_platform(self) -> str:
        """The platform as the file has it: builders that do not sign share one word."""
        return "generic" if self.platform in BUILDERS else self.platform


def text(wanted: Wanted) -> str:
    """The whole file."""
    return "".join(_parts(wanted))


def _parts(wanted: Wanted) -> Iterator[str]:
    proof = PROOF.get(wanted.platform, "signature")
    yield f"# {WHAT[wanted.platform]}\n# What each member means is in docs/platforms.md.\n"
    yield f"source_id: {wanted.source_id}\nversion: 1\nplatform: {wanted.own_platform}\nenabled: true\n"
    yield f"proof: {proof}\n" + ("proof_header: x-leadgate-key\n" if proof == "header" else "")
    yield f"# What the person asks for; the catalogue is in definition.yaml.\naction: {wanted.action}\n"
    yield f"notice: {wanted.notice}\n"
    if wanted.accounts:
        yield f"accounts: {_list(wanted.accounts)}\n"
    if wanted.forms:
        yield f"forms: {_list(wanted.forms)}\n"
    yield READING.get(wanted.platform, "")
    yield from _consent(wanted)
    if wanted.own_platform in ("hubspot", "salesforce"):
        yield f"allowed_origins: {_list(wanted.origins)}\n"
        yield "# Where a visitor is sent on to; HubSpot pages show thanks_text, unless thanks_url is a whole address.\n"
        yield 'thanks_url: /thanks\nsorry_url: /sorry\nthanks_text: "Thank you."\n'
    if wanted.platform == "salesforce":
        yield "# The retURLs that pages may ask for, letter by letter; any other is answered with thanks_url.\n"
        yield "return_urls: []\n"


def _consent(wanted: Wanted) -> Iterator[str]:
    if wanted.platform == "google":
        yield "# Google sends no checkbox, so no record claims one: state what the person is told beside the form.\n"
        yield "basis:\n  legal_basis: contract\n  disclosure: We use what you enter to answer your request.\n"
        yield '  version: 1\n  valid_from: "2026-11-01"\n'
        return
    yield "# A box that does not stand here permits nothing. The wording is taken letter by letter:\n"
    if wanted.platform not in ("linkedin", "meta", "typeform"):
        yield "# attested_on: when you saw that the page shows it so, neither required nor ticked beforehand.\n"
    yield f"# boxes:\n#   - {{purpose: mkt_email, channel: email, {_box(wanted)}}}\nboxes: []\n"


def _box(wanted: Wanted) -> str:
    consent_id = BOX.get(wanted.platform)
    attested = "" if wanted.platform in ("linkedin", "meta", "typeform") else ', attested_on: "2026-11-01"'
    return f'{f"consent_id: {consent_id}, " if consent_id else ""}wording: "{WORDING}"{attested}'


def _list(values: tuple[str, ...]) -> str:
    return yaml.safe_dump(list(values), default_flow_style=True, width=10_000).strip()


# ------------------------------------------------------------------ what to do next


def address(source: dict[str, str], url: str, form: str = "") -> str:
    """The address to enter on the platform."""
    route = ROUTES.get(source["platform"], BUILDER_ROUTE)
    names = {"source": source["source_id"], "account": source.get("account", "PORTAL"), "form": form or "FORM-GUID"}
    return url.rstrip("/") + route.format(**names)


def next_steps(wanted: Wanted, url: str) -> Iterator[str]:
    """What the operator does now, line by line; secrets that we may choose are drawn here, and stored nowhere."""
    first = {"platform": wanted.own_platform, "source_id": wanted.source_id}
    if wanted.accounts:
        first["account"] = wanted.accounts[0]
    yield f"Enter this address at {wanted.platform}:"
    yield f"  {address(first, url, wanted.forms[0] if wanted.forms else '')}"
    yield "Then:"
    steps = ["make agreement                                   (the file counts from then on)"]
    secret = _secret(wanted)
    if secret:
        steps.append(f"put into the platforms' secret:                  {secret}")
    steps += list(_on_the_platform(wanted))
    steps.append(f"leadgate source check {wanted.source_id} --secrets FILE --url {url}")
    steps.append(f"leadgate source test {wanted.source_id} --secrets FILE --url {url}")
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, 1))
    yield "docs/platforms.md says where each of these is found on the platform."


def _secret(wanted: Wanted) -> str:
    platform, name = wanted.own_platform, SECRET_NAMES.get(wanted.own_platform, "secret")
    ours = platform in ("google", "typeform", "generic")
    value = secrets.token_urlsafe(32) if ours else f"THE {name.upper().replace('_', ' ')} OF YOUR APP"
    if platform in ("hubspot", "salesforce"):
        return ""
    if platform == "meta":
        return f'{{"meta": {{"app_secret": ["{value}"], "verify_token": "{secrets.token_urlsafe(24)}"}}}}'
    return f'{{"{platform}": {{"{wanted.source_id}": {{"{name}": ["{value}"]}}}}}}'


def _on_the_platform(wanted: Wanted) -> Iterator[str]:
    told = {
        "linkedin": "POST /rest/leadNotifications with this address (LinkedIn has no page for it)",
        "meta": "App Dashboard, Webhooks, Page: this address and the verify token; then subscribe each page to leadgen",
        "google": "lead form, Webhook: this address and the key; then press its test button",
        "hubspot": "in your pages: change the host of the address that they post to",
        "salesforce": "in your pages: change the host of the form's action",
        "typeform": "Connect, Webhooks: this address and the secret, then switch it on",
        "webflow": "make the webhook with an app or the API (form_submission); the client secret signs it",
        "contact-form-7": "in the plugin: this address, and the header x-leadgate-key with the secret",
        "elementor": "form, Actions After Submit, Webhook: this address, Advanced Data on; the header by PHP",
    }
    yield told[wanted.platform]
