"""An AWS of our own on 127.0.0.1: ministack as a child process, and the template's tables, queues and secret in it.

The child watches a pipe from its parent: when the parent ends, however it ends, the pipe closes and the child goes too.
"""

from __future__ import annotations

import http.client
import json
import os
import runpy
import secrets
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from local import template as templates
from local.template import Template
from shared.adapters.connections import Connections
from shared.adapters.transport import DYNAMODB, KMS, SECRETS, SQS, Credentials, SignedTransport, Transport
from shared.domain.errors import LeadgateError

HOST = "127.0.0.1"
REGION = templates.PSEUDO["AWS::Region"]
KEY, SECRET = "test", "test"
TEST_SECRET = "test-secret-of-this-machine-only"
STREAMS = ("streams.dynamodb", "DynamoDBStreams_20120810", "application/x-amz-json-1.0")
START_ATTEMPTS, START_SECONDS = 3, 60.0
STOP_SECONDS = 5.0
LETTERS = string.ascii_letters + string.digits


class DidNotStart(LeadgateError):
    """The embedded AWS did not come up; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Aws:
    """The services that Leadgate talks to, at one address."""

    endpoint_url: str
    dynamodb: Transport
    streams: Transport
    sqs: Transport
    secrets: Transport
    kms: Transport

    @staticmethod
    def at(endpoint_url: str) -> Aws:
        connections = Connections(connect_seconds=5, read_seconds=30)
        ways = (
            SignedTransport(service, REGION, f"{endpoint_url}/", Credentials(KEY, SECRET), connections, _now)
            for service in (DYNAMODB, STREAMS, SQS, SECRETS, KMS)
        )
        return Aws(endpoint_url, *ways)


def _now() -> datetime:
    return datetime.now(UTC)


# ------------------------------------------------------------------ the child process


@dataclass(frozen=True, slots=True)
class Emulator:
    """The child process and where it listens."""

    url: str
    process: subprocess.Popen[bytes]

    def is_running(self) -> bool:
        return self.process.poll() is None


@contextmanager
def emulator(log: IO[str], port: int = 0, meanwhile: Callable[[], object] = lambda: None) -> Iterator[Emulator]:
    """A running ministack; port 0 takes any free one. `meanwhile` is done while it starts. Raises DidNotStart."""
    if port:
        _must_be_free(port)
    with tempfile.TemporaryDirectory(prefix="leadgate-", ignore_cleanup_errors=True) as folder:
        child = _spawn(folder, log, port or free_port())
        try:
            meanwhile()
            for _ in range(START_ATTEMPTS - 1):
                if _comes_up(child):
                    break
                _end(child)
                child = _spawn(folder, log, port or free_port())
            if not _comes_up(child):
                raise DidNotStart(f"The embedded AWS (ministack) did not start at {child.url}. {log.name} says why.")
            yield child
        finally:
            _end(child)


def _spawn(folder: str, log: IO[str], port: int) -> Emulator:
    settings = {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": folder,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AUTH"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "local.aws", str(port)],
        env={**inherited, **settings},
        cwd=Path(__file__).resolve().parent.parent,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    return Emulator(f"http://{HOST}:{port}", process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _must_be_free(port: int) -> None:
    """Another emulator there would answer in place of ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            raise DidNotStart(
                f"Port {port} of {HOST} is not free. Choose another one for the AWS: --aws-port"
            ) from None


def _comes_up(child: Emulator) -> bool:
    """Does it answer before it ends or the time is over?"""
    give_up = time.monotonic() + START_SECONDS
    while child.is_running() and time.monotonic() < give_up:
        if _is_healthy(child):
            return True
        time.sleep(0.05)
    return False


def _is_healthy(child: Emulator) -> bool:
    connection = http.client.HTTPConnection(child.url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(child: Emulator) -> None:
    """Close the pipe, which ends it at once; whatever is left of its group is killed."""
    process = child.process
    if process.stdin:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)


def _go_with_parent() -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os._exit(0)


# ------------------------------------------------------------------ what the template wants in it


def make(template: Template, aws: Aws, put_in: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make tables, queues and secrets; gives what a `Ref` or a `GetAtt` to each of them stands for.

    `put_in` is what an operator puts into secrets, by the template's name of each.
    """
    known: dict[str, str] = {}
    for name, arguments in templates.tables(template).items():
        made = aws.dynamodb.send("CreateTable", arguments)["TableDescription"]
        known |= {name: arguments["TableName"], f"{name}.Arn": made["TableArn"]}
        if "LatestStreamArn" in made:
            known[f"{name}.StreamArn"] = made["LatestStreamArn"]
    for name, arguments in templates.queues(template).items():
        known |= _queue(aws, name, arguments)
    for name, raw in templates.resources(template, "AWS::SecretsManager::Secret").items():
        text = (put_in or {}).get(name) or secret_string(raw)
        arn = aws.secrets.send("CreateSecret", {"Name": name, "SecretString": text})["ARN"]
        known |= {name: arn, f"{name}.Id": arn}
    for name, raw in templates.resources(template, "AWS::KMS::Key").items():
        known |= _key(aws, name, raw)
    for name in templates.resources(template, "AWS::S3::Bucket"):
        known |= _bucket(aws, name)
    return known


def _key(aws: Aws, name: str, raw: Mapping[str, Any]) -> dict[str, str]:
    wanted = {what: raw[what] for what in ("KeySpec", "KeyUsage") if what in raw}
    made = aws.kms.send("CreateKey", wanted)["KeyMetadata"]
    return {name: made["KeyId"], f"{name}.Arn": made["Arn"]}


def _bucket(aws: Aws, name: str) -> dict[str, str]:
    """A bucket with Object Lock; its name in small letters, as S3 wants it."""
    bucket = name.lower()
    connection = http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=30)
    try:
        connection.request("PUT", f"/{bucket}", headers={"x-amz-bucket-object-lock-enabled": "true"})
        if connection.getresponse().status != 200:
            raise DidNotStart(f"The embedded AWS did not make the bucket {bucket}.")
    finally:
        connection.close()
    return {name: bucket, f"{name}.Arn": f"arn:aws:s3:::{bucket}"}


def _queue(aws: Aws, name: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    url = aws.sqs.send("CreateQueue", dict(arguments))["QueueUrl"]
    asked = aws.sqs.send("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})
    return {name: url, f"{name}.Arn": asked["Attributes"]["QueueArn"], f"{name}.QueueName": arguments["QueueName"]}


def secret_string(raw: Mapping[str, Any]) -> str:
    """The template's text, or what `GenerateSecretString` makes of it: the template's JSON and one random key in it."""
    if "SecretString" in raw:
        return str(raw["SecretString"])
    wanted = raw["GenerateSecretString"]
    random_text = "".join(secrets.choice(LETTERS) for _ in range(wanted.get("PasswordLength", 32)))
    return json.dumps({**json.loads(wanted["SecretStringTemplate"]), wanted["GenerateStringKey"]: random_text})


if __name__ == "__main__":
    threading.Thread(target=_go_with_parent, daemon=True).start()
    sys.argv[1:] = []
    runpy.run_module("ministack", run_name="__main__")
