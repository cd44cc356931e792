"""The real adapters of the doors for platforms, put together from the settings."""

from __future__ import annotations

import time

from shared.adapters.secrets import KeptSecrets, SecretsManager
from shared.adapters.sqs_notifications import SqsNotifications
from shared.adapters.transport import SECRETS, SQS
from shared.adapters.ways import transport
from shared.settings import Settings


def platform_secrets(settings: Settings) -> KeptSecrets:
    return KeptSecrets(SecretsManager(transport(settings, SECRETS), settings.platform_secrets_arn), time.monotonic)


def notifications(settings: Settings) -> SqsNotifications:
    return SqsNotifications(transport(settings, SQS), settings.notifications_queue_url, settings.parked_queue_url)
