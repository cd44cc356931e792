"""Kept HTTP/1.1 connections to AWS: a call is one write and, for a usual answer, one read.

It speaks only what AWS's JSON services speak: a POST, and an answer of known length or in chunks. Whatever goes wrong
on the way is an OSError, and that connection is not used again. It never retries and never follows a redirect.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Mapping
from functools import cache
from io import BufferedReader
from typing import NamedTuple
from urllib.parse import urlsplit

Address = tuple[str, str, int]
CONNECT_SECONDS, READ_SECONDS = 1.0, 2.5
LONGEST_LINE, MOST_HEADERS = 16 * 1024, 100
ENDED = b"\r\n"


class Reply(NamedTuple):
    """One answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Connections:
    """Connections that wait for their next call, by address; threads may share it, as each call takes one out."""

    def __init__(self, connect_seconds: float = CONNECT_SECONDS, read_seconds: float = READ_SECONDS) -> None:
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._idle: dict[Address, list[Connection]] = {}

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The answer to one POST; `headers` must name the host. Raises OSError when it may or may not have arrived."""
        path, address = _target(url)
        request = _as_bytes(path, headers, body)
        connection = self._idle_one(address) or Connection(address, self._connect_seconds, self._read_seconds)
        try:
            reply, is_kept = connection.exchange(request)
        except (OSError, ValueError) as error:
            connection.close()
            raise error if isinstance(error, OSError) else OSError("not an HTTP answer") from None
        if is_kept:
            self._idle.setdefault(address, []).append(connection)
        else:
            connection.close()
        return reply

    def _idle_one(self, address: Address) -> Connection | None:
        """The last one put back that the other side has not closed meanwhile."""
        waiting = self._idle.get(address, [])
        while waiting:
            try:
                connection = waiting.pop()
            except IndexError:  # another thread was faster
                return None
            if connection.is_quiet():
                return connection
            connection.close()
        return None


class Connection:
    """One connection to one address."""

    def __init__(self, address: Address, connect_seconds: float, read_seconds: float) -> None:
        scheme, host, port = address
        self._socket = socket.create_connection((host, port), connect_seconds)
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(read_seconds)
            if scheme == "https":
                self._socket = _tls().wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise
        self._stream = self._socket.makefile("rb")
        self._watch = select.poll()
        self._watch.register(self._socket, select.POLLIN)

    def exchange(self, request: bytes) -> tuple[Reply, bool]:
        """The answer, and whether the connection stays open after it."""
        self._socket.sendall(request)
        version, status = _status(self._stream)
        headers = _headers(self._stream)
        is_kept = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Reply(status, headers, _body(self._stream, headers)), is_kept

    def is_quiet(self) -> bool:
        """Nothing to read between two calls: neither an end nor what nobody asked for."""
        return not self._watch.poll(0)

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self.close()


@cache
def _target(url: str) -> tuple[str, Address]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.path or "/", (parts.scheme, parts.hostname or "", port)


@cache
def _tls() -> ssl.SSLContext:
    """Certificates and host names are checked. Loading the roots is dear, so once for all connections."""
    return ssl.create_default_context()


def _as_bytes(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body


def _status(stream: BufferedReader) -> tuple[str, int]:
    version, code, *_ = _line(stream).split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError
    return version, int(code)


def _headers(stream: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = _line(stream)
        if not line:
            return headers
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    raise ValueError


def _body(stream: BufferedReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(_chunks(stream))
    if "content-length" not in headers:
        raise ValueError  # what ends with its connection could be half an answer
    return _exactly(stream, int(headers["content-length"]))


def _chunks(stream: BufferedReader) -> list[bytes]:
    chunks = []
    while size := int(_line(stream).partition(";")[0], 16):
        chunks.append(_exactly(stream, size))
        _line(stream)
    _headers(stream)
    return chunks


def _exactly(stream: BufferedReader, size: int) -> bytes:
    found = stream.read(size)
    if len(found) != size:
        raise OSError("the answer broke off")
    return found


def _line(stream: BufferedReader) -> str:
    line = stream.readline(LONGEST_LINE)
    if not line.endswith(ENDED):
        raise OSError("the answer broke off")
    return line[:-2].decode("latin-1")
