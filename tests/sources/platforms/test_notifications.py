"""What LinkedIn and Meta knock with becomes queued notifications of ids and times, all text."""

from __future__ import annotations

import json

import pytest

from shared.domain.errors import CannotHappen, RejectedInput
from shared.domain.notification import Notification, from_body
from shared.sources import notifications
from shared.sources.notifications import Knock
from tests.builders import AGREEMENT
from tests.sources.platforms import vectors as v

NOW = "2026-03-02T12:00:00.000Z"


def test_what_is_not_told_is_left_out() -> None:
    body = json.dumps({"object": "page", "entry": [{"id": "42", "changes": [{"field": "leadgen", "value": lead()}]}]})

    knock = notifications.read_meta(body.encode(), AGREEMENT, NOW)

    assert knock.notifications == (Notification("meta", "", "fb#7", "CREATED", "7", NOW, {"page_id": "42"}),)


def lead() -> dict[str, object]:
    return {"leadgen_id": 7}


def test_a_message_can_be_read_back() -> None:
    (note,) = notifications.read_linkedin(v.LINKEDIN_BODY, "linkedin-demo", NOW).notifications

    assert from_body(note.body) == note
    assert all(isinstance(text, str) for text in json.loads(note.body).values())


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"platform": "meta"}', "7", "null"])
def test_a_message_of_others_is_a_broken_promise(body: str) -> None:
    with pytest.raises(CannotHappen, match="not one of ours"):
        from_body(body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type":"LEAD_ACTION","leadAction":"CREATED"}'])
def test_what_cannot_be_read_is_counted(body: bytes) -> None:
    assert notifications.read_linkedin(body, "linkedin-demo", NOW) == Knock(unreadable=1)


def test_other_types_are_counted_as_unknown() -> None:
    assert notifications.read_linkedin(b'{"type":"SHARE"}', "linkedin-demo", NOW) == Knock(unknown=1)
    assert notifications.read_meta(b'{"object":"instagram"}', AGREEMENT, NOW) == Knock(unknown=1)
    assert notifications.read_meta(b'{"object":"page"}', AGREEMENT, NOW) == Knock(unreadable=1)


def test_a_body_too_large_to_look_at_is_the_senders_matter() -> None:
    with pytest.raises(RejectedInput, match="body_too_large"):
        notifications.read_meta(b" " * 2_000_000, AGREEMENT, NOW)


def test_a_lead_of_google_leaves_only_its_ids() -> None:
    note = notifications.of_google("lead-1", "", "nobody", NOW)

    assert note == Notification("google", "nobody", "ga#lead-1", "CREATED", "lead-1", NOW)
