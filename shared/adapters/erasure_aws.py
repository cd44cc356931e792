"""The real way of an erasure, put together from the settings."""

from __future__ import annotations

from shared.adapters import aws
from shared.adapters.dynamodb_erasure import DynamoErasures
from shared.adapters.transport import DYNAMODB
from shared.settings import Settings


def store(settings: Settings) -> DynamoErasures:
    return DynamoErasures(aws.transport(settings, DYNAMODB), aws.tables(settings))
