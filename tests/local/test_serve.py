"""The local HTTP server: bytes in and out, ports and the ready file."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import serve
from local.gateway import MAX_BODY, HttpReply, HttpRequest
from local.serve import NoFile, PortTaken, Server, page_for, ready_file
from shared.domain.agreement import from_compiled
from shared.settings import compiled_agreement
from tests.support.served import serving

POST = b"POST /x HTTP/1.1\r\nHost: h\r\n"


@pytest.fixture
def server() -> Iterator[Server]:
    """Answers every request with its own body."""
    made = Server(0)
    made.answer = lambda request: HttpReply(200, (("X-Length", str(len(request.body))),), request.body[:100])
    with serving(made):
        yield made


def answer_to(server: Server, sent: bytes) -> bytes:
    """Everything that comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.server_port), 5) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (POST + b"Content-Length: 3\r\n\r\nabc", b"abc"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: t\r\n\r\n", b"abc"),
        (POST + b"\r\n", b""),
    ],
)
def test_a_body_is_read_whole_however_its_length_is_told(server: Server, sent: bytes, body: bytes) -> None:
    answer = answer_to(server, sent)

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        POST + b"Content-Length: 9\r\n\r\ncut",
        POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
    ],
)
def test_an_unclear_length_is_refused_and_the_connection_closed(server: Server, sent: bytes) -> None:
    assert answer_to(server, sent).startswith(b"HTTP/1.1 400")


def test_two_requests_share_a_connection(server: Server) -> None:
    answer = answer_to(server, (POST + b"Content-Length: 1\r\n\r\na") * 2)

    assert answer.count(b"HTTP/1.1 200") == 2


def test_a_head_request_gets_headers_only(server: Server) -> None:
    answer = answer_to(server, b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")

    assert answer.endswith(b"\r\n\r\n")


def test_a_body_over_the_limit_is_read_so_that_the_sender_hears_the_answer(server: Server) -> None:
    size = MAX_BODY + 1

    answer = answer_to(server, POST + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)

    assert b"X-Length: %d" % size in answer
    assert b"Connection: close" in answer


def test_a_taken_port_says_what_to_do(server: Server) -> None:
    with pytest.raises(PortTaken, match=rf"Port {server.server_port} .* is taken .*--port 0"):
        serve._listen(server.server_port)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_explained(port: int) -> None:
    with pytest.raises(PortTaken, match="from 1 to 65535"):
        serve._listen(port)


def test_the_ready_file_is_there_only_while_all_is_ready(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text("of an earlier run")

    with ready_file(path) as tell:
        before = path.exists()
        tell({"api_url": "http://x"})
        meanwhile = json.loads(path.read_text())

    assert (before, meanwhile, list(tmp_path.iterdir())) == (False, {"api_url": "http://x"}, [])


def test_a_ready_file_without_a_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(NoFile, match="there is no folder"), ready_file(tmp_path / "no" / "ready.json"):
        pass


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [("GET", "/", 200), ("HEAD", "/newsletter", 200), ("GET", "/sorry?reason=no_permission", 200)],
)
def test_pages_come_from_the_agreement(method: str, target: str, status: int) -> None:
    agreement = from_compiled(compiled_agreement())

    page = page_for(HttpRequest(method, target), agreement, "http://127.0.0.1:1")

    assert page
    assert page.status == status


@pytest.mark.parametrize(("method", "target"), [("POST", "/"), ("GET", "/nowhere"), ("GET", "/web/../pyproject.toml")])
def test_anything_else_is_no_page(method: str, target: str) -> None:
    agreement = from_compiled(compiled_agreement())

    page = page_for(HttpRequest(method, target), agreement, "http://127.0.0.1:1")

    assert page is None or page.status == 404


@pytest.mark.parametrize(
    ("host", "action"),
    [("localhost:81", "http://localhost:81/v1"), ("evil.example", "http://127.0.0.1:81/v1")],
)
def test_a_page_speaks_to_the_very_server_that_it_came_from(host: str, action: str) -> None:
    agreement = from_compiled(compiled_agreement())

    page = page_for(HttpRequest("GET", "/", (("Host", host),)), agreement, "http://127.0.0.1:81")

    assert page
    assert f'action="{action}'.encode() in page.body
