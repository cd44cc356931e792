"""Emulated AWS endpoints for tests, with tables and queues built from template.yaml.

moto loses updates under threads, so only one thread may use it; ministack takes threads.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

from local import aws, template
from shared.adapters.aws import now
from shared.adapters.connections import Connections
from shared.adapters.dynamodb_ledger import Tables
from shared.adapters.transport import DYNAMODB, KMS, SECRETS, SQS, Credentials, SignedTransport
from tests.support.children import end

REGION = "us-east-1"
NUMBERS = itertools.count(1)
LOGICAL = ("LeadsTable", "ConsentLedgerTable", "NoticesTable", "SuppressionsTable")


@dataclass(frozen=True)
class Cloud:
    """One emulated endpoint."""

    url: str

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)

    def dynamodb(self) -> SignedTransport:
        return SignedTransport(DYNAMODB, REGION, f"{self.url}/", Credentials("test", "test"), Connections(), now)

    def kms(self) -> SignedTransport:
        return SignedTransport(KMS, REGION, f"{self.url}/", Credentials("test", "test"), Connections(), now)

    def secrets(self) -> SignedTransport:
        return SignedTransport(SECRETS, REGION, f"{self.url}/", Credentials("test", "test"), Connections(), now)

    def sqs(self) -> SignedTransport:
        return SignedTransport(SQS, REGION, f"{self.url}/", Credentials("test", "test"), Connections(), now)


def fresh_tables(cloud: Cloud) -> Tables:
    """The template's four tables under new names."""
    wanted = template.tables(template.read(), prefix=f"t{next(NUMBERS)}-")
    client = cloud.client("dynamodb")
    for name in LOGICAL:
        client.create_table(**wanted[name])
    return Tables(*(wanted[name]["TableName"] for name in LOGICAL))


@contextmanager
def ministack() -> Iterator[Cloud]:
    """A ministack process of our own on a free port of 127.0.0.1, ended with the test run."""
    with tempfile.TemporaryDirectory() as home:
        port = aws.free_port()
        environment = {
            **os.environ,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": home,
            "LOG_LEVEL": "ERROR",
        }
        with open(os.path.join(home, "log"), "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ministack"], env=environment, stdout=log, stderr=log, cwd=home
            )
        try:
            _wait(process, f"http://127.0.0.1:{port}")
            yield Cloud(f"http://127.0.0.1:{port}")
        finally:
            end(process, 10)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("ministack did not start")
