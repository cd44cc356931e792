"""What a platform does to us, played by ourselves: its handshake, a test lead, and a forged one that must be refused.

Each trial is one request with what should come back, and what it means when something else does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

from local import aws
from local.gateway import HttpReply
from local.replay import Recorded, send
from local.unusable import Unusable
from shared.domain.agreement import Source
from shared.sources.partner_forms import TEST_HEADER

JSON = {"Content-Type": "application/json"}
FLAT = {"Content-Type": "application/x-www-form-urlencoded"}
FORGED_SECRET = "a secret that nobody shares with us"
EMAIL = "test.lead@example.com"


@dataclass(frozen=True, slots=True)
class Trial:
    """One request, and `answered`: None when the reply is right, else what is wrong, in plain words."""

    story: str
    request: Recorded
    answered: Callable[[HttpReply], str | None]


def tried(url: str, trial: Trial) -> tuple[bool, str]:
    """Whether it went as it should, and what to say about it. Raises Unusable when nobody answers."""
    reply = send(url, trial.request)
    wrong = trial.answered(reply)
    return wrong is None, wrong or f"{reply.status}, as it should"


def reach(url: str, source: Source) -> Iterator[tuple[bool, str]]:
    """Is Leadgate there? A form that cannot exist is asked for, so nothing changes and nobody is counted."""
    try:
        reply = send(url, Recorded("GET", "/v1/forms/no-such-form"))
    except Unusable as nobody:
        yield False, str(nobody)
        return
    is_leadgate = reply.status == 404 and b"urn:leadgate:problem:" in reply.body
    yield is_leadgate, f"Leadgate answers at {url}" if is_leadgate else _not_leadgate(reply, url)
    if url.startswith("http://") and source.platform in ("linkedin", "meta", "google"):
        yield url.startswith("http://127.0.0.1"), "http:// is for this machine only: the platform wants https://"


def _not_leadgate(reply: HttpReply, url: str) -> str:
    if reply.status == 403:
        return f"{url} is an API Gateway, but not this route: does the address end with the stage (…/prod)?"
    if reply.status in (301, 302, 307, 308):
        return f"{url} sends on to {reply.header('location')}: platforms do not follow, enter that address"
    return f"Something answers {reply.status} at {url}, and it is not Leadgate"


# ------------------------------------------------------------------ trials by platform


def trials(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    """Everything that can be tried for a source with these secrets (by their names, the current one of each)."""
    missing = [name for name in _NEEDED.get(source.platform, ()) if name not in secrets]
    if missing:
        raise Unusable(f"To play {source.platform} its {' and '.join(missing)} is needed: name the file by --secrets.")
    yield from _TRIALS[source.platform](source, secrets)


def _linkedin(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    path, code = f"/v1/webhooks/linkedin/{source.source_id}", str(uuid.uuid4())
    answer = hmac.digest(secrets["client_secret"].encode(), code.encode(), "sha256").hex()
    yield Trial(
        "LinkedIn's challenge",
        Recorded("GET", f"{path}?challengeCode={code}"),
        lambda reply: _status(reply, 200) or _member(reply, "challengeResponse", answer),
    )
    odd = quote('hmacsha256={"type":"LEAD_ACTION"}')
    yield Trial("a challenge that is none", Recorded("GET", f"{path}?challengeCode={odd}"), _refuses(400))
    owner = source.accounts[0]
    notification = {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{uuid.uuid4()}-0",
        "leadGenForm": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{(*source.forms, '1')[0]}, 1)",
        "owner": {"organization" if "organization" in owner else "sponsoredAccount": owner},
        "leadType": "SPONSORED",
        "leadAction": "CREATED",
        "occurredAt": int(time.time() * 1000),
    }
    body = _json(notification)
    yield from _signed("a notification", path, body, "X-LI-Signature", secrets["client_secret"], b"hmacsha256=")


def _mark() -> dict[str, str]:
    """What makes a test of a lead; the public doors believe it only beside the stack's own test secret."""
    return {TEST_HEADER: os.environ.get("LEADGATE_TEST_SECRET") or aws.TEST_SECRET}


def _meta(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    path = "/v1/webhooks/meta"
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": secrets["verify_token"]}
    yield Trial(
        "Meta's handshake",
        Recorded("GET", f"{path}?{urlencode(query)}"),
        lambda reply: _status(reply, 200) or _whole(reply, b"1158201444"),
    )
    wrong = urlencode({**query, "hub.verify_token": FORGED_SECRET})
    yield Trial("a handshake with another token", Recorded("GET", f"{path}?{wrong}"), _refuses(403))
    now = int(time.time())
    value = {
        "leadgen_id": str(time.time_ns()),
        "page_id": source.accounts[0],
        "form_id": (*source.forms, "1")[0],
        "created_time": now,
    }
    event = {
        "object": "page",
        "entry": [{"id": source.accounts[0], "time": now, "changes": [{"field": "leadgen", "value": value}]}],
    }
    yield from _signed("an event", path, _json(event), "X-Hub-Signature-256", secrets["app_secret"], b"", "sha256=")


def _google(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    path = f"/v1/webhooks/google/{source.source_id}"
    columns = {"FULL_NAME": "Test Lead", "EMAIL": EMAIL, "COMPANY_NAME": "Example Engines"}
    lead = {
        "lead_id": f"leadgate-test-{time.time_ns()}",
        "user_column_data": [{"column_id": name, "string_value": text} for name, text in columns.items()],
        "api_version": "1.0",
        "form_id": int((*source.forms, "1")[0]) if (*source.forms, "1")[0].isdigit() else 1,
        "campaign_id": 1,
        "google_key": secrets["google_key"],
        "is_test": True,
    }
    yield Trial("a test lead", Recorded("POST", path, JSON, _json(lead)), lambda reply: _status(reply, 200))
    forged = _json({**lead, "google_key": FORGED_SECRET})
    yield Trial("the same with another key", Recorded("POST", path, JSON, forged), _refuses(401))


def _hubspot(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    names = f"{source.accounts[0]}/{(*source.forms, 'a-form')[0]}"
    path, secure = f"/submissions/v3/integration/submit/{names}", f"/submissions/v3/integration/secure/submit/{names}"
    for origin in source.allowed_origins[:1]:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        yield Trial(
            f"the preflight of {origin}",
            Recorded("OPTIONS", path, asked),
            _preflighted(origin),
        )
    yield Trial(
        "the preflight of another site",
        Recorded("OPTIONS", path, {"Origin": "https://evil.example"}),
        lambda reply: "a foreign page may read the answers" if reply.header("access-control-allow-origin") else None,
    )
    fields = {"firstname": "Test", "lastname": "Lead", "email": EMAIL, "company": "Example Engines"}
    body = _json({"fields": [{"name": name, "value": text} for name, text in fields.items()]})
    marked = {**JSON, **_mark()}
    yield Trial("a test lead", Recorded("POST", path, marked, body), lambda reply: _status(reply, 200))
    unknown = path.replace(names, f"0/{uuid.uuid4()}")
    yield Trial("a form that nobody knows", Recorded("POST", unknown, marked, body), _refuses(404))
    if "secret" in secrets:
        allowed = {**marked, "Authorization": f"Bearer {secrets['secret']}"}
        yield Trial("the secure route", Recorded("POST", secure, allowed, body), lambda reply: _status(reply, 200))
        other = {**marked, "Authorization": "Bearer another-token"}
        yield Trial("the secure route, another token", Recorded("POST", secure, other, body), _refuses(401))


def _salesforce(source: Source, _secrets: Mapping[str, str]) -> Iterator[Trial]:
    lead = {"oid": source.accounts[0], "last_name": "Lead", "company": "Example Engines", "email": EMAIL}
    browser = {**FLAT, "Accept": "text/html", **_mark()}
    path = "/servlet/servlet.WebToLead?encoding=UTF-8"
    for target in source.return_urls[:1]:
        body = urlencode({**lead, "retURL": target}).encode()
        yield Trial(
            "a test lead with a listed retURL",
            Recorded("POST", path, browser, body),
            _sent_on_to(target),
        )
    strange = urlencode({**lead, "retURL": "https://evil.example/"}).encode()
    yield Trial(
        "a test lead with another retURL",
        Recorded("POST", path, browser, strange),
        lambda reply: _status(reply, 303) or ("it is followed" if "evil" in (reply.header("location") or "") else None),
    )
    unknown = urlencode({**lead, "oid": "00D000000000000"}).encode()
    yield Trial("an organisation that nobody knows", Recorded("POST", path, browser, unknown), _refuses(404))


def _typeform(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    answers = [{"type": "email", "email": EMAIL, "field": {"id": "q1", "type": "email", "ref": "email"}}]
    form = {"form_id": (*source.forms, "a-form")[0], "token": f"leadgate-test-{time.time_ns()}", "answers": answers}
    body = _json({"event_id": str(uuid.uuid4()), "event_type": "form_response", "form_response": form})

    def headers(secret: str, signed: bytes) -> dict[str, str]:
        digest = base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()
        return {**JSON, **_mark(), "Typeform-Signature": f"sha256={digest}"}

    yield from _with_headers(source, body, headers, secrets["secret"])


def _webflow(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    body = _json({"triggerType": "form_submission", "payload": _payload(source)})

    def headers(secret: str, signed: bytes) -> dict[str, str]:
        stamp = str(int(time.time() * 1000))
        digest = hmac.digest(secret.encode(), f"{stamp}:".encode() + signed, hashlib.sha256).hex()
        return {**JSON, **_mark(), "x-webflow-timestamp": stamp, "x-webflow-signature": digest}

    yield from _with_headers(source, body, headers, secrets["secret"])


def _payload(source: Source) -> dict[str, Any]:
    return {"id": f"leadgate-test-{time.time_ns()}", "name": (*source.forms, "Contact")[0], "data": _answers(source)}


def _answers(source: Source) -> dict[str, str]:
    """An answer for each field that the file maps, so that the map itself is tried."""
    known = {"email": EMAIL, "work_email": EMAIL, "phone": "+33612345678", "country": "FR"}
    return {theirs: known.get(ours, "Test Lead") for theirs, ours in (source.fields or {"email": "email"}).items()}


def _generic(source: Source, secrets: Mapping[str, str]) -> Iterator[Trial]:
    tree: dict[str, Any] = {}
    _put(tree, source.places.get("answers", ""), _answers(source))
    for name in ("email", "phone", "key"):
        if name in source.places:
            _put(tree, source.places[name], EMAIL if name == "email" else f"leadgate-test-{time.time_ns()}")
    body = _json(tree)
    path = f"/v1/sources/{source.source_id}/submissions"
    for story, secret, answered in (
        ("a test lead", secrets["secret"], _recorded),
        ("the same with another secret", FORGED_SECRET, _refuses(401)),
    ):
        headers = {**JSON, **_mark(), **({source.proof_header: secret} if source.proof == "header" else {})}
        asked = path if source.proof == "header" else f"{path}?{urlencode({'key': secret})}"
        yield Trial(story, Recorded("POST", asked, headers, body), answered)


def _put(tree: dict[str, Any], pointer: str, value: Any) -> None:
    """Build the body that a JSON Pointer points into."""
    *way, last = ("", *pointer.split("/")[1:])
    if not pointer:
        tree.update(value)
        return
    for step in way[1:]:
        tree = tree.setdefault(step.replace("~1", "/").replace("~0", "~"), {})
    tree[last.replace("~1", "/").replace("~0", "~")] = value


# ------------------------------------------------------------------ what is common


def _signed(
    story: str, path: str, body: bytes, header: str, secret: str, prefix: bytes, before: str = ""
) -> Iterator[Trial]:
    """Rightly signed, with another secret, over another body, and not at all."""

    def headers(key: str, signed: bytes) -> dict[str, str]:
        return {**JSON, header: before + hmac.digest(key.encode(), prefix + signed, hashlib.sha256).hex()}

    right = Recorded("POST", path, headers(secret, body), body)
    yield Trial(f"{story}, rightly signed", right, lambda reply: _status(reply, 200))
    forged = replace(right, headers=headers(FORGED_SECRET, body))
    yield Trial(f"{story}, signed with another secret", forged, _refuses(401))
    yield Trial(f"{story}, changed after it was signed", replace(right, body=body + b" "), _refuses(401))
    yield Trial(f"{story}, not signed", replace(right, headers=JSON), _refuses(401))


def _with_headers(
    source: Source, body: bytes, headers: Callable[[str, bytes], dict[str, str]], secret: str
) -> Iterator[Trial]:
    path = f"/v1/sources/{source.source_id}/submissions"
    right = Recorded("POST", path, headers(secret, body), body)
    yield Trial("a test lead", right, _recorded)
    forged = replace(right, headers=headers(FORGED_SECRET, body))
    yield Trial("the same signed with another secret", forged, _refuses(401))
    yield Trial("the same, changed after it was signed", replace(right, body=body + b" "), _refuses(401))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


# ------------------------------------------------------------------ what a wrong answer means


def _status(reply: HttpReply, wanted: int) -> str | None:
    if reply.status == wanted:
        return None
    return f"answered {reply.status}. {MEANINGS.get(reply.status, _anything_else(reply))}{_places(reply)}"


MEANINGS: Mapping[int, str] = {
    400: "The body was not understood, or a challenge was refused.",
    401: "The secret in this file is not the one that is deployed, or something on the way changed the body "
    "(a proxy, a firewall that rewrites).",
    403: "The verify token differs, or the test secret (LEADGATE_TEST_SECRET), or the address lacks the stage (…/prod) "
    "and API Gateway knows no such route.",
    404: "No such source there: wrong address, `enabled: false`, or the agreement that is deployed is older than this "
    "file (`make agreement`, then deploy).",
    405: "The address is right, the method is not: is this the route of another platform?",
    413: "The body is too large.",
    415: "The content type is not one that this route reads.",
    422: "The lead was understood and refused; look at the field map of the file.",
    429: "Too many requests; wait a moment and try again.",
    502: "The function broke; its log says why.",
    503: "Leadgate is there but not ready: no secret is deployed for this source, or a store is away.",
}


def _anything_else(reply: HttpReply) -> str:
    if reply.status in (301, 302, 307, 308):
        return f"It sends on to {reply.header('location')}; platforms do not follow."
    return "That is not what Leadgate answers here."


def _places(reply: HttpReply) -> str:
    """The codes that the answer names; they repeat nothing of the input."""
    try:
        told = json.loads(reply.body)
    except ValueError:
        return ""
    errors = told.get("errors", []) if isinstance(told, dict) else []
    codes = [str(one.get("code") or one.get("errorType")) for one in errors if isinstance(one, dict)]
    return f" It names: {', '.join(codes)}." if codes else ""


def _recorded(reply: HttpReply) -> str | None:
    """A builder is answered 200 even where nobody became a lead; the answer says so."""
    if reply.status != 200:
        return _status(reply, 200)
    told = json.loads(reply.body)
    if told.get("recorded") is not False:
        return None
    reason = told.get("reason", "")
    return f"understood, but not recorded ({reason}): {REASONS.get(reason, 'see docs/glossary.md for the reason.')}"


REASONS: Mapping[str, str] = {
    "no_contact_point": "no e-mail address or phone number was found; look at `fields` and `places` of the file.",
    "no_qualifying_action": "no answer was found at all; look at `places` of the file.",
    "no_permission": "this act needs a ticked consent, and no box of the file was ticked.",
    "test_lead": "the file says `tests: ignore`.",
    "key_reused": "another lead came under the same key; try again.",
}


def _refuses(status: int) -> Callable[[HttpReply], str | None]:
    def answered(reply: HttpReply) -> str | None:
        if reply.status == status:
            return None
        if reply.status < 300:
            return f"it was let in ({reply.status}): whatever answers there does not check who sends"
        return _status(reply, status)

    return answered


def _member(reply: HttpReply, name: str, wanted: str) -> str | None:
    try:
        given = json.loads(reply.body).get(name)
    except (ValueError, AttributeError):
        return "the answer is no JSON object; something else answers there"
    return None if given == wanted else "the answer was made with another secret than the one in this file"


def _whole(reply: HttpReply, wanted: bytes) -> str | None:
    return None if reply.body == wanted else "the challenge came back changed"


def _preflighted(origin: str) -> Callable[[HttpReply], str | None]:
    def answered(reply: HttpReply) -> str | None:
        allowed = reply.header("access-control-allow-origin") == origin
        return _status(reply, 204) or (None if allowed else "pages of that site may not read the answer")

    return answered


def _sent_on_to(target: str) -> Callable[[HttpReply], str | None]:
    def answered(reply: HttpReply) -> str | None:
        given = reply.header("location")
        return _status(reply, 303) or (None if given == target else f"it leads to {given}")

    return answered


_NEEDED: Mapping[str, tuple[str, ...]] = {
    "linkedin": ("client_secret",),
    "meta": ("app_secret", "verify_token"),
    "google": ("google_key",),
    "typeform": ("secret",),
    "webflow": ("secret",),
    "generic": ("secret",),
}
_TRIALS: Mapping[str, Callable[[Source, Mapping[str, str]], Iterator[Trial]]] = {
    "linkedin": _linkedin,
    "meta": _meta,
    "google": _google,
    "hubspot": _hubspot,
    "salesforce": _salesforce,
    "typeform": _typeform,
    "webflow": _webflow,
    "generic": _generic,
}
