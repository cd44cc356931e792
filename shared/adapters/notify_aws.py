"""The real adapters of the doors for platforms, put together from the settings."""

from __future__ import annotations

import time
from dataclasses import replace

from shared.adapters.connections import Connections
from shared.adapters.secrets import KeptSecrets, SecretsManager
from shared.adapters.sqs_notifications import SqsNotifications
from shared.adapters.transport import SECRETS, SQS
from shared.adapters.ways import transport
from shared.settings import Settings

CONNECT_SECONDS, READ_SECONDS = 0.5, 1.0


def platform_secrets(settings: Settings) -> KeptSecrets:
    """With less patience than elsewhere: LinkedIn waits three seconds for its challenge, and an old reading will do."""
    way = replace(transport(settings, SECRETS), pool=Connections(CONNECT_SECONDS, READ_SECONDS))
    return KeptSecrets(SecretsManager(way, settings.platform_secrets_arn), time.monotonic)


def notifications(settings: Settings) -> SqsNotifications:
    return SqsNotifications(transport(settings, SQS), settings.notifications_queue_url, settings.parked_queue_url)
