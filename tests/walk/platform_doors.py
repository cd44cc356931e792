"""The doors for platforms on moto: queues, secret and tables from the template, the real handlers."""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from local import template
from shared.adapters.dynamodb_ledger import Tables
from tests.sources.platforms import vectors as v
from tests.support.clouds import NUMBERS, Cloud, fresh_tables
from tests.support.events import an_event
from tests.walk.conftest import SECRET, environment

LINKEDIN, META, GOOGLE = "/v1/webhooks/linkedin/{source_id}", "/v1/webhooks/meta", "/v1/webhooks/google/{source_id}"
VERIFY_TOKEN = "meatyhamhock"
OLD = "the secret before this one"
SECRETS: dict[str, Any] = {
    "linkedin": {
        "linkedin-demo": {"client_secret": [v.LINKEDIN_SECRET, OLD]},
        "nowhere-in-the-agreement": {"client_secret": [v.LINKEDIN_SECRET]},
    },
    "meta": {"app_secret": [v.META_SECRET, OLD], "verify_token": VERIFY_TOKEN},
    "google": {
        "google-demo": {"google_key": [v.GOOGLE_KEY, OLD]},
        "nowhere-in-the-agreement": {"google_key": [v.GOOGLE_KEY]},
    },
}
QUEUES = ("NotificationsDeadLetterQueue", "NotificationsQueue")
NAMES = ("receive_webhook", "receive_google")
Headers = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass
class Doors:
    """The doors and what lies behind them."""

    cloud: Cloud
    tables: Tables
    queue_url: str
    parked_url: str
    secret_arn: str
    modules: dict[str, ModuleType]

    def linkedin(self, body: bytes, headers: Headers = (), source_id: str = "linkedin-demo") -> dict[str, Any]:
        return self.call("receive_webhook", LINKEDIN, {"source_id": source_id}, body, headers)

    def challenge(self, *codes: str, source_id: str = "linkedin-demo") -> dict[str, Any]:
        query = {"challengeCode": list(codes)} if codes else {}
        return self.call("receive_webhook", LINKEDIN, {"source_id": source_id}, method="GET", query=query)

    def meta(self, body: bytes, headers: Headers = ()) -> dict[str, Any]:
        return self.call("receive_webhook", META, {}, body, headers)

    def handshake(self, **query: str) -> dict[str, Any]:
        named = {f"hub.{name}": [value] for name, value in query.items()}
        return self.call("receive_webhook", META, {}, method="GET", query=named)

    def google(self, body: bytes, source_id: str = "google-demo") -> dict[str, Any]:
        return self.call("receive_google", GOOGLE, {"source_id": source_id}, body)

    def call(
        self,
        door: str,
        resource: str,
        parameters: Mapping[str, str],
        body: bytes = b"",
        headers: Headers = (),
        method: str = "POST",
        query: Mapping[str, list[str]] | None = None,
        encoded: str | None = None,
    ) -> dict[str, Any]:
        """One request; headers may repeat, and `encoded` stands for what API Gateway made of the body."""
        event = an_event(resource.format(**parameters), resource, parameters, method, body)
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        grouped: dict[str, list[str]] = {}
        for name, value in pairs:
            grouped.setdefault(name, []).append(value)
        event |= {
            "headers": dict(pairs) or None,
            "multiValueHeaders": grouped or None,
            "multiValueQueryStringParameters": dict(query or {}) or None,
            "queryStringParameters": {name: values[-1] for name, values in (query or {}).items()} or None,
        }
        if encoded is not None:
            event |= {"body": encoded, "isBase64Encoded": True}
        answer: dict[str, Any] = self.modules[door].handler(event, None)
        return answer

    def queued(self) -> list[dict[str, Any]]:
        return self._taken(self.queue_url)

    def parked(self) -> list[dict[str, Any]]:
        return self._taken(self.parked_url)

    def put_secrets(self, secrets: object) -> None:
        text = secrets if isinstance(secrets, str) else json.dumps(secrets)
        self.cloud.client("secretsmanager").put_secret_value(SecretId=self.secret_arn, SecretString=text)

    def items(self) -> list[dict[str, Any]]:
        """Everything in the four tables."""
        client = self.cloud.client("dynamodb")
        names = (self.tables.leads, self.tables.ledger, self.tables.notices, self.tables.suppressions)
        return [item for name in names for item in client.scan(TableName=name, ConsistentRead=True)["Items"]]

    def lead(self) -> dict[str, Any]:
        """The one lead there is, as it is stored."""
        (item,) = (item for item in self.items() if item["sk"]["S"] == "LEAD")
        return item

    def reload(self) -> None:
        """New Lambda environments: nothing is remembered."""
        for name in NAMES:
            sys.modules.pop(f"functions.{name}.handler", None)
        self.modules = {name: importlib.import_module(f"functions.{name}.handler") for name in NAMES}

    def _taken(self, url: str) -> list[dict[str, Any]]:
        client, taken = self.cloud.client("sqs"), []
        while got := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
            for message in got:
                taken.append(json.loads(message["Body"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken


def open_doors(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Doors:
    tables = fresh_tables(cloud)
    wanted = template.queues(template.read(), prefix=f"t{next(NUMBERS)}-")
    sqs = cloud.client("sqs")
    parked, queue = (sqs.create_queue(**wanted[name])["QueueUrl"] for name in QUEUES)
    secrets = cloud.client("secretsmanager")
    keys = secrets.create_secret(Name=f"keys-{next(NUMBERS)}", SecretString=json.dumps(SECRET))["ARN"]
    shared = secrets.create_secret(Name=f"platforms-{next(NUMBERS)}", SecretString=json.dumps(SECRETS))["ARN"]
    for name, value in environment(cloud, tables, "no hand-off here", keys).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PLATFORM_SECRETS_ARN", shared)
    monkeypatch.setenv("NOTIFICATIONS_QUEUE_URL", queue)
    monkeypatch.setenv("PARKED_QUEUE_URL", parked)
    doors = Doors(cloud, tables, queue, parked, shared, {})
    doors.reload()
    return doors


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode("ascii")


def said(answer: Mapping[str, Any]) -> Any:
    return json.loads(answer["body"])
