"""The real ways of sales: to a lead and its answers, and to the sums of its peers, put together from the settings."""

from __future__ import annotations

from shared.adapters import aws
from shared.adapters.dynamodb_answers import DynamoAnswers
from shared.adapters.dynamodb_sums import DynamoSums
from shared.adapters.transport import DYNAMODB
from shared.settings import Settings


def store(settings: Settings) -> DynamoAnswers:
    return DynamoAnswers(aws.transport(settings, DYNAMODB), aws.tables(settings))


def sums(settings: Settings) -> DynamoSums:
    return DynamoSums(aws.transport(settings, DYNAMODB), aws.tables(settings))
