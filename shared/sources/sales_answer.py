"""What a CRM sends when sales answers an offered lead, from bytes to a `Given`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.disposition import answer_from
from shared.domain.errors import Fault, RejectedInput
from shared.domain.sales_answer import Given
from shared.sources.instants import instant_of
from shared.sources.strict_json import key_at, posted_object

MAX_BODY = 16 * 1024


def read(body: bytes, content_type: str | None, idempotency_key: tuple[str, ...], now: datetime) -> Given:
    """The answer; `idempotency_key` holds the raw header values. Raises RejectedInput that names every wrong place."""
    said = posted_object(body, content_type, MAX_BODY)
    answer_id = _key(said, idempotency_key)
    plain = {name: value for name, value in said.items() if name not in ("answer_id", "at")}
    at, late = instant_of(said.get("at"), now)
    try:
        answer = answer_from(plain)
    except RejectedInput as wrong:
        raise RejectedInput(wrong.code, *wrong.faults, *late) from None
    if late:
        raise RejectedInput("invalid_disposition", *late)
    return Given(answer_id, answer, at)


def _key(said: Mapping[str, Any], header: tuple[str, ...]) -> str:
    """The name of the answer from the header, the body, or both if they agree: without one no repeat is recognised."""
    if len(header) > 1:
        raise RejectedInput("bad_key", Fault("", "several_keys"))
    keys = [key_at(value.strip().strip('"'), "") for value in header]
    keys += [key_at(said["answer_id"], "/answer_id")] if "answer_id" in said else []
    if not keys:
        raise RejectedInput("missing_key", Fault("/answer_id", "required"))
    if keys[0] != keys[-1]:
        raise RejectedInput("bad_key", Fault("/answer_id", "keys_differ"))
    return keys[0]
