"""A small server that shows the pages and plays the API: it records what came and answers as scripted.

Without a script it reads each body with the real strict reader and refuses in the real words.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.pages import answer, content_security_policy
from shared.domain.agreement import Agreement, Form
from shared.domain.errors import Fault, RejectedInput
from shared.domain.submission import Signals, Submission
from shared.sources import reports, website_form
from shared.web import problems
from shared.web.form_view import form_view
from tests.support.served import serving

PROBLEM = "application/problem+json"
KINDS = ("content_view", "content_download", "video_watched", "pricing_view")
ENGAGEMENT = {"url": "../../engagement", "token": "T" * 72}


@dataclass(frozen=True, slots=True)
class Knock:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def flat(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer to come; `status` 0 cuts the connection after the request was read."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = PROBLEM


def problem(code: str, *faults: tuple[str, str]) -> Scripted:
    """A problem+json answer as the API gives it."""
    reply = problems.problem(code, [Fault(pointer, fault) for pointer, fault in faults])
    return Scripted(reply.status, json.loads(reply.body), reply.headers)


@dataclass(slots=True)
class StubApi:
    """The server's address, what it was asked, and what it will answer next."""

    agreement: Agreement
    url: str = ""
    knocks: list[Knock] = field(default_factory=list)
    script: deque[Scripted] = field(default_factory=deque)
    to_do: list[dict[str, str]] = field(default_factory=list)
    recorded: dict[str, bytes] = field(default_factory=dict)
    host_pages: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def posts(self) -> list[Knock]:
        return [knock for knock in self.knocks if knock.method == "POST"]

    def receipt(self, form: Form, submission: Submission, gpc: str | None) -> dict[str, Any]:
        notice = self.agreement.notices[form.notice]
        return {
            "receipt_id": f"r-{len(self.recorded) + 1}",
            "form_id": form.form_id,
            "recorded_on": "2026-11-22",
            "recorded": {
                "action": form.action,
                "consents": [
                    {
                        "purpose": box.purpose,
                        "channel": box.channel,
                        "given": submission.consents[box.purpose],
                        "notice": notice.ref,
                        "wording_sha256": notice.sha256,
                    }
                    for box in form.boxes
                ],
            },
            "to_do": self.to_do,
            "withdraw": {"how": notice.withdrawal_method},
            "privacy": {"gpc": {"seen": gpc is not None, "applied": gpc == "1"}},
            **({"engagement": ENGAGEMENT} if submission.consents.get("profiling") else {}),
        }


@contextmanager
def served(agreement: Agreement) -> Iterator[StubApi]:
    """The stub on an ephemeral port of 127.0.0.1 until the block ends."""
    stub = StubApi(agreement)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _door(stub))
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield stub


def _door(stub: StubApi) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note()
            parts = urlsplit(self.path)
            if html_and_policy := stub.host_pages.get(parts.path):
                return self._say(200, html_and_policy[0].encode(), _html(html_and_policy[1]))
            if parts.path.startswith("/v1/forms/"):
                form = stub.agreement.forms[parts.path.removeprefix("/v1/forms/")]
                view = form_view(form, stub.agreement.notices[form.notice])
                return self._say_json(200, view, "application/json")
            found = answer(parts.path, parts.query, stub.agreement, stub.url)
            if found is None:
                return self._say(404, b"", {})
            return self._say(found.status, found.body, found.headers)

        def do_OPTIONS(self) -> None:
            self._note()
            allowed = {
                "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
                "Access-Control-Allow-Headers": "content-type",
            }
            self._say(204, b"", allowed)

        def do_POST(self) -> None:
            knock = self._note()
            if stub.script:
                return self._play(stub.script.popleft())
            if self.path == "/v1/engagement":
                return self._engage(knock)
            form = stub.agreement.forms[self.path.split("/")[3]]
            try:
                submission = website_form.read(knock.body, knock.headers["content-type"], (), Signals(), form)
            except RejectedInput as rejected:
                refusal = problems.from_error(rejected)
                return self._say(refusal.status, refusal.body.encode(), refusal.headers)
            if website_form.is_flat(knock.headers["content-type"]):
                return self._say(303, b"", {"Location": form.thanks_url})
            return self._record(form, submission, knock.headers.get("sec-gpc"))

        def _engage(self, knock: Knock) -> None:
            try:
                _, seen = reports.read_page(knock.body, knock.headers["content-type"], KINDS)
            except RejectedInput as rejected:
                refusal = problems.from_error(rejected)
                return self._say(refusal.status, refusal.body.encode(), refusal.headers)
            self._say_json(202, {"received": len(seen)}, "application/json")

        def _record(self, form: Form, submission: Submission, gpc: str | None) -> None:
            key = str(submission.key)
            replay = key in stub.recorded
            if not replay:
                stub.recorded[key] = json.dumps(stub.receipt(form, submission, gpc)).encode()
            extra = {"Idempotency-Replayed": "true"} if replay else {}
            self._say(200 if replay else 202, stub.recorded[key], {"Content-Type": "application/json", **extra})

        def _play(self, scripted: Scripted) -> None:
            if scripted.status == 0:
                self.close_connection = True
                self.connection.close()
                return
            self._say_json(scripted.status, scripted.body, scripted.content_type, scripted.headers)

        def _note(self) -> Knock:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            knock = Knock(self.command, self.path, headers, body)
            stub.knocks.append(knock)
            return knock

        def _say_json(self, status: int, body: Any, kind: str, headers: Mapping[str, str] | None = None) -> None:
            self._say(status, json.dumps(body).encode(), {"Content-Type": kind, **(headers or {})})

        def _say(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            cors = {"Access-Control-Allow-Origin": self.headers.get("origin", "null"), "Vary": "Origin"}
            cors["Access-Control-Expose-Headers"] = "Retry-After"
            for name, value in {**cors, **headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet: a test reads `knocks` instead."""

    return Door


def _html(policy: str) -> dict[str, str]:
    return {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}


def host_page(api_url: str, form_id: str) -> tuple[str, str]:
    """Another site's page that embeds the form by two lines, under its own strict policy."""
    html = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Another site</title>
<link rel="stylesheet" href="{api_url}/web/leadgate.css"></head><body>
<div data-leadgate-form="{form_id}" data-leadgate-api="{api_url}"></div>
<script src="{api_url}/web/leadgate.js" defer></script></body></html>"""
    policy = content_security_policy(api_url)
    return html, policy.replace("script-src 'self'", f"script-src {api_url}").replace(
        "style-src 'self'", f"style-src {api_url}"
    )
