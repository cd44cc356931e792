"""One exchange with a server that the configuration names: bounded in time and in size, and never led elsewhere.

It follows no redirect, takes no address from an answer, and asks no proxy. Python's own HTTP client does the speaking
(docs/decisions/0013-http-client.md); what is added here is one deadline over the whole exchange, for its timeouts
start anew with every byte.
"""

from __future__ import annotations

import http.client
import io
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from shared.domain.errors import CannotHappen, RejectedInput

EXCHANGE_SECONDS = 5.0
MAX_ANSWER = 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PIECE = 64 * 1024


class Answer(NamedTuple):
    """One answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `target` is path and query, encoded. It is never printed: its headers hold a token."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    max_answer: int = MAX_ANSWER

    def __repr__(self) -> str:
        return f"Request({self.method})"


class Exchange(Protocol):
    def __call__(self, base_url: str, request: Request) -> Answer:
        """The answer; raises OSError when it may or may not have arrived, RejectedInput when it is too large."""
        ...


def exchange(base_url: str, request: Request, seconds: float = EXCHANGE_SECONDS) -> Answer:
    """Keeps the Exchange port over a connection of its own."""
    deadline = time.monotonic() + seconds
    connection, prefix = _connection(base_url, seconds)
    try:
        connection.connect()
        connection.sock = _Hurried(connection.sock, deadline)
        connection.request(request.method, prefix + request.target, request.body or None, dict(request.headers))
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, _body(response, request.max_answer))
    except http.client.HTTPException:
        raise OSError("not an HTTP answer") from None
    finally:
        connection.close()


@cache
def checked(base_url: str) -> str:
    """The address as it was configured: https, or http on this machine; scheme, host, port and path and nothing else.

    Raises CannotHappen for any other.
    """
    parts = urlsplit(base_url)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise CannotHappen("the address of a platform must be https://host/path (http on this machine only)")
    return base_url.rstrip("/")


def _connection(base_url: str, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(checked(base_url))
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=_tls()), parts.path
    return http.client.HTTPConnection(host, parts.port, timeout=seconds), parts.path


@cache
def _tls() -> ssl.SSLContext:
    """Certificates and host names are checked. Loading the roots is dear, so once for all."""
    return ssl.create_default_context()


def _body(response: http.client.HTTPResponse, limit: int) -> bytes:
    """The body piece by piece, so that no claim of its length is believed."""
    pieces, size = [], 0
    while piece := response.read(min(PIECE, limit + 1 - size)):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise RejectedInput("answer_too_large")
    if response.length:
        raise OSError("the answer broke off")
    return b"".join(pieces)


class _Hurried:
    """A connected socket whose every wait ends at one deadline."""

    def __init__(self, inner: Any, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def sendall(self, data: bytes) -> None:
        self._hurry()
        self._inner.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Until(self))

    def recv_into(self, buffer: Any) -> int:
        self._hurry()
        return int(self._inner.recv_into(buffer))

    def close(self) -> None:
        self._inner.close()

    def _hurry(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._inner.settimeout(left)


class _Until(io.RawIOBase):
    """What a hurried socket gives to read."""

    def __init__(self, source: _Hurried) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._source.recv_into(buffer)
