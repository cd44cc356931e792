"""Recorded requests from a file, one JSON object a line: `{"method", "path", "headers", "body"}`.

A body that is text is sent as it is, in UTF-8; an object or a list is sent as JSON; without one nothing is sent.
`story` may say in a sentence what the request shows.
"""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from local.gateway import HttpReply
from local.live_view import Paint, message_lines
from local.unusable import Unusable

PATIENCE_SECONDS = 30.0
EXAMPLE = 'One line is one: {"method": "GET", "path": "/v1/forms/demo-request"}'
KNOWN = {"method", "path", "headers", "body", "story"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as the file has it."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    story: str = ""


def read(path: Path) -> list[Recorded]:
    """All requests of a file. Raises Unusable with the line that is wrong."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.") from None
    found = [_request(f"{path} line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise Unusable(f"{path} holds no request. {EXAMPLE}")
    return found


def _request(where: str, line: str) -> Recorded:
    try:
        plain = json.loads(line)
    except ValueError as error:
        raise Unusable(f"{where} is not JSON: {error}.") from None
    if not isinstance(plain, dict) or plain.keys() - KNOWN:
        raise Unusable(f"{where} must be an object with method, path, headers and body (and story, if you like).")
    method, path, headers = plain.get("method", "GET"), plain.get("path"), plain.get("headers") or {}
    if not isinstance(method, str) or not isinstance(path, str) or not path.startswith("/"):
        raise Unusable(f"{where}: method must be text, and path must be text that starts with /.")
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise Unusable(f"{where}: headers must be an object of texts.")
    return Recorded(method, path, headers, _body(plain.get("body")), str(plain.get("story", "")))


def _body(value: Any) -> bytes | None:
    if value is None:
        return None
    return value.encode("utf-8") if isinstance(value, str) else json.dumps(value, ensure_ascii=False).encode("utf-8")


def send(url: str, request: Recorded) -> HttpReply:
    """The answer; redirects are shown, not followed. Raises Unusable when nobody answers."""
    parts = urlsplit(url)
    kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}.get(parts.scheme)
    if kind is None or not parts.hostname:
        raise Unusable(f"{url} is no address: write it like http://127.0.0.1:8080.")
    connection = kind(parts.netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request(request.method, parts.path.rstrip("/") + request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        return HttpReply(answer.status, tuple(answer.getheaders()), answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unusable(f"Nothing useful answers at {url} ({error}). Does `leadgate serve` run there?") from None
    finally:
        connection.close()


def reply_lines(number: int, request: Recorded, reply: HttpReply, paint: Paint) -> Iterator[str]:
    """Status and body of one answer."""
    colour = "bad" if reply.status >= 400 else "good"
    yield f"{number:>3}  {paint('bold', f'{request.method} {request.path}')} → {paint(colour, str(reply.status))}"
    location = reply.header("location")
    if location:
        yield f"     Location: {location}"
    yield from (f"     {line}" for line in _pretty(reply.body).splitlines())


def _pretty(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def send_all(url: str, requests: list[Recorded], out: IO[str], paint: Paint) -> None:
    for number, request in enumerate(requests, 1):
        print(*reply_lines(number, request, send(url, request), paint), sep="\n", file=out, flush=True)


def replay(path: Path, url: str | None, log: Path, out: IO[str], paint: Paint) -> int:
    """Send a file's requests to `url`, or to a stack of our own whose messages to sales are shown too."""
    requests = read(path)
    if url:
        send_all(url, requests, out, paint)
        print("The messages to sales are on the queue of that address; without --url they are shown here.", file=out)
        return 0
    from local import serve

    with serve.running(serve.Options(log, port=0), io.StringIO(), Paint()) as stack:
        send_all(stack.api_url, requests, out, paint)
        arrived = stack.reader.all_delivered(PATIENCE_SECONDS)
        messages = [json.loads(item["body"]["S"]) for item in stack.reader.outbox()]
    print(f"\n{len(messages)} message{'' if len(messages) == 1 else 's'} to sales", file=out)
    for message in messages:
        print(*message_lines(message, paint), sep="\n", file=out)
    return 0 if arrived else 1
