"""An AWS in which the files under `events/` make sense: the template's tables, queues, secret, key and bucket.

`place_what_the_events_name` puts the items there that `events/relay.json` and `events/show_lead.json` speak of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from local import aws, template
from local.aws import Aws
from tests.support.children import end
from tests.system.emulator import ROOT

EVENTS = ROOT / "events"
TEMPLATE = template.read()
FUNCTIONS = template.functions(TEMPLATE)
START_SECONDS, STOP_SECONDS = 60.0, 10.0
LONG_AGO = "2020-01-01T00:00:00.000Z"
Item = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class World:
    """An emulator and what the template's names stand for in it."""

    aws: Aws
    known: Mapping[str, str]

    def items(self, table: str) -> list[Item]:
        """Every item of one of the template's tables."""
        items: list[Item] = self.aws.dynamodb.send("Scan", {"TableName": self.known[table]})["Items"]
        return items

    def put(self, item: Item) -> None:
        self.aws.dynamodb.send("PutItem", {"TableName": self.known["LeadsTable"], "Item": item})

    def messages(self) -> list[dict[str, Any]]:
        """Whatever waits for sales, taken off the queue."""
        queue = self.known["HandOffQueue"]
        found = self.aws.sqs.send("ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": 10}).get("Messages", [])
        for message in found:
            self.aws.sqs.send("DeleteMessage", {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]})
        return [json.loads(message["Body"]) for message in found]


def event(name: str) -> dict[str, Any]:
    """One file of `events/`."""
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return read


def events_of(function: str) -> list[str]:
    """The names of a function's event files: they start with the name of its door."""
    door = FUNCTIONS[function].split(".")[1]
    return sorted(path.stem for path in EVENTS.glob("*.json") if path.stem == door or path.stem.startswith(f"{door}_"))


@contextmanager
def world(host: str = aws.HOST, port: int = 0) -> Iterator[World]:
    """An emulator with all that the template declares; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="leadgate-", ignore_cleanup_errors=True) as folder:
        url, log = f"http://{host}:{port or aws.free_port()}", Path(folder) / "ministack.log"
        with log.open("wb") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "ministack"], env=_settings(url, folder), stdout=output, stderr=output
            )
        try:
            _await(child, url, log)
            own = Aws.at(url)
            known = aws.make(TEMPLATE, own, {"PlatformSecrets": (EVENTS / "platform-secrets.json").read_text("utf-8")})
            own.kms.send("CreateAlias", {"AliasName": "alias/SealKey", "TargetKeyId": known["SealKey"]})
            yield World(own, known)
        finally:
            end(child, STOP_SECONDS)


def place_what_the_events_name(there: World) -> dict[str, Any]:
    """Give the lead that a first submission made the ids of `events/`, and put its message; gives the message.

    Ids are random and keyed, so no file could name beforehand what a submission makes.
    """
    message = outbox_item()
    leads = (item for item in there.items("LeadsTable") if item["sk"]["S"] == "LEAD")
    lead = next(item for item in leads if item["stage"]["S"] == "sales_qualified")
    text = json.dumps(lead).replace(lead["pk"]["S"], message["pk"]["S"])
    there.put(json.loads(text.replace(lead["lead_id"]["S"], message["lead_id_of_message"]["S"])))
    there.put(message)
    body: dict[str, Any] = json.loads(message["body"]["S"])
    return body


def outbox_item() -> Item:
    """The message that `events/relay.json` tells of."""
    images = [record["dynamodb"]["NewImage"] for record in event("relay")["Records"]]
    return next(image for image in images if image["sk"]["S"].startswith("OUT#"))


def make_overdue(there: World) -> int:
    """Let every waiting message be due since long; gives their number."""
    waiting = [item for item in there.items("LeadsTable") if "due_at" in item and item["sk"]["S"].startswith("OUT#")]
    for item in waiting:
        there.put({**item, "due_at": {"S": LONG_AGO}})
    return len(waiting)


def _settings(url: str, folder: str) -> dict[str, str]:
    host, port = url.removeprefix("http://").split(":")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AUTH"))}
    own = {"BIND_HOST": host, "MINISTACK_HOST": host, "GATEWAY_PORT": port, "IOT_MTLS_ENABLED": "0", "TMPDIR": folder}
    return {**inherited, **own}


def _await(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    limit = time.monotonic() + START_SECONDS
    while time.monotonic() < limit and child.poll() is None:
        try:
            urllib3.request("GET", f"{url}/_ministack/health", timeout=1, retries=False)
            return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"ministack did not start at {url}:\n{log.read_text()}")
