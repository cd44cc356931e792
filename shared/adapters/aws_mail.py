"""The real ways of a confirmation, by mail and by text, put together from the settings; its words are read with the
first letter.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from shared.adapters import aws
from shared.adapters.dynamodb_permissions import DynamoPermissions
from shared.adapters.ses_mailer import SesMailer
from shared.adapters.sms_sender import SmsSender
from shared.adapters.transport import DYNAMODB, SEND_EMAIL, SES, SMS
from shared.domain.mail import Template
from shared.domain.text_message import TextTemplate
from shared.settings import Settings, compiled_agreement


def permissions(settings: Settings) -> DynamoPermissions:
    return DynamoPermissions(aws.transport(settings, DYNAMODB), aws.tables(settings))


def mailer(settings: Settings) -> SesMailer:
    """Without an address for our links there is nothing to write."""
    sender = settings.mail_from if settings.links_url else ""
    return SesMailer(aws.transport(settings, SES, os.environ, SEND_EMAIL), sender)


def texter(settings: Settings) -> SmsSender:
    """The local stack and tests have an endpoint of their own for texts."""
    origin = settings.sms_origin if settings.links_url else ""
    there = replace(settings, endpoint_url=settings.sms_endpoint_url or settings.endpoint_url)
    return SmsSender(aws.transport(there, SMS), origin, compiled()["proof"]["text"])


@cache
def compiled() -> dict[str, Any]:
    return compiled_agreement()


@cache
def templates() -> Mapping[str, Template]:
    """The confirmation mail by language."""
    return templates_of(compiled()["mails"])


@cache
def text_templates() -> Mapping[str, TextTemplate]:
    """The confirmation text by language."""
    return text_templates_of(compiled()["texts"])


def templates_of(rows: list[Mapping[str, Any]]) -> dict[str, Template]:
    return {row["lang"]: Template(row["lang"], row["subject"], row["text"], row["purposes"]) for row in rows}


def text_templates_of(rows: list[Mapping[str, Any]]) -> dict[str, TextTemplate]:
    return {row["lang"]: TextTemplate(row["lang"], row["text"]) for row in rows}
