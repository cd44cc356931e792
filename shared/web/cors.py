"""Which page may read our answers: each form names its own origins. Errors carry the same headers as successes."""

from __future__ import annotations

from shared.domain.agreement import Form

PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}


def headers(form: Form | None, origin: str | None) -> dict[str, str]:
    """Always `Vary: Origin`; the allowance only for an origin on the form's list, never a wildcard, never
    credentials.
    """
    varies = {"Vary": "Origin"}
    if form is None or origin is None or origin not in form.allowed_origins:
        return varies
    return {
        **varies,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Idempotency-Replayed, Retry-After",
    }
