"""Google Ads lead forms: the whole lead in one POST, and a shared secret inside of it instead of a signature.

The secret is taken out before anybody else sees the body. Google sends no consent: what the person was told is
stated by the agreement for the source, and no record may claim a ticked box.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.errors import Fault, RejectedInput
from shared.sources.field_map import GOOGLE, is_government_id
from shared.sources.platform_json import objects, read_object, text_of
from shared.sources.platform_lead import (
    Answer,
    PlatformLead,
    answer,
    cut_remark,
    from_iso,
    in_order,
    named_texts,
    texts,
)
from shared.sources.signatures import Refused, shared_secret

_LEAD_ID = re.compile(r"[!-~]{1,512}")
_TRACKING = {"gcl_id": "gclid"} | {
    name: name for name in ("campaign_id", "adgroup_id", "creative_id", "asset_group_id", "lead_stage", "lead_source")
}


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A body from somebody who knows the key, without the key."""

    secret: int
    members: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """What may be kept when nobody understands it."""
        return json.dumps(self.members, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def unlock(body: bytes, keys: Sequence[str]) -> Unlocked | Refused:
    """Who cannot even write JSON has proved nothing either, so this never raises."""
    try:
        members = read_object(body)
    except RejectedInput:
        return Refused("unreadable_body")
    verdict = shared_secret(members.pop("google_key", None), keys)
    return verdict if isinstance(verdict, Refused) else Unlocked(verdict.secret, members)


def read_lead(members: Mapping[str, Any], source_id: str, government_ids: bool = False) -> PlatformLead:
    """The lead in unlocked members; members that we do not know are left alone."""
    lead_id, submitted = members.get("lead_id"), members.get("lead_submit_time")
    if not isinstance(lead_id, str) or not _LEAD_ID.fullmatch(lead_id):
        raise RejectedInput("unreadable_lead", Fault("/lead_id", "bad_id"))
    answers, remarks = _answers(members.get("user_column_data"), government_ids)
    return PlatformLead(
        platform="google",
        source_id=source_id,
        external_id=lead_id,
        key=f"ga#{lead_id}",
        form_id=text_of(members.get("form_id")),
        form_version="",
        submitted_at=from_iso(submitted),
        # Whatever is not plainly false is a test: a test that is sold costs more than a lead that is looked at.
        is_test=members.get("is_test") not in (None, False, "false"),
        answers=answers,
        tracking=_tracking(members),
        remarks=in_order((*remarks, *(["unreadable_time"] if submitted and from_iso(submitted) is None else []))),
    )


def _answers(columns: Any, government_ids: bool) -> tuple[tuple[Answer, ...], list[str]]:
    """Columns without any name are told by their place."""
    given = list(objects(columns))
    permitted = [
        (place, one)
        for place, one in enumerate(given)
        if government_ids or not is_government_id(text_of(one.get("column_id")))
    ]
    read = [_answer(place, one) for place, one in permitted]
    kept = tuple(one for one in read if one.values)
    refused = ["government_id_refused"] if len(permitted) < len(given) else []
    return kept, [*cut_remark(kept), *refused]


def _answer(place: int, column: Mapping[str, Any]) -> Answer:
    column_id, column_name = text_of(column.get("column_id")), text_of(column.get("column_name"))
    question = column_id or column_name or f"column_{place}"
    return answer(question, GOOGLE.get(column_id, ""), column_name, texts(column.get("string_value")))


def _tracking(members: Mapping[str, Any]) -> dict[str, str]:
    """Ids of campaign and click; 0 stands for none."""
    read = named_texts((ours, members.get(theirs)) for theirs, ours in _TRACKING.items())
    return {name: text for name, text in read.items() if text != "0"}
