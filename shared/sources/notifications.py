"""What LinkedIn and Meta knock with → notifications as they are queued: ids and times, all as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.domain.agreement import Agreement
from shared.domain.errors import RejectedInput
from shared.domain.notification import CREATED, Notification
from shared.sources import linkedin, meta


@dataclass(frozen=True, slots=True)
class Knock:
    """What one verified post held: notifications, and how many things that we did not ask for or could not read.

    Neither of those is the sender's to mend: it would send the same again, for ever.
    """

    notifications: tuple[Notification, ...] = ()
    unknown: int = 0
    unreadable: int = 0


def read_linkedin(body: bytes, source_id: str, received_at: str) -> Knock:
    """Raises RejectedInput only for a body that is too large to look at."""
    try:
        told = linkedin.read_notification(body)
    except RejectedInput as refused:
        return _unreadable(refused)
    if isinstance(told, linkedin.UnknownNotification):
        return Knock(unknown=1)
    return Knock((of_linkedin(told, source_id, received_at),))


def read_meta(body: bytes, agreement: Agreement, received_at: str) -> Knock:
    """Raises RejectedInput only for a body that is too large to look at."""
    try:
        batch = meta.read_batch(body)
    except RejectedInput as refused:
        return _unreadable(refused)
    return Knock(tuple(of_meta(batch.leads, agreement, received_at)), len(batch.foreign), batch.unreadable)


def _unreadable(refused: RejectedInput) -> Knock:
    if refused.code == "body_too_large":
        raise refused
    return Knock(unreadable=1)


def of_linkedin(told: linkedin.LeadNotification, source_id: str, received_at: str) -> Notification:
    return Notification(
        platform="linkedin",
        source_id=source_id,
        notification_key=told.key,
        kind=told.action,
        lead_id=told.response_id,
        received_at=received_at,
        ids=_texts(
            form_id=told.form_id,
            form_version=told.form_version,
            occurred_at_ms=told.occurred_at_ms,
            owner=told.owner,
            associated_entity=told.associated_entity,
            lead_type=told.lead_type,
        ),
    )


def of_meta(told: Iterable[meta.LeadNotification], agreement: Agreement, received_at: str) -> list[Notification]:
    """One for each lead; whose it is stands in the agreement, for all pages of an app knock at one address."""
    return [
        Notification(
            platform="meta",
            source_id=_source_id(agreement, one),
            notification_key=one.key,
            kind=CREATED,
            lead_id=one.leadgen_id,
            received_at=received_at,
            ids=_texts(
                page_id=one.page_id,
                form_id=one.form_id,
                ad_id=one.ad_id,
                adgroup_id=one.adgroup_id,
                created_time=one.created_time,
            ),
        )
        for one in told
    ]


def of_google(lead_id: str, form_id: str, source_id: str, received_at: str) -> Notification:
    """A lead that Google delivered for a source that nobody wrote down: its ids; its content stays at Google."""
    return Notification(
        platform="google",
        source_id=source_id,
        notification_key=f"ga#{lead_id}",
        kind=CREATED,
        lead_id=lead_id,
        received_at=received_at,
        ids=_texts(form_id=form_id),
    )


def _source_id(agreement: Agreement, one: meta.LeadNotification) -> str:
    source = agreement.source_of("meta", one.page_id, one.form_id)
    return source.source_id if source else ""


def _texts(**ids: Any) -> dict[str, str]:
    return {name: str(one) for name, one in ids.items() if one not in (None, "")}
