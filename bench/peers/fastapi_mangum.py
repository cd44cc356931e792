"""FastAPI behind Mangum, pydantic for the body, a boto3 client and one transaction with the idempotency item inside."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import boto3
from botocore.exceptions import ClientError
from fastapi import FastAPI, HTTPException
from form import Submission
from mangum import Mangum
from outline import as_item, rows

logging.getLogger().setLevel(logging.INFO)
logger = logging.getLogger("capture")
app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
CLIENT = boto3.client("dynamodb")
TABLES = dict(os.environ)


@app.post("/v1/forms/{form_id}/submissions", status_code=202)
async def receive(form_id: str, submission: Submission) -> dict[str, Any]:
    # Blocking here is right: a Lambda environment has one request at a time, and a thread would cost more.
    puts = [
        {"Put": {"TableName": TABLES[table], "Item": as_item(row), "ConditionExpression": "attribute_not_exists(pk)"}}
        for table, row in rows(submission.model_dump(mode="json", exclude_defaults=True))
    ]
    try:
        CLIENT.transact_write_items(TransactItems=puts)
    except ClientError as error:
        raise HTTPException(409) from error
    logger.info(json.dumps({"message": "captured", "form_id": form_id}))
    return {"receipt_id": submission.submission_id, "form_id": form_id}


handler = Mangum(app, lifespan="off")
