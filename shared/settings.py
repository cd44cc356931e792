"""The settings of one function, read once from its environment and frozen."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPILED_AGREEMENT = Path(__file__).resolve().parent.parent / "agreement" / "compiled.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the template gives a function; empty where the function does not need it."""

    stage: str
    region: str
    endpoint_url: str
    site_url: str
    edge_secret: str
    test_secret: str
    leads_table: str
    ledger_table: str
    notices_table: str
    suppressions_table: str
    hand_off_queue_url: str
    nurture_queue_url: str
    self_test_queue_url: str
    enclosure_key_id: str
    keys_secret_arn: str
    mail_from: str
    links_url: str
    platform_secrets_arn: str
    notifications_queue_url: str
    parked_queue_url: str
    linkedin_url: str
    linkedin_version: str
    meta_url: str
    meta_version: str
    sms_origin: str
    sms_endpoint_url: str
    seals_bucket: str
    seal_key_id: str
    seal_log_name: str
    seal_lock_days: int


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings as AWS or the local stack set them."""
    get = environment.get
    return Settings(
        stage=get("STAGE", "local"),
        region=get("AWS_REGION", get("AWS_DEFAULT_REGION", "us-east-1")),
        endpoint_url=get("AWS_ENDPOINT_URL", ""),
        site_url=get("SITE_URL", ""),
        edge_secret=get("EDGE_SECRET", ""),
        test_secret=get("TEST_SECRET", ""),
        leads_table=get("LEADS_TABLE", ""),
        ledger_table=get("LEDGER_TABLE", ""),
        notices_table=get("NOTICES_TABLE", ""),
        suppressions_table=get("SUPPRESSIONS_TABLE", ""),
        hand_off_queue_url=get("HAND_OFF_QUEUE_URL", ""),
        nurture_queue_url=get("NURTURE_QUEUE_URL", ""),
        self_test_queue_url=get("SELF_TEST_QUEUE_URL", ""),
        enclosure_key_id=get("ENCLOSURE_KEY_ID", ""),
        keys_secret_arn=get("KEYS_SECRET_ARN", ""),
        mail_from=get("MAIL_FROM", ""),
        links_url=get("LINKS_URL", "").rstrip("/"),
        platform_secrets_arn=get("PLATFORM_SECRETS_ARN", ""),
        notifications_queue_url=get("NOTIFICATIONS_QUEUE_URL", ""),
        parked_queue_url=get("PARKED_QUEUE_URL", ""),
        linkedin_url=get("LINKEDIN_URL", "").rstrip("/"),
        linkedin_version=get("LINKEDIN_VERSION") or "202606",
        meta_url=get("META_URL", "").rstrip("/"),
        meta_version=get("META_VERSION") or "v25.0",
        sms_origin=get("SMS_ORIGIN", ""),
        sms_endpoint_url=get("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", ""),
        seals_bucket=get("SEALS_BUCKET", ""),
        seal_key_id=get("SEAL_KEY_ID", ""),
        seal_log_name=get("SEAL_LOG_NAME", ""),
        seal_lock_days=int(get("SEAL_LOCK_DAYS", "1")),
    )


def compiled_agreement() -> dict[str, Any]:
    """The checked and compiled agreement that was shipped with this code."""
    agreement: dict[str, Any] = json.loads(COMPILED_AGREEMENT.read_bytes())
    return agreement
