"""The floor: json and a botocore client, one transaction, no validation, no read, no log line."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import botocore.session
from botocore.config import Config
from outline import as_item, rows

CLIENT = botocore.session.get_session().create_client("dynamodb", config=Config(parameter_validation=False))
TABLES = dict(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    said = json.loads(base64.b64decode(event["body"]))
    CLIENT.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": TABLES[table],
                    "Item": as_item(row),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for table, row in rows(said)
        ]
    )
    return {
        "statusCode": 202,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"receipt_id": said["submission_id"]}),
        "isBase64Encoded": False,
    }
