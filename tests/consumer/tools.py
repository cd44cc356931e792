"""Tools of sales as small servers, written from their public API pages: they keep rows, refuse as the real ones do, and
can be told to be busy.
"""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.served import serving

Answer = tuple[int, Any]
SALESFORCE_LENGTHS = {"LastName": 80, "FirstName": 40, "Company": 255, "Title": 128, "Phone": 40, "Email": 80}


@dataclass
class Tool(ABC):
    """What both tools have: requests as they came, and answers to give before the own ones."""

    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    first: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @abstractmethod
    def answer(self, method: str, path: str, body: Any) -> Answer:
        """Status and body of one request."""


@dataclass
class FakeHubSpot(Tool):
    """Contacts by HubSpot's own id; `subscribed` by address, an opt-out made in HubSpot is never taken back."""

    subscribed: dict[str, bool] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)

    def answer(self, method: str, path: str, body: Any) -> Answer:
        where = urlsplit(path)
        if (method, where.path) == ("POST", "/crm/v3/objects/contacts/batch/upsert"):
            return self._upsert(body["inputs"])
        if (method, where.path) == ("POST", "/crm/v3/objects/contacts/gdpr-delete"):
            return (204, None) if self.rows.pop(body["objectId"], None) else (404, {"category": "OBJECT_NOT_FOUND"})
        if method == "POST" and where.path.startswith("/communication-preferences/v3/"):
            return self._consent(where.path.rpartition("/")[2], body)
        if method == "GET" and where.path.startswith("/crm/v3/objects/contacts/"):
            return self._one(where.path.rpartition("/")[2], parse_qs(where.query)["idProperty"][0])
        return 404, {"category": "OBJECT_NOT_FOUND"}

    def _upsert(self, inputs: list[dict[str, Any]]) -> Answer:
        results = []
        for one in inputs:
            key, value = one["idProperty"], one["id"]
            known = next((row for row, has in self.rows.items() if has.get(key) == value), None)
            row = known or str(len(self.requests))
            self.rows[row] = {**self.rows.get(row, {}), key: value, **one["properties"]}
            results.append({"id": row, "new": known is None, "properties": self.rows[row]})
        return 200, {"status": "COMPLETE", "results": results}

    def _one(self, value: str, key: str) -> Answer:
        found = next((row for row, has in self.rows.items() if has.get(key) == value), None)
        return (200, {"id": found}) if found else (404, {"category": "OBJECT_NOT_FOUND"})

    def _consent(self, act: str, body: dict[str, Any]) -> Answer:
        if act == "subscribe" and body["emailAddress"] in self.opted_out:
            return 400, {"category": "VALIDATION_ERROR"}
        self.subscribed[body["emailAddress"]] = act == "subscribe"
        return 200, {"status": "SUBSCRIBED" if act == "subscribe" else "NOT_SUBSCRIBED"}


@dataclass
class FakeSalesforce(Tool):
    """Leads by the external id `Leadgate_Id__c`."""

    def answer(self, method: str, path: str, body: Any) -> Answer:
        head, _, key = path.rpartition("/")
        if head != "/services/data/v61.0/sobjects/Lead/Leadgate_Id__c":
            return 404, [{"errorCode": "NOT_FOUND"}]
        if method == "DELETE":
            return (204, None) if self.rows.pop(key, None) else (404, [{"errorCode": "NOT_FOUND"}])
        return self._upsert(key, body)

    def _upsert(self, key: str, body: dict[str, Any]) -> Answer:
        if "Id" in body or "Leadgate_Id__c" in body:
            return 400, [{"errorCode": "INVALID_FIELD"}]
        if any(len(body.get(name, "")) > length for name, length in SALESFORCE_LENGTHS.items()):
            return 400, [{"errorCode": "STRING_TOO_LONG"}]
        is_new = key not in self.rows
        row = {"HasOptedOutOfEmail": False, "DoNotCall": False, **self.rows.get(key, {}), **body}
        if not row.get("LastName") or not row.get("Company"):
            return 400, [{"errorCode": "REQUIRED_FIELD_MISSING", "message": "Required fields are missing"}]
        self.rows[key] = row
        return (201, {"id": key, "success": True, "created": True}) if is_new else (204, None)


@contextmanager
def served(tool: Tool) -> Iterator[str]:
    """The tool's URL while the block runs."""

    class Door(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(text) if text else None
            with tool.lock:
                tool.requests.append((self.command, self.path, body))
                if self.headers["Authorization"] != "Bearer a token":
                    status, headers, told = 401, {}, {"category": "INVALID_AUTHENTICATION"}
                elif tool.first:
                    status, headers, told = tool.first.pop(0)
                else:
                    (status, told), headers = tool.answer(self.command, self.path, body), {}
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if told is not None:
                self.wfile.write(json.dumps(told).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Nothing of a person on the screen."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Door)) as url:
        yield url
