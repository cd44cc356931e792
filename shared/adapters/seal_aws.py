"""The real surroundings of the seal, from the settings; apart from `aws`, so that other doors ship none of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta

from shared.adapters.aws import now, transport
from shared.adapters.s3_objects import S3Objects
from shared.adapters.seal_store import DynamoDayIndex, KmsSigner, S3Seals
from shared.adapters.transport import DYNAMODB, KMS, Credentials
from shared.settings import Settings


def day_index(settings: Settings, environment: Mapping[str, str] = os.environ) -> DynamoDayIndex:
    return DynamoDayIndex(transport(settings, DYNAMODB, environment), settings.ledger_table)


def signer(settings: Settings, environment: Mapping[str, str] = os.environ) -> KmsSigner:
    return KmsSigner(transport(settings, KMS, environment), settings.seal_key_id, settings.seal_log_name)


def seals(settings: Settings, environment: Mapping[str, str] = os.environ) -> S3Seals:
    """The bucket under its own name in AWS, as a path of the emulator elsewhere."""
    bucket, region = settings.seals_bucket, settings.region
    own = f"https://{bucket}.s3.{region}.amazonaws.com"
    url = f"{settings.endpoint_url.rstrip('/')}/{bucket}" if settings.endpoint_url else own
    credentials = Credentials(
        environment.get("AWS_ACCESS_KEY_ID", ""),
        environment.get("AWS_SECRET_ACCESS_KEY", ""),
        environment.get("AWS_SESSION_TOKEN", ""),
    )
    return S3Seals(S3Objects(url, region, credentials, now), now, timedelta(days=settings.seal_lock_days))
