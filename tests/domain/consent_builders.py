"""A valid question about consent, and the rules as they are compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from shared.domain.consent import ConsentDecision, decide

ROOT = Path(__file__).resolve().parents[2]
RULES: dict[str, Any] = json.loads(
    json.dumps(yaml.safe_load((ROOT / "agreement" / "jurisdictions.yaml").read_text("utf-8")))
)
CASES: dict[str, Any] = json.loads(Path(__file__).with_name("consent_cases.json").read_text("utf-8"))

PHONE = "+33612345678"
TICK = {"checked": True}
BLANK = {"checked": False}
PRE = {"checked": True, "pre": True}
SALE = {"sale": True, "similar": True, "optout_offered": True}
AT_WORK = {"subject_type": "business", "ctx": {"role_relevant": True}}


def a_question(**changes: Any) -> dict[str, Any]:
    """A French consumer's contact request with a known notice and no boxes, to a tenant that sells."""
    question = {
        "now": "2026-03-02T12:00:00+00:00",
        "action": "contact_request",
        "origin": "subject",
        "country": "FR",
        "ip_country": "FR",
        "email": "a@example.com",
        "notice": "n1",
        "lia": True,
        "tenant_sells": True,
    }
    here = {"ip_country": changes["country"]} if "country" in changes and "ip_country" not in changes else {}
    return {**question, **here, **changes}


def decided(**changes: Any) -> ConsentDecision:
    return decide(a_question(**changes), RULES)


def before(channel: str, status: str, **more: str) -> dict[str, Any]:
    """What was known about one channel before."""
    return {"channels": {channel: {"status": status, **more}}}
