"""The real way of a confirmation mail, put together from the settings; keys and texts are read with the first mail."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from shared.adapters import aws
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.adapters.ses_mailer import SesMailer
from shared.adapters.transport import DYNAMODB, SEND_EMAIL, SES
from shared.domain.mail import Template
from shared.settings import Settings, compiled_agreement


def permissions(settings: Settings) -> DynamoPermissions:
    return DynamoPermissions(aws.transport(settings, DYNAMODB), aws.tables(settings))


def mailer(settings: Settings) -> SesMailer:
    """Without an address for our links there is nothing to write."""
    sender = settings.mail_from if settings.links_url else ""
    return SesMailer(aws.transport(settings, SES, os.environ, SEND_EMAIL), sender)


@cache
def templates() -> Mapping[str, Template]:
    """The confirmation mail by language."""
    return templates_of(compiled_agreement()["mails"])


def templates_of(rows: list[Mapping[str, Any]]) -> dict[str, Template]:
    return {row["lang"]: Template(row["lang"], row["subject"], row["text"], row["purposes"]) for row in rows}
