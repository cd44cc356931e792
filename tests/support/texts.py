"""A mobile network for tests: takes texts over HTTP as AWS does, and keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from local.texts import TextBox
from tests.support.served import serving


@contextmanager
def text_network() -> Iterator[tuple[str, TextBox]]:
    """The endpoint's address and what arrives there."""
    box = TextBox()

    class Network(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, told = box.take(self.headers["X-Amz-Target"], body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, format: str, *args: object) -> None:
            """A test says itself what went wrong."""

    server = HTTPServer(("127.0.0.1", 0), Network)
    with serving(server) as url:
        yield url, box
