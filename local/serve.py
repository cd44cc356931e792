"""The whole stack on 127.0.0.1, put together from template.yaml: pages, gateway, functions, triggers, an AWS."""

from __future__ import annotations

import errno
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from local import aws, mails, texts, triggers
from local import template as templates
from local.aws import HOST, Aws, Emulator
from local.gateway import MAX_BODY, Gateway, HttpReply, HttpRequest, load_handler
from local.live_view import LiveView, Paint, Reader
from local.logs import Tap
from local.template import Template
from shared.adapters.dynamodb_ledger import Tables
from shared.domain.agreement import Agreement, from_compiled
from shared.domain.definition import compile_definitions
from shared.domain.errors import LeadgateError
from shared.settings import compiled_agreement

DEFAULT_PORT = 8080
CONNECTIONS_AT_ONCE = 64
IDLE_SECONDS = 10
WORST_BODY = 4 * MAX_BODY
CREDENTIALS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")


class PortTaken(LeadgateError):
    """Somebody else listens there; the text says what to do."""


class NoFile(LeadgateError):
    """The ready file or the log cannot be written; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the stack is to run."""

    log: Path
    port: int = DEFAULT_PORT
    aws_port: int = 0
    stream: bool = True
    verbose: bool = False
    show_people: bool = False
    platform_secrets: str = ""
    platform_urls: Mapping[str, str] = field(default_factory=dict)
    enclose: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """The running stack."""

    api_url: str
    aws: Aws
    known: Mapping[str, str]
    reader: Reader
    view: LiveView
    emulator: Emulator

    def as_ready(self) -> dict[str, str]:
        """What the ready file says, so that any HTTP client and any AWS SDK can talk to the stack."""
        return {
            "api_url": self.api_url,
            "pages_url": f"{self.api_url}/",
            "aws_endpoint_url": self.aws.endpoint_url,
            "region": aws.REGION,
            "aws_access_key_id": aws.KEY,
            "aws_secret_access_key": aws.SECRET,
            "hand_off_queue_url": self.known["HandOffQueue"],
            "hand_off_dead_letter_queue_url": self.known["HandOffDeadLetterQueue"],
            "nurture_queue_url": self.known["NurtureQueue"],
            "enclosure_key_id": self.known.get("EnclosureKey.Arn", ""),
            "self_test_queue_url": self.known["SelfTestQueue"],
            "test_secret": aws.TEST_SECRET,
            "leads_table": self.known["LeadsTable"],
            "ledger_table": self.known["ConsentLedgerTable"],
            "notices_table": self.known["NoticesTable"],
            "suppressions_table": self.known["SuppressionsTable"],
            "queue_urls": " ".join(
                self.known[name.removesuffix(".QueueName")] for name in self.known if name.endswith(".QueueName")
            ),
            "notifications_queue_url": self.known["NotificationsQueue"],
            "parked_queue_url": self.known["NotificationsDeadLetterQueue"],
            "seals_bucket": self.known["SealsBucket"],
            "seal_key_id": self.known["SealKey"],
            "seal_log_name": os.environ.get("SEAL_LOG_NAME", ""),
        }


@contextmanager
def running(options: Options, out: IO[str], paint: Paint) -> Iterator[Stack]:
    """The stack, ready to be used; it ends with the block. Raises PortTaken and DidNotStart."""
    with ExitStack() as ends:
        server = ends.enter_context(_listen(options.port))
        log = ends.enter_context(_open_log(options.log))
        tap = Tap(log, sys.stderr if options.verbose else None)
        ends.enter_context(redirect_stdout(tap))
        child = ends.enter_context(aws.emulator(log, options.aws_port, meanwhile=_warm_up))
        own = Aws.at(child.url)
        template = _template(options)
        known = aws.make(template, own, {"PlatformSecrets": options.platform_secrets})
        set_environment(template, known, own.endpoint_url)
        mails.allow_sender(own.endpoint_url, aws.REGION, aws.KEY, aws.SECRET)
        here = f"http://{HOST}:{server.server_port}"
        os.environ.update(MAIL_FROM=mails.SENDER, LINKS_URL=here, SMS_ORIGIN=texts.ORIGIN)
        os.environ["AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"] = here + texts.PATH.rstrip("/")
        os.environ.update(options.platform_urls)
        reader = _reader(own, known)
        view = LiveView(reader, out, paint, tap, options.show_people)
        ends.callback(view.close)
        stack = Stack(f"http://{HOST}:{server.server_port}", own, known, reader, view, child)
        ends.enter_context(_triggers(template, stack, tap, options.stream))
        ends.enter_context(_serving(server, template, stack, tap))
        yield stack


def _template(options: Options) -> Template:
    """Whoever plays the platforms will not wait a quarter of an hour to see them asked."""
    often = "rate(1 minute)" if options.platform_urls else "rate(15 minutes)"
    payload = "enclosed" if options.enclose else "reference"
    return templates.read(TestSecret=aws.TEST_SECRET, PullSchedule=often, HandOffPayload=payload)


def _open_log(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise NoFile(f"The log {path} cannot be written ({error.strerror}). Choose another place: --log FILE") from None


def _warm_up() -> None:
    """Read what is slow to import while the emulator starts; nothing of it looks at the environment."""
    for module in ("local.pages", "shared.sources.website_form"):
        importlib.import_module(module)


def set_environment(template: Template, known: Mapping[str, str], endpoint_url: str) -> None:
    """Give this process the functions' variables; they read them when they are imported."""
    for name in templates.functions(template):
        os.environ.update(templates.environment(template, name, known))
    for name in CREDENTIALS:
        os.environ.pop(name, None)
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint_url,
        AWS_REGION=aws.REGION,
        AWS_DEFAULT_REGION=aws.REGION,
        AWS_ACCESS_KEY_ID=aws.KEY,
        AWS_SECRET_ACCESS_KEY=aws.SECRET,
        AWS_EC2_METADATA_DISABLED="true",
    )


def _reader(own: Aws, known: Mapping[str, str]) -> Reader:
    names = ("LeadsTable", "ConsentLedgerTable", "NoticesTable", "SuppressionsTable")
    definitions = compile_definitions(from_compiled(compiled_agreement()).definitions)
    return Reader(own, Tables(*(known[name] for name in names)), definitions)


@contextmanager
def _triggers(template: Template, stack: Stack, tap: Tap, stream: bool) -> Iterator[None]:
    around = triggers.Surroundings(stack.aws, stack.known, tap, threading.Event())
    runs: list[Callable[[], None]] = []
    if stream:
        for each in templates.streams(template):
            hears = stack.view.relayed if each.function == "RelayFunction" else _not_shown
            follower = triggers.StreamFollower(each, load_handler(each.handler), around, hears)
            runs.append(follower.run)
    for queue in templates.queue_triggers(template):
        runs.append(triggers.QueueFollower(queue, load_handler(queue.handler), around).run)
    for clock in templates.schedules(template):
        told = stack.view.swept if clock.function == "SweepFunction" else _not_shown
        runs.append(partial(triggers.keep_time, clock, load_handler(clock.handler), around, told))
    threads = [threading.Thread(target=run, daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        around.stopping.set()
        for thread in threads:
            thread.join(2)


def _not_shown(_outcome: Any) -> None:
    """What happens once a day, or adds up behind the scenes, has no place in the live view."""


# ------------------------------------------------------------------ HTTP


class Server(ThreadingHTTPServer):
    """At most so many connections at once; the next one waits for a place."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    answer: Callable[[HttpRequest], HttpReply]

    def __init__(self, port: int) -> None:
        self._places = threading.BoundedSemaphore(CONNECTIONS_AT_ONCE)
        super().__init__((HOST, port), Door)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(timeout=IDLE_SECONDS / 2):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who hangs up is no news."""


class Door(BaseHTTPRequestHandler):
    """HTTP bytes in, one `HttpRequest` to the server's `answer`, HTTP bytes out."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    error_content_type = "application/json"
    error_message_format = '{"message": "%(message)s"}'
    server: Server

    def version_string(self) -> str:
        return "leadgate"

    def _serve(self) -> None:
        try:
            body = self._body()
        except ValueError:
            self.close_connection = True
            return self.send_error(400, "Bad Request")
        request = HttpRequest(self.command, self.path, tuple(self.headers.items()), body, str(self.client_address[0]))
        reply = self.server.answer(request)
        self.close_connection = self.close_connection or len(body) > MAX_BODY
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _body(self) -> bytes:
        """The whole body, or its first bytes when it is far too long. Raises ValueError when its length is unclear."""
        lengths, coding = self.headers.get_all("Content-Length", []), self.headers.get("Transfer-Encoding")
        if coding:
            if lengths or coding.lower() != "chunked":
                raise ValueError("two lengths")
            return self._chunks()
        if len(set(lengths)) > 1 or (lengths and not (lengths[0].isascii() and lengths[0].isdigit())):
            raise ValueError("no length")
        return self._exactly(min(int(lengths[0]) if lengths else 0, WORST_BODY))

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(66).split(b";")[0], 16):
            if size < 0 or len(body) + size > WORST_BODY:
                raise ValueError("too long")
            body += self._exactly(size)
            self.rfile.readline(3)
        while self.rfile.readline(8192).strip():
            pass
        return bytes(body)

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise ValueError("cut off")
        return body

    def _send(self, reply: HttpReply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and reply.status not in (204, 304):
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """The live view tells it better, and without addresses."""


def _listen(port: int) -> Server:
    """A server that holds its port and does not answer yet."""
    try:
        return Server(port)
    except OverflowError:
        raise PortTaken(f"There is no port {port}: choose one from 1 to 65535, or 0 for any free one.") from None
    except OSError as error:
        raise PortTaken(_why_not(port, error)) from None


def _why_not(port: int, error: OSError) -> str:
    other = f"Choose another one (--port {port + 1}), or any free one (--port 0)."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {HOST} is taken by another program. {other}"
    return f"Port {port} of {HOST} cannot be opened ({os.strerror(error.errno or 0)}). {other}"


@contextmanager
def _serving(server: Server, template: Template, stack: Stack, tap: Tap) -> Iterator[None]:
    gateway = Gateway(template, tap)
    agreement, box = from_compiled(compiled_agreement()), texts.TextBox()

    def answer(request: HttpRequest) -> HttpReply:
        if request.method == "GET" and request.path == "/mails":
            return _mails(stack.aws.endpoint_url, box)
        if request.method == "POST" and request.path == texts.PATH:
            return _texted(request, box)
        page = None if request.path.startswith("/v1/") else page_for(request, agreement, stack.api_url)
        if page:
            return page
        exchange = gateway.answer(request)
        if request.path.startswith(("/v1/", "/submissions/", "/servlet/")):
            stack.view.exchanged(exchange)
        return exchange.reply

    server.answer = answer
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(IDLE_SECONDS)


def _mails(endpoint_url: str, box: texts.TextBox) -> HttpReply:
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
    return HttpReply(200, headers, mails.page(mails.sent(endpoint_url), box.sent()).encode("utf-8"))


def _texted(request: HttpRequest, box: texts.TextBox) -> HttpReply:
    target = next((value for name, value in request.headers if name.lower() == "x-amz-target"), None)
    status, told = box.take(target, request.body)
    return HttpReply(status, (("Content-Type", "application/x-amz-json-1.0"),), json.dumps(told).encode("ascii"))


def page_for(request: HttpRequest, agreement: Agreement, api_url: str) -> HttpReply | None:
    """A landing page or one of its files; a page asked for as `localhost` speaks to `localhost`."""
    from local import pages  # after the emulator's start, to be ready sooner

    if request.method not in ("GET", "HEAD"):
        return None
    host = next((value for name, value in request.headers if name.lower() == "host"), "")
    same = f"http://{host}" if host == f"localhost:{urlsplit(api_url).port}" else api_url
    parts = urlsplit(request.target)
    found = pages.answer(parts.path, parts.query, agreement, same)
    return HttpReply(found.status, tuple(found.headers.items()), found.body) if found else None


def write_ready(path: Path, ready: Mapping[str, str]) -> None:
    """Whole or not at all: a reader never sees half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(ready, indent=1) + "\n", "utf-8")
        draft.replace(path)
    except OSError as error:
        raise NoFile(f"The ready file {path} cannot be written: {error.strerror}.") from None


@contextmanager
def ready_file(path: Path | None) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """A way to say that all is ready; the file exists only while that is true. Raises NoFile."""
    if path is None:
        yield lambda _ready: None
        return
    if not path.parent.is_dir():
        raise NoFile(f"The ready file cannot be written: there is no folder {path.parent}. Make it first.")
    _forget(path)
    try:
        yield lambda ready: write_ready(path, ready)
    finally:
        _forget(path)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise NoFile(f"The ready file {path} cannot be replaced: {error.strerror}.") from None
