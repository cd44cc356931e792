from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.connections import Connections, Reply

OK = b"HTTP/1.1 200 OK\r\nX-Amz-Crc32: 7\r\nContent-Length: 2\r\n\r\n{}"
BROKEN = "broke off|not an HTTP answer"


class Service:
    """A server on 127.0.0.1 with one answer for each request; an empty one closes the connection."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = iter(answers)
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed_one = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        for _ in range(10):
            try:
                connection, _peer = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):
                self._talk(connection)
            self.closed_one.set()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        while request := connection.recv(65536):
            self.requests.append(request)
            answer = next(self.answers, b"")
            if not answer:
                return
            connection.sendall(answer)
            if b"Content-Length: 99" in answer or b"close" in answer:
                return


@contextmanager
def a_service(*answers: bytes) -> Iterator[Service]:
    service = Service(list(answers))
    yield service
    service.listener.shutdown(socket.SHUT_RDWR)
    service.listener.close()


def post(connections: Connections, service: Service, body: bytes = b"{}") -> Reply:
    return connections.post(service.url, {"host": "service.example.com"}, body)


def test_a_call_is_one_write_with_host_and_length() -> None:
    with a_service(OK) as service:
        reply = post(Connections(), service)

    assert reply == Reply(200, {"x-amz-crc32": "7", "content-length": "2"}, b"{}")
    assert service.requests == [b"POST / HTTP/1.1\r\nhost: service.example.com\r\ncontent-length: 2\r\n\r\n{}"]


def test_the_next_call_uses_the_same_connection() -> None:
    connections = Connections()

    with a_service(OK, OK) as service:
        post(connections, service)
        post(connections, service)

    assert service.connections == 1


def test_a_connection_that_the_service_closed_meanwhile_is_replaced() -> None:
    connections = Connections()

    with a_service(OK.replace(b"X-Amz", b"Was-close"), OK) as service:
        post(connections, service)
        assert service.closed_one.wait(5)
        reply = post(connections, service)

    assert (reply.status, service.connections) == (200, 2)


def test_a_connection_that_says_close_is_not_kept() -> None:
    connections = Connections()

    with a_service(OK.replace(b"X-Amz-Crc32: 7", b"Connection: close"), OK) as service:
        post(connections, service)
        post(connections, service)

    assert service.connections == 2


def test_an_answer_in_chunks_is_put_together() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\nA;note=1\r\n0123456789\r\n0\r\n\r\n"
    connections = Connections()

    with a_service(chunked, OK) as service:
        reply = post(connections, service)
        again = post(connections, service)

    assert (reply.data, again.data, service.connections) == (b"{}\n0123456789", b"{}", 1)


def test_an_error_of_the_service_is_an_answer() -> None:
    with a_service(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\n\r\nnope") as service:
        assert post(Connections(), service).status == 400


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nclose",
        b"HTTP/1.1 fine\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_a_broken_answer_is_an_oserror_and_ends_the_connection(answer: bytes) -> None:
    connections = Connections(read_seconds=2)

    with a_service(answer, OK) as service:
        with pytest.raises(OSError, match=BROKEN):
            post(connections, service)
        reply = post(connections, service) if answer else Reply(200, {}, b"")

    assert reply.status == 200


def test_a_service_that_stays_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        Connections(read_seconds=0.05).post(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}, b"")


def test_a_service_that_nobody_runs_is_an_oserror() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}/"

    with pytest.raises(ConnectionRefusedError):
        Connections().post(url, {}, b"")


def test_a_service_without_tls_is_refused_where_tls_was_asked_for() -> None:
    with a_service(b"not TLS at all") as service, pytest.raises(ssl.SSLError):
        Connections(read_seconds=2).post(service.url.replace("http:", "https:"), {}, b"")


@given(noise=st.binary(max_size=80))
@settings(max_examples=40, deadline=None)
def test_whatever_comes_back_is_an_answer_or_an_oserror(noise: bytes) -> None:
    with a_service(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + noise) as service:
        try:
            reply = post(Connections(read_seconds=2), service)
        except OSError:
            return

    assert reply.status == 200
