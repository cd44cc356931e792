"""Which page may read our answers: each form names its own origins. Errors carry the same headers as successes."""

from __future__ import annotations

from collections.abc import Collection

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
    return for_any_of(form.allowed_origins if form else (), origin)


def for_any_of(origins: Collection[str], origin: str | None) -> dict[str, str]:
    """The same for a door that belongs to no form but to every page on this list."""
    varies = {"Vary": "Origin"}
    if origin is None or origin not in origins:
        return varies
    return {
        **varies,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "Idempotency-Replayed, Retry-After",
    }
