"""REST proxy events (payload 1.0) as API Gateway sends them with binary media types `*/*`."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

JSON = {"Content-Type": "application/json"}


def an_event(
    path: str,
    resource: str,
    parameters: Mapping[str, str],
    method: str = "POST",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One request as the function receives it."""
    given = dict(headers or {})
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": dict(parameters),
        "stageVariables": None,
        "requestContext": {"requestId": "request-1", "stage": "live", "identity": {"sourceIp": "192.0.2.1"}},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def a_post(
    body: object, form_id: str = "demo-request", headers: Mapping[str, str] | None = None, method: str = "POST"
) -> dict[str, Any]:
    """A form post; anything but bytes goes as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    path = f"/v1/forms/{form_id}/submissions"
    return an_event(
        path, "/v1/forms/{form_id}/submissions", {"form_id": form_id}, method, raw, {**JSON, **(headers or {})}
    )
