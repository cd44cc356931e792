"""The one form post that every variant answers, as API Gateway hands it over; each copy is another person."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FIELDS = {
    "first_name": "Ada",
    "last_name": "Example",
    "company": "Example Engines Ltd",
    "job_title": "Head of Marketing",
    "company_size": "201-1000",
    "industry": "Software",
    "timeframe": "Within 3 months",
    "country": "GB",
    "message": "We would like to see how you score leads from our landing pages. Next week suits us well.",
}
CONTEXT = {
    "page_url": "https://www.example.com/demo?utm_source=search&utm_medium=cpc",
    "referrer": "https://search.example.com/",
    "utm_source": "search",
    "utm_medium": "cpc",
    "utm_campaign": "spring-launch",
    "gclid": "EAIaIQobChMI-example-click-id",
    "variant": "b",
    "time_on_page_s": 74,
    "scroll_depth_pct": 90,
}
HEADERS = {
    "Accept": "*/*",
    "Content-Type": "application/json",
    "Host": "api.example.com",
    "Origin": "https://www.example.com",
    "Referer": "https://www.example.com/",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "X-Forwarded-For": "192.0.2.44",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
}


def write(path: Path, how_many: int, fields: dict[str, str]) -> None:
    """One event per line, so that a cold start reads no more than the first."""
    path.write_text("".join(f"{json.dumps(one)}\n" for one in events(how_many, fields)), encoding="utf-8")


def events(how_many: int, fields: dict[str, str]) -> Iterable[dict[str, Any]]:
    """So many first submissions of different people; `fields` come on top of the usual ones."""
    for number in range(how_many):
        yield event({**FIELDS, "email": f"ada.{number:06d}@example.com", **fields}, f"bench-{number:024d}")


def event(fields: dict[str, str], submission_id: str) -> dict[str, Any]:
    """A REST proxy event, payload format 1.0."""
    body = {
        "submission_id": submission_id,
        "notice": "website-privacy@1",
        "fields": fields,
        "consents": {"mkt_email": True, "mkt_phone": False, "profiling": True},
        "context": CONTEXT,
    }
    path = "/v1/forms/demo-request/submissions"
    return {
        "resource": "/v1/forms/{form_id}/submissions",
        "path": path,
        "httpMethod": "POST",
        "headers": HEADERS,
        "multiValueHeaders": {name: [text] for name, text in HEADERS.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"form_id": "demo-request"},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "abc123",
            "resourcePath": "/v1/forms/{form_id}/submissions",
            "httpMethod": "POST",
            "path": f"/dev{path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "dev",
            "domainName": "api.example.com",
            "requestId": "00000000-0000-4000-8000-000000000000",
            "requestTimeEpoch": 1767225600000,
            "identity": {"sourceIp": "192.0.2.44", "userAgent": HEADERS["User-Agent"]},
            "apiId": "a1b2c3d4e5",
        },
        "body": base64.b64encode(json.dumps(body).encode("utf-8")).decode("ascii"),
        "isBase64Encoded": True,
    }
