"""The floor of a relay: a botocore client that checks nothing and only sends."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.config import Config
from forwarding import forward

SQS = botocore.session.get_session().create_client("sqs", config=Config(parameter_validation=False))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return forward(SQS, event)
