"""The usual way: Powertools resolver, Parser, Idempotency, Logger, Metrics and Tracer, and boto3.resource."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import parse
from form import Submission
from outline import rows

logger, metrics, tracer = Logger(), Metrics(), Tracer()
app = APIGatewayRestResolver()
resource = boto3.resource("dynamodb")
TABLES = {name: resource.Table(os.environ[name]) for name in ("LEADS_TABLE", "LEDGER_TABLE")}
config = IdempotencyConfig(event_key_jmespath="submission_id")
store = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])


@idempotent_function(data_keyword_argument="said", config=config, persistence_store=store)
def record(said: dict[str, Any]) -> dict[str, Any]:
    # The idempotency layer writes an item of its own, so the submission key is not written again.
    for table, row in rows(said)[1:]:
        TABLES[table].put_item(Item=row, ConditionExpression="attribute_not_exists(pk)")
    return {"receipt_id": said["submission_id"]}


@app.post("/v1/forms/<form_id>/submissions")
@tracer.capture_method
def receive(form_id: str) -> Response[str]:
    submission = parse(event=app.current_event.decoded_body or "", model=Submission)
    receipt = record(said=submission.model_dump(mode="json", exclude_defaults=True))
    metrics.add_metric(name="SubmissionAccepted", unit=MetricUnit.Count, value=1)
    logger.info("captured", form_id=form_id)
    return Response(202, "application/json", body=json.dumps(receipt))


@metrics.log_metrics
@tracer.capture_lambda_handler
@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config.register_lambda_context(context)
    return app.resolve(event, context)
