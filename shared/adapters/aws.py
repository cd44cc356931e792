"""The real adapters, put together from the settings. Called once per Lambda environment, in its Init phase."""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections.abc import Mapping

from shared.adapters.dynamodb_ledger import DynamoLedger, Tables
from shared.adapters.sqs_hand_off import SqsHandOff
from shared.adapters.transport import DYNAMODB, SECRETS, SQS, AwsRefused
from shared.adapters.ways import now as now
from shared.adapters.ways import transport as transport
from shared.domain.errors import CannotHappen
from shared.domain.identity import Keyring, keyring_from
from shared.domain.question import Draws
from shared.settings import Settings

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 0.8


def keyring(settings: Settings, environment: Mapping[str, str] = os.environ) -> Keyring:
    """The keys behind all keyed hashes, from Secrets Manager. No secret, no service."""
    try:
        answer = transport(settings, SECRETS, environment).send(
            "GetSecretValue", {"SecretId": settings.keys_secret_arn}
        )
    except AwsRefused as refused:
        raise CannotHappen(f"secretsmanager GetSecretValue: {refused.code}") from None
    return keyring_from(json.loads(answer["SecretString"]))


def ledger(settings: Settings) -> DynamoLedger:
    return DynamoLedger(transport(settings, DYNAMODB), tables(settings))


def tables(settings: Settings) -> Tables:
    return Tables(settings.leads_table, settings.ledger_table, settings.notices_table, settings.suppressions_table)


def hand_off(settings: Settings) -> SqsHandOff:
    return SqsHandOff(transport(settings, SQS), settings.hand_off_queue_url)


def dice() -> Draws:
    """Fresh random ids of 128 bits and a salt of 256."""
    return Draws(
        receipt_id=secrets.token_hex(16),
        event_id=secrets.token_hex(16),
        lead_id=secrets.token_hex(16),
        chain=secrets.token_hex(16),
        salt=secrets.token_bytes(32),
    )


def pause(attempt: int) -> None:
    """Full jitter, doubling: at most 50 ms, 100 ms, 200 ms, …"""
    time.sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)))
