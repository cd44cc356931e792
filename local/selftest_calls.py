"""Where a self-test looks and what it may touch: a stack's doors, its queue of tests, and where allowed its tables."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import ledger_tables, mails
from local.gateway import HttpReply
from local.replay import Recorded, send
from local.signed import asked
from local.traces import Places, traces
from local.unusable import Unusable
from local.where import Ready
from shared.adapters.aws import transport
from shared.adapters.transport import DYNAMODB, SQS, Transport
from shared.domain.ledger_entry import Head
from shared.domain.ledger_proof import Evidence, Trust, verify
from shared.settings import from_environment

TABLES = ("LEADS_TABLE", "LEDGER_TABLE", "NOTICES_TABLE", "SUPPRESSIONS_TABLE")
NEEDED = ("LEADGATE_TEST_SECRET", "SELF_TEST_QUEUE_URL")
SEALS = ("SEALS_BUCKET", "SEAL_KEY_ID", "SEAL_LOG_NAME")
LINK = re.compile(r"/v1/(confirm|preferences)/([\w-]+)")


@dataclass(frozen=True, slots=True)
class Where:
    """One stack: its API, the variables that lead to the rest, and the queues that a search looks through. Only a
    stack on this machine shows its mails.
    """

    api_url: str
    environment: Mapping[str, str]
    queues: tuple[str, ...] = ()
    not_for_tests: tuple[str, ...] = ()
    logs: tuple[Path, ...] = ()
    is_local: bool = False


def of_ready(told: Mapping[str, str], logs: tuple[Path, ...] = ()) -> Where:
    """A local stack that runs. Raises Unusable when its ready file lacks something."""
    ready = Ready(told)
    environment = ready.environment((*NEEDED, *TABLES, *SEALS))
    closed = tuple(url for name, url in ready.items() if name in ("hand_off_queue_url", "nurture_queue_url"))
    return Where(ready["api_url"], environment, tuple(ready["queue_urls"].split()), closed, logs, is_local=True)


def of_account(url: str, environment: Mapping[str, str]) -> Where:
    """A stack in AWS, with the caller's own credentials."""
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise Unusable(f"Set {' and '.join(missing)}: the outputs and the parameter of the stack name them.")
    return Where(url.rstrip("/"), environment)


@dataclass(slots=True)
class Calls:
    """Everything that a self-test does to a stack."""

    where: Where
    hidden_seconds: int = 30

    def public(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> HttpReply:
        """One request as a visitor sends it: an object as JSON, bytes as a form."""
        kind = "application/x-www-form-urlencoded" if isinstance(body, bytes) else "application/json"
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return send(self.where.api_url, Recorded(method, path, {"Content-Type": kind, **(headers or {})}, content))

    def signed(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and body of one request through a door that asks IAM."""
        status, plain, _ = asked(self.where.api_url, self.where.environment, method, path, body)
        return status, plain

    def heard(self) -> list[tuple[str, dict[str, Any]]]:
        """Some of what waits on the queue of tests, with the handle to take it off. What is another's stays
        hidden for a while, so that those behind it are seen.
        """
        wanted = {"QueueUrl": self._queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}
        wanted["VisibilityTimeout"] = self.hidden_seconds
        got = self._sqs().send("ReceiveMessage", wanted).get("Messages", [])
        return [(message["ReceiptHandle"], json.loads(message["Body"])) for message in got]

    def take_off(self, handle: str) -> None:
        self._sqs().send("DeleteMessage", {"QueueUrl": self._queue, "ReceiptHandle": handle})

    def links(self, email: str) -> dict[str, str] | None:
        """The links of the newest mail to this address; empty when there is none, None where nobody sees the mails."""
        if not self.where.is_local:
            return None
        ours = (mail for mail in mails.sent(self.where.environment["AWS_ENDPOINT_URL"]) if mail.to == email)
        newest = next(ours, None)
        return dict(LINK.findall(newest.text)) if newest else {}

    def sees_tables(self) -> bool:
        return all(self.where.environment.get(name) for name in TABLES)

    def ledger(self, lead_id: str) -> tuple[int, list[str]]:
        """How many entries the lead's chain has, and what is wrong with it."""
        environment = {**dict.fromkeys(SEALS, "-"), **self.where.environment}
        person = ledger_tables.tables_of(environment).person(lead_id)
        heads: tuple[Head, ...] = (person.head,)
        evidence = Evidence(person.entries, heads, (), {})
        trust = Trust((), lambda *_: False, datetime.now(UTC))
        return len(person.entries), [finding.text for finding in verify(evidence, trust)]

    def places(self, wanted: Iterable[str]) -> list[str]:
        """Where any of these texts lies: in the tables, and here on this machine in every queue and the log."""
        found = traces(self._everywhere(self.where.queues), wanted)
        return [f"{trace.where} {trace.what}" for trace in found]

    def with_sales(self, lead_id: str) -> list[str] | None:
        """What the queues of sales and nurture hold of a lead; None where a look would count as a receive of theirs."""
        if not self.where.is_local:
            return None
        places = Places(self._dynamodb(), self._sqs(), (), self.where.not_for_tests)
        return [trace.where for trace in traces(places, [lead_id])]

    def _everywhere(self, queues: tuple[str, ...]) -> Places:
        tables = tuple(self.where.environment[name] for name in TABLES)
        return Places(self._dynamodb(), self._sqs(), tables, queues, self.where.logs)

    @property
    def _queue(self) -> str:
        return self.where.environment["SELF_TEST_QUEUE_URL"]

    def _sqs(self) -> Transport:
        return transport(from_environment(self.where.environment), SQS, self.where.environment)

    def _dynamodb(self) -> Transport:
        return transport(from_environment(self.where.environment), DYNAMODB, self.where.environment)
