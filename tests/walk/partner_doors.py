"""The door for the forms of others on moto: tables and secrets from the template, the real handler."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.adapters.dynamodb_ledger import Tables
from tests.sources.platforms import vectors as v
from tests.support.clouds import NUMBERS, Cloud, fresh_tables
from tests.support.events import an_event
from tests.walk.conftest import SECRET, environment

HUBSPOT = "/submissions/v3/integration/submit/{portalId}/{formGuid}"
SECURE = "/submissions/v3/integration/secure/submit/{portalId}/{formGuid}"
WEB_TO_LEAD = "/servlet/servlet.WebToLead"
BUILDER = "/v1/sources/{source_id}/submissions"
PAGE = {"portalId": "12345678", "formGuid": "a1b2c3d4-0000-4000-8000-000000000001"}
SITE = "https://www.example.com"
NEWS = "Send me product news and invitations by e-mail. I can stop this at any time."
KEY = "a key of the builder's own, 0001"
TOKEN = "pat-test-token-0001"
SECRETS: dict[str, Any] = {
    "hubspot": {"hubspot-demo": {"secret": [TOKEN]}},
    "typeform": {"typeform-demo": {"secret": [v.TYPEFORM_SECRET]}},
    "webflow": {"webflow-demo": {"secret": [v.WEBFLOW_SECRET]}},
    "generic": {"contact-form-7-demo": {"secret": [KEY]}, "elementor-demo": {"secret": [KEY]}},
}
BROWSER = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html,*/*;q=0.8"}
JSON = {"Content-Type": "application/json"}
LEAD = {"oid": "00D000000000001", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


@dataclass
class Partners:
    """The door and what lies behind it."""

    cloud: Cloud
    tables: Tables
    door: ModuleType

    def call(
        self,
        resource: str,
        names: Mapping[str, str],
        body: bytes = b"",
        headers: Mapping[str, str | list[str]] | None = None,
        method: str = "POST",
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request; a header may be a list of values."""
        given = {name: value if isinstance(value, list) else [value] for name, value in (headers or {}).items()}
        event = an_event(resource.format(**names), resource, names, method, body)
        event |= {
            "headers": {name: values[-1] for name, values in given.items() if values},
            "multiValueHeaders": given,
            "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
        }
        answer: dict[str, Any] = self.door.handler(event, None)
        return answer

    def hubspot(self, body: object = None, headers: Mapping[str, str] | None = None, **changes: Any) -> dict[str, Any]:
        content = body if isinstance(body, bytes) else v.as_json(body or a_page(**changes))
        return self.call(HUBSPOT, PAGE, content, {**JSON, "Origin": SITE, **(headers or {})})

    def web_to_lead(self, headers: Mapping[str, str] = BROWSER, news: str = "", **changes: str) -> dict[str, Any]:
        """Ada's post; `news` is what her page sends for its box."""
        ticked = {"00N000000000001": news} if news else {}
        return self.call(WEB_TO_LEAD, {}, urlencode({**LEAD, **changes, **ticked}).encode(), headers)

    def builder(self, source_id: str, body: bytes, headers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return self.call(BUILDER, {"source_id": source_id}, body, {**JSON, **headers}, **more)

    def items(self, table: str = "") -> list[dict[str, Any]]:
        """Everything in one table, or in all four."""
        client = self.cloud.client("dynamodb")
        all_of_them = (self.tables.leads, self.tables.ledger, self.tables.notices, self.tables.suppressions)
        names = (table,) if table else all_of_them
        return [item for name in names for item in client.scan(TableName=name, ConsistentRead=True)["Items"]]

    def acts(self) -> list[dict[str, Any]]:
        """Every recorded act, as it is stored."""
        return [item for item in self.items(self.tables.leads) if item["sk"]["S"].startswith("EVT#")]

    def lead(self) -> dict[str, Any]:
        """The one lead there is."""
        (item,) = (item for item in self.items(self.tables.leads) if item["sk"]["S"] == "LEAD")
        doc: dict[str, Any] = json.loads(item["doc"]["S"])
        return doc

    def messages(self) -> list[dict[str, Any]]:
        """What waits for sales."""
        rows = (item for item in self.items(self.tables.leads) if item["sk"]["S"].startswith("OUT#"))
        return [json.loads(item["body"]["S"]) for item in rows if not item["kind"]["S"].startswith("mail.")]

    def proof(self) -> dict[str, Any]:
        """The body of the one consent entry."""
        (item,) = self.items(self.tables.ledger)
        body: dict[str, Any] = json.loads(item["body"]["S"])
        return body


def a_page(**changes: Any) -> dict[str, Any]:
    """What a page posts to HubSpot's API, in the wording of the agreement."""
    consent = {
        "consentToProcess": True,
        "text": "We may store what you sent.",
        "communications": [{"value": True, "subscriptionTypeId": 999, "text": NEWS}],
    }
    page = v.hubspot_body(legalConsentOptions={"consent": consent})
    page["fields"] = [*page["fields"], {"name": "country", "value": "FR"}]
    return page | changes


def open_door(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Partners:
    tables, secrets = fresh_tables(cloud), cloud.client("secretsmanager")
    keys = secrets.create_secret(Name=f"keys-{next(NUMBERS)}", SecretString=json.dumps(SECRET))["ARN"]
    shared = secrets.create_secret(Name=f"partners-{next(NUMBERS)}", SecretString=json.dumps(SECRETS))["ARN"]
    for name, value in environment(cloud, tables, "", keys).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PLATFORM_SECRETS_ARN", shared)
    sys.modules.pop("functions.receive_partner_form.handler", None)
    return Partners(cloud, tables, importlib.import_module("functions.receive_partner_form.handler"))


def said(reply: Mapping[str, Any]) -> Any:
    return json.loads(reply["body"])
