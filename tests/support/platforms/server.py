"""A small HTTP server on 127.0.0.1 that plays a platform, and goes wrong as a test says."""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support import served


@dataclass(frozen=True)
class Asked:
    """One request as it came; header names are lower-case, query values are decoded and the last of each name."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


@dataclass
class Fault:
    """What happens to the next `times` requests whose path contains `where`.

    Kinds: a status code with `said` as its body, `slow` (a byte every now and then), `silent` (nothing at all),
    `broken` (the connection ends in the middle), `malformed` (half of the JSON), `huge` (more than anybody reads),
    `elsewhere` (a redirect).
    """

    where: str
    kind: str | int
    times: int = 1
    said: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakePlatform(ABC):
    """Answers by `reply`; keeps what was asked in `asked`. `leads` by id are open to tests."""

    leads: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, lead: dict[str, Any]) -> dict[str, Any]:
        self.leads[lead["id"]] = lead
        return lead

    def fail(self, where: str, kind: str | int, times: int = 1, said: Any = None, **headers: str) -> None:
        """Header names are given with underscores: `retry_after="2"`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(where, kind, times, said, named))

    @abstractmethod
    def reply(self, asked: Asked) -> Said:
        """What the platform answers when nothing goes wrong."""

    def count(self, where: str) -> int:
        """How often something with this in its path was asked for."""
        return sum(where in asked.path for asked in self.asked)

    def fault_for(self, asked: Asked) -> Fault | None:
        with self._lock:
            self.asked.append(asked)
            fault = next((one for one in self.faults if one.times > 0 and one.where in asked.path), None)
            if fault:
                fault.times -= 1
            return fault


@contextmanager
def serving(platform: FakePlatform) -> Iterator[str]:
    """The platform's address, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Desk", (_Desk,), {"platform": platform}))
    server.daemon_threads, server.block_on_close = True, False
    with served.serving(server) as platform.url:
        yield platform.url


class _Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    platform: FakePlatform

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        fault = self.platform.fault_for(asked)
        if fault is None:
            self._say(self.platform.reply(asked))
        elif isinstance(fault.kind, int):
            self._say(Said(fault.kind, fault.said, fault.headers))
        else:
            getattr(self, f"_{fault.kind}")(asked)

    do_GET = do_POST = _serve

    def _say(self, said: Said) -> None:
        self.send_response(said.status)
        for name, value in {"Content-Type": "application/json", **said.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said.body)))
        self.end_headers()
        self.wfile.write(said.body)

    def _begin(self, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _slow(self, asked: Asked) -> None:
        body = self.platform.reply(asked).body
        self._begin(len(body))
        for place in range(min(len(body), 100)):
            time.sleep(0.1)
            self._write(body[place : place + 1])
        self.close_connection = True

    def _silent(self, _asked: Asked) -> None:
        time.sleep(3)
        self.close_connection = True

    def _broken(self, asked: Asked) -> None:
        body = self.platform.reply(asked).body
        self._begin(len(body))
        self._write(body[: len(body) // 2])
        self.close_connection = True

    def _malformed(self, asked: Asked) -> None:
        body = self.platform.reply(asked).body
        self._say(Said(200, body[: len(body) // 2]))

    def _huge(self, _asked: Asked) -> None:
        self._begin(1 << 40)
        for _ in range(40):
            self._write(b" " * (1 << 20))
        self.close_connection = True

    def _elsewhere(self, _asked: Asked) -> None:
        self._say(Said(302, {}, {"Location": "http://169.254.169.254/latest/meta-data/"}))

    def _write(self, piece: bytes) -> None:
        try:
            self.wfile.write(piece)
        except OSError:  # whoever asked has hung up
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """A test reads `asked` instead."""
