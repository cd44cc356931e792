"""One request to a closed door of a stack, with an IAM signature: of a local stack, or of one in AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from local.unusable import Unusable

PATIENCE_SECONDS = 40


def asked(
    api_url: str, environment: Mapping[str, str], method: str, path: str, body: Mapping[str, Any] | None = None
) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    """Status, body and headers of the answer. Raises Unusable without credentials or when nobody answers."""
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    get = environment.get
    keys = get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"), get("AWS_SESSION_TOKEN")  # none: a profile
    session = boto3.Session(*keys, get("AWS_REGION", get("AWS_DEFAULT_REGION")))
    credentials = session.get_credentials()
    if credentials is None or not session.region_name:
        raise Unusable("Set AWS_PROFILE, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.")
    url, data = f"{api_url}{path}", json.dumps(body).encode() if body else None
    wanted = AWSRequest(method, url, {"Content-Type": "application/json"}, data)
    SigV4Auth(credentials, "execute-api", session.region_name).add_auth(wanted)
    request = urllib.request.Request(url, data, dict(wanted.headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, _problem(refused.read()), dict(refused.headers)
    except OSError:
        raise Unusable(f"{api_url} cannot be reached.") from None


def _problem(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
