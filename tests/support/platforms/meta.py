"""A Graph API of our own: leads, forms, and a form's leads with cursors. Written from the documented fields."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.support.platforms.server import Asked, FakePlatform, Said

PAGE_ID = "1067280970047460"
FORM_ID = "2345678901234567"
LEAD_ID = "1234567890123456"


def error(code: int, subcode: int | None = None) -> dict[str, Any]:
    """Meta's envelope of errors."""
    named = {"error_subcode": subcode} if subcode else {}
    return {"error": {"message": "Not as asked", "type": "OAuthException", "code": code, **named, "fbtrace_id": "A1"}}


def a_form(**changes: Any) -> dict[str, Any]:
    boxes = changes.pop(
        "boxes",
        [
            {"id": "9", "key": "optional_1", "text": "Send me product news by e-mail.", "is_required": False,
             "is_checked_by_default": False},
            {"id": "8", "key": "optional_2", "text": "Call me about offers.", "is_required": False,
             "is_checked_by_default": False},
        ],
    )  # fmt: skip
    return {
        "id": FORM_ID,
        "name": "Ask for a demo",
        "locale": "en_US",
        "status": "ACTIVE",
        "page_id": PAGE_ID,
        "privacy_policy_url": "https://www.example.com/privacy",
        "questions": [
            {"id": "1", "key": "full_name", "label": "Full name", "type": "FULL_NAME"},
            {"id": "2", "key": "email", "label": "E-mail", "type": "EMAIL"},
            {"id": "3", "key": "company_name", "label": "Company", "type": "COMPANY_NAME"},
            {"id": "4", "key": "job_title", "label": "Job title", "type": "JOB_TITLE"},
        ],
        "legal_content": {"id": "77", "custom_disclaimer": {"title": "Privacy", "body": "We answer your request.",
                                                            "checkboxes": boxes}},
        **changes,
    }  # fmt: skip


def a_lead(lead_id: str = LEAD_ID, **changes: Any) -> dict[str, Any]:
    ticked = changes.pop("ticked", ("optional_1",))
    told = {
        "full_name": "Ada Lovelace",
        "email": "ada@example.com",
        "company_name": "Example Engines",
        "job_title": "Director of Engineering",
    } | changes.pop("told", {})
    return {
        "id": lead_id,
        "created_time": "2026-02-02T02:40:00+0000",
        "ad_id": "23850000000000001",
        "campaign_id": "23850000000000003",
        "form_id": FORM_ID,
        "is_organic": False,
        "platform": "ig",
        "field_data": [{"name": name, "values": [value]} for name, value in told.items()],
        "custom_disclaimer_responses": [
            {"checkbox_key": key, "is_checked": "1" if key in ticked else ""} for key in ("optional_1", "optional_2")
        ],
        **changes,
    }


@dataclass
class FakeMeta(FakePlatform):
    """`forms` by id; `access_token` and `app_secret` are wanted when they are set."""

    forms: dict[str, dict[str, Any]] = field(default_factory=lambda: {FORM_ID: a_form()})
    access_token: str = ""
    app_secret: str = ""
    page_size: int = 25

    def reply(self, asked: Asked) -> Said:
        if not self._lets_in(asked):
            return Said(400, error(190, 463))
        _version, _, rest = asked.path.removeprefix("/").partition("/")
        node, _, edge = rest.partition("/")
        if edge == "leads":
            return self._page(self._leads_of(node, asked), asked)
        if edge == "leadgen_forms":
            return self._page([form for form in self.forms.values() if form["page_id"] == node], asked)
        found = self.leads.get(node) or self.forms.get(node)
        return Said(200, self._chosen(found, asked)) if found else Said(400, error(100, 33))

    def _lets_in(self, asked: Asked) -> bool:
        if self.access_token and asked.headers.get("authorization") != f"Bearer {self.access_token}":
            return False
        proof = hmac.digest(self.app_secret.encode(), self.access_token.encode(), "sha256").hex()
        return not self.app_secret or asked.query.get("appsecret_proof") == proof

    def _chosen(self, found: dict[str, Any], asked: Asked) -> dict[str, Any]:
        """Only what was asked for, as the Graph API does; `custom_disclaimer_responses` comes in no other way."""
        wanted = asked.query["fields"].split(",")
        return {name: value for name, value in found.items() if name in wanted}

    def _leads_of(self, form_id: str, asked: Asked) -> list[dict[str, Any]]:
        bounds = {one["operator"]: one["value"] for one in json.loads(asked.query["filtering"])}
        return [
            lead
            for lead in self.leads.values()
            if lead["form_id"] == form_id
            and bounds["GREATER_THAN_OR_EQUAL"] <= _seconds(lead["created_time"]) < bounds["LESS_THAN"]
        ]

    def _page(self, found: list[dict[str, Any]], asked: Asked) -> Said:
        start = int(asked.query.get("after", "c0").removeprefix("c"))
        size = min(self.page_size, int(asked.query["limit"]))
        page = [self._chosen(one, asked) for one in found[start : start + size]]
        cursors: dict[str, Any] = {"before": f"c{start}", "after": f"c{start + size}"}
        following = {"next": "http://169.254.169.254/steal"} if start + size < len(found) else {}
        return Said(200, {"data": page, "paging": {"cursors": cursors, **following}})


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())
