"""The real way of sales' answers, put together from the settings."""

from __future__ import annotations

from shared.adapters import aws
from shared.adapters.dynamodb_answers import DynamoAnswers
from shared.adapters.transport import DYNAMODB
from shared.settings import Settings


def store(settings: Settings) -> DynamoAnswers:
    return DynamoAnswers(aws.transport(settings, DYNAMODB), aws.tables(settings))
