"""Who may be shown our advertisements elsewhere: only who said yes to sharing with this very recipient, and nobody who
ever said no to it.

What leaves is a hash of the address as the platforms ask for it: SHA-256 in lower-case hex over the address without
spaces around it, in lower case (Google, "Prepare user data" of Customer Match; X, "Custom Audiences User Data").
A hash is no secret: whoever knows an address knows its hash, so the list is personal data.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from shared.domain import consent_states as states
from shared.domain.lead import Lead
from shared.domain.suppression import Found

DOTLESS = ("gmail.com", "googlemail.com")
NEVER = ("withdrawn", "erased")


def left_out(lead: Lead, found: Found, is_erasing: bool, recipient: str, now: datetime) -> str | None:
    """Why this person may not be on a recipient's list, the weightiest reason first; None when they may.

    A permission is their own standing yes to sharing (`share_3p`) in a wording that named the recipient: "partners" are
    nobody (GDPR Art. 4(11)). Nothing else is one, whatever the law would allow. `sale_optout` holds Global Privacy
    Control where it has the force of law.
    """
    state = lead.permission
    reasons = {
        "test": lead.is_test,
        "erased": is_erasing or lead.stage in NEVER,
        "suppressed": bool(found.suppressed),
        "sale_opt_out": bool(found.opted_out) or state.get("sale_optout", False),
        "objected": state.get("objected", False),
        "no_permission_to_share": not _said_yes(lead, now),
        "recipient_not_named": recipient not in state["channels"].get("share_3p", {}).get("recipients", ()),
        "no_email": not lead.profile.get("email"),
    }
    return next((reason for reason, applies in reasons.items() if applies), None)


def hashed(email: str, without_dots: bool = False) -> str:
    """The address as a platform compares it; `without_dots` is Google's rule for its own mail: no dots before the @."""
    local, _, domain = email.strip().lower().rpartition("@")
    name = local.replace(".", "") if without_dots and domain in DOTLESS else local
    return sha256(f"{name}@{domain}".encode()).hexdigest()


def _said_yes(lead: Lead, now: datetime) -> bool:
    standing = states.now_at(lead.permission["channels"].get("share_3p"), now)
    return bool(lead.permission["share"]) and standing in states.STANDING
