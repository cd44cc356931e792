"""A landing-page form post, from bytes to a `Submission`.

Whatever the bytes are, the outcome is a `Submission` or `RejectedInput`; the faults name our own members and never
repeat what was sent. Flat forms (urlencoded, multipart) say the same as JSON with all members side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.agreement import Form
from shared.domain.errors import Fault, RejectedInput
from shared.domain.submission import Signals, Submission
from shared.sources import answers, marketing_context
from shared.sources.contact_points import mobile_country
from shared.sources.strict_json import key_at, malformed, read_object

MAX_BODY = 64 * 1024
JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_CONSENT = "consent_"
_MEMBERS = frozenset(("submission_id", "notice", "lang", "fields", "consents", "context"))
_TICKED: Mapping[str, bool] = {
    **dict.fromkeys(("on", "true", "1", "yes"), True),
    **dict.fromkeys(("", "off", "false", "0", "no"), False),
}


def read(
    body: bytes, content_type: str | None, idempotency_key: tuple[str, ...], signals: Signals, form: Form
) -> Submission:
    """What the visitor sent; `idempotency_key` holds the raw header values."""
    members = _members(body, content_type, form)
    key = _key(members, idempotency_key)
    notice, lang = _notice(members, form), _language(members, form)
    fields, field_faults = answers.read(_object(members, "fields"), form)
    consents, consent_faults = _consents(_object(members, "consents"), form)
    context, context_faults = marketing_context.read(_object(members, "context"))
    faults = [*_shape_faults(members), *field_faults, *consent_faults, *context_faults]
    if faults:
        raise RejectedInput("invalid_submission", *faults)
    contact = answers.contact_points(fields, form)
    return Submission(
        form.form_id,
        key,
        fields,
        contact,
        consents,
        notice,
        context,
        signals,
        texts_to=mobile_country(contact.phone) if contact.phone else None,
        lang=lang,
        age=answers.age(_object(members, "fields"), form),
    )


def is_flat(content_type: str | None) -> bool:
    """Whether a browser without a script may have sent this; it wants a page as the answer."""
    return _media_type(content_type) in (URLENCODED, MULTIPART)


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _members(body: bytes, content_type: str | None, form: Form) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise RejectedInput("body_too_large")
    media_type, parameters = _media_type(content_type), _parameters(content_type)
    if media_type not in (JSON, URLENCODED, MULTIPART):
        raise RejectedInput("unsupported_media_type", Fault("", "media_type"))
    if parameters.get("charset", "utf-8").lower() != "utf-8":
        raise RejectedInput("unsupported_media_type", Fault("", "charset"))
    if not body:
        raise malformed("empty_body")
    return read_object(body) if media_type == JSON else _flat_members(body, media_type, parameters, form)


def _parameters(content_type: str | None) -> dict[str, str]:
    """The parameters of a content type; one given twice could be read in two ways, so it counts as unsupported."""
    pairs = [piece.partition("=") for piece in (content_type or "").split(";")[1:] if piece.strip()]
    parameters = {name.strip().lower(): _unquoted(text.strip()) for name, _, text in pairs}
    if len(parameters) != len(pairs):
        raise RejectedInput("unsupported_media_type", Fault("", "media_type"))
    return parameters


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _flat_members(body: bytes, media_type: str, parameters: Mapping[str, str], form: Form) -> dict[str, Any]:
    from shared.sources import form_bodies  # most visitors have a script, and send JSON

    if media_type == URLENCODED:
        return _sorted_out(form_bodies.urlencoded(body), form)
    return _sorted_out(form_bodies.multipart(body, parameters.get("boundary", "")), form)


def _sorted_out(texts: Mapping[str, str], form: Form) -> dict[str, Any]:
    """The members of the JSON form; a name that nobody knows is an unknown field."""
    fields: dict[str, Any] = {}
    consents: dict[str, Any] = {}
    context: dict[str, Any] = {}
    members: dict[str, Any] = {"fields": fields, "consents": consents, "context": context}
    for name, text in texts.items():
        if name in ("submission_id", "notice") or (name == "lang" and text in form.languages):
            # A page without its script leaves these hidden inputs empty.
            members |= {name: text} if text else {}
        elif name.startswith(_CONSENT):
            consents[name.removeprefix(_CONSENT)] = _TICKED.get(text.lower(), text)
        elif form.field(name) is None and name in marketing_context.NAMES | marketing_context.RAW_TRACES:
            context[name] = marketing_context.from_text(name, text)
        else:
            fields[name] = text
    return members


def _key(members: Mapping[str, Any], header: tuple[str, ...]) -> str | None:
    """The idempotency key from the header (RFC 8941 string or bare token), the body, or both if they agree."""
    if len(header) > 1:
        raise RejectedInput("bad_key", Fault("", "several_keys"))
    from_header = key_at(_unquoted(header[0].strip()), "") if header else None
    if "submission_id" not in members:
        return from_header
    from_body = key_at(members["submission_id"], "/submission_id")
    if from_header not in (None, from_body):
        raise RejectedInput("bad_key", Fault("/submission_id", "keys_differ"))
    return from_body


def _notice(members: Mapping[str, Any], form: Form) -> str:
    shown = members.get("notice", form.notice)
    if shown not in (form.notice, *form.older_notices):
        raise RejectedInput("unknown_notice", Fault("/notice", "unknown_notice"))
    return str(shown)


def _language(members: Mapping[str, Any], form: Form) -> str:
    """The language in which labels, boxes and wording stood there; the form's first one when nothing is said."""
    lang = members.get("lang", "")
    if lang not in ("", *form.languages):
        raise RejectedInput("invalid_submission", Fault("/lang", "unknown_language"))
    return str(lang)


def _object(members: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = members.get(name)
    return value if isinstance(value, dict) else {}


def _shape_faults(members: Mapping[str, Any]) -> list[Fault]:
    parts = ("fields", "consents", "context")
    faults = [Fault(f"/{name}", "not_an_object") for name in parts if not isinstance(members.get(name, {}), dict)]
    return faults if members.keys() <= _MEMBERS else [Fault("", "unknown_member"), *faults]


def _consents(given: Mapping[str, Any], form: Form) -> tuple[dict[str, bool], list[Fault]]:
    """Every purpose that the form offers, and whether its box was ticked; an absent box was not."""
    consents = {box.purpose: given.get(box.purpose, False) for box in form.boxes}
    faults = [
        Fault(f"/consents/{name}", "not_boolean") for name, ticked in consents.items() if type(ticked) is not bool
    ]
    unknown = [] if given.keys() <= consents.keys() else [Fault("/consents", "unknown_purpose")]
    return consents, faults + unknown
